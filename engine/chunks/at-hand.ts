/**
 * Bytes that nobody has to wait for, lent to whoever sends them without a transfer.
 *
 *   one piece of one chunk   as it lies in its slot, else by way of the scratch bytes
 *   any other body           gathered in the scratch bytes, if it is small: see gather.ts
 *
 * Each piece counts as a transfer that comes to its chunk; a chunk of which as much was wanted as it
 * has comes to the pool. Owns: its count of hits. What is to be waited for is for source.ts.
 */

import type { ChunkFile } from "./chunk-reader.js";
import { Cursor, type Part } from "./cursor.js";
import type { Gathered } from "./gather.js";
import type { Supply } from "./source.js";

export class AtHand<File extends ChunkFile> {
  readonly #supply: Supply<File>;
  #hits = 0;

  constructor(supply: Supply<File>) {
    this.#supply = supply;
  }

  /** Pieces that were found in the pool since the start. */
  get hits(): number {
    return this.#hits;
  }

  /**
   * A body, one piece behind the other. Undefined: it takes a transfer.
   *
   * @param parts not empty of bytes; `GATHER_BYTES` of them at most
   * @returns bytes that are valid until the scheduler is called again
   */
  find(parts: readonly Part<File>[]): Uint8Array | undefined {
    const [only] = parts;
    if (parts.length > 1 || only?.kind !== "extent") return this.#gather(parts);
    const { file, first, last } = only;
    const chunk = this.#supply.pool.chunkAt(first);
    const isInOneChunk = this.#supply.pool.chunkAt(last) === chunk;
    return isInOneChunk ? this.#piece(file, chunk, first, last + 1 - first) : this.#gather(parts);
  }

  /**
   * All of a file of 1 to `GATHER_BYTES`. Nothing of it comes to the pool: a slot is for what is larger.
   */
  readWhole(file: File): Uint8Array | undefined {
    const { pageCache, scratch } = this.#supply;
    if (pageCache.borrow(file, 0, file.sizeBytes) < 0) return undefined;
    return scratch.bytes.subarray(0, file.sizeBytes);
  }

  #piece(file: File, chunk: number, first: number, lengthBytes: number): Uint8Array | undefined {
    const { pool, scratch, loads, pageCache } = this.#supply;
    const slot = pool.findReady(file, chunk);
    if (slot >= 0) {
      this.#arrive(slot);
      return pool.view(slot, first % pool.chunkBytes, lengthBytes);
    }
    if (loads.isKnown(file, chunk)) return undefined; // to be waited for, not to be read twice
    if (pageCache.borrow(file, first, lengthBytes) < 0) return undefined;
    this.#tookPiece(file, chunk, lengthBytes);
    return scratch.bytes.subarray(0, lengthBytes);
  }

  #gather(parts: readonly Part<File>[]): Uint8Array | undefined {
    const cursor = new Cursor(parts);
    const gathered = this.#supply.gatherer.gather(cursor);
    if (gathered === undefined || gathered.bytes.length < cursor.totalBytes) return undefined;
    const { bytes, readFrom } = gathered;
    if (readFrom !== undefined && !this.#supply.reader.isUnchanged(readFrom)) return undefined;
    this.#count(gathered);
    return bytes;
  }

  #count({ bytes, pieces }: Gathered<File>): void {
    const { pool } = this.#supply;
    pieces.forEach(({ part, at, offset }, n) => {
      if (part.kind === "literal") return;
      const chunk = pool.chunkAt(at);
      const slot = pool.findReady(part.file, chunk);
      const lengthBytes = (pieces[n + 1]?.offset ?? bytes.length) - offset;
      if (slot >= 0) this.#arrive(slot);
      else this.#tookPiece(part.file, chunk, lengthBytes);
    });
  }

  #arrive(slot: number): void {
    this.#hits++;
    this.#supply.pool.arrive(slot);
  }

  /** One that is on its way comes all the same. */
  #tookPiece(file: File, chunk: number, lengthBytes: number): void {
    const { piecemeal, loads, pageCache } = this.#supply;
    const isWorthIt = piecemeal.take(file.id, chunk, lengthBytes);
    if (isWorthIt && !loads.isKnown(file, chunk)) pageCache.bring(file, chunk);
  }
}
