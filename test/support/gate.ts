/**
 * A slow disk at will: reader threads started in this test file stop before each read until they
 * are let through. Import it before anything that starts threads.
 */
import { fileURLToPath } from "node:url";
import type { Worker, WorkerOptions } from "node:worker_threads";
import { vi } from "vitest";

const ARRIVED = 0;
const ALLOWED = 1;
const MOOD = 2;
const MOODS = ["reads", "fails", "finds nothing"] as const;
const EVERY_ONE = 0x7fff_ffff;
const GATED_READS = fileURLToPath(new URL("./gated-reads.cjs", import.meta.url));

export class Gate {
  readonly memory = new SharedArrayBuffer(12);
  readonly #words = new Int32Array(this.memory);

  constructor() {
    this.open();
  }

  /** From now on every read waits. */
  close(): void {
    Atomics.store(this.#words, ARRIVED, 0);
    Atomics.store(this.#words, ALLOWED, 0);
  }

  /** Lets so many more reads through. */
  allow(count: number): void {
    Atomics.add(this.#words, ALLOWED, count);
    Atomics.notify(this.#words, ALLOWED);
  }

  open(): void {
    Atomics.store(this.#words, ALLOWED, EVERY_ONE);
    Atomics.notify(this.#words, ALLOWED);
  }

  /** What every read does from now on that is let through; `finds nothing`: as at the end of a file. */
  answer(mood: (typeof MOODS)[number]): void {
    Atomics.store(this.#words, MOOD, MOODS.indexOf(mood));
  }

  /** Reads that have reached the gate since it was closed, those let through included. */
  arrived(): number {
    return Atomics.load(this.#words, ARRIVED);
  }
}

/** What a test may do to the threads that are started. */
export const threads = { gate: new Gate(), areRefused: false, started: 0 };

/** `node:worker_threads` with a Worker whose reads wait at the gate. */
export async function gatedThreads(original: () => Promise<object>): Promise<object> {
  const real = (await original()) as { Worker: typeof Worker };
  class GatedWorker extends real.Worker {
    constructor(module: URL, options: WorkerOptions) {
      if (threads.areRefused) throw new Error("no more threads");
      threads.started++;
      super(module, {
        ...options,
        workerData: { ...options.workerData, gate: threads.gate.memory },
        execArgv: ["--require", GATED_READS],
      });
    }
  }
  return { ...real, Worker: GatedWorker };
}

/** Waits until something has become true. */
export const until = (holds: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      if (!holds()) throw new Error(`still not true: ${holds}`);
    },
    { timeout: 20_000, interval: 1 },
  );
