/** Fear: a leak that passes for noise, or noise that passes for a leak. */
import { expect, test } from "vitest";
import { createNoise } from "../../bench/fixtures.js";
import { type Trend, trendOf } from "../../bench/soak/trend.js";

const HOUR_SAMPLES = 360;
const STEP_MS = 10_000;

/** One hour of a figure, a look each ten seconds. */
const trendFrom = (valueAt: (n: number) => number): Trend =>
  trendOf(
    Array.from({ length: HOUR_SAMPLES }, (_, n) => ({ atMs: n * STEP_MS, value: valueAt(n) })),
  );

const growth = ({ from, to }: Trend): number => to - from;

test("what is constant does not grow", () => {
  expect(trendFrom(() => 7)).toEqual({ from: 7, to: 7, perHour: 0 });
});

test("what grows evenly is told by the hour", () => {
  const { perHour } = trendFrom((n) => 1000 + n);
  expect(perHour).toBeCloseTo(HOUR_SAMPLES);
});

test("a warm-up is no growth", () => {
  expect(growth(trendFrom((n) => Math.min(n, HOUR_SAMPLES / 3)))).toBe(0);
});

test("a heap that fills and is emptied does not grow, whatever the phase", () => {
  for (const phase of [0, 3, 8]) {
    expect(Math.abs(growth(trendFrom((n) => 100 + ((n + phase) % 10))))).toBeLessThan(1);
  }
});

test("a leak below a heap that fills and is emptied is seen", () => {
  expect(growth(trendFrom((n) => 100 + (n % 10) * 50 + n))).toBeGreaterThan(HOUR_SAMPLES / 3);
});

test("one window out of the ordinary moves nothing", () => {
  const noise = createNoise(5);
  const jumpy = (n: number): number => 100 + (noise() % 3) + (n >= 330 ? 1_000_000 : 0);
  expect(growth(trendFrom(jumpy))).toBeLessThan(5);
});

test("too few looks are no trend", () => {
  expect(() => trendOf([{ atMs: 0, value: 0 }])).toThrow("too few");
});
