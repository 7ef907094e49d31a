/**
 * What has been downloaded, by path: counted for ever, in bounded memory.
 *
 *   counterOf ──▶ kept: one counter a path, maxPaths to twice as many
 *                   │ ▲
 *     fewest, idle  ▼ │ used again: starts from zero
 *                 rest: one record for all of them
 *
 * Whatever is merged, restored or counted again, the kept and the rest add up to all there was. A
 * store that applies the `Changes` in their order adds up as well, after each of them: what a path
 * brought to the rest is in the change that removes its row.
 *
 * Owns: counts and which paths have counters. Does not know where changes are kept, or the clock.
 */
import { type Counts, DownloadCounter, type Register, Tally } from "./download-counter.js";

/** Counts of one path since it was first asked for; they outlive the process where there is a store. */
export interface DownloadTotals extends Counts {
  /** Of the file below its root, with a leading slash. */
  readonly path: string;
  /** Under way now. */
  readonly inProgress: number;
}

/** How many downloads of one path are under way. */
export type PathInProgress = Pick<DownloadTotals, "path" | "inProgress">;

/** What a store is to do to be up to date again, in this order and all at once. */
export interface Changes {
  /** Paths whose rows go: their counts are in the row of `OTHERS` that comes along. */
  readonly removed: readonly string[];
  /** Whole rows, each in place of the one before. */
  readonly changed: readonly DownloadTotals[];
}

/** In place of a path, the sum of those that have no counter of their own. No path is like it. */
export const OTHERS = "(others)";

/**
 * Paths with counts of their own, for `Downloads`: 6 MB when there are twice as many. Larger: the loop
 * is held longer by a merge (8 ms, at most once in as many new paths) and by a look at the top (3 ms).
 * Smaller: more of the tail is known as a sum only.
 */
export const MAX_PATHS = 10_000;

export class Downloads implements Register {
  readonly #maxPaths: number;
  /** Oldest first. */
  readonly #kept = new Map<string, DownloadCounter>();
  readonly #rest = new Tally();
  /** Merge when there are as many. */
  #mergeAt: number;

  /** Kept ones that changed since they were taken, oldest first; no more than there are kept. */
  #changed: DownloadCounter[] = [];
  /** Merged ones that still have a row; no more than there are rows. */
  #leaving: { readonly path: string; readonly counts: Tally }[] = [];
  /** The rest without those: what a store may hold beside their rows. */
  readonly #restInStore = new Tally();
  #isRestChanged = false;

  /**
   * @param maxPaths how many paths keep counts of their own when there are too many; from 1. Memory:
   *   at most twice as many, 300 bytes each with an ordinary path, and what is in progress
   */
  constructor(maxPaths: number) {
    this.#maxPaths = maxPaths;
    this.#mergeAt = 2 * maxPaths;
  }

  /** Cost: one look-up; for one in `maxPaths` new ones, a merge. */
  counterOf(path: string): DownloadCounter {
    return this.#kept.get(path) ?? this.#admit(new DownloadCounter(path, this));
  }

  heirOf(counter: DownloadCounter): DownloadCounter {
    return this.#kept.get(counter.path) ?? this.#admit(counter);
  }

  noteChange(counter: DownloadCounter): void {
    counter.isChanged = true;
    this.#changed.push(counter);
  }

  /** Those with the most downloads, aborted ones included, the most first. */
  totals(most: number): DownloadTotals[] {
    return this.#split(most)
      .top.filter((one) => ended(one) + one.inProgress > 0)
      .sort((one, other) => ended(other) - ended(one))
      .map(totalsOf);
  }

  /** Over all paths, the rest included. Cost: a walk over the counters, a millisecond for 20,000. */
  get sums(): Omit<DownloadTotals, "path" | "lastMs"> {
    const { completed, aborted, ranged, bytes } = this.rest;
    const sums = { completed, aborted, ranged, bytes, inProgress: 0 };
    for (const counter of this.#kept.values()) {
      sums.completed += counter.completed;
      sums.aborted += counter.aborted;
      sums.ranged += counter.ranged;
      sums.bytes += counter.bytes;
      sums.inProgress += counter.inProgress;
    }
    return sums;
  }

