/** Latencies in whole microseconds, in HdrHistograms that can be sent, merged and drawn. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";

/** A minute: nothing here is waited for longer. */
const HIGHEST_US = 60_000_000;
/** Three significant digits: 0.1% of the value, finer than any difference worth reporting. */
const DIGITS = 3;
const US_PER_MS = 1000;

export function createLatencies(): Histogram {
  return build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: DIGITS,
  });
}

/** Records a latency; below one microsecond counts as one, above a minute as a minute. */
export function recordUs(histogram: Histogram, latencyUs: number): void {
  histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyUs))));
}

export const encodeLatencies = (histogram: Histogram): string =>
  encodeIntoCompressedBase64(histogram);

/** All rounds in one histogram: percentiles are taken of the sum, never averaged. */
export function mergeLatencies(encoded: readonly string[]): Histogram {
  const all = createLatencies();
  for (const one of encoded) all.add(decodeFromCompressedBase64(one));
  return all;
}

export const percentileMs = (histogram: Histogram, percentile: number): number =>
  histogram.getValueAtPercentile(percentile) / US_PER_MS;

export const maxMs = (histogram: Histogram): number => histogram.maxValue / US_PER_MS;
