/**
 * How fast each transfer goes, from two looks at it a second apart. Pure: no DOM, no clock.
 *
 * The feed names no transfers: one is known again by what it is, whose, and since when.
 */
import type { UnderWay } from "../../../../metrics/operations.js";

/** Two looks may differ in when a transfer started, since its age is taken a moment before they are sent. */
const SAME_START_MS = 250;

interface Seen {
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly sentBytes: number;
}

export class Pace {
  /** What was under way at the last look; as many as the feed tells. */
  #seen = new Map<string, readonly Seen[]>();

  /**
   * Body bytes per second of each, since the last look; of one that is new, since its start.
   * Undefined for what sends nothing.
   *
   * @param atMs when this was so
   */
  look(underWay: readonly UnderWay[], atMs: number): readonly (number | undefined)[] {
    const seen = new Map<string, Seen[]>();
    const rates = underWay.map((one) => {
      const name = JSON.stringify([one.kind, one.what, one.client]);
      const now = { startedAtMs: atMs - one.ageMs, atMs, sentBytes: one.sentBytes };
      seen.set(name, [...(seen.get(name) ?? []), now]);
      return one.kind === "request" ? this.#rate(name, now) : undefined;
    });
    this.#seen = seen;
    return rates;
  }

  #rate(name: string, now: Seen): number | undefined {
    const before = this.#seen
      .get(name)
      ?.find(({ startedAtMs }) => Math.abs(startedAtMs - now.startedAtMs) < SAME_START_MS);
    const sinceMs = before?.atMs ?? now.startedAtMs;
    const sentBytes = now.sentBytes - (before?.sentBytes ?? 0);
    return now.atMs > sinceMs ? Math.max(0, (sentBytes * 1000) / (now.atMs - sinceMs)) : undefined;
  }
}
