/**
 * The source: where the next bytes of a transfer come from, the first that has them.
 *
 * 1. kept       what its socket refused and has to be offered first
 * 2. gathered   small pieces, copied one behind the other: see gather.ts
 * 3. literal    as it lies in the body
 * 4. pool       as it lies in its slot
 * 5. kernel     a chunk into its slot, a piece into the scratch bytes: see page-cache.ts
 * 6. disk       by way of a reader, and the transfer waits: `Loads` says when it need not any more
 *
 *      body      | literal | extent of a file                  | literal |
 *      sent      |█████████|█████████                          |         |
 *                                   ├─ want ─┤ one piece of one part, or of one chunk
 *
 * Owns: what is worth a slot, and what is worth asking the disk for. Pushes nothing, moves no cursor,
 * and enters no phase: it tells that a transfer cannot go on.
 */

import type { ChunkPool } from "./chunk-pool.js";
import type { ChunkFile, ChunkReader } from "./chunk-reader.js";
import type { Cursor } from "./cursor.js";
import { GATHER_BYTES, type Gathered, type Gatherer, type Scratch } from "./gather.js";
import { QUANTUM_BYTES } from "./lane.js";
import { FETCH_BYTES, type LoadFailure, type Loads } from "./loads.js";
import { CHANGED, NO_SLOT, type PageCache } from "./page-cache.js";
import { BLOCKED } from "./phase.js";
import type { Piecemeal } from "./piecemeal.js";
import type { Transfer } from "./transfer.js";

/**
 * Bytes of the scratch piece of the slab: what is gathered, and what is sent without being kept.
 *
 * Smaller: a chunk that finds no slot is cut. Larger: nothing, a turn pushes no more.
 */
export const SCRATCH_BYTES = QUANTUM_BYTES;

/**
 * Bytes taken from the kernel's memory for a transfer whose socket has refused before.
 *
 * Larger: most of them are read for nothing, since the socket takes what has drained. Smaller: more
 * system calls for a client that reads fast after all.
 */
const RESUME_BYTES = 256 * 1024;

/**
 * A piece of at most one in so many parts of its chunk is fetched alone. Smaller: the disk is asked
 * twice for a chunk that most of is wanted of. Larger: it reads more than anybody asked for.
 */
const FETCHED_ONE_IN = 4;

/** What the bytes of a body come from, with a transfer or without. */
export interface Supply<File extends ChunkFile> {
  readonly pool: ChunkPool<File>;
  readonly reader: ChunkReader<File>;
  /** `SCRATCH_BYTES` of it. */
  readonly scratch: Scratch;
  readonly pageCache: PageCache<File>;
  readonly gatherer: Gatherer<File>;
  readonly piecemeal: Piecemeal;
  readonly loads: Loads<File>;
}

export class Source<File extends ChunkFile> {
  readonly #pool: ChunkPool<File>;
  readonly #reader: ChunkReader<File>;
  readonly #scratch: Scratch;
  readonly #pageCache: PageCache<File>;
  readonly #gatherer: Gatherer<File>;
  readonly #piecemeal: Piecemeal;
  readonly #loads: Loads<File>;
  readonly #failed: (transfer: Transfer<File>, why: LoadFailure) => void;
  #readBytes = 0;
  #hits = 0;

  /** @param failed is told of a transfer that can never go on, from inside `next` */
  constructor(supply: Supply<File>, failed: (transfer: Transfer<File>, why: LoadFailure) => void) {
    this.#pool = supply.pool;
    this.#reader = supply.reader;
    this.#scratch = supply.scratch;
    this.#pageCache = supply.pageCache;
    this.#gatherer = supply.gatherer;
    this.#piecemeal = supply.piecemeal;
    this.#loads = supply.loads;
    this.#failed = failed;
  }

  /** Bytes that were read on the loop to have what `next` returned last; 0 as a rule. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Times a chunk was found in the pool since the start. */
  get hits(): number {
    return this.#hits;
  }

  /**
   * What to offer next. Of a slot, the transfer holds a pin.
   *
   * Cost: two map look-ups where the pool has it; no allocation but a view when it is not a whole chunk.
   *
   * @param want bytes of the piece at the cursor; what is kept or gathered may be others
   * @returns bytes that are valid until `next` is called again, and then `took` has to be told of.
   *   Undefined: the transfer waits for a chunk, or has failed, and all who need to know were told
   */
  next(transfer: Transfer<File>, want: number): Uint8Array | undefined {
    this.#readBytes = 0;
    const { cursor, kept } = transfer;
    if (kept !== undefined) return kept;
    if (want <= GATHER_BYTES / 2 && want < cursor.remainingBytes) {
      const gathered = this.#gatherer.gather(cursor);
      if (gathered !== undefined) return this.#lend(transfer, gathered);
    }
    const { part, at } = cursor;
    if (part!.kind === "literal") return part!.bytes.subarray(at, at + want);

    const { file } = part!;
    const chunk = this.#pool.chunkAt(at);
    const slot = this.#pool.findReady(file, chunk);
    if (slot < 0) return this.#miss(transfer, file, chunk, want);

    if (transfer.arrivesAt(file, chunk)) this.#pool.arrive(slot);
    if (transfer.pinnedSlot < 0) this.#pinHit(transfer, slot);
    return this.#pool.view(slot, at % this.#pool.chunkBytes, want);
  }

