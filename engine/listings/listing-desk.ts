/**
 * Orders for listings: who gets one at once, who waits, and who is told to come back.
 *
 * 1. kept     a listing that may still be believed is handed out again
 * 2. join     equal orders wait for one listing
 * 3. line     the others wait for their folder's turn: listing-line; a full line is refused
 * 4. thread   writes one listing at a time, and reads a folder once for all that wait for it
 * 5. end      the listing is kept and handed to all who wait; a failure is told to them and forgotten
 *
 *   write ──▶ line ──▶ thread ──▶ kept
 *              │          │ longer than a read may take
 *              ▼          ▼
 *           refused     stuck: left alone with its folder, another thread takes the next
 *
 * The thread starts with the first order, and ends when there has been none for a while: with it
 * goes the memory of a large folder. Owns: orders and threads. Touches no disk, and never waits.
 */
import type { FileTable } from "../../fs/file-table.js";
import { type FaultCode, faultOf } from "../../protocol/faults.js";
import { KeptListings } from "./kept-listings.js";
import { ListingLine } from "./listing-line.js";
import type { ListingReply } from "./listing-thread.js";
import { type ListingWriter, startListingWriter, type WriterEvents } from "./listing-writer.js";
import type { ListingOrder, Listings, WrittenListing } from "./listings.js";

/** Threads that hang in a system call at most. Then listings are refused until one comes back. */
const MAX_STUCK = 3;

/** A thread starts in 30 ms and holds 10 MiB. Without orders for this long it ends. */
const IDLE_MS = 10_000;

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

const NEVER_FRESH = 0;

type Outcome = WrittenListing | FaultCode;

interface Waiter {
  readonly askedMs: number;
  readonly tell: (outcome: Outcome) => void;
}

interface Order {
  readonly key: string;
  /** Its root and folder. */
  readonly folder: string;
  readonly order: ListingOrder;
  /** The longest waiting first. */
  readonly waiters: Waiter[];
}

/** What a thread has read last, and has at hand. */
interface Reading {
  readonly folder: string;
  readonly beganMs: number;
  /** Until then it is good for orders that came after it began, too. */
  freshUntilMs: number;
  /** False: the folder may have been switched since. */
  isTrusted: boolean;
}

interface Seat {
  readonly writer: ListingWriter;
  reading: Reading | undefined;
  /** What the thread is at, and since when. */
  order: Order | undefined;
  sentMs: number;
  idleSinceMs: number;
}

export class ListingDesk implements Listings {
  readonly #parts: ListingDeskParts;
  readonly #kept: KeptListings;
  /** By key, those that may be joined: all that are in line or at a thread, but for those distrusted. */
  readonly #orders = new Map<string, Order>();
  readonly #line = new ListingLine<Order>();
  #seat: Seat | undefined;
  readonly #stuck = new Set<Seat>();

  constructor(parts: ListingDeskParts) {
    this.#parts = parts;
    this.#kept = new KeptListings(parts.table, parts.settings.maxOpenFiles);
  }

