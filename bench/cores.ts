/**
 * Which core runs what: the server on the first ones, whoever loads it on the others.
 *
 * Sharing a core between server and load generator measures the scheduler, so it happens only
 * where a machine leaves no choice, and then the report says so.
 */
import { availableParallelism } from "node:os";
import { isInstalled } from "./programs.js";

/** A division of the machine, as lists for `taskset --cpu-list`. */
export interface Cores {
  readonly server: string;
  readonly load: string;
  /** How many cores the load generator may use. */
  readonly loadCount: number;
  /** A sentence for the report when the division is not clean, else undefined. */
  readonly caveat: string | undefined;
}

/** @param workers processes or threads each server runs, 1 or more */
export function divideCores(workers: number, total = availableParallelism()): Cores {
  const last = total - 1;
  if (workers <= last) {
    const caveat = isInstalled("taskset") ? undefined : "nothing is pinned: taskset is missing";
    const loadCount = total - workers;
    return { server: span(0, workers - 1), load: span(workers, last), loadCount, caveat };
  }
  const everywhere = span(0, last);
  const caveat = `${workers} workers on ${total} cores: server and load generator share cores`;
  return { server: everywhere, load: everywhere, loadCount: total, caveat };
}

/** Puts `taskset` before a command line, where taskset exists. It keeps the pid: it execs. */
export function pinned(cores: string, command: string, args: readonly string[]): string[] {
  const line = [command, ...args];
  return isInstalled("taskset") ? ["taskset", "--cpu-list", cores, ...line] : line;
}

const span = (first: number, last: number): string =>
  first === last ? `${first}` : `${first}-${last}`;
