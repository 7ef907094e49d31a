/** What the kernel has of a file in memory, and how to make it forget that. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import koffi from "koffi";
import { TMPFS } from "./temp-folder.js";

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

const PAGE = 4096;
const PROT_READ = 1;
const MAP_SHARED = 1;

/** Bytes that the kernel has in memory (mincore(2)); asking brings none in. The file has some. */
export function rememberedBytes(path: string): number {
  const system = koffi.load(null);
  const mmap = system.func("mmap", "uint64", ["uint64", "size_t", "int", "int", "int", "int64"]);
  const mincore = system.func("mincore", "int", ["uint64", "size_t", "void *"]);
  const munmap = system.func("munmap", "int", ["uint64", "size_t"]);
  const fd = fs.openSync(path, "r");
  const { size } = fs.fstatSync(fd);
  const pages = new Uint8Array(Math.ceil(size / PAGE));
  const address = mmap(0, size, PROT_READ, MAP_SHARED, fd, 0);
  const isTold = mincore(address, size, pages) === 0;
  munmap(address, size);
  fs.closeSync(fd);
  if (!isTold) throw new Error("mincore failed");
  return pages.reduce((sum, page) => sum + (page & 1) * PAGE, 0);
}
