/**
 * Readahead: keeps the disk a few chunks ahead of a socket that takes everything.
 *
 *      body   |█████████|█████████|  asked  |  asked  |         |         |
 *                                 ▲ cursor            ▲ aheadChunk was the last
 *
 * It stops at the end of the part, at what the kernel has in memory, and where it would be in anybody's
 * way: when the slots that nobody has come for are many, or the file has no permit to spare.
 *
 * Owns: how far ahead, and how much of the pool. Whether a load may be had is for `Loads` to say.
 */

import type { ChunkPool } from "./chunk-pool.js";
import type { ChunkFile, ChunkReader } from "./chunk-reader.js";
import type { Loads } from "./loads.js";
import type { Transfer } from "./transfer.js";

/**
 * Chunks asked for ahead of a transfer whose socket takes everything, from the cursor on.
 *
 * 1: the disk rests while the chunk is pushed. More than 2: a client that leaves wastes more reads,
 * and each fast download keeps more of the pool. Measure with `npm run bench -- --only slow-disk`.
 */
const READAHEAD_CHUNKS = 2;

/**
 * The part of the slots, one in so many, that readahead may fill before anybody comes for it.
 *
 * Larger (a smaller number here): chunks that were read ahead are evicted before they are used, and
 * the disk reads them twice. Smaller: fewer fast transfers find their next chunk ready. At 64
 * slots and two chunks ahead, a quarter serves 8 fast downloads of cold files.
 * Measure with `npm run bench -- --only slow-disk`; re-run it before changing this line.
 */
const READAHEAD_ONE_IN = 4;

export class Readahead<File extends ChunkFile> {
  readonly #pool: ChunkPool<File>;
  readonly #reader: ChunkReader<File>;
  readonly #loads: Loads<File>;
  readonly #mostUnused: number;

  constructor(pool: ChunkPool<File>, reader: ChunkReader<File>, loads: Loads<File>) {
    this.#pool = pool;
    this.#reader = reader;
    this.#loads = loads;
    this.#mostUnused = Math.floor(pool.slotCount / READAHEAD_ONE_IN);
  }

  /**
   * Asks for what comes behind the cursor of a transfer whose socket took all it was offered.
   *
   * What the kernel has in memory waits there until its turn: one page it had lost does not leave the
   * rest to the readers.
   *
   * Cost: O(1), nothing while the kernel has it all.
   */
  follow({ cursor, isInMemory }: Transfer<File>): void {
    const { part, at } = cursor;
    if (part?.kind !== "extent" || isInMemory) return;
    const here = this.#pool.chunkAt(at);
    const end = Math.min(here + READAHEAD_CHUNKS, this.#pool.chunkAt(part.last) + 1);
    for (let chunk = Math.max(here, cursor.aheadChunk + 1); chunk < end; chunk++) {
      if (!this.#isOnItsWay(part.file, chunk)) return;
      cursor.aheadChunk = chunk;
    }
  }

  /** Is a chunk there, or does it come? It does when a load of it may be had. */
  #isOnItsWay(file: File, chunk: number): boolean {
    if (this.#loads.isKnown(file, chunk)) return true;
    if (this.#isInKernel(file, chunk)) return false;
    return this.#pool.unusedCount < this.#mostUnused && this.#loads.readAhead(file, chunk);
  }

  #isInKernel(file: File, chunk: number): boolean {
    const { chunkBytes } = this.#pool;
    return this.#reader.isAtHand(file, chunk * chunkBytes, this.#pool.bytesIn(file, chunk));
  }
}