  /** The sum of all that have no counter of their own. */
  get rest(): DownloadTotals {
    return totalsOf({ ...this.#rest, path: OTHERS, inProgress: 0 });
  }

  /** How many rows `takeChanges` has to give. */
  get pending(): number {
    return this.#leaving.length + this.#changed.length + (this.#isRestChanged ? 1 : 0);
  }

  /**
   * Takes what changed, the longest waiting first; call again for more than `most` rows. Nobody
   * remembers what was taken: it must be stored before anything that is taken later.
   */
  takeChanges(most: number): Changes {
    const leaving = this.#leaving.splice(0, most);
    for (const { counts } of leaving) this.#addToStoredRest(counts);
    // A path may have left and come back: its new row must not go with the old one.
    const counters = this.#changed.splice(0, most - leaving.length);
    for (const counter of counters) {
      counter.isChanged = false;
      counter.isStored = true;
    }
    const changed = counters.map(totalsOf);
    if (this.#isRestChanged) changed.push(this.#takeStoredRest());
    return { removed: leaving.map(({ path }) => path), changed };
  }

  /**
   * Takes what was counted since the last call, and counts from zero: for a process that tells its
   * counts to another, which adds them up. No store goes with it.
   *
   * @param most rows; the others stay for the next call, the longest waiting first
   */
  handOver(most: number): DownloadTotals[] {
    const counters = this.#changed.splice(0, most);
    const rows = counters.map(totalsOf);
    for (const counter of counters) {
      counter.isChanged = false;
      counter.reset();
    }
    if (this.#isRestChanged) {
      rows.push(this.#takeStoredRest());
      this.#restInStore.reset();
      this.#rest.reset();
    }
    return rows;
  }

  /** Adds what another process handed over. */
  add(rows: Iterable<DownloadTotals>): void {
    for (const row of rows) {
      if (row.path === OTHERS) {
        this.#rest.add(row);
        this.#addToStoredRest(row);
        continue;
      }
      const counter = this.counterOf(row.path);
      counter.add(row);
      if (!counter.isChanged) this.noteChange(counter);
    }
  }

  /** Paths with a download under way, at most so many. Cost: a walk over the counters. */
  inProgress(most: number): PathInProgress[] {
    const found: PathInProgress[] = [];
    for (const { path, inProgress } of this.#kept.values()) {
      if (found.length === most) break;
      if (inProgress > 0) found.push({ path, inProgress });
    }
    return found;
  }

  /** Adds what a store held. */
  restore(rows: Iterable<DownloadTotals>): void {
    for (const row of rows) {
      if (row.path === OTHERS) {
        this.#rest.add(row);
        this.#restInStore.add(row);
        continue;
      }
      const counter = this.counterOf(row.path);
      counter.add(row);
      counter.isStored = true;
    }
  }

  #admit(counter: DownloadCounter): DownloadCounter {
    if (this.#kept.size >= this.#mergeAt) this.#mergeTail();
    counter.isKept = true;
    this.#kept.set(counter.path, counter);
    return counter;
  }

  // --- the slow road: once in maxPaths new paths ---

  /** Down to `maxPaths`, or as many as are in progress. */
  #mergeTail(): void {
    for (const counter of this.#split(this.#maxPaths).tail) {
      if (counter.inProgress === 0) this.#merge(counter);
    }
    this.#changed = this.#changed.filter((counter) => counter.isChanged);
    // Should all be in progress, not to look at all of them again for each new path.
    this.#mergeAt = this.#kept.size + this.#maxPaths;
  }

  #merge(counter: DownloadCounter): void {
    this.#kept.delete(counter.path);
    this.#rest.add(counter);
    if (counter.isStored) {
      const counts = new Tally();
      counts.add(counter);
      this.#leaving.push({ path: counter.path, counts });
    } else if (ended(counter) > 0) {
      this.#addToStoredRest(counter);
    }
    counter.isKept = counter.isChanged = counter.isStored = false;
    counter.reset();
  }

  /** The `most` with the most downloads, of equal ones the newest; neither list is in order. */
  #split(most: number): { readonly top: DownloadCounter[]; readonly tail: DownloadCounter[] } {
    const top: DownloadCounter[] = [];
    const tail: DownloadCounter[] = [];
    const bar = this.#barFor(most);
    for (const counter of this.#kept.values()) {
      const isTop =
        ended(counter) > bar.height || (ended(counter) === bar.height && bar.over-- <= 0);
      (isTop ? top : tail).push(counter);
    }
    return { top, tail };
  }

  /** How many downloads it takes to be in the top, and how many with just as many are one too many. */
  #barFor(most: number): { readonly height: number; over: number } {
    const size = this.#kept.size;
    if (size <= most) return { height: -1, over: 0 };
    // Numbers sort several times faster than counters: 1.3 ms for 20,000.
    const ascending = new Float64Array(size);
    let at = 0;
    for (const counter of this.#kept.values()) ascending[at++] = ended(counter);
    ascending.sort();
    const height = ascending[size - most] ?? Number.POSITIVE_INFINITY;
    return { height, over: size - most - ascending.indexOf(height) };
  }

  #addToStoredRest(counts: Counts): void {
    this.#restInStore.add(counts);
    this.#isRestChanged = true;
  }

  #takeStoredRest(): DownloadTotals {
    this.#isRestChanged = false;
    return totalsOf({ ...this.#restInStore, path: OTHERS, inProgress: 0 });
  }
}

const ended = ({ completed, aborted }: Counts): number => completed + aborted;

const totalsOf = (from: DownloadTotals): DownloadTotals => ({
  path: from.path,
  completed: from.completed,
  aborted: from.aborted,
  ranged: from.ranged,
  bytes: from.bytes,
  inProgress: from.inProgress,
  lastMs: from.lastMs,
});
