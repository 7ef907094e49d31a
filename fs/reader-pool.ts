/**
 * The loop's side of the reader threads: submit a job, get its completion.
 *
 * 1. a call waits until its root or its device may have one more at the readers: see reader-lines.ts
 * 2. a job gets a record, or waits in line for one
 * 3. the batch of this turn of the loop is announced once, from a `setImmediate`
 * 4. completions are collected when the loop wakes, and with every announcement
 *
 * Owns: job records, call-backs. Does not know what a path or a descriptor means.
 */
import { constants } from "node:os";
import { sharedClockLead } from "./clock.js";
import {
  createJobMemory,
  F_ENDED_MS,
  F_ERRNO,
  F_FD,
  F_FLAGS,
  F_LENGTH,
  F_OBSERVED_MS,
  F_OFFSET,
  F_OP,
  F_PATH_BYTES,
  F_RESULT,
  F_ROOT_CHARS,
  F_SIBLINGS,
  F_SIZE,
  F_SLAB_OFFSET,
  F_STARTED_MS,
  I_CTIME_NS,
  I_DEV,
  I_INO,
  I_MTIME_NS,
  JOBS,
  JobRecords,
  PATH_BYTES,
} from "./job-records.js";
import {
  OP_CLOSE,
  OP_OPEN,
  OP_READ,
  OPEN_BODY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_UNCHANGED,
  type Op,
  READ_REFUSED,
  WITH_KNOWN,
  WITH_SIBLINGS,
} from "./jobs.js";
import { type Call, ReaderLines } from "./reader-lines.js";
import { ReaderThreads } from "./reader-threads.js";
import { BULK, createRing, type Lane, LoopEnd, META } from "./ring.js";

/** What makes a file that file: a change of any of these makes it another one. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Integer, 0 to 2^53 - 1. */
  readonly sizeBytes: number;
  /** Nanoseconds since the epoch. Whoever writes to a file may set it to any time afterwards. */
  readonly mtimeNs: bigint;
  /** The same of its last change of any kind: bytes, owner, permissions, names. Nobody can set it. */
  readonly ctimeNs: bigint;
}

/** The times of a job, milliseconds on the loop's `performance.now()`. */
export interface JobTimes {
  /** It was asked for, and began to wait for a reader. */
  readonly askedMs: number;
  /** A reader took it. */
  readonly startedMs: number;
  /** The reader was done; the loop hears of it later. */
  readonly endedMs: number;
}

/** How an open ended. `result` is one of the OPEN_ constants of jobs.ts. */
export interface Opened {
  readonly result: number;
  /** Negative errno of the failed call, 0 when there was none. */
  readonly errno: number;
  /** Open and the caller's to close: set for OPEN_FILE, and for a small file that is to be kept open. */
  readonly fd: number;
  /** Set for OPEN_FILE and OPEN_BODY. */
  readonly identity: FileIdentity | undefined;
  /** Set for files: bit n says that the n-th suffix of SIBLING_SUFFIXES exists beside it. */
  readonly siblings: number;
  /** Wall clock just before the open, milliseconds since the epoch. */
  readonly observedMs: number;
  /** The whole file, the caller's to keep; set for OPEN_BODY. */
  readonly body: Buffer | undefined;
  readonly times: JobTimes;
}

export interface OpenRequest {
  /** Absolute, without a slash at its end, unless it is "/". */
  readonly root: string;
  /** Absolute, below `root`. */
  readonly path: string;
  /** When given and still true, the answer is OPEN_UNCHANGED. */
  readonly known: FileIdentity | undefined;
  /** Look for precompressed siblings too: one stat for each suffix. */
  readonly siblings: boolean;
}

/** What is read from. The descriptor stays open until `done`: the caller sees to that. */
export interface ReadTarget {
  readonly fd: number;
  readonly identity: FileIdentity;
  /** For whoever looks. */
  readonly path: string;
}

export interface ReaderPoolSettings {
  /** Most reader threads, integer, 2 to 256. */
  readonly readers: number;
  /** Files up to this size arrive whole with their facts, bytes, 0 to 2^20. */
  readonly smallFileBytes: number;
}