  /** Tells how many of the bytes that `next` returned the socket has taken. */
  took(transfer: Transfer<File>, bytes: Uint8Array, taken: number): void {
    if (taken > 0) transfer.isFetched = false;
    if (transfer.kept !== undefined) this.#tookKept(transfer, bytes, taken);
    else if (transfer.gathered !== undefined)
      this.#tookGathered(transfer, transfer.gathered, taken);
  }

  #pinHit(transfer: Transfer<File>, slot: number): void {
    this.#hits++;
    this.#loads.pin(transfer, slot);
  }

  // --- small pieces ---

  #lend(transfer: Transfer<File>, gathered: Gathered<File>): Uint8Array | undefined {
    const { bytes, readFrom } = gathered;
    if (readFrom !== undefined && !this.#reader.isUnchanged(readFrom)) return this.#fail(transfer);
    transfer.isInMemory ||= readFrom !== undefined;
    transfer.gathered = gathered;
    return bytes;
  }

  /** A chunk has been arrived at when its first byte was taken, not when it was offered. */
  #tookGathered(transfer: Transfer<File>, { bytes, pieces }: Gathered<File>, taken: number): void {
    transfer.gathered = undefined;
    for (const { part, at, offset } of pieces) {
      if (part.kind === "literal" || offset >= taken) continue;
      const chunk = this.#pool.chunkAt(at);
      const slot = this.#pool.findReady(part.file, chunk);
      if (slot >= 0 && transfer.arrivesAt(part.file, chunk)) this.#pool.arrive(slot);
    }
    const { repeatedBytes } = transfer.sink;
    if (transfer.phase === BLOCKED && repeatedBytes > 0) {
      transfer.kept = bytes.slice(taken, taken + repeatedBytes);
    }
  }

  /** What was gathered may not lie in memory any more, and fewer pieces would not do. */
  #tookKept(transfer: Transfer<File>, kept: Uint8Array, taken: number): void {
    transfer.kept = taken < kept.length ? kept.subarray(taken) : undefined;
  }

  // --- the pool does not have it ---

  /**
   * At once from the kernel's memory, else by way of a reader.
   *
   * A chunk that is wanted whole goes into the pool, since others may want it too; of a piece only
   * the piece is read, and not kept: a small range of a large file costs what it is long. One that
   * the kernel lost as soon as it had it is brought in with its chunk.
   */
  #miss(transfer: Transfer<File>, file: File, chunk: number, want: number): Uint8Array | undefined {
    if (this.#loads.isKnown(file, chunk)) return this.#waitFor(transfer, file, chunk);
    const isKept = !transfer.isFetched && this.#isWorthASlot(transfer.cursor, file, chunk, want);
    const slot = isKept ? this.#pageCache.bring(file, chunk) : NO_SLOT;
    if (slot >= 0) return this.#fromSlot(transfer, file, chunk, slot, want);

    const length = Math.min(want, transfer.hasBlocked ? RESUME_BYTES : SCRATCH_BYTES);
    const read = slot === NO_SLOT ? this.#pageCache.borrow(file, transfer.cursor.at, length) : slot;
    if (read >= 0) return this.#fromScratch(transfer, read);
    if (read === CHANGED) return this.#fail(transfer);

    const isFetchable = !isKept && !transfer.isFetched && this.#isFetchable(file, want);
    return isFetchable
      ? this.#fetch(transfer, file, chunk, want)
      : this.#waitFor(transfer, file, chunk);
  }

  #isWorthASlot(cursor: Cursor<File>, file: File, chunk: number, want: number): boolean {
    return (
      cursor.isWholeChunk(want, this.#pool.chunkBytes) || this.#piecemeal.take(file.id, chunk, want)
    );
  }

  #fromSlot(
    transfer: Transfer<File>,
    file: File,
    chunk: number,
    slot: number,
    want: number,
  ): Uint8Array {
    this.#readBytes = want;
    transfer.isInMemory = true;
    transfer.arrivesAt(file, chunk);
    this.#loads.pin(transfer, slot);
    return this.#pool.view(slot, transfer.cursor.at % this.#pool.chunkBytes, want);
  }

  #fromScratch(transfer: Transfer<File>, lengthBytes: number): Uint8Array {
    this.#readBytes = lengthBytes;
    transfer.isInMemory = true;
    return this.#scratch.bytes.subarray(0, lengthBytes);
  }

  #fail(transfer: Transfer<File>): undefined {
    this.#failed(transfer, "changed");
    return undefined;
  }

  // --- the kernel does not have it either ---

  #waitFor(transfer: Transfer<File>, file: File, chunk: number): undefined {
    transfer.isInMemory = false;
    this.#loads.wait(transfer, file, chunk);
    return undefined;
  }

  /** Is a piece so small a part of its chunk that the disk is better asked for it alone? */
  #isFetchable(file: File, want: number): boolean {
    const most = Math.min(FETCH_BYTES, this.#pool.chunkBytes / FETCHED_ONE_IN);
    return want <= most && this.#reader.canReadNow(file);
  }

  #fetch(transfer: Transfer<File>, file: File, chunk: number, want: number): undefined {
    transfer.isFetched = true;
    const stretch = { offset: transfer.cursor.at, lengthBytes: want };
    this.#loads.fetch(transfer, file, chunk, stretch);
    return undefined;
  }
}
