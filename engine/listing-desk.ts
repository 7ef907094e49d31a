/**
 * Orders for listings: who gets one at once, who waits, and who is told to come back.
 *
 * 1. kept     a listing that may still be believed is handed out again
 * 2. join     equal orders wait for one listing
 * 3. line     the others wait for the thread, which writes one at a time; a full line is refused
 * 4. end      the listing is kept and handed to all who wait; a failure is told to them and forgotten
 *
 *   write ──▶ line ──▶ thread ──▶ kept
 *              │          │ longer than a read may take
 *              ▼          ▼
 *           refused     stuck: left alone with its order, another thread takes the next
 *
 * The thread starts with the first order, and ends when there has been none for a while: with it
 * goes the memory of a large folder. Owns: orders and threads. Touches no disk, and never waits.
 */
import type { FileTable } from "../fs/file-table.js";
import { type FaultCode, faultOf } from "../protocol/faults.js";
import { KeptListings } from "./kept-listings.js";
import type { ListingReply } from "./listing-thread.js";
import { type ListingWriter, startListingWriter, type WriterEvents } from "./listing-writer.js";
import type { ListingOrder, Listings, WrittenListing } from "./listings.js";

/**
 * Orders in line at most, one for each different listing. A folder of usual size takes a
 * millisecond or two, so the last in line waits for some tenths of a second. More: in front of a
 * crowd of large folders the last would wait for its deadline, and then be refused anyway.
 */
const MAX_LINE = 64;

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

const NEVER_FRESH = 0;

type Outcome = WrittenListing | FaultCode;

interface Order {
  readonly key: string;
  readonly order: ListingOrder;
  readonly askedMs: number;
  readonly waiters: ((outcome: Outcome) => void)[];
  sentMs: number;
  isOverdue: boolean;
  /** False: the folder may have been switched since it was read. */
  isTrusted: boolean;
}

/** One thread, and the order it is at. */
interface Seat {
  readonly writer: ListingWriter;
  order: Order | undefined;
  idleSinceMs: number;
}

export class ListingDesk implements Listings {
  readonly #parts: ListingDeskParts;
  readonly #kept: KeptListings;
  /** By key, in line or being written. */
  readonly #orders = new Map<string, Order>();
  readonly #line: Order[] = [];
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
    if (same?.isOverdue) return Promise.resolve("READ_TIMED_OUT");
    if (same !== undefined) return wait(same);
    if (!this.#canTakeOrder()) return Promise.resolve("READERS_BUSY");
    return wait(this.#take(key, order));
  }

  /** Hands out nothing again that was read before now: a folder was switched as a whole. */
  distrust(): void {
    this.#kept.clear();
    for (const order of this.#orders.values()) order.isTrusted = false;
    this.#orders.clear();
  }

  /** Answers those who have waited too long, and tidies up. Call it about once a second. */
  sweep(): void {
    const { settings, nowMs } = this.#parts;
    const now = nowMs();
    this.#kept.sweep(now);
    const overdueBefore = now - settings.readTimeoutMs;
    while (this.#line.length > 0 && this.#line[0]!.askedMs <= overdueBefore) {
      this.#end(this.#line.shift()!, "READ_TIMED_OUT");
    }
    const seat = this.#seat;
    if (seat === undefined) return;
    if (seat.order !== undefined && seat.order.askedMs <= overdueBefore) this.#leaveStuck(seat);
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
    for (const order of this.#line.splice(0)) this.#end(order, "SHUTTING_DOWN");
    const seats = [...this.#stuck, ...(this.#seat === undefined ? [] : [this.#seat])];
    for (const seat of seats) {
      if (seat.order !== undefined) this.#end(seat.order, "SHUTTING_DOWN");
      this.#endSeat(seat);
    }
    this.#kept.clear();
  }

  // --- the line ---

  #canTakeOrder(): boolean {
    const hasThread = this.#seat !== undefined || this.#stuck.size < MAX_STUCK;
    return hasThread && this.#line.length < MAX_LINE && this.#kept.hasRoom(this.#orders.size);
  }

  #take(key: string, order: ListingOrder): Order {
    const askedMs = this.#parts.nowMs();
    const taken = {
      key,
      order,
      askedMs,
      waiters: [],
      sentMs: 0,
      isOverdue: false,
      isTrusted: true,
    };
    this.#orders.set(key, taken);
    this.#line.push(taken);
    this.#next();
    return taken;
  }

  /** Gives the next order to the thread, when both are there. */
  #next(): void {
    if (this.#line.length === 0 || this.#seat?.order !== undefined) return;
    if (this.#seat === undefined && this.#stuck.size >= MAX_STUCK) return;
    this.#seat ??= this.#openSeat();
    const order = this.#line.shift()!;
    order.sentMs = this.#parts.nowMs();
    this.#seat.order = order;
    this.#seat.writer.write(order.order);
  }

  // --- threads ---

  #openSeat(): Seat {
    const { startWriter = startListingWriter } = this.#parts;
    const writer = startWriter({
      replied: (reply) => this.#replied(seat, reply),
      died: (error) => this.#died(seat, error),
    });
    const seat: Seat = { writer, order: undefined, idleSinceMs: 0 };
    return seat;
  }

  #replied(seat: Seat, reply: ListingReply): void {
    const order = seat.order!;
    seat.order = undefined;
    seat.idleSinceMs = this.#parts.nowMs();
    this.#settle(order, reply);
    if (this.#stuck.has(seat)) this.#endSeat(seat);
    this.#next();
  }

  #died(seat: Seat, error: Error): void {
    this.#parts.onTrouble(`a thread that writes listings ended: ${error.message}`);
    this.#endSeat(seat);
    if (seat.order !== undefined) this.#end(seat.order, "DISK_FAILED");
    this.#next();
  }

  /** Its order stays known, so that nobody else waits for it: the answer is at hand. */
  #leaveStuck(seat: Seat): void {
    const order = seat.order!;
    order.isOverdue = true;
    for (const tell of order.waiters.splice(0)) tell("READ_TIMED_OUT");
    this.#seat = undefined;
    this.#stuck.add(seat);
    this.#next();
  }

  #endSeat(seat: Seat): void {
    this.#stuck.delete(seat);
    if (this.#seat === seat) this.#seat = undefined;
    seat.writer.end();
  }

  // --- the end of an order ---

  #settle(order: Order, reply: ListingReply): void {
    if (reply.kind !== "written") return this.#end(order, this.#faultFrom(order, reply));
    const { table, settings } = this.#parts;
    const file = table.adopt(reply.fd, reply.identity);
    if (file === undefined) return this.#end(order, "READERS_BUSY");

    const listing = { file, modifiedMs: reply.modifiedMs, digest: reply.digest };
    this.#end(order, listing);
    const freshUntilMs = order.isTrusted ? order.sentMs + settings.revalidateMs : NEVER_FRESH;
    this.#kept.take(order.key, listing, freshUntilMs, this.#parts.nowMs());
  }

  #end(order: Order, outcome: Outcome): void {
    if (this.#orders.get(order.key) === order) this.#orders.delete(order.key);
    for (const tell of order.waiters.splice(0)) {
      if (typeof outcome !== "string") this.#parts.table.hold(outcome.file);
      tell(outcome);
    }
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

/** NUL is in no path, so no two orders share a key. */
const keyOf = ({ root, folder, view, format }: ListingOrder): string =>
  [root, folder, format, view.sort, view.order, view.offset, view.limit].join("\0");

const wait = (order: Order): Promise<Outcome> =>
  new Promise((resolve) => order.waiters.push(resolve));