/**
 * Told of each open and each read that a reader has ended, before whoever asked for it.
 *
 * @param errno negative, of the call that failed; 0 when none did
 */
export type JobObserver = (
  kind: "open" | "read",
  path: string,
  times: JobTimes,
  errno: number,
) => void;

/** `errno` is negative where `result` is READ_REFUSED, else 0. */
type ReadCallback = (result: number, errno: number, times: JobTimes) => void;

type Completion = (job: number) => void;
const NOTHING_MORE: Completion = () => {};

/**
 * When a reader started with a job, milliseconds on the loop's `performance.now()`; Infinity while none
 * has. Not to be asked when the job is done: its record is another's then.
 */
export type StartedMs = () => number;

/** In place of a record: the job waits for one. */
const NO_RECORD = -1;

const { EAGAIN, ENAMETOOLONG, ETIMEDOUT } = constants.errno;

/** No reader was asked. */
const refusal = (errno: number, askedMs: number): Opened => ({
  result: OPEN_FAILED,
  errno: -errno,
  fd: -1,
  identity: undefined,
  siblings: 0,
  observedMs: 0,
  body: undefined,
  times: notBegun(askedMs),
});

const notBegun = (askedMs: number): JobTimes => ({
  askedMs,
  startedMs: askedMs,
  endedMs: askedMs,
});

export class ReaderPool {
  readonly #ring: LoopEnd;
  readonly #jobs: JobRecords;
  readonly #threads: ReaderThreads;
  readonly #freeJobs: number[] = Array.from({ length: JOBS }, (_, at) => JOBS - 1 - at);
  readonly #completions: (Completion | undefined)[] = new Array(JOBS).fill(undefined);
  readonly #observe: JobObserver;
  readonly #clockLeadMs = sharedClockLead();
  readonly #lines: ReaderLines;
  /** All that were seen: there are few. */
  readonly #devices = new Set<bigint>();
  readonly #line: (() => void)[] = [];
  #lineHead = 0;
  #isAnnouncing = false;
  #isListening = false;
  #isStopped = false;

  /** @param slab where reads land; offsets of `read` count from its first byte */
  constructor(
    settings: ReaderPoolSettings,
    slab: SharedArrayBuffer,
    observe: JobObserver = () => {},
  ) {
    this.#observe = observe;
    this.#lines = new ReaderLines(settings.readers);
    const ring = createRing();
    const jobs = createJobMemory(settings.smallFileBytes);
    this.#ring = new LoopEnd(ring);
    this.#jobs = new JobRecords(jobs);
    this.#threads = new ReaderThreads(settings.readers, { ring, jobs, slab }, this.#ring);
  }

  /** Starts the first readers; resolves when they take jobs. Rejects when a thread cannot start. */
  start(): Promise<void> {
    return this.#threads.start();
  }

  /** Where there are several roots, one that is stuck leaves readers to others: see reader-lines.ts. */
  shareAmongRoots(areSeveral: boolean): void {
    this.#lines.share("open", areSeveral, performance.now());
  }

