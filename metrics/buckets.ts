/**
 * From a histogram of thousands of fine counts to the few cumulative buckets that Prometheus keeps.
 *
 *   fine     | 0 | 1 | ... | 127 | 128 | ... | 255 | 256-257 | ... | 510-511 | 512-515 | ...
 *   edges                        ▲                 ▲                         ▲
 *                              128 µs            256 µs                    512 µs
 *
 * Every power of two begins a fine count, so no bucket has to guess: the counts are exact.
 */
import { countable, createHistogram, type Histogram } from "./histogram.js";

/**
 * 128 µs to 134 s, doubling. Below lies what nobody notices, above what nobody waits for. Each edge
 * is one time series for every label: these 21 put any quantile within a factor of two.
 */
const EDGES_US: readonly number[] = Array.from({ length: 21 }, (_, at) => 2 ** (7 + at));

/** Upper edges in seconds, rising; the one that holds all is not among them. */
export const EDGES_SEC: readonly number[] = EDGES_US.map((us) => us / 1e6);

/** What Prometheus calls a histogram. */
export interface Buckets {
  /** Values below each of `EDGES_SEC`. */
  readonly below: readonly number[];
  readonly count: number;
  /** Of all values; each is off by less than 1% of itself. Never falls while values are added. */
  readonly sumSec: number;
}

/**
 * The fine counts of every histogram of ours are alike, and asking for what each stands for takes
 * logarithms: asked once, here, a walk takes 14 µs and not 1 ms.
 */
const SHAPE = countable(createHistogram());
/** The value in the middle of each fine count. */
const MIDDLES_US = Float64Array.from({ length: SHAPE.countsArrayLength }, (_, at) =>
  SHAPE.medianEquivalentValue(SHAPE.valueFromIndex(at)),
);
/** The fine count that begins at each edge. */
const FIRST_AT_EDGE = EDGES_US.map((us) => SHAPE.countsArrayIndex(us));

/**
 * A value is a time cut to whole microseconds, so those below an edge are exactly the times that
 * Prometheus means: up to the edge.
 *
 * @param histogram made by `createHistogram`
 * @throws Error for any other
 */
export function bucketsOf(histogram: Histogram): Buckets {
  const counts = countable(histogram);
  const isOurs = counts.countsArrayLength === MIDDLES_US.length;
  if (!isOurs) throw new Error("a histogram of another shape");
  const below: number[] = [];
  let count = 0;
  let sumUs = 0;
  for (let at = 0; at < MIDDLES_US.length; at++) {
    if (at === FIRST_AT_EDGE[below.length]) below.push(count);
    const countHere = counts.getCountAtIndex(at);
    count += countHere;
    sumUs += countHere * MIDDLES_US[at]!;
  }
  return { below, count, sumSec: sumUs / 1e6 };
}

/** As if all values were in one histogram. */
export const addBuckets = (all: readonly Buckets[]): Buckets => ({
  below: EDGES_US.map((_, at) => sum(all.map(({ below }) => below[at]!))),
  count: sum(all.map(({ count }) => count)),
  sumSec: sum(all.map(({ sumSec }) => sumSec)),
});

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
