/**
 * Orders for listings: who gets one at once, who waits, and who is told to come back.
 *
 * 1. kept     a listing that may still be believed is handed out again
 * 2. join     equal orders wait for one listing
 * 3. line     the others wait for their folder's turn: listing-line; a full line is refused
 * 4. thread   writes one listing at a time, and reads a folder once for all that wait for it:
 *             listing-threads
 * 5. end      the listing is kept and handed to all who wait; a failure is told to them and forgotten
 *
 *   write ──▶ line ──▶ thread ──▶ kept
 *              │          │ longer than a read may take
 *              ▼          ▼
 *           refused    who waits is told so, and the next order has another thread
 *
 * Owns: orders, and who waits for each. Touches no disk, and never waits.
 */
import type { FileTable } from "../../fs/file-table.js";
import { type FaultCode, faultOf } from "../../protocol/faults.js";
import { KeptListings } from "./kept-listings.js";
import { ListingLine } from "./listing-line.js";
import type { ListingReply } from "./listing-thread.js";
import { ListingThreads, NEVER_FRESH, type Reading, type Task } from "./listing-threads.js";
import { type ListingWriter, startListingWriter, type WriterEvents } from "./listing-writer.js";
import type { ListingOrder, Listings, WrittenListing } from "./listings.js";

interface ListingDeskSettings {
  /** For how long a listing is believed, from the moment its folder was read. 0: not at all. */
  readonly revalidateMs: number;
  /** After this long those who wait are told so. */
  readonly readTimeoutMs: number;
  /** Descriptors for files and listings together. */
  readonly maxOpenFiles: number;
}

export interface ListingDeskParts {
  readonly table: Pick<FileTable, "adopt" | "hold" | "release">;
  readonly settings: ListingDeskSettings;
  /** The table's clock. */
  readonly nowMs: () => number;
  /** Tells the operator what no status code can. */
  readonly onTrouble: (line: string) => void;
  readonly startWriter?: (events: WriterEvents) => ListingWriter;
}

/**
 * What must be left of a waiter's time for its order to be begun, as a share of all of it: 3 s by
 * default, the reading of a very large folder. Less: work is done that nobody waits for any more.
 */
const SHARE_TO_BEGIN = 0.1;

type Outcome = WrittenListing | FaultCode;

interface Waiter {
  readonly askedMs: number;
  readonly tell: (outcome: Outcome) => void;
}

interface Order extends Task {
  readonly key: string;
  /** The longest waiting first. */
  readonly waiters: Waiter[];
}

export class ListingDesk implements Listings {
  readonly #parts: ListingDeskParts;
  readonly #kept: KeptListings;
  /** By key, those that may be joined: all that are in line or at a thread, but for those distrusted. */
  readonly #orders = new Map<string, Order>();
  readonly #line = new ListingLine<Order>();
  readonly #threads: ListingThreads<Order>;

