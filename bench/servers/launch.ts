/**
 * One start of one server, the same for all: files written, process pinned, port answering, and
 * at the end nothing left.
 *
 * 1. write   its configuration into a folder of its own
 * 2. spawn   on its cores, with the slow disk preloaded where the cell wants it
 * 3. wait    until it answers
 * 4. stop    the process tree, by pid, and remove the folder
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Certificate, openRequest } from "../certificate.js";
import { startChild, stopChild } from "../children.js";
import { pinned } from "../cores.js";
import type { Contender, FloorWish, Site } from "./contender.js";
import type { Inside } from "./inside.js";

export const HOST = "127.0.0.1";
/** Half a second on a quiet machine; on one that is busy with others it has taken five. */
const START_LIMIT_MS = 20_000;
const POLL_MS = 5;
/** A first answer may wait for a disk; one that takes longer is asked for again. */
const POLL_ANSWER_MS = 1000;

/** What every start of a run has in common. */
export interface Surroundings {
  readonly root: string;
  /** Parent of each start's own folder. */
  readonly tempDir: string;
  readonly workers: number;
  readonly serverCores: string;
}

/** What this start is for. */
export interface Purpose {
  readonly floor: FloorWish | undefined;
  readonly hasAccessLog: boolean;
  readonly hasDefaultTrust: boolean;
  readonly settings: Readonly<Record<string, string>>;
  /** Shared library to preload, for a cell over the slow disk. */
  readonly preload?: string | undefined;
  /** For a cell over TLS. */
  readonly certificate?: Certificate | undefined;
}

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** All it has written to either stream. */
  readonly said: () => string;
  /** Undefined: it speaks plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** What it says of itself, where it says anything. Ask before `stop`. */
  readonly inside: () => Promise<Inside | undefined>;
  readonly stop: () => Promise<void>;
}

/** @throws Error with the server's own last words when it does not come up */
export async function launch(
  contender: Contender,
  around: Surroundings,
  purpose: Purpose,
): Promise<RunningServer> {
  const site = await prepareSite(around, purpose);
  const plan = contender.plan(site);
  for (const [name, text] of Object.entries(plan.files ?? {})) {
    writeFileSync(join(site.workDir, name), text);
  }
  const logPath = join(site.workDir, "output.log");
  const preload = purpose.preload === undefined ? {} : { LD_PRELOAD: purpose.preload };
  const [command, ...args] = pinned(around.serverCores, plan.command, plan.args);
  const child = startChild("/bin/sh", ["-c", 'exec "$0" "$@" >"$LOG" 2>&1', command!, ...args], {
    stdio: "ignore",
    cwd: site.workDir,
    env: { ...shellEnv(), ...plan.env, ...preload, LOG: logPath },
  });
  const clean = () => rmSync(site.workDir, { recursive: true, force: true });
  try {
    await untilAnswering(child, site);
  } catch (error) {
    await stopChild(child);
    const said = readComplaint(logPath) || readComplaint(join(site.workDir, "error.log"));
    clean();
    throw new Error(`${contender.name} did not start: ${(error as Error).message}. ${said}`);
  }
  return {
    port: site.port,
    pid: child.pid!,
    said: () => readFileSync(logPath, "utf8"),
    certificate: site.certificate,
    inside: async () => contender.inside?.(site),
    stop: () => stopChild(child).then(clean),
  };
}

/** Without settings of Sluice: a contender that wants them names them, and so they are in the report. */
const shellEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SLUICE_")));

let startCount = 0;

async function prepareSite(around: Surroundings, purpose: Purpose): Promise<Site> {
  const workDir = join(around.tempDir, `start-${++startCount}`);
  mkdirSync(workDir);
  const { root, workers } = around;
  const { floor, hasAccessLog, hasDefaultTrust, settings, certificate } = purpose;
  const ports = { port: await freePort(), adminPort: await freePort() };
  const where = { root, workDir, host: HOST, ...ports, certificate };
  return { ...where, workers, floor, hasAccessLog, hasDefaultTrust, settings };
}

/**
 * Ports tried for servers: below the range from which Linux draws the ports of clients. Inside it,
 * one of our own looks at a port that is still closed may be given that very port, connect to
 * itself, and take it from the server.
 */
const FIRST_PORT = 18_000;
const PORT_COUNT = 14_000;

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  const isListening = await new Promise<boolean>((settle) => {
    probe.once("error", () => settle(false)).listen(port, HOST, () => settle(true));
  });
  if (isListening) await new Promise((done) => probe.close(done));
  return isListening;
}

async function untilAnswering(child: ChildProcess, { port, certificate }: Site): Promise<void> {
  const deadlineMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (await answers(port, certificate)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`port ${port} stayed closed for ${START_LIMIT_MS} ms`);
}

/** Any answer will do. A port that merely accepts may be a server still trying whether it is free. */
function answers(port: number, certificate: Certificate | undefined): Promise<boolean> {
  const where = { host: HOST, port, agent: false, timeout: POLL_ANSWER_MS };
  return new Promise((settle) => {
    const asked = openRequest(where, certificate, (answer) => {
      answer.resume();
      settle(true);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => settle(false)).end();
  });
}

/** The line that names the error, else the last words; stack frames help nobody here. */
function readComplaint(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  return (lines.find((line) => /error|emerg/i.test(line)) ?? lines.at(-1) ?? "").trim();
}
