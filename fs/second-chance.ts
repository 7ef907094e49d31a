/**
 * Who is to go first: a clock with a second chance (Corbató, 1968).
 *
 *   oldest ──▶ [ a asked ] [ b needed ] [ c ] [ d ] ──▶ newest
 *                 │ once      │           │
 *                 └───────────┴── renewed └── goes first
 *
 * A burst of members asked for once does not push out those asked for again. A list through its
 * members and no Map in the order of insertion: the first key of a Map is found by walking over
 * all that were deleted before it, 15 µs among 65,536.
 */

/** What may stand in a list, in one at a time. */
export interface Member<Self> {
  /** Asked for since the list last looked for one to let go. */
  wasAskedFor: boolean;
  /** Neighbors in the list; only the list writes them. */
  older: Self | undefined;
  newer: Self | undefined;
}

export class SecondChance<T extends Member<T>> {
  #oldest: T | undefined;
  #newest: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds one that stands in no list, as the newest. O(1). */
  add(member: T): void {
    member.older = this.#newest;
    member.newer = undefined;
    if (this.#newest === undefined) this.#oldest = member;
    else this.#newest.newer = member;
    this.#newest = member;
    this.#size++;
  }

  /** Takes out one that stands in this list. O(1). */
  remove(member: T): void {
    const { older, newer } = member;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    member.older = undefined;
    member.newer = undefined;
    this.#size--;
  }

  /** All, the oldest first. The one that was just handed out may be removed. */
  *[Symbol.iterator](): Generator<T> {
    for (let member = this.#oldest; member !== undefined; ) {
      const next: T | undefined = member.newer;
      yield member;
      member = next;
    }
  }

  /**
   * The one that may go first, undefined when all are needed. It stays in the list.
   *
   * Cost: O(1) amortized while some are not needed; two rounds when all are.
   */
  leastValuable(isNeeded: (member: T) => boolean = () => false): T | undefined {
    for (let look = 2 * this.#size; look > 0; look--) {
      const member = this.#oldest!;
      const isSpared = isNeeded(member);
      if (!isSpared && !member.wasAskedFor) return member;
      if (!isSpared) member.wasAskedFor = false;
      this.remove(member);
      this.add(member);
    }
    return undefined;
  }
}
