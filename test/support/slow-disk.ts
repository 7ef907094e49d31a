/** Settings that give a server the disk of slow-disk.cjs. */
import { fileURLToPath } from "node:url";

const PRELOAD = fileURLToPath(new URL("./slow-disk.cjs", import.meta.url));

/** @param readMs how long each read of a file named `slow-...` takes, milliseconds */
export const slowDisk = (readMs: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--require ${PRELOAD}`,
  SLOW_DISK_MS: String(readMs),
  SLUICE_CACHED_READS: "off", // what is slow is not in memory
});
