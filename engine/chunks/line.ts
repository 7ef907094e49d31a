/**
 * A first-in, first-out line whose members carry their own links.
 *
 *      head                     tail
 *      [a] ──behind──▶ [b] ──▶ [c]       join stands behind c, shift takes a
 *          ◀──before──     ◀──
 *
 * A member stands in at most one line and knows which, so it can step out from anywhere.
 * Every operation is O(1) and allocates nothing.
 */

/** What a member carries. `Line` alone writes these three. */
export interface Linked<T extends Linked<T>> {
  line: Line<T> | undefined;
  before: T | undefined;
  behind: T | undefined;
}

export class Line<T extends Linked<T>> {
  head: T | undefined = undefined;
  #tail: T | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @throws Error when the member stands in a line already: a bug here */
  join(member: T): void {
    if (member.line !== undefined) throw new Error("stands in a line already");
    member.line = this;
    member.before = this.#tail;
    if (this.#tail === undefined) this.head = member;
    else this.#tail.behind = member;
    this.#tail = member;
    this.#size++;
  }

  /** @throws Error when the member stands in another line or in none: a bug here */
  leave(member: T): void {
    if (member.line !== this) throw new Error("does not stand in this line");
    if (member.before === undefined) this.head = member.behind;
    else member.before.behind = member.behind;
    if (member.behind === undefined) this.#tail = member.before;
    else member.behind.before = member.before;
    member.line = undefined;
    member.before = undefined;
    member.behind = undefined;
    this.#size--;
  }

  shift(): T | undefined {
    const first = this.head;
    if (first !== undefined) this.leave(first);
    return first;
  }
}
