/** How many descriptors another process may have. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";

/**
 * A descriptor is the lowest number that is free: so many of them stay below the limit. What is open
 * above it stays open.
 */
export function limitDescriptors(pid: number, spare: number): void {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  const numbers = Array.from({ length: open.size + spare + 1 }, (_, number) => number);
  const limit = numbers.filter((number) => !open.has(number))[spare];
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]);
}
