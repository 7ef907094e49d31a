/**
 * Small pieces of a body that leave with one offer: the parts of a multipart answer, or a range that
 * lies across two chunks.
 *
 *      pool     ──▶ ┐
 *      literal  ──▶ ├▶ copied one behind the other into the scratch bytes
 *      kernel   ──▶ ┘  read there, of one file at a time
 *
 * Moves no cursor, keeps nothing: what it gathered stands until the scratch bytes are used again.
 */
import type { ChunkPool } from "./chunk-pool.js";
import type { ChunkFile, ChunkReader } from "./chunk-reader.js";
import type { Cursor, Part } from "./cursor.js";

/**
 * Bytes of small pieces that leave together.
 *
 * Smaller: sixteen ranges of 4 KiB with their heads no longer fit. Larger: copying costs more than
 * the system calls it saves, about 3 µs for each 64 KiB against 10 µs a call.
 */
export const GATHER_BYTES = 128 * 1024;

/** Most pieces of one push: bodies of a thousand tiny parts share the loop like others. */
const GATHER_PIECES = 64;

/** Bytes of the slab outside the pool, at least `GATHER_BYTES`, and where they begin. */
export interface Scratch {
  readonly bytes: Uint8Array;
  readonly slabOffset: number;
}

interface GatheredPiece<File extends ChunkFile> {
  readonly part: Part<File>;
  /** In the part: see `Cursor`. */
  readonly at: number;
  /** In the gathered bytes. */
  readonly offset: number;
}

export interface Gathered<File extends ChunkFile> {
  readonly bytes: Uint8Array;
  readonly pieces: readonly GatheredPiece<File>[];
  /** The file that some of it was read from just now; undefined when all was in the pool. */
  readonly readFrom: File | undefined;
}

export class Gatherer<File extends ChunkFile> {
  readonly #pool: ChunkPool<File>;
  readonly #reader: ChunkReader<File>;
  readonly #scratch: Scratch;

  constructor(pool: ChunkPool<File>, reader: ChunkReader<File>, scratch: Scratch) {
    this.#pool = pool;
    this.#reader = reader;
    this.#scratch = scratch;
  }

  /**
   * What is at hand from the cursor on. Undefined when that is one piece, from the pool. A copy costs
   * less than the system call it saves.
   */
  gather(cursor: Cursor<File>): Gathered<File> | undefined {
    const start = cursor.mark();
    const pieces: GatheredPiece<File>[] = [];
    let readFrom: File | undefined;
    let filled = 0;
    while (cursor.part !== undefined && pieces.length < GATHER_PIECES) {
      const want = cursor.pieceBytes(this.#pool.chunkBytes);
      if (filled + want > GATHER_BYTES) break;
      const bytes = this.#bytesInPool(cursor, want);
      if (bytes !== undefined) this.#scratch.bytes.set(bytes, filled);
      else if (this.#readNext(cursor, want, filled, readFrom)) readFrom = fileAt(cursor);
      else break;
      pieces.push({ part: cursor.part, at: cursor.at, offset: filled });
      filled += want;
      cursor.advance(want);
    }
    cursor.reset(start);
    if (pieces.length < 2 && readFrom === undefined) return undefined;
    return { bytes: this.#scratch.bytes.subarray(0, filled), pieces, readFrom };
  }

  /** A piece of a chunk, of one file at a time: it is looked at once, when all was read. */
  #readNext(
    cursor: Cursor<File>,
    want: number,
    filled: number,
    readFrom: File | undefined,
  ): boolean {
    const file = fileAt(cursor)!;
    if (readFrom !== undefined && readFrom !== file) return false;
    if (cursor.isWholeChunk(want, this.#pool.chunkBytes)) return false; // it is to be kept
    return this.#reader.readNow(file, cursor.at, want, this.#scratch.slabOffset + filled);
  }

  #bytesInPool({ part, at }: Cursor<File>, want: number): Uint8Array | undefined {
    if (part!.kind === "literal") return part!.bytes.subarray(at, at + want);
    const slot = this.#pool.findReady(part!.file, this.#pool.chunkAt(at));
    return slot < 0 ? undefined : this.#pool.view(slot, at % this.#pool.chunkBytes, want);
  }
}

const fileAt = <File extends ChunkFile>({ part }: Cursor<File>): File | undefined =>
  part?.kind === "extent" ? part.file : undefined;
