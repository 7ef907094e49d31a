/**
 * Small libraries in C, compiled for each run and preloaded into a process.
 *
 * `disk/slow-disk.c` makes reads slow in every server alike; `load/narrow-sockets.c` gives the
 * slow readers the sockets of a real network. What each reaches is said in its source.
 */
import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { sourceFile } from "./places.js";
import { findProgram } from "./programs.js";

/** A read of an old disk that is busy with others: long enough to hurt, short enough to happen. */
export const READ_DELAY_MS = 50;

/** A compiled library, or why there is none: its cells are then left out, with that reason. */
export type Preload = { readonly library: string } | { readonly missing: string };

export const buildSlowDisk = (folder: string): Preload =>
  compile("disk/slow-disk.c", folder, [`-DDELAY_MS=${READ_DELAY_MS}`]);

export const buildNarrowSockets = (folder: string): Preload =>
  compile("load/narrow-sockets.c", folder, []);

function compile(source: string, folder: string, defines: readonly string[]): Preload {
  const compiler = findProgram("cc");
  if (compiler === undefined) return { missing: "no C compiler: apt-get install gcc libc6-dev" };
  const library = join(folder, `${basename(source, ".c")}.so`);
  const args = ["-O2", "-shared", "-fPIC", ...defines, "-o", library, sourceFile(source), "-ldl"];
  const built = spawnSync(compiler, args, { encoding: "utf8" });
  if (built.status === 0) return { library };
  const complaint = built.stderr.split("\n").find((line) => line.includes("error"));
  return { missing: `cc could not compile ${source}: ${complaint}` };
}
