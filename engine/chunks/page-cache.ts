/**
 * What the kernel has in memory, read on the loop: without a reader and without a wait.
 *
 *      bring    page cache ──▶ a slot of the pool    a whole chunk, for whoever comes next
 *      borrow   page cache ──▶ the scratch bytes     a piece, until they are used again
 *
 * Either is all or nothing, and counts for nothing before the file was found unchanged after it.
 * A chunk that is on its way is waited for, not read twice: who comes here has asked `Loads` before.
 *
 * Owns: the count of chunks. Holds no pin, and does not know what is worth bringing.
 */

import type { ChunkPool } from "./chunk-pool.js";
import type { ChunkFile, ChunkReader } from "./chunk-reader.js";
import type { Scratch } from "./gather.js";

/** Why something was not read, in place of what was. */
export const NO_SLOT = -1;
const NOT_IN_MEMORY = -2;
export const CHANGED = -3;

export class PageCache<File extends ChunkFile> {
  readonly #pool: ChunkPool<File>;
  readonly #reader: ChunkReader<File>;
  readonly #scratch: Scratch;
  #broughtChunks = 0;

  constructor(pool: ChunkPool<File>, reader: ChunkReader<File>, scratch: Scratch) {
    this.#pool = pool;
    this.#reader = reader;
    this.#scratch = scratch;
  }

  /** Chunks brought into the pool since the start. */
  get broughtChunks(): number {
    return this.#broughtChunks;
  }

  /**
   * Brings a chunk into the pool, for one transfer. It may be neither there nor on its way.
   *
   * @returns its slot, ready and not pinned, or one of `NO_SLOT`, `NOT_IN_MEMORY`, `CHANGED`
   */
  bring(file: File, chunk: number): number {
    const slot = this.#pool.claim(file, chunk, 1);
    if (slot < 0) return NO_SLOT;
    const offset = chunk * this.#pool.chunkBytes;
    const lengthBytes = this.#pool.bytesIn(file, chunk);
    const verdict = this.#read(file, offset, lengthBytes, this.#pool.slabOffset(slot));
    if (verdict < 0) {
      this.#pool.failLoading(slot);
      return verdict;
    }
    this.#pool.finishLoading(slot);
    this.#broughtChunks++;
    return slot;
  }

  /**
   * Reads a piece into the scratch bytes.
   *
   * @param lengthBytes as many as there are scratch bytes, at most
   * @returns `lengthBytes`, or one of `NOT_IN_MEMORY`, `CHANGED`
   */
  borrow(file: File, offset: number, lengthBytes: number): number {
    return this.#read(file, offset, lengthBytes, this.#scratch.slabOffset);
  }

  #read(file: File, offset: number, lengthBytes: number, slabOffset: number): number {
    if (!this.#reader.readNow(file, offset, lengthBytes, slabOffset)) return NOT_IN_MEMORY;
    return this.#reader.isUnchanged(file) ? lengthBytes : CHANGED;
  }
}
