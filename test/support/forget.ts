/** Makes the kernel forget what it has of a file in memory. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";

const TMPFS = 0x01021994;

/** Where files lie in memory alone, there is nothing to be forgotten. */
export const canForget = fs.statfsSync(tmpdir()).type !== TMPFS;

/** Asks for it (posix_fadvise(2), DONTNEED, by GNU dd); the kernel may do it only in part. */
export function forget(path: string): void {
  const fd = fs.openSync(path, "r+");
  fs.fsyncSync(fd); // what is not on the disk yet cannot be dropped
  fs.closeSync(fd);
  execFileSync("dd", [`of=${path}`, "oflag=nocache", "conv=notrunc", "count=0"], {
    stdio: "ignore",
  });
}
