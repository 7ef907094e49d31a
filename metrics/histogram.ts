/**
 * Latency histograms: how they are made, added to and summed up.
 *
 * HdrHistogram with two significant digits: a percentile is off by less than 1% of itself, from
 * 1 µs to an hour. Percentiles are read from merged histograms, never averaged.
 * (Gil Tene, "HdrHistogram: A High Dynamic Range Histogram".)
 */
import { createRequire } from "node:module";
import type { Histogram, JsHistogram } from "hdr-histogram-js";

export type { Histogram, JsHistogram as CountableHistogram } from "hdr-histogram-js";

/** The package's front door loads WebAssembly and a compressor as well: 60 ms of every start. */
const { default: Float64Histogram } = createRequire(import.meta.url)(
  "hdr-histogram-js/dist/Float64Histogram.js",
) as { default: new (lowest: number, highest: number, digits: number) => JsHistogram };

/** Longer than an hour is recorded as an hour: a download may take days, and a histogram has an end. */
export const LONGEST_US = 3_600_000_000;

/**
 * Two digits cost 27 KiB a histogram with counts that never overflow (32 bits are full after
 * twenty hours at 60,000 requests a second); three would cost 185 KiB and say nothing more about
 * why a request was slow.
 */
export const createHistogram = (): Histogram =>
  new Float64Histogram(SHORTEST_US, LONGEST_US, SIGNIFICANT_DIGITS);

/**
 * The same histogram, with a way to each of its counts.
 *
 * @throws Error when `createHistogram` did not make it
 */
export function countable(histogram: Histogram): JsHistogram {
  if (histogram instanceof Float64Histogram) return histogram;
  throw new Error("a histogram that hides its counts");
}

const SHORTEST_US = 1;
const SIGNIFICANT_DIGITS = 2;

/** Milliseconds, of any precision and sign, as the whole microseconds a histogram takes. */
export const toUs = (ms: number): number =>
  ms <= 0 ? 0 : Math.min(Math.floor(ms * 1000), LONGEST_US);

/** What a histogram says, in microseconds. All 0 when nothing was recorded. */
export interface Percentiles {
  readonly count: number;
  readonly minUs: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly p9999Us: number;
  readonly maxUs: number;
}

/** Cost: one walk over the counts for each percentile, some 100 µs in all. */
export function percentilesOf(histogram: Histogram): Percentiles {
  // A histogram knows its largest value to the digit, a percentile only to its precision.
  const at = (percentile: number): number =>
    Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
  const hasAny = histogram.totalCount > 0;
  return {
    count: histogram.totalCount,
    minUs: hasAny ? at(0) : 0,
    meanUs: hasAny ? Math.round(histogram.mean) : 0,
    p50Us: at(50),
    p90Us: at(90),
    p99Us: at(99),
    p999Us: at(99.9),
    p9999Us: at(99.99),
    maxUs: histogram.maxValue,
  };
}

/** A new histogram that holds what all of these hold. */
export function merge(histograms: Iterable<Histogram>): Histogram {
  const sum = createHistogram();
  for (const one of histograms) sum.add(one);
  return sum;
}
