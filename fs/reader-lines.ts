/**
 * Calls that may block a reader for ever, in a line for each thing they may block on.
 *
 *   asked ──▶ [ line of its root or device ] ──▶ at a reader ──▶ back
 *     └──▶ refused                          └──▶ given up
 *
 * A mount that does not answer keeps for ever whoever opens or reads something on it. Opens stand in
 * the line of their root, since nobody knows the device of what is not open, reads in that of their
 * device. Where there are several, each has one more at the readers only while it leaves more free than
 * it has: of 16 a mount that does not answer takes 8 by its opens or 8 by its reads, 12 by both, the
 * next ones 2 and 1; the last is taken by whoever is the fifth. From then on nobody is served by
 * readers until one is back.
 *
 * A root that has kept a reader for five seconds is stuck: who wants to open more of it is refused at
 * once. Who reads waits: a read has a deadline already, of those who ask for it.
 *
 * Closes do not come by here: one that hangs keeps a reader too.
 *
 * Owns: who waits. Does not know what a call does.
 */
import { JOBS } from "./job-records.js";

/**
 * Opens under way, at most: one costs some 700 bytes, all of them 6 MB. Fewer: a burst on a disk that
 * is slow but alive is refused. More: who comes last waits for an answer that is too late.
 */
export const MOST_OPENS = 8192;
/** Of several roots one may have so many in its line. More: fewer may die in the same second. */
export const MOST_IN_A_LINE = 1024;
/**
 * Shorter: a disk that is only slow is taken for dead, and a burst on it is refused. Longer: who asks
 * for what is dead waits for longer, and so do as many as the line takes.
 */
export const STUCK_MS = 5000;

export type Kind = "open" | "read";

interface Limits {
  /** Calls that may wait in one line. */
  readonly inALine: number;
  /** For how long a call may be at a reader before its line is stuck. */
  readonly stuckMs: number;
}

/** Of one line where there are several: from the only one nobody is to be protected. */
const LIMITS: Readonly<Record<Kind, Limits>> = {
  open: { inALine: MOST_IN_A_LINE, stuckMs: STUCK_MS },
  read: { inALine: Number.POSITIVE_INFINITY, stuckMs: Number.POSITIVE_INFINITY },
};

export interface Call {
  readonly kind: Kind;
  /** Of an open its root, of a read the device. */
  readonly on: string | bigint;
  readonly askedMs: number;
  /** Hands it to the readers. `leave` when it is back. */
  readonly begin: () => void;
  /** It has left the line, and no reader will have it. */
  readonly giveUp: () => void;
}

/** While any call on one thing is under way. */
interface Line extends Pick<Call, "kind" | "on"> {
  /** When each was begun, the oldest first. */
  readonly atReaders: Map<Call, number>;
  /** The oldest first. */
  readonly waiting: Call[];
}

/** All times are on the caller's clock. */
export class ReaderLines {
  readonly #readers: number;
  /** Are there several roots, or devices? Else readers are handed as much as there are records for. */
  readonly #areSeveral: Record<Kind, boolean> = { open: false, read: false };
  readonly #lines = new Map<string | bigint, Line>();
  /** Those in which somebody waits, in the order of their turns. */
  readonly #turns: Readonly<Record<Kind, Set<Line>>> = { open: new Set(), read: new Set() };
  readonly #atReaders: Record<Kind, number> = { open: 0, read: 0 };
  readonly #waiting: Record<Kind, number> = { open: 0, read: 0 };

  /** @param readers the ceiling: whatever is begun where there are several has one, or soon will */
  constructor(readers: number) {
    this.#readers = readers;
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#waiting.open + this.#waiting.read;
  }

  /** From now on: what is under way stays so. */
  share(kind: Kind, areSeveral: boolean, nowMs: number): void {
    this.#areSeveral[kind] = areSeveral;
    this.#beginMore(nowMs);
  }

