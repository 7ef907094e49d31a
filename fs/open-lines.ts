/**
 * The opens of each root: so many at the readers, the others in a line.
 *
 *   asked ──▶ [ line of its root ] ──▶ at a reader ──▶ back
 *     └──▶ refused                └──▶ given up
 *
 * A mount that does not answer keeps for ever whoever opens something on it. So where there are several
 * roots, each has one more at the readers only while it leaves more free than it has: of 16 a root that
 * does not answer takes 8, the next 4, then 2 and 1. The fifth takes the last, and from then on nobody
 * is served by readers until one is back.
 *
 * A root that has kept a reader for five seconds is stuck: who asks for more of it is refused at once.
 *
 * Reads and closes of open files do not come by here. Those that hang keep readers too, reads all but
 * one of those that have been started (see ring.ts): so they and opens together may keep them all.
 *
 * Owns: who waits. Does not know what an open is.
 */
import { JOBS } from "./job-records.js";

/**
 * Opens under way, at most: one costs some 700 bytes, all of them 6 MB. Fewer: a burst on a disk that
 * is slow but alive is refused. More: who comes last waits for an answer that is too late.
 */
export const MOST_UNDER_WAY = 8192;
/** Of several roots one may have so many in its line. More: fewer may die in the same second. */
export const MOST_IN_A_LINE = 1024;
/**
 * Shorter: a disk that is only slow is taken for dead, and a burst on it is refused. Longer: who asks
 * for what is dead waits for longer, and so do as many as the line takes.
 */
export const STUCK_MS = 5000;

export interface Limits {
  /** Of all roots together. */
  readonly atReaders: number;
  /** What one root may have at the readers, as a multiple of what it leaves free. */
  readonly share: number;
  /** Of each root. */
  readonly inALine: number;
  /** For how long an open may be at a reader before its root is stuck. */
  readonly stuckMs: number;
}

/** Nobody is to be protected from the only root, and readers take more of it at once. */
export const ONE_ROOT: Limits = {
  atReaders: JOBS,
  share: Number.POSITIVE_INFINITY,
  inALine: MOST_UNDER_WAY,
  stuckMs: Number.POSITIVE_INFINITY,
};

/** @param readers the ceiling: whatever is begun has one, or soon will */
export const severalRoots = (readers: number): Limits => ({
  atReaders: readers,
  share: 1,
  inALine: MOST_IN_A_LINE,
  stuckMs: STUCK_MS,
});

export interface Open {
  readonly root: string;
  readonly askedMs: number;
  /** Hands it to the readers. `leave` when it is back. */
  readonly begin: () => void;
  /** It has left the line, and no reader will have it. */
  readonly giveUp: () => void;
}

/** Of one root, while anything of it is under way. */
interface Line {
  readonly root: string;
  /** When each was begun, the oldest first. */
  readonly atReaders: Map<Open, number>;
  /** The oldest first. */
  readonly waiting: Open[];
}

/** All times are on the caller's clock. */
export class OpenLines {
  #limits: Limits;
  readonly #lines = new Map<string, Line>();
  /** Those in which somebody waits, in the order of their turns. */
  readonly #turns = new Set<Line>();
  #atReaders = 0;
  #waiting = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Opens that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** From now on. What is under way stays so. */
  setLimits(limits: Limits, nowMs: number): void {
    this.#limits = limits;
    this.#beginMore(nowMs);
  }

  /** Begins it, now or later. False: it is refused, and will neither be begun nor given up. */
  enter(open: Open): boolean {
    if (this.#atReaders + this.#waiting >= MOST_UNDER_WAY) return false;
    const line = this.#lineOf(open.root);
    if (this.#mayHaveMore(line)) this.#begin(open, line, open.askedMs);
    else if (this.#mayWait(line, open.askedMs)) this.#wait(open, line);
    else return false;
    return true;
  }

  /** One that was begun is back. */
  leave(open: Open, nowMs: number): void {
    const line = this.#lines.get(open.root)!;
    line.atReaders.delete(open);
    this.#atReaders--;
    this.#beginMore(nowMs);
    this.#forgetIdle(line);
  }

  /**
   * Gives up what waits for a root that is stuck, and what has waited for so long. Cost: a walk over
   * the lines in which somebody waits.
   */
  sweep(nowMs: number, patienceMs: number): void {
    for (const line of this.#turns) {
      const untilMs = this.#isStuck(line, nowMs) ? nowMs : nowMs - patienceMs;
      while (line.waiting.length > 0 && line.waiting[0]!.askedMs <= untilMs) {
        this.#takeFirst(line).giveUp();
      }
      this.#forgetIdle(line);
    }
  }

  #lineOf(root: string): Line {
    const known = this.#lines.get(root);
    if (known !== undefined) return known;
    const line: Line = { root, atReaders: new Map(), waiting: [] };
    this.#lines.set(root, line);
    return line;
  }

  get #free(): number {
    return this.#limits.atReaders - this.#atReaders;
  }

  #mayHaveMore({ atReaders }: Line): boolean {
    return this.#free > 0 && atReaders.size < this.#limits.share * this.#free;
  }

  #mayWait(line: Line, nowMs: number): boolean {
    return line.waiting.length < this.#limits.inALine && !this.#isStuck(line, nowMs);
  }

  #isStuck({ atReaders }: Line, nowMs: number): boolean {
    for (const oldestMs of atReaders.values()) return nowMs - oldestMs >= this.#limits.stuckMs;
    return false;
  }

  #begin(open: Open, line: Line, nowMs: number): void {
    this.#atReaders++;
    line.atReaders.set(open, nowMs);
    open.begin();
  }

  /**
   * One of each line in turn, as long as any may have more. Cost: lines it passes by have something at
   * the readers, so they are few.
   */
  #beginMore(nowMs: number): void {
    for (const line of this.#turns) {
      if (this.#free <= 0) return;
      if (!this.#mayHaveMore(line)) continue;
      const open = this.#takeFirst(line);
      if (this.#turns.delete(line)) this.#turns.add(line); // behind the others
      this.#begin(open, line, nowMs);
    }
  }

  #wait(open: Open, line: Line): void {
    this.#waiting++;
    line.waiting.push(open);
    this.#turns.add(line);
  }

  #takeFirst(line: Line): Open {
    this.#waiting--;
    const first = line.waiting.shift()!;
    if (line.waiting.length === 0) this.#turns.delete(line);
    return first;
  }

  #forgetIdle({ root, atReaders, waiting }: Line): void {
    if (atReaders.size === 0 && waiting.length === 0) this.#lines.delete(root);
  }
}
