/**
 * Whose delay is it? A load generator that sends late measures itself: latencies are counted from the
 * time at which a request was due.
 *
 *   late by up to a quarter of the figure    the server's
 *   later, in few of the requests judged     the server's
 *   later, in half of them                   ours, and nobody may say who is faster
 */
import type { FigureName } from "./cell.js";
import { mergeLatencies, percentileMs } from "./load/latency.js";
import type { Timed } from "./sample.js";

/** Where in the latencies each of these figures is read. */
const PERCENTILES: Partial<Readonly<Record<FigureName, number>>> = {
  p50Ms: 50,
  p99Ms: 99,
  p999Ms: 99.9,
  maxMs: 100,
};

/**
 * More of a figure may not be ours. A quarter makes a ratio wrong by a third at most, less than what
 * two sets of runs of one build were apart by at p99 (1.23 and 0.86, 2 shared cores). Less is asking
 * much: the generator sees half of its requests 13 µs late or later, one turn of its event loop, and
 * of half a millisecond a tenth is four such turns.
 */
const OURS_SHARE = 1 / 4;
/**
 * Of the requests beyond a percentile. The slowest hundredth is what p99 tells of: where half of them
 * were sent late, it is read off those. With all of them as the mark, a server that pauses and a
 * generator that does, each in most of a hundredth, would be taken for a slow server.
 */
const OURS_TAIL = 1 / 2;

/** Whether a figure tells more of the generator than may be. False where lateness was not recorded. */
export function isOurDelay({ figures, lateness }: Timed, figure: FigureName): boolean {
  const percentile = PERCENTILES[figure];
  const valueMs = figures[figure];
  if (percentile === undefined || valueMs === undefined || lateness === undefined) return false;
  const mark = 100 - OURS_TAIL * (100 - percentile);
  return percentileMs(mergeLatencies([lateness]), mark) > OURS_SHARE * valueMs;
}
