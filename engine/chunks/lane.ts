/**
 * A lane: transfers that can go on, one share for each client, by deficit round robin.
 *
 *      ring   ▶ [ client a: 3 waiting ] ▶ [ client b: 1 waiting ] ▶ ...
 *               balance 190 KiB           balance -20 KiB
 *
 * 1. join    a transfer stands behind its client's others; the client stands at the end of the ring
 * 2. serve   the client in front goes on while its balance is positive; then it is given a quantum
 *            and goes to the end
 * 3. charge  what a turn cost comes off the balance. The last turn may overdraw: the debt is paid
 *            by rounds sat out, so chunks are never cut to fit a balance
 *
 * An address that opens fifty connections is one client with fifty transfers: one share.
 */

import type { ChunkFile } from "./chunk-reader.js";
import { Line, type Linked } from "./line.js";
import type { Transfer } from "./transfer.js";

/**
 * Bytes a client may send each time the ring comes round, and bytes of one turn.
 *
 * Smaller: large chunks are cut, and every cut is a system call that wakes the receiver for less: a
 * MiB in four cuts costs half as much again as in one. Larger: everybody waits longer for the client
 * in front (at 150 µs per MiB, 150 µs each). A chunk of the default size is one turn.
 * Measure with `npm run bench -- --only hot-100m`; re-run it before changing this line.
 */
export const QUANTUM_BYTES = 1024 * 1024;

/**
 * Deepest debt of a client, in bytes.
 *
 * Debt beyond one quantum comes from first pushes, which do not wait for a turn. Smaller: an address
 * with more connections than this covers gets more than its share through them. Larger: a download
 * beside many small requests of the same address waits longer, 16 rounds at worst.
 */
const DEEPEST_DEBT_BYTES = 16 * QUANTUM_BYTES;

/** One client's place in one lane. */
export class Share<File extends ChunkFile> implements Linked<Share<File>> {
  readonly ready = new Line<Transfer<File>>();
  /** Bytes it may still send before the next client's turn; negative when overdrawn. */
  balanceBytes = 0;
  line: Line<Share<File>> | undefined = undefined;
  before: Share<File> | undefined = undefined;
  behind: Share<File> | undefined = undefined;

  /** Takes the cost of a turn off the balance, whether or not it stands in a ring. */
  charge(bytes: number): void {
    this.balanceBytes = Math.max(this.balanceBytes - bytes, -DEEPEST_DEBT_BYTES);
  }
}

export class Lane<File extends ChunkFile> {
  readonly #ring = new Line<Share<File>>();

  /** Cost: O(1), no allocation. */
  join(share: Share<File>, transfer: Transfer<File>): void {
    share.ready.join(transfer);
    if (share.line !== undefined) return;
    if (share.balanceBytes >= 0) share.balanceBytes = QUANTUM_BYTES; // credit is not saved up, debt is
    this.#ring.join(share);
  }

  /**
   * Gives turns until a budget is spent or nobody is left. The last turn may exceed the budget.
   *
   * Cost: O(1) a turn but for debts, one step for each quantum owed; no allocation.
   *
   * @param turn makes one turn and returns its cost in bytes, at least 1
   * @returns bytes spent
   */
  serve(budgetBytes: number, turn: (transfer: Transfer<File>) => number): number {
    let spentBytes = 0;
    while (spentBytes < budgetBytes) {
      const share = this.#inCredit();
      if (share === undefined) break;
      const costBytes = turn(share.ready.shift()!);
      share.charge(costBytes);
      spentBytes += costBytes;
    }
    return spentBytes;
  }

  isEmpty(): boolean {
    return this.#front() === undefined;
  }

  #inCredit(): Share<File> | undefined {
    for (let share = this.#front(); share !== undefined; share = this.#front()) {
      if (share.balanceBytes > 0) return share;
      share.balanceBytes += QUANTUM_BYTES;
      this.#ring.leave(share);
      this.#ring.join(share);
    }
    return undefined;
  }

  /**
   * The first client with a transfer that can go on. One without keeps its place until it comes to
   * the front: its only transfer may be in the middle of a turn, and about to stand here again.
   */
  #front(): Share<File> | undefined {
    while (this.#ring.head?.ready.size === 0) this.#ring.shift();
    return this.#ring.head;
  }
}
