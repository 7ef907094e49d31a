/** A winner is named only when every run of one side beats every run of the other. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { median, type Verdict, weigh } from "../../bench/verdict.js";

const none = (ratio: number, why: "runs overlap" | "too few runs"): Verdict => ({
  outcome: "no verdict",
  ratio,
  why,
});

const rows: readonly (readonly [
  why: string,
  ours: number[],
  theirs: number[],
  better: "higher" | "lower",
  want: Verdict,
])[] = [
  ["all above", [21, 20, 22], [10, 11, 9], "higher", { outcome: "ahead", ratio: 2.1 }],
  ["all below", [10, 11, 9], [21, 20, 22], "lower", { outcome: "ahead", ratio: 2.1 }],
  [
    "all below, and more is better",
    [5, 5, 5],
    [10, 10, 10],
    "higher",
    { outcome: "behind", ratio: 0.5 },
  ],
  [
    "all above, and less is better",
    [10, 10, 10],
    [5, 5, 5],
    "lower",
    { outcome: "behind", ratio: 0.5 },
  ],
  ["one run overlaps", [20, 22, 10], [10, 11, 9], "higher", none(2, "runs overlap")],
  ["equal runs touch", [10, 10, 10], [10, 10, 10], "lower", none(1, "runs overlap")],
  ["one run settles nothing", [20], [10], "higher", none(2, "too few runs")],
  ["nobody was cut: equal", [0, 0, 0], [0, 0, 0], "lower", none(1, "runs overlap")],
];
for (const [why, ours, theirs, better, want] of rows) {
  test(`verdict: ${why}`, () => expect(weigh(ours, theirs, better)).toEqual(want));
}

test("verdict: what one side wins the other loses", () => {
  const runs = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 });
  const mirrored = { ahead: "behind", behind: "ahead", "no verdict": "no verdict" };
  fc.assert(
    fc.property(
      runs,
      runs,
      fc.constantFrom("higher" as const, "lower" as const),
      (a, b, better) => {
        expect(weigh(b, a, better).outcome).toBe(mirrored[weigh(a, b, better).outcome]);
      },
    ),
  );
});

test("median: the middle of an odd number of runs, and no other", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(() => median([1, 2])).toThrow("odd number");
});
