/**
 * The line of orders for listings: whose turn it is.
 *
 *   turn       a, page 3 | a, page 4 |       being served, one after the other
 *   folder b   b, page 1 |                   ◀ has the next turn
 *   folder a   a, page 9 | a, as JSON |      came while a had its turn: waits for the next
 *
 * A folder takes its turn with all the orders that wait for it, so that one reading serves them. The
 * turn takes in no more from then on: one folder that everybody wants leaves the others theirs.
 * Knows no clock and no thread.
 */

/**
 * Folders in line at most. One of usual size takes a millisecond or two, so the last in line waits
 * for some tenths of a second. More: in front of a crowd of large folders the last would wait for
 * its deadline, and then be told that it is over.
 */
const MAX_FOLDERS = 64;

/**
 * Views of one folder in line at most. A folder's turn is as long as one reading and so many pages,
 * each a few milliseconds, a second for 100,000 entries in one piece.
 */
const MAX_VIEWS = 16;

interface InLine {
  /** Which folder it is for: equal for all that one reading may serve. */
  readonly folder: string;
}

export class ListingLine<Order extends InLine> {
  #turn: Order[] = [];
  /** In the order of their turns. */
  readonly #folders = new Map<string, Order[]>();

  /** Orders that have not been taken. */
  get length(): number {
    let length = this.#turn.length;
    for (const orders of this.#folders.values()) length += orders.length;
    return length;
  }

  hasRoomFor(folder: string): boolean {
    const orders = this.#folders.get(folder);
    return orders === undefined ? this.#folders.size < MAX_FOLDERS : orders.length < MAX_VIEWS;
  }

  add(order: Order): void {
    const orders = this.#folders.get(order.folder);
    if (orders === undefined) this.#folders.set(order.folder, [order]);
    else orders.push(order);
  }

  /** Takes the order whose turn it is. */
  next(): Order | undefined {
    if (this.#turn.length === 0) this.#beginTurn();
    return this.#turn.shift();
  }

  /** Takes out all that fit, wherever they stand. */
  takeOut(fits: (order: Order) => boolean): Order[] {
    const out: Order[] = [];
    const isLeft = (order: Order): boolean => {
      if (!fits(order)) return true;
      out.push(order);
      return false;
    };
    this.#turn = this.#turn.filter(isLeft);
    for (const [folder, orders] of this.#folders) {
      const left = orders.filter(isLeft);
      if (left.length > 0) this.#folders.set(folder, left);
      else this.#folders.delete(folder);
    }
    return out;
  }

  #beginTurn(): void {
    for (const [folder, orders] of this.#folders) {
      this.#folders.delete(folder);
      this.#turn = orders;
      return;
    }
  }
}
