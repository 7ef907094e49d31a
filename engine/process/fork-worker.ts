/**
 * Starts a worker's process.
 *
 * By `cluster`, which lets workers on node:http share one listening socket; the fast transport has one
 * of its own in each. It shares by handing over the socket, not connections: these the kernel deals.
 */
import type { ChildProcess } from "node:child_process";
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { followWorkingFolder } from "../../fs/working-folder.js";
import type { FromWorker, ToWorker } from "./messages.js";

/** A process, and the line to it. */
export interface Child {
  readonly pid: number;
  /** Lost when it has ended. */
  send(message: ToWorker): void;
  kill(): void;
}

export interface ChildListener {
  readonly heard: (message: FromWorker) => void;
  /** It has ended, and its last message was heard; or it could not be started. Once. */
  readonly died: (reason: string) => void;
}

export type ForkWorker = (listener: ChildListener) => Child;

const MAIN = fileURLToPath(new URL("./worker-main.js", import.meta.url));

export const forkWorker: ForkWorker = ({ heard, died }) => {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: MAIN, args: [], serialization: "advanced" });
  followWorkingFolder();
  const worker = cluster.fork();
  const child = worker.process;
  worker.on("message", heard);
  worker.on("error", () => {}); // to send to a process that is just ending is no error
  void untilDead(child).then(died);
  return {
    pid: child.pid ?? NO_PID,
    send: (message) => void (worker.isConnected() && worker.send(message)),
    kill: () => void child.kill("SIGKILL"),
  };
};

/** Of a process that could not be started. */
const NO_PID = -1;

/** Two events, and either may come first: what it said last may be read after it has ended. */
async function untilDead(child: ChildProcess): Promise<string> {
  const failed = new Promise<string>((resolve) => {
    child.on("error", ({ message }) => child.pid === undefined && resolve(message));
  });
  const silent = new Promise<void>((resolve) => child.once("disconnect", () => resolve()));
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal === null ? `it exited with ${code}` : describeKill(signal, child.killed));
    });
  });
  return Promise.race([failed, silent.then(() => exited)]);
}

/** A kernel that is out of memory leaves no other sign here than this signal. */
function describeKill(signal: NodeJS.Signals, isOurs: boolean): string {
  const isFromOutside = signal === "SIGKILL" && !isOurs;
  return `it was killed by ${signal}${isFromOutside ? ", by hand or by the kernel for want of memory" : ""}`;
}
