/**
 * Is the server ready for more requests? Each reason against it is one sentence.
 *
 * Pure. Whoever routes requests here asks every few seconds and acts on the status alone; the
 * sentences are for the operator who then comes to look.
 */
import type { SampleColumns } from "../../metrics/samples.js";
import { showMs } from "../settings/units.js";

export interface ReadinessFacts {
  readonly isListening: boolean;
  /** A root that cannot be read; undefined when all can. */
  readonly unreadableRoot: string | undefined;
  /** The latest seconds, at least `SECONDS_LOOKED_AT` once there are so many. */
  readonly samples: SampleColumns;
  /** `SLUICE_READY_LAG_MS`. */
  readonly lagBudgetMs: number;
}

/**
 * Shorter: a server that stalls again and again looks ready in between. Longer: it stays out of
 * service when all is well again.
 */
const LAG_SECONDS = 10;

/** A pool that is full for a moment is a pool well used; one that is full for so long is too small. */
const POOL_SECONDS = 5;

/** Samples that `unreadyReasons` looks at. */
export const SECONDS_LOOKED_AT = Math.max(LAG_SECONDS, POOL_SECONDS);

/** Empty when the server is ready. */
export function unreadyReasons(facts: ReadinessFacts): string[] {
  const { isListening, unreadableRoot, samples, lagBudgetMs } = facts;
  const lagMs = worstLagMs(samples);
  const reasons: string[] = [];
  if (!isListening) reasons.push("it does not listen: it is starting or stopping");
  if (unreadableRoot !== undefined) reasons.push(`the root ${unreadableRoot} cannot be read`);
  if (lagMs > lagBudgetMs) {
    reasons.push(
      `the event loop was ${Math.round(lagMs)}ms late (p99) within ${LAG_SECONDS}s: more than ${showMs(lagBudgetMs)}`,
    );
  }
  if (isPoolFull(samples)) {
    reasons.push(`for ${POOL_SECONDS}s no slot of the pool was free, and transfers wait for one`);
  }
  return reasons;
}

/**
 * The worst second's percentile. That of all ten seconds together is no higher, and no mean of
 * percentiles is one.
 */
const worstLagMs = ({ loopLagP99Us }: SampleColumns): number =>
  Math.max(0, ...loopLagP99Us.slice(-LAG_SECONDS)) / 1000;

/** Nothing free, nothing to evict, and somebody waits: in each of the latest seconds. */
function isPoolFull({ slotsFree, slotsCached, transfersInLine }: SampleColumns): boolean {
  const free = slotsFree.slice(-POOL_SECONDS);
  const cached = slotsCached.slice(-POOL_SECONDS);
  const inLine = transfersInLine.slice(-POOL_SECONDS);
  return (
    inLine.length === POOL_SECONDS &&
    inLine.every((count, at) => count > 0 && free[at] === 0 && cached[at] === 0)
  );
}