  /**
   * A file on this device may be read from now on. With the second device reads of one that is stuck
   * leave readers to the others: see reader-lines.ts.
   */
  noteDevice(dev: bigint): void {
    if (this.#devices.has(dev)) return;
    this.#devices.add(dev);
    if (this.#devices.size === 2) this.#lines.share("read", true, performance.now());
  }

  /**
   * Opens, or checks what is known. `done` runs later, exactly once: with EAGAIN when too many wait
   * already or its root is stuck, and with ENAMETOOLONG for a path that no system call takes.
   */
  open(request: OpenRequest, done: (opened: Opened) => void): StartedMs {
    const askedMs = performance.now();
    let job = NO_RECORD;
    const startedMs = (): number => this.#startedMs(job);
    if (Buffer.byteLength(request.path) >= PATH_BYTES) {
      setImmediate(done, refusal(ENAMETOOLONG, askedMs));
      return startedMs;
    }
    const call: Call = {
      kind: "open",
      on: request.root,
      askedMs,
      begin: () =>
        this.#withRecord(() => {
          job = this.#submitOpen(request, call, done);
        }),
      giveUp: () => done(refusal(ETIMEDOUT, askedMs)),
    };
    if (!this.#lines.enter(call)) setImmediate(done, refusal(EAGAIN, askedMs));
    return startedMs;
  }

  /** Answers what no reader began within this time, and opens whose root is stuck, with ETIMEDOUT. */
  giveUpCalls(afterMs: number): void {
    this.#lines.sweep(performance.now(), afterMs);
  }

  /**
   * Reads `lengthBytes` at `offset` into the slab. `done` runs later, exactly once, with one of the
   * READ_ constants of jobs.ts; READ_DONE means that every byte is there, and that nobody has written to
   * the file: see `hasSameBytes`.
   */
  read(
    target: ReadTarget,
    offset: number,
    lengthBytes: number,
    slabOffset: number,
    done: ReadCallback,
  ): StartedMs {
    const askedMs = performance.now();
    let job = NO_RECORD;
    const call: Call = {
      kind: "read",
      on: target.identity.dev,
      askedMs,
      begin: () =>
        this.#withRecord(() => {
          job = this.#fillRead(target, call, done);
          this.#jobs.set(job, F_OFFSET, offset);
          this.#jobs.set(job, F_LENGTH, lengthBytes);
          this.#jobs.set(job, F_SLAB_OFFSET, slabOffset);
          this.#submit(job, BULK);
        }),
      giveUp: () => done(READ_REFUSED, -ETIMEDOUT, notBegun(askedMs)),
    };
    this.#lines.enter(call);
    return () => this.#startedMs(job);
  }

  /** Closes a descriptor off the loop: on a network file system close can block. */
  close(fd: number): void {
    this.#withRecord(() => {
      const job = this.#fill(OP_CLOSE, NOTHING_MORE);
      this.#jobs.set(job, F_FD, fd);
      this.#submit(job, META);
    });
  }

  /** Counts for metrics. `waiting`: jobs that no reader has taken yet. */
  stats(): { readers: number; asleep: number; inFlight: number; inLine: number; waiting: number } {
    return {
      waiting: this.#ring.backlog() + this.#inLine(),
      readers: this.#threads.count,
      asleep: this.#ring.sleepers(),
      inFlight: JOBS - this.#freeJobs.length,
      inLine: this.#inLine(),
    };
  }

  /**
   * Ends the threads. Jobs that have not finished are forgotten; a thread on a stuck disk ends when its
   * system call returns, and is not waited for.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#threads.stop();
  }

  // --- submitting ---

  #inLine(): number {
    return this.#lines.waiting + this.#line.length - this.#lineHead;
  }

  #withRecord(submit: () => void): void {
    if (this.#freeJobs.length > 0) submit();
    else this.#line.push(submit);
  }

  #fill(op: Op, completion: Completion): number {
    const job = this.#freeJobs.pop()!;
    this.#completions[job] = completion;
    this.#jobs.set(job, F_OP, op);
    this.#jobs.set(job, F_STARTED_MS, Number.POSITIVE_INFINITY);
    return job;
  }

  #fillRead({ fd, identity, path }: ReadTarget, call: Call, done: ReadCallback): number {
    const job = this.#fill(OP_READ, (finished) => {
      const result = this.#jobs.get(finished, F_RESULT);
      const errno = result === READ_REFUSED ? this.#jobs.get(finished, F_ERRNO) : 0;
      const times = this.#timesFrom(finished, call.askedMs);
      this.#lines.leave(call, performance.now());
      this.#observe("read", path, times, errno);
      done(result, errno, times);
    });
    this.#jobs.set(job, F_FD, fd);
    this.#setIdentity(job, identity);
    return job;
  }

  #submitOpen(request: OpenRequest, call: Call, done: (opened: Opened) => void): number {
    const job = this.#fill(OP_OPEN, (finished) => {
      const opened = this.#openedFrom(finished, call.askedMs);
      this.#lines.leave(call, performance.now());
      this.#observe("open", request.path, opened.times, opened.errno);
      done(opened);
    });
    this.#jobs.set(job, F_PATH_BYTES, this.#jobs.setPath(job, request.path));
    this.#jobs.set(job, F_ROOT_CHARS, request.root.length);
    const flags = (request.known ? WITH_KNOWN : 0) | (request.siblings ? WITH_SIBLINGS : 0);
    this.#jobs.set(job, F_FLAGS, flags);
    if (request.known !== undefined) this.#setIdentity(job, request.known);
    this.#submit(job, META);
    return job;
  }

  #setIdentity(job: number, identity: FileIdentity): void {
    this.#jobs.set(job, F_SIZE, identity.sizeBytes);
    this.#jobs.setWide(job, I_DEV, identity.dev);
    this.#jobs.setWide(job, I_INO, identity.ino);
    this.#jobs.setWide(job, I_MTIME_NS, identity.mtimeNs);
    this.#jobs.setWide(job, I_CTIME_NS, identity.ctimeNs);
  }

  #submit(job: number, lane: Lane): void {
    this.#ring.submit(job, lane);
    this.#announceSoon();
  }

  // --- once a turn: wake a reader, collect what is done ---

  #announceSoon(): void {
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    setImmediate(() => {
      this.#isAnnouncing = false;
      this.#ring.ring(1);
      this.#collect();
    });
  }

  #collect(): void {
    for (let job = this.#ring.collect(); job >= 0; job = this.#ring.collect()) this.#finish(job);
    this.#listen();
  }

  #finish(job: number): void {
    const completion = this.#completions[job]!;
    this.#completions[job] = undefined;
    completion(job);
    this.#freeJobs.push(job);
    if (this.#lineHead < this.#line.length) this.#admitNext();
  }

  #admitNext(): void {
    const submit = this.#line[this.#lineHead++]!;
    if (this.#lineHead * 2 >= this.#line.length) {
      this.#line.splice(0, this.#lineHead); // under load the line may never be empty
      this.#lineHead = 0;
    }
    submit();
  }

  #listen(): void {
    const isIdle = this.#freeJobs.length === JOBS;
    if (isIdle || this.#isListening || this.#isStopped) return;
    this.#threads.watch(() => this.#freeJobs.length < JOBS);
    const done = this.#ring.whenDone();
    if (done === undefined) {
      this.#announceSoon();
      return;
    }
    this.#isListening = true;
    void done.then(() => {
      this.#isListening = false;
      this.#collect();
    });
  }

  // --- reading results ---

  #openedFrom(job: number, askedMs: number): Opened {
    const result = this.#jobs.get(job, F_RESULT);
    const hasFacts = result === OPEN_FILE || result === OPEN_BODY;
    return {
      result,
      errno: result === OPEN_FAILED ? this.#jobs.get(job, F_ERRNO) : 0,
      fd: result === OPEN_FILE ? this.#jobs.get(job, F_FD) : -1,
      identity: hasFacts ? this.#identityFrom(job) : undefined,
      siblings: hasFacts || result === OPEN_UNCHANGED ? this.#jobs.get(job, F_SIBLINGS) : 0,
      observedMs: hasFacts ? this.#jobs.get(job, F_OBSERVED_MS) : 0,
      body: result === OPEN_BODY ? this.#takeLanding(job) : undefined,
      times: this.#timesFrom(job, askedMs),
    };
  }

  #timesFrom(job: number, askedMs: number): JobTimes {
    return {
      askedMs,
      startedMs: this.#startedMs(job),
      endedMs: this.#jobs.get(job, F_ENDED_MS) - this.#clockLeadMs,
    };
  }

  #startedMs(job: number): number {
    if (job === NO_RECORD) return Number.POSITIVE_INFINITY;
    return this.#jobs.get(job, F_STARTED_MS) - this.#clockLeadMs;
  }

  #identityFrom(job: number): FileIdentity {
    return {
      dev: this.#jobs.getWide(job, I_DEV),
      ino: this.#jobs.getWide(job, I_INO),
      sizeBytes: this.#jobs.get(job, F_SIZE),
      mtimeNs: this.#jobs.getWide(job, I_MTIME_NS),
      ctimeNs: this.#jobs.getWide(job, I_CTIME_NS),
    };
  }

  #takeLanding(job: number): Buffer {
    const size = this.#jobs.get(job, F_SIZE);
    const body = Buffer.allocUnsafeSlow(size);
    this.#jobs.landing(job).copy(body, 0, 0, size);
    return body;
  }
}
