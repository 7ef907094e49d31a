/** Fear: a percentile that nobody had. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createHistogram,
  LONGEST_US,
  merge,
  percentilesOf,
  toUs,
} from "../../metrics/histogram.js";

/** Two significant digits: what was recorded, or up to 1% more. */
const PRECISION = 0.01;
const LEVELS = [
  ["p50Us", 0.5],
  ["p90Us", 0.9],
  ["p99Us", 0.99],
  ["p999Us", 0.999],
  ["p9999Us", 0.9999],
] as const;

const histogramOf = (values: readonly number[]) => {
  const histogram = createHistogram();
  for (const value of values) histogram.recordValue(value);
  return histogram;
};

/** The slow way: the smallest value that this share of all values does not exceed. */
function slowPercentile(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * level - 1e-9) - 1)]!;
}

const durations = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.integer({ min: 0, max: LONGEST_US }),
  ),
  { minLength: 1, maxLength: 400 },
);

test("percentiles are those of the sorted values, within the precision promised", () => {
  fc.assert(
    fc.property(durations, (values) => {
      const got = percentilesOf(histogramOf(values));
      for (const [name, level] of LEVELS) {
        const want = slowPercentile(values, level);
        expect(got[name], `${name} of ${values}`).toBeGreaterThanOrEqual(want);
        expect(got[name], `${name} of ${values}`).toBeLessThanOrEqual(want * (1 + PRECISION) + 1);
      }
      expect(got.count).toBe(values.length);
      expect(got.maxUs).toBeGreaterThanOrEqual(Math.max(...values));
      expect(got.maxUs).toBeLessThanOrEqual(Math.max(...values) * (1 + PRECISION) + 1);
    }),
  );
});

test("merged histograms say what one histogram of all values says", () => {
  fc.assert(
    fc.property(fc.array(durations, { minLength: 1, maxLength: 5 }), (groups) => {
      const together = percentilesOf(histogramOf(groups.flat()));
      expect(percentilesOf(merge(groups.map(histogramOf)))).toEqual(together);
    }),
  );
});

test("merging changes none of those that are merged", () => {
  const one = histogramOf([1, 2, 3]);
  const before = percentilesOf(one);
  merge([one, histogramOf([1_000])]);
  expect(percentilesOf(one)).toEqual(before);
});

test("a histogram of nothing says 0 to everything", () => {
  expect(new Set(Object.values(percentilesOf(createHistogram())))).toEqual(new Set([0]));
});

describe("milliseconds become whole microseconds", () => {
  const rows: readonly (readonly [why: string, ms: number, us: number])[] = [
    ["what is shorter than one is none", 0.0009, 0],
    ["cut off, not rounded", 1.9999, 1999],
    ["a clock that went back", -5, 0],
    ["no end in sight", Number.POSITIVE_INFINITY, LONGEST_US],
    ["a download of two days", 172_800_000, LONGEST_US],
  ];
  for (const [why, ms, us] of rows) test(why, () => expect(toUs(ms)).toBe(us));

  test("the longest can be recorded", () => {
    expect(percentilesOf(histogramOf([toUs(1e12)])).count).toBe(1);
  });
});
