/**
 * The reader threads: how many there are.
 *
 * A fixed ceiling: it starts with `FIRST_READERS` and starts one more while jobs wait and every
 * reader that may take them is blocked. A reader blocked on a stuck disk costs itself and nothing
 * else. None is ended before all are.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { JobMemory } from "./job-records.js";
import type { LoopEnd } from "./ring.js";
import { followWorkingFolder } from "./working-folder.js";

/** What a reader thread is given. */
export interface ReaderData {
  readonly ring: SharedArrayBuffer;
  readonly jobs: JobMemory;
  readonly slab: SharedArrayBuffer;
}

/** Two, because one of them never takes bulk reads: see ring.ts. */
const FIRST_READERS = 2;

/**
 * How often to look whether a job has waited all the time since the last look.
 *
 * Smaller: threads are started for a hiccup. Larger: a slow disk waits longer for its readers.
 */
const LOOK_EVERY_MS = 5;

/**
 * Jobs a reader that is not blocked finishes between two looks, at the least: one a millisecond.
 *
 * Larger: files in the page cache, 20 to 40 µs each, are answered with more threads than there are
 * processors, and starting one costs as much as a thousand of them. Smaller: a disk of 1 ms a read
 * gets no more readers.
 */
const FLOW_PER_READER = LOOK_EVERY_MS;

/**
 * After a start that failed. The system may be out of threads or memory for a moment. Shorter: each
 * try costs the loop some milliseconds. Longer: a slow disk waits for readers that could be had.
 */
const RETRY_MS = 1000;

/** A thread ends in some milliseconds, or when its disk answers, which may be never. */
const STOP_MS = 1000;

/** A reader keeps nothing between two jobs: a small heap saves resident memory per thread. */
const READER_HEAP = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } as const;

const READER_MODULE = new URL("./reader-thread.js", import.meta.url);

export class ReaderThreads {
  readonly #max: number;
  readonly #data: ReaderData;
  readonly #ring: LoopEnd;
  readonly #threads: Worker[] = [];
  #isGrowing = false;
  #growFromMs = 0;
  #lookTimer: NodeJS.Timeout | undefined;

  /** @param max the ceiling, integer, at least 1 */
  constructor(max: number, data: ReaderData, ring: LoopEnd) {
    this.#max = max;
    this.#data = data;
    this.#ring = ring;
  }

  get count(): number {
    return this.#threads.length;
  }

  /** Starts the first readers; resolves when they take jobs. Rejects when a thread cannot start. */
  async start(): Promise<void> {
    const first = Math.min(FIRST_READERS, this.#max);
    await Promise.all(Array.from({ length: first }, () => this.#startOne()));
  }

  /** Looks after jobs that wait, as long as `isBusy`. */
  watch(isBusy: () => boolean): void {
    if (this.#lookTimer !== undefined) return;
    this.#lookTimer = setTimeout(() => {
      this.#lookTimer = undefined;
      this.#look();
      if (isBusy()) this.watch(isBusy);
    }, LOOK_EVERY_MS);
  }

  /** Ends them all; one in a system call that does not return is left behind. */
  async stop(): Promise<void> {
    clearTimeout(this.#lookTimer);
    this.#ring.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, STOP_MS);
    });
    await Promise.race([Promise.all(this.#threads.map((thread) => thread.terminate())), late]);
    clearTimeout(timer);
  }

  /** Jobs that wait get a sleeping reader each; when none can take them, one more thread. */
  #look(): void {
    const waiting = this.#ring.backlog();
    if (waiting > 0) this.#ring.ring(waiting);
    const isShort = this.#ring.needsReader(this.#threads.length * FLOW_PER_READER);
    if (isShort && this.#mayGrow()) void this.#grow();
  }

  #mayGrow(): boolean {
    const isOpen = !this.#isGrowing && this.#threads.length < this.#max;
    return isOpen && performance.now() >= this.#growFromMs;
  }

  /** A system that grants no more threads is served with those there are, until it does. */
  async #grow(): Promise<void> {
    this.#isGrowing = true;
    try {
      await this.#startOne();
    } catch {
      this.#growFromMs = performance.now() + RETRY_MS;
    }
    this.#isGrowing = false;
  }

  async #startOne(): Promise<void> {
    followWorkingFolder();
    const thread = new Worker(READER_MODULE, {
      workerData: this.#data,
      resourceLimits: READER_HEAP,
      // A descriptor that one reader opens is closed by another: it belongs to no thread.
      trackUnmanagedFds: false,
      name: "reader",
    });
    this.#threads.push(thread);
    try {
      await once(thread, "message");
      thread.unref();
    } catch (error) {
      this.#threads.splice(this.#threads.indexOf(thread), 1);
      throw error;
    }
  }
}
