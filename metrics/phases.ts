/**
 * Where the time of a request goes. The four phases add up to its total.
 *
 *   queue   waiting for a slot of the pool, or for a reader
 *   disk    a reader at work for it
 *   drain   waiting for the client to take bytes
 *   loop    all the rest: our own work, and waiting for the event loop to get to it
 */

export const PHASES = ["queue", "disk", "loop", "drain"] as const;
export type Phase = (typeof PHASES)[number];

/** Milliseconds in each phase. */
export interface PhaseTimes {
  readonly queueMs: number;
  readonly diskMs: number;
  readonly loopMs: number;
  readonly drainMs: number;
}

/** Who an operation that took long has to thank for it. */
export type Blame = "queue" | "disk" | "loop" | "client";

/** The longest phase is to blame. */
export function blameFor({ queueMs, diskMs, loopMs, drainMs }: PhaseTimes): Blame {
  const longest = Math.max(queueMs, diskMs, loopMs, drainMs);
  if (longest === drainMs) return "client";
  if (longest === diskMs) return "disk";
  return longest === queueMs ? "queue" : "loop";
}
