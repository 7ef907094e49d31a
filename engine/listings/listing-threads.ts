/**
 * Threads that write listings: one that takes orders, and those that hang in a system call.
 *
 *   begin ──▶ at work ──▶ reply ──▶ idle ──▶ ended, with the memory of a large folder
 *                │ longer than a read may take
 *                ▼
 *              stuck: left alone with its folder, and ended by its reply; another takes the next
 *
 * The thread starts with the first order. What it has read last serves the next orders for the same
 * folder. Owns: threads, and what each has at hand. Does not know who waits.
 */
import type { ListingReply } from "./listing-thread.js";
import type { ListingWriter, WriterEvents } from "./listing-writer.js";
import type { ListingOrder } from "./listings.js";

/** Threads that hang in a system call at most. Then listings are refused until one comes back. */
const MAX_STUCK = 3;

/** A thread starts in 30 ms and holds 10 MiB. Without orders for this long it ends. */
const IDLE_MS = 10_000;

/** What is asked of a thread. */
export interface Task {
  /** Its root and folder. */
  readonly folder: string;
  readonly order: ListingOrder;
  /** Those who wait for it, the last to ask at the end. */
  readonly waiters: readonly { readonly askedMs: number }[];
}

/** What a thread has read last, and has at hand. */
export interface Reading {
  readonly folder: string;
  readonly beganMs: number;
  /** Until then it is good for orders that came after it began, too. */
  freshUntilMs: number;
  /** False: the folder may have been switched since. */
  isTrusted: boolean;
}

export const NEVER_FRESH = 0;

interface Seat<Order> {
  readonly writer: ListingWriter;
  reading: Reading | undefined;
  /** What the thread is at, and since when. */
  order: Order | undefined;
  sentMs: number;
  idleSinceMs: number;
}

interface ListingThreadsParts<Order> {
  /** For how long a reading is believed, from the moment it began. */
  readonly revalidateMs: number;
  /** The table's clock. */
  readonly nowMs: () => number;
  readonly startWriter: (events: WriterEvents) => ListingWriter;
  /** A thread has done with an order, and takes the next. */
  readonly replied: (order: Order, reading: Reading, reply: ListingReply) => void;
  /** One has ended by itself, whatever it was at. */
  readonly died: (order: Order | undefined, error: Error) => void;
}

export class ListingThreads<Order extends Task> {
  readonly #parts: ListingThreadsParts<Order>;
  /** Of the one that takes orders, as long as there is one. */
  #seat: Seat<Order> | undefined;
  readonly #stuck = new Set<Seat<Order>>();

  constructor(parts: ListingThreadsParts<Order>) {
    this.#parts = parts;
  }

  /** Can an order hope for one, now or when it is its turn? */
  get hasOne(): boolean {
    return this.#seat !== undefined || this.#stuck.size < MAX_STUCK;
  }

  /** May `begin` be called? */
  get isFree(): boolean {
    return this.hasOne && this.#seat?.order === undefined;
  }

  get count(): number {
    return this.#seats().length;
  }

  get stuckCount(): number {
    return this.#stuck.size;
  }

  /** What they are at. */
  orders(): Order[] {
    return this.#seats().flatMap(({ order }) => order ?? []);
  }

  /** Is a thread hanging in this folder, as it is now? */
  isStuckIn(folder: string): boolean {
    for (const { reading } of this.#stuck) {
      if (reading?.folder === folder && reading.isTrusted) return true;
    }
    return false;
  }

  /** Was what it is written from read too long ago for who asks now? False for one in line. */
  isOutdated(order: Order): boolean {
    const seat = this.#seats().find((one) => one.order === order);
    const nowMs = this.#parts.nowMs();
    return seat?.reading !== undefined && !isGoodFor(nowMs, seat.reading, nowMs);
  }

  /** Gives the thread its next order. Starts one where there is none. */
  begin(order: Order): void {
    const { revalidateMs, nowMs } = this.#parts;
    const now = nowMs();
    this.#seat ??= this.#open();
    const seat = this.#seat;
    const isReadAlready = isAtHand(seat.reading, order, now);
    if (!isReadAlready) {
      const freshUntilMs = now + revalidateMs;
      seat.reading = { folder: order.folder, beganMs: now, freshUntilMs, isTrusted: true };
    }
    seat.order = order;
    seat.sentMs = now;
    seat.writer.write(order.order, isReadAlready);
  }

  /** What they have read until now is good for nobody else. */
  distrust(): void {
    for (const { reading } of this.#seats()) {
      if (reading !== undefined) reading.isTrusted = false;
    }
  }

  /** Leaves the one alone that is at its order since then or longer. Returns that order. */
  leaveStuck(sinceMs: number): Order | undefined {
    const seat = this.#seat;
    if (seat?.order === undefined || seat.sentMs > sinceMs) return undefined;
    this.#seat = undefined;
    this.#stuck.add(seat);
    return seat.order;
  }

  /** Ends the one that takes orders, if there have been none for a while. */
  endIdle(): void {
    const seat = this.#seat;
    if (seat === undefined || seat.order !== undefined) return;
    if (seat.idleSinceMs <= this.#parts.nowMs() - IDLE_MS) this.#end(seat);
  }

  endAll(): void {
    for (const seat of this.#seats()) this.#end(seat);
  }

  #seats(): Seat<Order>[] {
    return [...this.#stuck, ...(this.#seat === undefined ? [] : [this.#seat])];
  }

  #open(): Seat<Order> {
    const writer = this.#parts.startWriter({
      replied: (reply) => this.#replied(seat, reply),
      died: (error) => this.#died(seat, error),
    });
    const nothingYet = { reading: undefined, order: undefined, sentMs: 0, idleSinceMs: 0 };
    const seat: Seat<Order> = { writer, ...nothingYet };
    return seat;
  }

  #replied(seat: Seat<Order>, reply: ListingReply): void {
    const { nowMs, replied } = this.#parts;
    const order = seat.order!;
    seat.order = undefined;
    seat.idleSinceMs = nowMs();
    if (this.#stuck.has(seat)) this.#end(seat);
    replied(order, seat.reading!, reply);
  }

  #died(seat: Seat<Order>, error: Error): void {
    this.#end(seat);
    this.#parts.died(seat.order, error);
  }

  #end(seat: Seat<Order>): void {
    this.#stuck.delete(seat);
    if (this.#seat === seat) this.#seat = undefined;
    seat.writer.end();
  }
}

const isAtHand = (
  reading: Reading | undefined,
  { folder, waiters }: Task,
  nowMs: number,
): boolean =>
  reading?.folder === folder &&
  reading.isTrusted &&
  isGoodFor(waiters.at(-1)!.askedMs, reading, nowMs);

/** A reading that began when all had asked is as good as their own; any other while it is believed. */
const isGoodFor = (askedMs: number, { beganMs, freshUntilMs }: Reading, nowMs: number): boolean =>
  askedMs <= beganMs || nowMs < freshUntilMs;
