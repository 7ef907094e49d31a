/**
 * The shared-memory queues between the loop and the reader threads.
 *
 *   loop ── submit ──▶ [ meta lane ]──┐                        ┌──▶ [ done ] ── collect ──▶ loop
 *                      [ bulk lane ]──┴─▶ take ▶ reader ▶ publish
 *
 * 1. submit   the loop fills a job record, puts its number in a lane, rings the bell once a batch
 * 2. take     any reader that is free claims the oldest number, metadata before bulk
 * 3. publish  the reader leaves the result in the record and its number in the done queue
 * 4. collect  the loop walks the done queue and wakes itself by `Atomics.waitAsync` only when idle
 *
 * The lanes are shared by all readers, so no job stands behind a blocked one (a ring per reader
 * would do that). At most `started - 1` readers take bulk jobs, so reads never keep an open waiting.
 *
 * Owns: the lanes, the order of atomic operations. Does not know files or what is in a record.
 */
import { JOBS } from "./job-records.js";

/** The two lanes. */
export const META = 0;
export const BULK = 1;
export type Lane = typeof META | typeof BULK;

// Words of the control block. Producer and consumer words are 16 apart: one cache line each.
const BELL = 0;
const SLEEPERS = 16;
const STARTED = 32;
const BULK_ACTIVE = 48;
const STOPPED = 64;
const DONE_TAIL = 80;
const LOOP_ASLEEP = 96;
const LANE_TAIL = [112, 128] as const;
const LANE_HEAD = [144, 160] as const;
const LANE_CELLS = [176, 176 + JOBS] as const;
const DONE_CELLS = 176 + 2 * JOBS;
const CONTROL_WORDS = 176 + 3 * JOBS;
const MASK = JOBS - 1;

/** The memory of a ring, as it travels to the reader threads. */
export const createRing = (): SharedArrayBuffer => new SharedArrayBuffer(CONTROL_WORDS * 4);

/** The loop's end. One producer: only the event loop's thread may hold it. */
export class LoopEnd {
  readonly #control: Int32Array;
  #finishedSeen = 0;
  readonly #tailsSeen: [meta: number, bulk: number] = [0, 0];
  #doneHead = 0;

  constructor(ring: SharedArrayBuffer) {
    this.#control = new Int32Array(ring);
  }

