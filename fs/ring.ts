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
 * would do that). At most `started - 1` readers take bulk jobs: an open or a stat always finds one.
 *
 * Owns: the memory layout, the order of atomic operations. Does not know files or system calls.
 */

/** What a job asks for. Opens, checks and closes travel in the meta lane, reads in the bulk lane. */
export const OP_OPEN = 1;
export const OP_CLOSE = 2;
export const OP_READ = 3;
export type Op = typeof OP_OPEN | typeof OP_CLOSE | typeof OP_READ;

/** The two lanes. */
export const META = 0;
export const BULK = 1;
export type Lane = typeof META | typeof BULK;

/**
 * Job records, and so the most jobs handed to readers at once; more wait on the loop's side.
 *
 * Smaller: readers idle between batches. Larger: each record owns a landing buffer of
 * `SLUICE_SMALL_FILE_BYTES` (128 * 64 KiB = 8 MiB at the defaults). A power of two.
 */
export const JOBS = 128;
const MASK = JOBS - 1;

/** Bytes for one path: PATH_MAX of Linux, with its NUL. */
export const PATH_BYTES = 4096;

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

/** Numbers of one job record; every value is a double, so sizes and offsets stay exact to 2^53. */
export const F_OP = 0;
export const F_FD = 1;
export const F_OFFSET = 2;
export const F_LENGTH = 3;
export const F_SLAB_OFFSET = 4;
export const F_PATH_BYTES = 5;
export const F_ROOT_CHARS = 6;
export const F_SIZE = 7;
export const F_FLAGS = 8;
export const F_RESULT = 9;
export const F_ERRNO = 10;
export const F_JOB_US = 11;
export const F_SIBLINGS = 12;
const FIELDS = 16;

/** Wide integers of one job record: what identifies a file, exact to the nanosecond. */
export const I_DEV = 0;
export const I_INO = 1;
export const I_MTIME_NS = 2;
const WIDES = 4;

/** The memory of a ring, as it travels to the reader threads. */
export interface RingMemory {
  readonly control: SharedArrayBuffer;
  readonly numbers: SharedArrayBuffer;
  readonly wides: SharedArrayBuffer;
  readonly paths: SharedArrayBuffer;
  readonly landings: SharedArrayBuffer;
  /** Bytes of one landing buffer; a file up to this size arrives together with its facts. */
  readonly landingBytes: number;
}

/** @param landingBytes integer, 0 to 2^20: how much of a small file an open brings along */
export function createRingMemory(landingBytes: number): RingMemory {
  return {
    control: new SharedArrayBuffer(CONTROL_WORDS * 4),
    numbers: new SharedArrayBuffer(JOBS * FIELDS * 8),
    wides: new SharedArrayBuffer(JOBS * WIDES * 8),
    paths: new SharedArrayBuffer(JOBS * PATH_BYTES),
    landings: new SharedArrayBuffer(JOBS * landingBytes),
    landingBytes,
  };
}

/** The records and buffers, as seen by either side. Plain memory: the queues order access to it. */
export class JobRecords {
  readonly #numbers: Float64Array;
  readonly #wides: BigInt64Array;
  readonly #paths: Buffer;
  readonly #landings: Buffer;
  readonly landingBytes: number;

  constructor(memory: RingMemory) {
    this.#numbers = new Float64Array(memory.numbers);
    this.#wides = new BigInt64Array(memory.wides);
    this.#paths = Buffer.from(memory.paths);
    this.#landings = Buffer.from(memory.landings);
    this.landingBytes = memory.landingBytes;
  }

  get(job: number, field: number): number {
    return this.#numbers[job * FIELDS + field]!;
  }

  set(job: number, field: number, value: number): void {
    this.#numbers[job * FIELDS + field] = value;
  }

  getWide(job: number, field: number): bigint {
    return this.#wides[job * WIDES + field]!;
  }

  setWide(job: number, field: number, value: bigint): void {
    this.#wides[job * WIDES + field] = value;
  }

  /** Stores a path of less than `PATH_BYTES` bytes; returns how many they are. */
  setPath(job: number, path: string): number {
    return this.#paths.write(path, job * PATH_BYTES, "utf8");
  }

  path(job: number): string {
    const start = job * PATH_BYTES;
    return this.#paths.toString("utf8", start, start + this.get(job, F_PATH_BYTES));
  }

  /** The landing buffer of a job: the reader fills it, the loop copies out of it on collection. */
  landing(job: number): Buffer {
    const start = job * this.landingBytes;
    return this.#landings.subarray(start, start + this.landingBytes);
  }
}

/** The loop's end. One producer: only the event loop's thread may hold it. */
export class LoopEnd {
  readonly #control: Int32Array;
  #doneHead = 0;

  constructor(memory: RingMemory) {
    this.#control = new Int32Array(memory.control);
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
    let waiting = 0;
    for (const lane of [META, BULK] as const) {
      const tail = Atomics.load(this.#control, LANE_TAIL[lane]);
      waiting += (tail - Atomics.load(this.#control, LANE_HEAD[lane])) | 0;
    }
    return waiting;
  }

  sleepers(): number {
    return Atomics.load(this.#control, SLEEPERS);
  }

  started(): number {
    return Atomics.load(this.#control, STARTED);
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

  constructor(memory: RingMemory) {
    this.#control = new Int32Array(memory.control);
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

    const busyWithBulk = Atomics.add(this.#control, BULK_ACTIVE, 1);
    const most = Math.max(1, Atomics.load(this.#control, STARTED) - 1);
    const bulk = busyWithBulk < most ? this.#pop(BULK) : -1;
    if (bulk >= 0) return bulk * 2 + BULK;
    Atomics.sub(this.#control, BULK_ACTIVE, 1);
    return -1;
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
    for (const lane of [META, BULK] as const) {
      const tail = Atomics.load(this.#control, LANE_TAIL[lane]);
      if (tail === Atomics.load(this.#control, LANE_HEAD[lane])) continue;
      Atomics.add(this.#control, BELL, 1);
      Atomics.notify(this.#control, BELL, 1);
      return;
    }
  }
}
