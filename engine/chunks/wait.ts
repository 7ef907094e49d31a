/**
 * A wait for a reader's job, split by who was to blame for it.
 *
 *   asked ─────────▶ started ──────────▶ ended, or given up
 *           queue                disk
 *
 * Whoever came when others had asked already waited from then on. Pure: times are passed in.
 */

/** When a reader started with a job, on the loop's clock; `NOT_STARTED` while none has. */
export type StartedMs = () => number;

export const NOT_STARTED = Number.POSITIVE_INFINITY;

/** Milliseconds of a wait, from `sinceMs` to `untilMs`, in which no reader was at work for it. */
export const queueMsOf = (sinceMs: number, startedMs: number, untilMs: number): number =>
  Math.max(0, Math.min(startedMs, untilMs) - sinceMs);

/** Milliseconds of it in which one was. */
export const diskMsOf = (sinceMs: number, startedMs: number, untilMs: number): number =>
  Math.max(0, untilMs - Math.max(startedMs, sinceMs));