  /** Puts a filled record in its lane. Its reader may not be awake until `ring`. */
  submit(job: number, lane: Lane): void {
    const tail = Atomics.load(this.#control, LANE_TAIL[lane]);
    Atomics.store(this.#control, LANE_CELLS[lane] + (tail & MASK), job);
    Atomics.store(this.#control, LANE_TAIL[lane], (tail + 1) | 0);
  }

  /**
   * Tells the readers that a batch is in. Wakes `wanted` sleepers at most.
   *
   * The bell moves even when nobody sleeps: a reader that found the lanes empty a moment ago then
   * does not fall asleep on them. Cost: one atomic add, one futex call only if a reader sleeps.
   */
  ring(wanted: number): void {
    Atomics.add(this.#control, BELL, 1);
    if (Atomics.load(this.#control, SLEEPERS) > 0) Atomics.notify(this.#control, BELL, wanted);
  }

  /** The next finished job, or -1. */
  collect(): number {
    const cell = DONE_CELLS + (this.#doneHead & MASK);
    const mark = Atomics.load(this.#control, cell);
    if (mark === 0) return -1;
    Atomics.store(this.#control, cell, 0);
    this.#doneHead = (this.#doneHead + 1) | 0;
    return mark - 1;
  }

  /** Resolves when something is there to collect. Call it when `collect` has just returned -1. */
  whenDone(): Promise<unknown> | undefined {
    Atomics.store(this.#control, LOOP_ASLEEP, 1);
    if (Atomics.load(this.#control, DONE_CELLS + (this.#doneHead & MASK)) !== 0) return undefined;
    const wait = Atomics.waitAsync(this.#control, LOOP_ASLEEP, 1);
    return wait.async ? wait.value : undefined;
  }

  /** Jobs in the lanes that no reader has taken yet. */
  backlog(): number {
    return waitingIn(this.#control, META) + waitingIn(this.#control, BULK);
  }

  /**
   * Has a job waited since the last call, with no reader left that could take it? A reader that
   * sleeps is no help to bulk jobs when it is the one that never takes them, and one more is no help
   * to small jobs that flow: they wait for a processor, which a thread does not bring.
   *
   * @param flow jobs finished since the last call that show that readers are not blocked
   */
  needsReader(flow: number): boolean {
    const isFlowing = this.#finishedSinceLook() >= flow;
    const isMetaShort = this.#hasStalled(META) && this.sleepers() === 0 && !isFlowing;
    const isBulkShort = this.#hasStalled(BULK) && !hasRoomForBulk(this.#control);
    return isMetaShort || isBulkShort;
  }

  #finishedSinceLook(): number {
    const finished = Atomics.load(this.#control, DONE_TAIL);
    const since = (finished - this.#finishedSeen) | 0;
    this.#finishedSeen = finished;
    return since;
  }

  #hasStalled(lane: Lane): boolean {
    const head = Atomics.load(this.#control, LANE_HEAD[lane]);
    const stalled = (this.#tailsSeen[lane] - head) | 0;
    this.#tailsSeen[lane] = Atomics.load(this.#control, LANE_TAIL[lane]);
    return stalled > 0;
  }

  sleepers(): number {
    return Atomics.load(this.#control, SLEEPERS);
  }

  /** Every reader returns from its loop after the job it has in hand. */
  stop(): void {
    Atomics.store(this.#control, STOPPED, 1);
    Atomics.add(this.#control, BELL, 1);
    Atomics.notify(this.#control, BELL);
  }
}

/**
 * A reader that took this long blocked on something, and wakes a colleague before its next job.
 *
 * Smaller: readers wake each other for files in the page cache, which cost 5 to 10 µs and are
 * cheaper in one row. Larger: a disk with deep queues sees fewer requests at once.
 */
const BLOCKED_US = 100;

/** A reader's end. Many consumers: each reader thread holds its own. */
export class ReaderEnd {
  readonly #control: Int32Array;

  constructor(ring: SharedArrayBuffer) {
    this.#control = new Int32Array(ring);
    Atomics.add(this.#control, STARTED, 1);
  }

  /**
   * Claims the oldest job of the better lane, sleeping until there is one.
   *
   * @param lastJobUs how long this reader's last job took
   * @returns the job and its lane, `job * 2 + lane`, or -1 when the ring is stopped
   */
  take(lastJobUs: number): number {
    for (;;) {
      const bell = Atomics.load(this.#control, BELL);
      if (Atomics.load(this.#control, STOPPED) === 1) return -1;
      const claimed = this.#claim();
      if (claimed >= 0) {
        if (lastJobUs > BLOCKED_US) this.#callForHelp();
        return claimed;
      }
      Atomics.add(this.#control, SLEEPERS, 1);
      Atomics.wait(this.#control, BELL, bell);
      Atomics.sub(this.#control, SLEEPERS, 1);
    }
  }

  /** Hands a finished job back and wakes the loop if it sleeps. */
  publish(job: number, lane: Lane): void {
    if (lane === BULK) Atomics.sub(this.#control, BULK_ACTIVE, 1);
    const ticket = Atomics.add(this.#control, DONE_TAIL, 1);
    Atomics.store(this.#control, DONE_CELLS + (ticket & MASK), job + 1);
    if (Atomics.exchange(this.#control, LOOP_ASLEEP, 0) === 1) {
      Atomics.notify(this.#control, LOOP_ASLEEP, 1);
    }
  }

  #claim(): number {
    const meta = this.#pop(META);
    if (meta >= 0) return meta * 2 + META;
    if (!this.#enterBulk()) return -1;

    const bulk = this.#pop(BULK);
    if (bulk >= 0) return bulk * 2 + BULK;
    Atomics.sub(this.#control, BULK_ACTIVE, 1);
    return -1;
  }

  /** Never counts above the bound, not for a moment: another reader would see no room and sleep. */
  #enterBulk(): boolean {
    for (;;) {
      const active = Atomics.load(this.#control, BULK_ACTIVE);
      if (active >= mostBulk(this.#control)) return false;
      const seen = Atomics.compareExchange(this.#control, BULK_ACTIVE, active, active + 1);
      if (seen === active) return true;
    }
  }

  #pop(lane: Lane): number {
    for (;;) {
      const head = Atomics.load(this.#control, LANE_HEAD[lane]);
      if (head === Atomics.load(this.#control, LANE_TAIL[lane])) return -1;
      const job = Atomics.load(this.#control, LANE_CELLS[lane] + (head & MASK));
      const next = (head + 1) | 0;
      if (Atomics.compareExchange(this.#control, LANE_HEAD[lane], head, next) === head) return job;
    }
  }

  #callForHelp(): void {
    if (Atomics.load(this.#control, SLEEPERS) === 0) return;
    if (waitingIn(this.#control, META) + waitingIn(this.#control, BULK) === 0) return;
    Atomics.add(this.#control, BELL, 1);
    Atomics.notify(this.#control, BELL, 1);
  }
}

/** One reader is kept for metadata, unless it is the only one. */
const mostBulk = (control: Int32Array): number => Math.max(1, Atomics.load(control, STARTED) - 1);

const hasRoomForBulk = (control: Int32Array): boolean =>
  Atomics.load(control, BULK_ACTIVE) < mostBulk(control);

const waitingIn = (control: Int32Array, lane: Lane): number =>
  (Atomics.load(control, LANE_TAIL[lane]) - Atomics.load(control, LANE_HEAD[lane])) | 0;
