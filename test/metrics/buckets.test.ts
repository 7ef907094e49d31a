/** Fear: a quantile on a dashboard that is not what was measured. */
import fc from "fast-check";
import { build } from "hdr-histogram-js";
import { describe, expect, test } from "vitest";
import { addBuckets, bucketsOf, EDGES_SEC } from "../../metrics/buckets.js";
import { LONGEST_US } from "../../metrics/histogram.js";
import { histogramOf } from "../support/machine-metrics.js";

/** Small ones, large ones, and those at an edge, where a count could land on either side. */
const anyValue = fc.oneof(
  fc.nat(1000),
  fc.nat(LONGEST_US),
  fc
    .tuple(fc.nat(31), fc.integer({ min: -2, max: 2 }))
    .map(([power, off]) => Math.min(LONGEST_US, Math.max(0, 2 ** power + off))),
);
const anyValues = fc.array(anyValue, { maxLength: 60 });

// The slow way: sort the values and count.
const slowBelow = (valuesUs: readonly number[], edgeSec: number): number =>
  [...valuesUs].sort((a, b) => a - b).filter((us) => us < Math.round(edgeSec * 1e6)).length;

describe("bucketsOf", () => {
  test("doubles from 128 µs to 134 s", () => {
    expect(EDGES_SEC).toHaveLength(21);
    expect(EDGES_SEC[0]).toBe(0.000128);
    expect(EDGES_SEC[1]).toBe(0.000256);
    expect(EDGES_SEC.at(-1)).toBe(134.217728);
  });

  const rows: readonly (readonly [why: string, us: number, firstBelow: number])[] = [
    ["no time at all", 0, 0],
    ["just below the first edge", 127, 0],
    ["at the first edge: it took up to a microsecond more", 128, 1],
    ["just below the last edge", 2 ** 27 - 1, 20],
    ["at the last edge", 2 ** 27, 21],
    ["an hour", LONGEST_US, 21],
  ];
  for (const [why, us, firstBelow] of rows) {
    test(`counts ${why} from bucket ${firstBelow} on`, () => {
      const want = EDGES_SEC.map((_, at) => (at < firstBelow ? 0 : 1));
      expect(bucketsOf(histogramOf([us]))).toMatchObject({ below: want, count: 1 });
    });
  }

  test("is all 0 for a histogram without values", () => {
    const zeros = EDGES_SEC.map(() => 0);
    expect(bucketsOf(histogramOf([]))).toEqual({ below: zeros, count: 0, sumSec: 0 });
  });

  test("agrees with the slow way", () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const { below, count, sumSec } = bucketsOf(histogramOf(values));
        expect(below).toEqual(EDGES_SEC.map((edge) => slowBelow(values, edge)));
        expect(count).toBe(values.length);
        const wantSec = values.reduce((sum, us) => sum + us, 0) / 1e6;
        expect(Math.abs(sumSec - wantSec)).toBeLessThanOrEqual(wantSec * 0.004);
      }),
    );
  });

  test("never falls while values are added", () => {
    fc.assert(
      fc.property(anyValues, anyValue, (values, more) => {
        const before = bucketsOf(histogramOf(values));
        const after = bucketsOf(histogramOf([...values, more]));
        expect(after.sumSec).toBeGreaterThanOrEqual(before.sumSec);
        expect(after.below.every((count, at) => count >= before.below[at]!)).toBe(true);
      }),
    );
  });

  test("refuses a histogram of another shape", () => {
    const other = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3 });
    expect(() => bucketsOf(other)).toThrow("another shape");
  });

  test("refuses what does not tell its counts", () => {
    const hidden = { totalCount: 1 } as ReturnType<typeof histogramOf>;
    expect(() => bucketsOf(hidden)).toThrow("hides its counts");
  });
});

test("addBuckets is the same as one histogram of all values", () => {
  fc.assert(
    fc.property(fc.array(anyValues, { maxLength: 4 }), (parts) => {
      const sum = addBuckets(parts.map((values) => bucketsOf(histogramOf(values))));
      const whole = bucketsOf(histogramOf(parts.flat()));
      expect(sum).toEqual({ ...whole, sumSec: expect.closeTo(whole.sumSec, 6) });
    }),
  );
});
