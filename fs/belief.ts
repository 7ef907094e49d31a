/**
 * For how long what was seen of a path is believed.
 *
 *   ground    what it rests on, such as its root at its place: `revalidateMs` from when that was seen
 *   file      no longer than it had been left alone when it was seen
 *   all       until nothing is trusted any more: a folder was switched as a whole
 *
 * Owns: the times in entries. Looks at nothing.
 */
import { type Entry, fileOf } from "./entries.js";
import { isReachable, type OpenFile, quietMs } from "./open-file.js";

/** When something was seen, below which root, and what was trusted then. */
export interface Seen {
  readonly root: string;
  /** On the table's clock: when it was asked for. */
  readonly sentMs: number;
  /** See `Belief.distrust`. */
  readonly generation: number;
  /** When what it rests on was seen, if that was before. */
  readonly groundSeenMs?: number;
}

/**
 * A file is believed for no longer than it had been left alone when it was seen: one caught in the middle
 * of being written is soon looked at again, and some eight times within its first second. For this long it
 * is believed in any case, as stamps are no finer than a timer's tick, and the clock they are of may be
 * ahead; and for twice as long as the look took, so that the next one is there in time. Shorter: one that
 * is being written to costs a look at more requests. Longer: half a file is served for longer.
 */
const LEAST_BELIEF_MS = 10;

export class Belief {
  readonly #revalidateMs: number;
  readonly #nowMs: () => number;
  #generation = 0;

  constructor(revalidateMs: number, nowMs: () => number) {
    this.#revalidateMs = revalidateMs;
    this.#nowMs = nowMs;
  }

  /** Rises with each `distrust`: what was asked for before one is not believed after it. */
  get generation(): number {
    return this.#generation;
  }

  /** Believes nothing that was seen, or asked for, until now. */
  distrust(): void {
    this.#generation++;
  }

  /** May it be believed at this moment? What has lost its descriptor may not. */
  holds({ known, body, freshUntilMs, generation }: Entry, nowMs: number): boolean {
    if (nowMs >= freshUntilMs || generation !== this.#generation) return false;
    return body !== undefined || known.kind !== "file" || isReachable(known.file);
  }

  /**
   * What is seen now, on a ground that was seen then. Not spread from parts: that takes a twentieth of a
   * file's first look.
   */
  seenNow(root: string, groundSeenMs: number): Seen {
    return { root, sentMs: this.#nowMs(), generation: this.#generation, groundSeenMs };
  }

  /** It is what was seen. */
  trust(entry: Entry, { sentMs, groundSeenMs = sentMs, generation }: Seen): void {
    const groundUntilMs = groundSeenMs + this.#revalidateMs;
    entry.generation = generation;
    entry.freshUntilMs = Math.min(groundUntilMs, this.#settledUntilMs(fileOf(entry.known), sentMs));
    entry.checkFromMs = (groundSeenMs + entry.freshUntilMs) / 2;
  }

  #settledUntilMs(file: OpenFile | undefined, seenMs: number): number {
    if (file === undefined) return Number.POSITIVE_INFINITY;
    const tookMs = this.#nowMs() - seenMs;
    const leastMs = Math.max(LEAST_BELIEF_MS, 2 * tookMs);
    return seenMs + Math.max(leastMs, quietMs(file, Date.now() - tookMs));
  }
}
