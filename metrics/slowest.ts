/**
 * The slowest operations of the last hour.
 *
 * So many for each who can be to blame: downloads over slow lines would otherwise leave no room for
 * the one read that hung.
 */
import type { SlowOperation } from "./operations.js";
import type { Blame } from "./phases.js";

/** A hundred in all. */
const KEPT_PER_BLAME = 25;
const HOUR_MS = 3_600_000;

export class Slowest {
  readonly #byBlame: Readonly<Record<Blame, SlowOperation[]>> = {
    queue: [],
    disk: [],
    loop: [],
    client: [],
  };

  /** Cost: a walk over 25 at most. */
  add(operation: SlowOperation): void {
    const kept = this.#byBlame[operation.blame];
    drop(kept, operation.endedAtMs);
    const faster = kept.findIndex(({ tookMs }) => tookMs < operation.tookMs);
    kept.splice(faster < 0 ? kept.length : faster, 0, operation);
    if (kept.length > KEPT_PER_BLAME) kept.pop();
  }

  /**
   * The slowest first.
   *
   * @param atMs wall clock, milliseconds since the epoch
   */
  list(atMs: number): SlowOperation[] {
    const all = Object.values(this.#byBlame);
    for (const kept of all) drop(kept, atMs);
    return all.flat().sort((a, b) => b.tookMs - a.tookMs);
  }
}

/** Forgets what ended more than an hour ago. */
function drop(kept: SlowOperation[], atMs: number): void {
  for (let at = kept.length - 1; at >= 0; at--) {
    if (kept[at]!.endedAtMs < atMs - HOUR_MS) kept.splice(at, 1);
  }
}
