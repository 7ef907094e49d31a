/**
 * The slab: memory that reads land in, shared with the reader threads, from the start of a page on.
 *
 * Files lie in the kernel's memory page by page, and `malloc` begins a large block 16 bytes into a
 * page. Where a copy's target lies up to 31 bytes behind its source, but for whole pages, a processor
 * takes each load for one of bytes it has just stored (4K aliasing). 64 KiB that the kernel copies to
 * us take 7.6 µs at 0 and at 32 bytes, 9.9 at 16 and 24 at 1 (AMD EPYC).
 */
import type { Kernel } from "./kernel.js";

const PAGE_BYTES = 4096;

/** @param kernel who tells where memory lies; undefined where nobody can */
export function createSlab(
  lengthBytes: number,
  kernel: Pick<Kernel, "addressOf"> | undefined,
): Uint8Array<SharedArrayBuffer> {
  const all = new Uint8Array(new SharedArrayBuffer(PAGE_BYTES + lengthBytes));
  const address = kernel === undefined ? 0 : kernel.addressOf(all);
  const toPage = -address & (PAGE_BYTES - 1);
  return all.subarray(toPage, toPage + lengthBytes);
}
