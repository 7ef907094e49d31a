/**
 * How much has been taken of chunks that are not in the pool, piece by piece.
 *
 * To bring in a whole chunk for a piece of it pays if more of it will be wanted. Nobody knows, so the
 * rule is the one for hiring or buying skis: bring it in when as many bytes were taken piecemeal as
 * it has, and never more than twice the work is done that foresight would have needed.
 * (Karlin and others, "Competitive snoopy caching", 1988.)
 *
 * A table without chains: a chunk that falls on another's place takes it over, so what nobody asks
 * for any more is forgotten in time. Owns: a fixed number of sums. Keeps no file alive.
 */

/** Places for each slot of the pool. Fewer: warm chunks push each other out before they count. */
const PLACES_PER_SLOT = 4;

const CHUNKS_PER_FILE = 2 ** 32;

export class Piecemeal {
  readonly #keys: Float64Array;
  readonly #bytes: Float64Array;
  readonly #mask: number;
  readonly #chunkBytes: number;

  constructor(slotCount: number, chunkBytes: number) {
    const places = 2 ** Math.ceil(Math.log2(slotCount * PLACES_PER_SLOT));
    this.#keys = new Float64Array(places).fill(-1);
    this.#bytes = new Float64Array(places);
    this.#mask = places - 1;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Counts a piece of a chunk. True when the chunk is worth bringing in; then it is counted anew.
   * Cost: O(1), no allocation.
   *
   * @param fileId integer, 0 to 2^21 - 1 apart from others; two files that share one only add up
   */
  take(fileId: number, chunk: number, bytes: number): boolean {
    const key = (fileId % 2 ** 21) * CHUNKS_PER_FILE + chunk;
    const place = (Math.imul(fileId, 0x9e3779b1) ^ Math.imul(chunk, 0x85ebca6b)) >>> 7;
    const at = place & this.#mask;
    if (this.#keys[at] !== key) this.#bytes[at] = 0;
    this.#keys[at] = key;
    this.#bytes[at]! += bytes;
    if (this.#bytes[at]! < this.#chunkBytes) return false;
    this.#bytes[at] = 0;
    return true;
  }
}