  /** Begins it, now or later. False: it is refused, and will neither be begun nor given up. */
  enter(call: Call): boolean {
    const { kind, askedMs } = call;
    if (kind === "open" && this.#atReaders.open + this.#waiting.open >= MOST_OPENS) return false;
    const line = this.#lineOf(call);
    if (this.#mayHaveMore(line)) this.#begin(call, line, askedMs);
    else if (this.#mayWait(line, askedMs)) this.#wait(call, line);
    else return false;
    return true;
  }

  /** One that was begun is back. */
  leave(call: Call, nowMs: number): void {
    const line = this.#lines.get(call.on)!;
    line.atReaders.delete(call);
    this.#atReaders[call.kind]--;
    this.#beginMore(nowMs);
    this.#forgetIdle(line);
  }

  /**
   * Gives up what waits for a root that is stuck, and what has waited for so long. Cost: a walk over
   * the lines in which somebody waits.
   */
  sweep(nowMs: number, patienceMs: number): void {
    for (const line of [...this.#turns.open, ...this.#turns.read]) {
      const untilMs = this.#isStuck(line, nowMs) ? nowMs : nowMs - patienceMs;
      while (line.waiting.length > 0 && line.waiting[0]!.askedMs <= untilMs) {
        this.#takeFirst(line).giveUp();
      }
      this.#forgetIdle(line);
    }
  }

  #lineOf({ kind, on }: Call): Line {
    const known = this.#lines.get(on);
    if (known !== undefined) return known;
    const line: Line = { kind, on, atReaders: new Map(), waiting: [] };
    this.#lines.set(on, line);
    return line;
  }

  /**
   * Those of a kind that has but one line are not counted: it has more than there are readers. When a
   * second device comes there may be such reads, of which one reader takes none: see ring.ts.
   */
  get #free(): number {
    const { open, read } = this.#atReaders;
    const opens = this.#areSeveral.open ? open : 0;
    const reads = this.#areSeveral.read ? Math.min(read, this.#readers - 1) : 0;
    return this.#readers - opens - reads;
  }

  #mayHaveMore({ kind, atReaders }: Line): boolean {
    if (!this.#areSeveral[kind]) return atReaders.size < JOBS;
    const free = this.#free;
    return free > 0 && atReaders.size < free;
  }

  #mayWait(line: Line, nowMs: number): boolean {
    if (!this.#areSeveral[line.kind]) return true;
    return line.waiting.length < LIMITS[line.kind].inALine && !this.#isStuck(line, nowMs);
  }

  #isStuck({ kind, atReaders }: Line, nowMs: number): boolean {
    if (!this.#areSeveral[kind]) return false;
    for (const oldestMs of atReaders.values()) return nowMs - oldestMs >= LIMITS[kind].stuckMs;
    return false;
  }

  #begin(call: Call, line: Line, nowMs: number): void {
    this.#atReaders[line.kind]++;
    line.atReaders.set(call, nowMs);
    call.begin();
  }

  #beginMore(nowMs: number): void {
    this.#beginMoreOf("open", nowMs);
    this.#beginMoreOf("read", nowMs);
  }

  /**
   * One of each line in turn, as long as any may have more. Cost: lines it passes by have something at
   * the readers, so they are few.
   */
  #beginMoreOf(kind: Kind, nowMs: number): void {
    const turns = this.#turns[kind];
    for (const line of turns) {
      if (this.#areSeveral[kind] && this.#free <= 0) return;
      if (!this.#mayHaveMore(line)) continue;
      const call = this.#takeFirst(line);
      if (turns.delete(line)) turns.add(line); // behind the others
      this.#begin(call, line, nowMs);
    }
  }

  #wait(call: Call, line: Line): void {
    this.#waiting[line.kind]++;
    line.waiting.push(call);
    this.#turns[line.kind].add(line);
  }

  #takeFirst(line: Line): Call {
    this.#waiting[line.kind]--;
    const first = line.waiting.shift()!;
    if (line.waiting.length === 0) this.#turns[line.kind].delete(line);
    return first;
  }

  #forgetIdle({ on, atReaders, waiting }: Line): void {
    if (atReaders.size === 0 && waiting.length === 0) this.#lines.delete(on);
  }
}