  constructor(parts: ListingDeskParts) {
    this.#parts = parts;
    this.#kept = new KeptListings(parts.table, parts.settings.maxOpenFiles);
    this.#threads = new ListingThreads({
      revalidateMs: parts.settings.revalidateMs,
      nowMs: parts.nowMs,
      startWriter: parts.startWriter ?? startListingWriter,
      replied: (order, reading, reply) => this.#replied(order, reading, reply),
      died: (order, error) => this.#died(order, error),
    });
  }

  write(order: ListingOrder): Promise<Outcome> {
    const key = keyOf(order);
    const kept = this.#kept.find(key, this.#parts.nowMs());
    if (kept !== undefined) return Promise.resolve(kept);
    const same = this.#orders.get(key);
    if (same !== undefined && !this.#threads.isOutdated(same)) return this.#wait(same);
    const folder = folderOf(order);
    if (this.#threads.isStuckIn(folder)) return Promise.resolve("READ_TIMED_OUT");
    if (!this.#canTakeOrder(folder)) return Promise.resolve("READERS_BUSY");
    return this.#take({ key, folder, order, waiters: [] });
  }

  /** Hands out nothing again that was read before now: a folder was switched as a whole. */
  distrust(): void {
    this.#kept.clear();
    this.#threads.distrust();
    for (const order of this.#threads.orders()) this.#orders.delete(order.key);
  }

  /** Answers those who have waited too long, and tidies up. Call it about once a second. */
  sweep(): void {
    const { settings, nowMs } = this.#parts;
    const now = nowMs();
    this.#kept.sweep(now);
    const overdueBefore = now - settings.readTimeoutMs;
    for (const order of this.#threads.orders()) dismissLate(order, overdueBefore);
    const isAbandoned = (order: Order): boolean => dismissLate(order, overdueBefore);
    for (const order of this.#line.takeOut(isAbandoned)) this.#forget(order);

    const stuck = this.#threads.leaveStuck(overdueBefore);
    if (stuck !== undefined) this.#giveUp(stuck);
    else this.#threads.endIdle();
  }

  /** Counts for metrics. */
  stats(): { inLine: number; threads: number; stuck: number; kept: number; open: number } {
    const { count, stuckCount } = this.#threads;
    const { kept, open } = this.#kept.stats();
    return { inLine: this.#line.length, threads: count, stuck: stuckCount, kept, open };
  }

  /** Ends the threads. Those who still wait are told that the server is going. */
  stop(): void {
    for (const order of this.#line.takeOut(() => true)) this.#end(order, "SHUTTING_DOWN");
    for (const order of this.#threads.orders()) this.#end(order, "SHUTTING_DOWN");
    this.#threads.endAll();
    this.#kept.clear();
  }

  // --- the line ---

  #canTakeOrder(folder: string): boolean {
    const hasRoom = this.#line.hasRoomFor(folder) && this.#kept.hasRoom(this.#orders.size);
    return hasRoom && this.#threads.hasOne;
  }

  #take(order: Order): Promise<Outcome> {
    this.#orders.set(order.key, order);
    this.#line.add(order);
    const outcome = this.#wait(order);
    this.#next();
    return outcome;
  }

  #wait({ waiters }: Order): Promise<Outcome> {
    const askedMs = this.#parts.nowMs();
    return new Promise((tell) => waiters.push({ askedMs, tell }));
  }

  /** Gives the next order to the thread, when both are there. */
  #next(): void {
    if (!this.#threads.isFree) return;
    const order = this.#nextInTime();
    if (order !== undefined) this.#threads.begin(order);
  }

  /** Lets those go by whose time is all but over. */
  #nextInTime(): Order | undefined {
    const { settings, nowMs } = this.#parts;
    const lateBefore = nowMs() - settings.readTimeoutMs * (1 - SHARE_TO_BEGIN);
    for (;;) {
      const order = this.#line.next();
      if (order === undefined) return undefined;
      if (!dismissLate(order, lateBefore)) return order;
      this.#forget(order);
    }
  }

  // --- the end of an order ---

  #replied(order: Order, reading: Reading, reply: ListingReply): void {
    this.#settle(order, reading, reply);
    this.#next();
  }

  #died(order: Order | undefined, error: Error): void {
    this.#parts.onTrouble(`a thread that writes listings ended: ${error.message}`);
    if (order !== undefined) this.#end(order, "DISK_FAILED");
    this.#next();
  }

  /** Its thread hangs. Nobody else waits for its folder: the answer is at hand. */
  #giveUp(order: Order): void {
    this.#end(order, "READ_TIMED_OUT");
    const isStuck = ({ folder }: Order): boolean => this.#threads.isStuckIn(folder);
    for (const other of this.#line.takeOut(isStuck)) this.#end(other, "READ_TIMED_OUT");
    this.#next();
  }

  #settle(order: Order, reading: Reading, reply: ListingReply): void {
    if (reply.kind !== "written") {
      reading.freshUntilMs = NEVER_FRESH;
      return this.#end(order, this.#faultFrom(order, reply));
    }
    const file = this.#parts.table.adopt(reply.fd, reply.identity);
    if (file === undefined) return this.#end(order, "NO_DESCRIPTORS");

    const listing = { file, digest: reply.digest };
    this.#end(order, listing);
    const freshUntilMs = reading.isTrusted ? reading.freshUntilMs : NEVER_FRESH;
    this.#kept.take(order.key, listing, freshUntilMs, this.#parts.nowMs());
  }

  #end(order: Order, outcome: Outcome): void {
    this.#forget(order);
    for (const { tell } of order.waiters.splice(0)) {
      if (typeof outcome !== "string") this.#parts.table.hold(outcome.file);
      tell(outcome);
    }
  }

  #forget(order: Order): void {
    if (this.#orders.get(order.key) === order) this.#orders.delete(order.key);
  }

  #faultFrom(
    { order }: Order,
    reply: Exclude<ListingReply, { readonly kind: "written" }>,
  ): FaultCode {
    const { onTrouble } = this.#parts;
    switch (reply.kind) {
      case "outside":
        return "OUTSIDE_ROOT";
      case "failed":
        return faultOf(reply.errno);
      case "crowded":
        onTrouble(`/${order.folder} has too many entries to be listed`);
        return "DISK_FAILED";
      case "no scratch":
        onTrouble(
          `a listing could not be written to the folder for temporary files: ${reply.errno}`,
        );
        return scratchFault(reply.errno);
    }
  }
}

/** Of where listings are written: no fault of the folder that was asked for. */
function scratchFault(errno: string): FaultCode {
  const code = faultOf(errno);
  return code === "NO_DESCRIPTORS" || code === "NO_MEMORY" ? code : "DISK_FAILED";
}

/**
 * Tells those who asked before then that it took too long.
 *
 * @returns nobody waits for it any more
 */
function dismissLate({ waiters }: Order, beforeMs: number): boolean {
  while (waiters.length > 0 && waiters[0]!.askedMs <= beforeMs) {
    waiters.shift()!.tell("READ_TIMED_OUT");
  }
  return waiters.length === 0;
}

/** NUL is in no path, so no two folders share a key, nor do two orders. */
const folderOf = ({ root, folder }: ListingOrder): string => `${root}\0${folder}`;

const keyOf = (order: ListingOrder): string => {
  const { format, view } = order;
  return [folderOf(order), format, view.sort, view.order, view.offset, view.limit].join("\0");
};
