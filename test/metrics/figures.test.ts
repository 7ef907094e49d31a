/** Fear: a number that reads as another one, or a column in which 9 is more than 10. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  byteUnit,
  SECONDS,
  showClock,
  showCount,
  showIn,
  showPercent,
  showTime,
  showUptime,
  timeUnit,
} from "../../metrics/figures.js";

const US = timeUnit([1]);
const MS = timeUnit([1, 1e6]);
const MIB = byteUnit([2 ** 30]);

describe("timeUnit", () => {
  const rows: readonly (readonly [why: string, timesUs: readonly number[], want: string])[] = [
    ["nothing is in the smallest", [], "µs"],
    ["below 10 ms there are four digits of µs", [0, 3, 9_999], "µs"],
    ["from 10 ms there would be five", [3, 10_000], "ms"],
    ["one short time keeps its digits beside a long one", [9_999, 912_000_000], "ms"],
    ["long times alone are in seconds", [10_000, 10_000_000], "s"],
    ["zeros do not count as short", [0, 10_000, 912_000_000], "s"],
    ["nothing near 10 s stays in ms", [20_000, 9_999_999], "ms"],
    ["what is no number is passed over", [Number.NaN, 12_000], "ms"],
  ];
  for (const [why, timesUs, want] of rows) {
    test(`${why} (${timesUs.join(", ")})`, () => expect(timeUnit(timesUs).name).toBe(want));
  }
});

describe("byteUnit", () => {
  const rows: readonly (readonly [why: string, sizes: readonly number[], want: string])[] = [
    ["nothing is in bytes", [], "B"],
    ["four digits of bytes", [9_999, 1], "B"],
    ["five are too many", [10_000], "KiB"],
    ["the largest decides", [1, 10_000 * 2 ** 20], "GiB"],
    ["past the last unit digits are all there is", [2 ** 60], "TiB"],
  ];
  for (const [why, sizes, want] of rows) {
    test(`${why} (${sizes.join(", ")})`, () => expect(byteUnit(sizes).name).toBe(want));
  }
});

describe("showIn", () => {
  const rows: readonly (readonly [why: string, unit: typeof US, value: number, want: string])[] = [
    ["zero has no decimals", MS, 0, "0"],
    ["a microsecond is not lost in ms", MS, 1, "0.001"],
    ["microseconds are whole", US, 812, "812"],
    ["four digits below ten", MS, 1_204, "1.204"],
    ["four digits below a hundred", MS, 12_044, "12.04"],
    ["four digits below a thousand", MS, 120_440, "120.4"],
    ["four digits at a hundred", MS, 100_000, "100.0"],
    ["thousands apart", MS, 8_190_400, "8,190"],
    ["no more than four digits count", MS, 912_345_678, "912,300"],
    ["rounding up to the next power is one digit less", MS, 9_999.7, "10.00"],
    ["and so it is at a thousand", MS, 999_960, "1,000"],
    ["nothing is rounded twice", MS, 999.45, "0.999"],
    ["what would read as nothing is not nothing", MIB, 400, "<0.001"],
    ["half of the last digit is rounded up to it", MIB, 0.0006 * 2 ** 20, "0.001"],
    ["a fraction of a whole unit is not nothing either", US, 0.4, "<1"],
    ["a fraction of a whole unit is rounded", US, 7.6, "8"],
    ["an age to the millisecond", SECONDS, 48_200, "0.048"],
    ["what is no number is none", MS, Number.NaN, "-"],
    ["nor is what has no end", MS, Number.POSITIVE_INFINITY, "-"],
  ];
  for (const [why, unit, value, want] of rows) {
    test(`${why} (${value})`, () => expect(showIn(unit, value)).toBe(want));
  }

  test("reads back as the value, to four digits or the last decimal", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e13, noNaN: true }), (value) => {
        const text = showIn(MS, value);
        const digits = text.replaceAll(",", "");
        const error = Math.abs(Number(digits) - value / 1000);
        expect(error).toBeLessThanOrEqual(Math.max(0.00051, (value / 1000) * 0.00051));
        expect(digits.replace(/^0\.0*|\.|0+$/g, "").length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

test("showCount shows every digit", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (count) => {
      const text = showCount(count);
      expect(text).toMatch(/^\d{1,3}(,\d{3})*$/);
      expect(Number(text.replaceAll(",", ""))).toBe(count);
    }),
  );
  expect(showCount(Number.NaN)).toBe("-");
});

test("showPercent", () => {
  expect([0, 0.0213, 1, 0 / 0, 1 / 0].map((share) => showPercent(share))).toEqual([
    "0.0",
    "2.1",
    "100.0",
    "-",
    "-",
  ]);
  expect(showPercent(0.826, 0)).toBe("83");
});

describe("showUptime", () => {
  const rows: readonly (readonly [ms: number, want: string])[] = [
    [0, "0s"],
    [999, "0s"],
    [59_999, "59s"],
    [60_000, "1m 0s"],
    [3_600_000, "1h 0m 0s"],
    [86_399_000, "23h 59m 59s"],
    [86_400_000, "1d 0h 0m 0s"],
    [8_640_000_000 + 61_000, "100d 0h 1m 1s"],
    [-5000, "0s"],
    [Number.NaN, "-"],
  ];
  for (const [ms, want] of rows) {
    test(`${ms} ms is ${want}`, () => expect(showUptime(ms)).toBe(want));
  }
});

test("times are in UTC, and what is no time is none", () => {
  const ms = Date.parse("2026-11-24T03:14:15.987Z");
  expect([showTime(ms), showClock(ms)]).toEqual(["2026-11-24T03:14:15Z", "03:14:15"]);
  for (const odd of [0, Number.NaN, 1e300])
    expect([showTime(odd), showClock(odd)]).toEqual(["-", "-"]);
});
