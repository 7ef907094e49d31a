/**
 * Questions that readers have not answered yet: one for each path, however many wait for it.
 *
 *   asked ──▶ answered             whoever asked tells those who wait
 *     │
 *     └─────▶ overdue ──▶ answered
 *             those who wait are told ETIMEDOUT, and so is who comes before the answer does
 *
 * Owns: who waits for which path, and since when. Does not know what an answer means.
 */
import { createEntry, type Entry, type Known } from "./entries.js";
import type { JobTimes, Opened, OpenRequest, ReaderPool, StartedMs } from "./reader-pool.js";

/** `times` is undefined where no reader was asked, or none has answered. */
export type Waiter = (entry: Entry, times: JobTimes | undefined) => void;

/** What was known when a reader was asked. */
export interface Check {
  readonly root: string;
  /** On the table's clock. */
  readonly sentMs: number;
  /** Of the table then: see `FileTable.distrust`. */
  readonly generation: number;
  readonly waiters: Waiter[];
}

interface OpenCheck extends Check {
  startedMs: StartedMs;
  isOverdue: boolean;
}

/** A look at a path that a reader has not answered yet. */
export interface Look {
  readonly path: string;
  /** On the table's clock. */
  readonly sinceMs: number;
  /** When a reader started with it; Infinity while none has. */
  readonly startedMs: number;
  readonly waiters: number;
}

const TIMED_OUT: Known = { kind: "failed", errno: "ETIMEDOUT" };
const NOT_STARTED: StartedMs = () => Number.POSITIVE_INFINITY;

export class Checks {
  readonly #pool: Pick<ReaderPool, "open" | "giveUpCalls">;
  readonly #nowMs: () => number;
  readonly #byPath = new Map<string, OpenCheck>();

  constructor(pool: Pick<ReaderPool, "open" | "giveUpCalls">, nowMs: () => number) {
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /** Did a reader start with it before then? What he sees may be as old. False once it is overdue. */
  beganBefore(path: string, ms: number): boolean {
    const check = this.#byPath.get(path);
    return check !== undefined && !check.isOverdue && check.startedMs() < ms;
  }

  /** Waits with those who asked about a path before. False when nobody has: then `ask`. */
  join(root: string, path: string, done: Waiter): boolean {
    const check = this.#byPath.get(path);
    if (check === undefined) return false;
    if (check.isOverdue) done(createEntry(root, path, TIMED_OUT), undefined);
    else check.waiters.push(done);
    return true;
  }

  /**
   * Asks a reader about a path that none was asked about.
   *
   * @param onAnswer runs later, exactly once, when the path may be asked about again; it tells the
   *   waiters, those who joined meanwhile included. None is left where the answer was overdue
   */
  ask(
    request: OpenRequest,
    generation: number,
    waiters: Waiter[],
    onAnswer: (check: Check, opened: Opened) => void,
  ): void {
    const { root, path } = request;
    const sentMs = this.#nowMs();
    const check: OpenCheck = {
      root,
      sentMs,
      generation,
      waiters,
      startedMs: NOT_STARTED,
      isOverdue: false,
    };
    this.#byPath.set(path, check);
    check.startedMs = this.#pool.open(request, (opened) => {
      this.#byPath.delete(path);
      onAnswer(check, opened);
    });
  }

  /**
   * Tells those who have waited for so long, milliseconds, and forgets what no reader has begun by then:
   * reads as well, which wait in the pool beside opens.
   */
  expire(timeoutMs: number): void {
    const overdueBefore = this.#nowMs() - timeoutMs;
    for (const [path, check] of this.#byPath) {
      if (check.isOverdue || check.sentMs > overdueBefore) continue;
      check.isOverdue = true;
      for (const waiter of check.waiters.splice(0)) {
        waiter(createEntry(check.root, path, TIMED_OUT), undefined);
      }
    }
    this.#pool.giveUpCalls(timeoutMs);
  }

  /** All of them, those overdue included. */
  *looks(): Generator<Look> {
    for (const [path, { sentMs, startedMs, waiters }] of this.#byPath) {
      yield { path, sinceMs: sentMs, startedMs: startedMs(), waiters: waiters.length };
    }
  }

  /** When a reader started with the look at a path; Infinity while none has. */
  startedMs(path: string): number {
    return this.#byPath.get(path)?.startedMs() ?? NOT_STARTED();
  }
}
