import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countOf, groupDigits, isoTime, readableSize } from "../../protocol/readable.js";

describe("sizes", () => {
  const rows: readonly (readonly [sizeBytes: number, want: string])[] = [
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1,023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [10_188, "9.9 KiB"],
    [10_189, "10 KiB"],
    [1023 * 1024, "1,023 KiB"],
    [1023 * 1024 + 100, "1,023 KiB"],
    [1024 ** 2 - 1, "1.0 MiB"],
    [5.3e9, "4.9 GiB"],
    [1024 ** 4, "1.0 TiB"],
    [Number.MAX_SAFE_INTEGER, "8.0 PiB"],
    [1024 ** 6, "1,024 PiB"],
  ];
  test.each(rows)("%d is %s", (sizeBytes, want) => expect(readableSize(sizeBytes)).toBe(want));

  test("never 1,024 of a unit that has a larger one, and within five percent", () => {
    const factors = new Map(
      ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].map((unit, at) => [unit, 1024 ** at]),
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), (sizeBytes) => {
        const [digits = "", unit = ""] = readableSize(sizeBytes).split(" ");
        const number = Number(digits.replaceAll(",", ""));
        expect(number).toBeLessThan(1024);
        expect(Math.abs(number * factors.get(unit)! - sizeBytes)).toBeLessThanOrEqual(
          sizeBytes * 0.05,
        );
      }),
    );
  });
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [123_456_789, "123,456,789"],
] as const)("digits: %d is %s", (number, want) => expect(groupDigits(number)).toBe(want));

test.each([
  [0, "0 files"],
  [1, "1 file"],
  [2, "2 files"],
  [1000, "1,000 files"],
] as const)("counts: %d is %s", (count, want) => expect(countOf(count, "file")).toBe(want));

test.each([
  [
    "a time, its milliseconds dropped",
    Date.UTC(2026, 10, 22, 18, 44, 3, 999),
    "2026-11-22T18:44:03Z",
  ],
  ["before 1970", -1, "1969-12-31T23:59:59Z"],
  ["the last there is", 8.64e15, "+275760-09-13T00:00:00Z"],
  ["beyond the last", 8.64e15 + 1, ""],
  ["before the first", -8.64e15 - 1, ""],
  ["no number", Number.NaN, ""],
] as const)("times: %s", (_why, ms, want) => expect(isoTime(ms)).toBe(want));