  write(order: ListingOrder): Promise<Outcome> {
    const key = keyOf(order);
    const kept = this.#kept.find(key, this.#parts.nowMs());
    if (kept !== undefined) return Promise.resolve(kept);
    const same = this.#orders.get(key);
    if (same !== undefined) return this.#wait(same);
    const folder = folderOf(order);
    if (this.#isStuck(folder)) return Promise.resolve("READ_TIMED_OUT");
    if (!this.#canTakeOrder(folder)) return Promise.resolve("READERS_BUSY");
    return this.#take({ key, folder, order, waiters: [] });
  }

  /** Hands out nothing again that was read before now: a folder was switched as a whole. */
  distrust(): void {
    this.#kept.clear();
    for (const { reading, order } of this.#seats()) {
      if (reading !== undefined) reading.isTrusted = false;
      if (order !== undefined) this.#orders.delete(order.key);
    }
  }

  /** Answers those who have waited too long, and tidies up. Call it about once a second. */
  sweep(): void {
    const { settings, nowMs } = this.#parts;
    const now = nowMs();
    this.#kept.sweep(now);
    const overdueBefore = now - settings.readTimeoutMs;
    for (const { order } of this.#seats()) {
      if (order !== undefined) dismissLate(order, overdueBefore);
    }
    const isAbandoned = (order: Order): boolean => dismissLate(order, overdueBefore);
    for (const order of this.#line.takeOut(isAbandoned)) this.#forget(order);

    const seat = this.#seat;
    if (seat === undefined) return;
    if (seat.order !== undefined && seat.sentMs <= overdueBefore) this.#leaveStuck(seat);
    else if (seat.order === undefined && seat.idleSinceMs <= now - IDLE_MS) this.#endSeat(seat);
  }

  /** Counts for metrics. */
  stats(): { inLine: number; threads: number; stuck: number; kept: number; open: number } {
    const threads = this.#stuck.size + (this.#seat === undefined ? 0 : 1);
    const { kept, open } = this.#kept.stats();
    return { inLine: this.#line.length, threads, stuck: this.#stuck.size, kept, open };
  }

  /** Ends the threads. Those who still wait are told that the server is going. */
  stop(): void {
    for (const order of this.#line.takeOut(() => true)) this.#end(order, "SHUTTING_DOWN");
    for (const seat of this.#seats()) {
      if (seat.order !== undefined) this.#end(seat.order, "SHUTTING_DOWN");
      this.#endSeat(seat);
    }
    this.#kept.clear();
  }

  // --- the line ---

  #canTakeOrder(folder: string): boolean {
    const hasThread = this.#seat !== undefined || this.#stuck.size < MAX_STUCK;
    return hasThread && this.#line.hasRoomFor(folder) && this.#kept.hasRoom(this.#orders.size);
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
    if (this.#seat?.order !== undefined) return;
    if (this.#seat === undefined && this.#stuck.size >= MAX_STUCK) return;
    const order = this.#nextInTime();
    if (order !== undefined) this.#send(order);
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

  // --- threads ---

  #seats(): Seat[] {
    return [...this.#stuck, ...(this.#seat === undefined ? [] : [this.#seat])];
  }

  #send(order: Order): void {
    const { settings, nowMs } = this.#parts;
    const now = nowMs();
    this.#seat ??= this.#openSeat();
    const seat = this.#seat;
    const isReadAlready = isAtHand(seat.reading, order, now);
    if (!isReadAlready) {
      const freshUntilMs = now + settings.revalidateMs;
      seat.reading = { folder: order.folder, beganMs: now, freshUntilMs, isTrusted: true };
    }
    seat.order = order;
    seat.sentMs = now;
    seat.writer.write(order.order, isReadAlready);
  }

  #openSeat(): Seat {
    const { startWriter = startListingWriter } = this.#parts;
    const writer = startWriter({
      replied: (reply) => this.#replied(seat, reply),
      died: (error) => this.#died(seat, error),
    });
    const seat: Seat = { writer, reading: undefined, order: undefined, sentMs: 0, idleSinceMs: 0 };
    return seat;
  }

  #replied(seat: Seat, reply: ListingReply): void {
    const order = seat.order!;
    seat.order = undefined;
    seat.idleSinceMs = this.#parts.nowMs();
    this.#settle(order, seat.reading!, reply);
    if (this.#stuck.has(seat)) this.#endSeat(seat);
    this.#next();
  }

  #died(seat: Seat, error: Error): void {
    this.#parts.onTrouble(`a thread that writes listings ended: ${error.message}`);
    this.#endSeat(seat);
    if (seat.order !== undefined) this.#end(seat.order, "DISK_FAILED");
    this.#next();
  }

  /** Nobody else waits for its folder: the answer is at hand. */
  #leaveStuck(seat: Seat): void {
    this.#seat = undefined;
    this.#stuck.add(seat);
    this.#end(seat.order!, "READ_TIMED_OUT");
    for (const order of this.#line.takeOut(({ folder }) => this.#isStuck(folder))) {
      this.#end(order, "READ_TIMED_OUT");
    }
    this.#next();
  }

  /** Is a thread hanging in this folder, as it is now? */
  #isStuck(folder: string): boolean {
    for (const { reading } of this.#stuck) {
      if (reading?.folder === folder && reading.isTrusted) return true;
    }
    return false;
  }

  #endSeat(seat: Seat): void {
    this.#stuck.delete(seat);
    if (this.#seat === seat) this.#seat = undefined;
    seat.writer.end();
  }

  // --- the end of an order ---

  #settle(order: Order, reading: Reading, reply: ListingReply): void {
    if (reply.kind !== "written") {
      reading.freshUntilMs = NEVER_FRESH;
      return this.#end(order, this.#faultFrom(order, reply));
    }
    const file = this.#parts.table.adopt(reply.fd, reply.identity);
    if (file === undefined) return this.#end(order, "READERS_BUSY");

    const listing = { file, modifiedMs: reply.modifiedMs, digest: reply.digest };
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
        return faultOf(reply.errno) === "READERS_BUSY" ? "READERS_BUSY" : "DISK_FAILED";
    }
  }
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

/** A reading that began when all had asked is as good as their own; any other while it is believed. */
const isAtHand = (
  reading: Reading | undefined,
  { folder, waiters }: Order,
  nowMs: number,
): boolean =>
  reading?.folder === folder &&
  reading.isTrusted &&
  (waiters.at(-1)!.askedMs <= reading.beganMs || nowMs < reading.freshUntilMs);

/** NUL is in no path, so no two folders share a key, nor do two orders. */
const folderOf = ({ root, folder }: ListingOrder): string => `${root}\0${folder}`;

const keyOf = (order: ListingOrder): string => {
  const { format, view } = order;
  return [folderOf(order), format, view.sort, view.order, view.offset, view.limit].join("\0");
};
