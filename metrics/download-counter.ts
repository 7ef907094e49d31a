/**
 * The downloads of one path: what the hot path touches. Which counters there are, and what becomes
 * of them, is up to their register, downloads.ts.
 */

/** How downloads ended. Integers. */
export interface Counts {
  /** Bodies, or parts of them, that went out whole. */
  readonly completed: number;
  /** Ended before their last byte. */
  readonly aborted: number;
  /** Of all these, how many asked for a part. */
  readonly ranged: number;
  /** Body bytes sent. */
  readonly bytes: number;
  /** When the last one ended, wall clock, milliseconds since the epoch; 0 for never. */
  readonly lastMs: number;
}

/** Counts that add up. */
export class Tally implements Counts {
  completed = 0;
  aborted = 0;
  ranged = 0;
  bytes = 0;
  lastMs = 0;

  add({ completed, aborted, ranged, bytes, lastMs }: Counts): void {
    this.completed += completed;
    this.aborted += aborted;
    this.ranged += ranged;
    this.bytes += bytes;
    this.lastMs = Math.max(this.lastMs, lastMs);
  }

  reset(): void {
    this.completed = this.aborted = this.ranged = this.bytes = this.lastMs = 0;
  }
}

/** What a counter asks of those who keep it. */
export interface Register {
  /** The kept counter of the same path: this one, from now on, when there is no other. */
  heirOf(counter: DownloadCounter): DownloadCounter;
  noteChange(counter: DownloadCounter): void;
}

/**
 * May be held for ever: should it have been merged with others, the next use finds the path a
 * counter again. Each `begin` has one `end`. Cost of each call: a few additions.
 */
export class DownloadCounter extends Tally {
  readonly path: string;
  inProgress = 0;
  /** Has a place among the kept. This and the next two are for the register alone. */
  isKept = false;
  /** Is on the list of changes. */
  isChanged = false;
  /** Has a row in the store. */
  isStored = false;
  readonly #register: Register;

  constructor(path: string, register: Register) {
    super();
    this.path = path;
    this.#register = register;
  }

  begin(): void {
    this.#kept().inProgress++;
  }

  /** @param wallMs now, milliseconds since the epoch */
  end(isSent: boolean, sentBytes: number, isRange: boolean, wallMs: number): void {
    const kept = this.#kept();
    kept.inProgress--;
    if (isSent) kept.completed++;
    else kept.aborted++;
    if (isRange) kept.ranged++;
    kept.#settle(sentBytes, wallMs);
  }

  /** Takes back a `begin`: it came to nothing, and is no download. */
  cancel(): void {
    this.#kept().inProgress--;
  }

  /** `begin` and `end` of a whole body that went out at once. */
  whole(sentBytes: number, wallMs: number): void {
    const kept = this.#kept();
    kept.completed++;
    kept.#settle(sentBytes, wallMs);
  }

  /** The same of a part. */
  part(sentBytes: number, wallMs: number): void {
    const kept = this.#kept();
    kept.completed++;
    kept.ranged++;
    kept.#settle(sentBytes, wallMs);
  }

  #settle(sentBytes: number, wallMs: number): void {
    this.bytes += sentBytes;
    this.lastMs = wallMs;
    if (!this.isChanged) this.#register.noteChange(this);
  }

  /** The same at `begin` and at `end`: what is in progress is not merged. */
  #kept(): DownloadCounter {
    return this.isKept ? this : this.#register.heirOf(this);
  }
}
