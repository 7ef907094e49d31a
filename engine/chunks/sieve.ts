/**
 * SIEVE: which chunk to give up, without moving anything when a chunk is used.
 *
 *      oldest                                        newest
 *      [0*] ──newer──▶ [5] ──▶ [2*] ──▶ [7] ──▶ [3]        * visited since the hand came by
 *                               ▲
 *                              hand ──▶ walks towards the newest, then starts at the oldest again
 *
 * 1. insert  a chunk comes in at the newest end, unvisited
 * 2. visit   a use sets one bit; the order stays
 * 3. evict   the hand spares a visited chunk once, by clearing its bit, and takes the first unvisited
 *
 * One pass over a huge file never sets a bit, so the hand follows the pass and eats its chunks,
 * while what was visited lies behind the hand and is left alone.
 * (Zhang and others, "SIEVE is simpler than LRU", NSDI 2024.)
 *
 * Knows slot numbers only. What is pinned is told by whoever asks for a victim.
 */

const NONE = -1;

export class Sieve {
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #visited: Uint8Array;
  #oldest = NONE;
  #newest = NONE;
  #hand = NONE;

  /** @param slotCount slots are 0 to `slotCount - 1` */
  constructor(slotCount: number) {
    this.#newer = new Int32Array(slotCount).fill(NONE);
    this.#older = new Int32Array(slotCount).fill(NONE);
    this.#visited = new Uint8Array(slotCount);
  }

  /** Adds a slot at the newest end. Its bit stays as it is: uses count while it still loads. */
  insert(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  /** Sets or clears the bit of a slot, whether it is in the list yet or not. */
  setVisited(slot: number, isVisited: boolean): void {
    this.#visited[slot] = isVisited ? 1 : 0;
  }

  /**
   * Takes out the next victim. A pinned slot is stepped over and keeps its bit.
   *
   * Cost: O(1) amortized while few are pinned or visited, two rounds of the list at worst.
   *
   * @param pins pins of each slot; at least one slot in the list must have none
   */
  evict(pins: Uint32Array): number {
    let slot = this.#hand === NONE ? this.#oldest : this.#hand;
    while (pins[slot] !== 0 || this.#visited[slot] !== 0) {
      if (pins[slot] === 0) this.#visited[slot] = 0;
      slot = this.#newer[slot] === NONE ? this.#oldest : this.#newer[slot]!;
    }
    this.#hand = this.#newer[slot]!;
    this.#unlink(slot);
    return slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot]!;
    const older = this.#older[slot]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }
}
