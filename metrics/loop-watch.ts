/**
 * How late the event loop is, and whether it has just been stuck.
 *
 *   tick      tick      tick                        tick
 *    ├─ period ┼─ period ┼─ period ┼── late ─────────┤
 *                        ├───── stalled: it got to nothing ─┤
 *
 * 1. tick       is called by a timer, and records how late it was. Where nothing is to be seen it may
 *               come later than after `periodMs`
 * 2. stalled    what is called right after a stall could have been called during it: whoever books
 *               a wait takes the stall off it. That holds until the loop has been round once
 *
 * Owns: the histograms of lag. Clock and timer are given in.
 */
import {
  createHistogram,
  type Histogram,
  type Percentiles,
  percentilesOf,
  toUs,
} from "./histogram.js";

export interface LoopWatchParts {
  /** Milliseconds between two ticks, when nothing is in the way: a stall began so long before, or less. */
  readonly periodMs: number;
  readonly nowMs: () => number;
  /** Runs a function when the loop has handed out the events that wait now: `setImmediate`. */
  readonly afterEvents: (run: () => void) => void;
  /** Told of each stall when it is over. */
  readonly onStall: (ms: number) => void;
}

/**
 * Later than this is a stall, in milliseconds. Shorter: a garbage collection counts as one, and is
 * taken off waits it did not prolong. Longer: what it did prolong is blamed on clients and disks.
 */
const STALL_MS = 10;

export class LoopWatch {
  /** Since the start. */
  readonly lag = createHistogram();
  readonly #second: Histogram = createHistogram();
  readonly #parts: LoopWatchParts;
  #dueMs = Number.POSITIVE_INFINITY;
  #recentStallMs = 0;

  constructor(parts: LoopWatchParts) {
    this.#parts = parts;
  }

  /** The next tick comes `inMs` from now: nothing that was before is late. */
  expect(inMs = this.#parts.periodMs): void {
    this.#dueMs = this.#parts.nowMs() + inMs;
  }

  /** @param nextInMs as of `expect` */
  tick(nextInMs?: number): void {
    const lateMs = this.#parts.nowMs() - this.#dueMs;
    this.#record(lateMs);
    this.expect(nextInMs);
    if (lateMs < STALL_MS) return;
    const stallMs = lateMs + this.#parts.periodMs;
    this.#remember(stallMs);
    this.#parts.onStall(stallMs);
  }

  /** How long the loop has got to nothing until just now, in milliseconds; 0 as a rule. */
  stalledMs(): number {
    const lateMs = this.#parts.nowMs() - this.#dueMs;
    return lateMs >= STALL_MS ? lateMs + this.#parts.periodMs : this.#recentStallMs;
  }

  /** The lag since the last call. */
  second(): Percentiles {
    const figures = percentilesOf(this.#second);
    this.#second.reset();
    return figures;
  }

  /**
   * Every tick that was missed counts as one that came late: a stall of a second is not one bad
   * figure among fifty good ones that never were.
   */
  #record(lateMs: number): void {
    for (const histogram of [this.lag, this.#second]) {
      histogram.recordValueWithExpectedInterval(toUs(lateMs), this.#parts.periodMs * 1000);
    }
  }

  #remember(stallMs: number): void {
    this.#recentStallMs = stallMs;
    this.#parts.afterEvents(() => {
      this.#recentStallMs = 0;
    });
  }
}
