/**
 * Every process the bench started, so that none outlives it.
 *
 * 1. start   spawn and remember the pid
 * 2. stop    SIGTERM to the child, and after a grace SIGKILL to whatever is left of its tree
 * 3. at exit the same for all, without grace: the last resort behind Ctrl-C and crashes
 *
 * Owns: pids. Signals go to pids it started and to their descendants, never to a name.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { treePids } from "./cpu.js";

/**
 * Time a server may take to end by itself. Shorter: a server is cut while it still writes its log.
 * Longer: each of several hundred stops may cost that much when a server waits for idle clients.
 */
const GRACE_MS = 700;

const running = new Set<ChildProcess>();

/** Spawns a child that will not outlive this process. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions) {
  const child = spawn(command, args, options);
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child)); // it never started
  return child;
}

/** Resolves when the child and its descendants are gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const tree = treePids(child.pid!);
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([gone, sleep(GRACE_MS, undefined, { ref: false })]);
  killPids(tree.filter((pid) => pid !== child.pid || isRunning(child)));
  if (isRunning(child)) await gone;
}

/** Ends all children at once, without grace. Synchronous, so it may run in an exit handler. */
export function killAllChildren(): void {
  for (const child of running) killPids(treePids(child.pid!));
  running.clear();
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function killPids(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // already gone, which is what was wanted
    }
  }
}
