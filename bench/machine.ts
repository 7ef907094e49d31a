/** What the numbers were measured on. A ratio travels between machines, a number does not. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { GIB } from "./fixtures.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  /** Mean number of runnable processes in the minute before the run. Near 0 on a quiet machine. */
  readonly loadBefore: number;
  readonly openFilesLimit: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / GIB),
    kernel: `${type()} ${release()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    openFilesLimit: openFilesLimit(),
  };
}

/** Descriptors each child may open: Node raises its own limit to the hard one, and children inherit it. */
export function openFilesLimit(): number {
  const text = readFileSync("/proc/self/limits", "utf8");
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/** All files of a run, where descriptors suffice. A cache that may take them all ends in EMFILE. */
const MOST_KEPT = 50_000;
const OTHER_DESCRIPTORS = 2_000;

/**
 * Files that a server is told to keep open at most. Not even root may raise its own limit everywhere, and
 * nginx goes on without a word where it may not.
 */
export const filesKeptOpen = (): number =>
  Math.max(100, Math.min(MOST_KEPT, openFilesLimit() - OTHER_DESCRIPTORS));

export const machineLine = (machine: Machine): string =>
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.kernel}, Node ${machine.node}`;
