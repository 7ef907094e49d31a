/** Fear: a loop that is stuck, and a client or a disk that is blamed for it. */
import { beforeEach, describe, expect, test } from "vitest";
import { LoopWatch } from "../../metrics/loop-watch.js";

const PERIOD_MS = 20;
let nowMs = 0;
let stalls: number[] = [];
let later: (() => void)[] = [];
let watch: LoopWatch;

/** Time passes, and the timer comes when it can. */
function tickAfter(ms: number): void {
  nowMs += ms;
  watch.tick();
}

beforeEach(() => {
  nowMs = 1_000;
  stalls = [];
  later = [];
  watch = new LoopWatch({
    periodMs: PERIOD_MS,
    nowMs: () => nowMs,
    afterEvents: (run) => later.push(run),
    onStall: (ms) => stalls.push(ms),
  });
  watch.expect();
});

describe("the lag", () => {
  test("is how late a tick came", () => {
    tickAfter(PERIOD_MS);
    tickAfter(PERIOD_MS + 3);
    const { count, minUs, maxUs } = watch.second();
    expect(count).toBe(2);
    expect(minUs).toBe(0);
    expect(maxUs).toBeGreaterThanOrEqual(3_000);
    expect(maxUs).toBeLessThan(3_060);
  });

  test("of a tick that came early is none", () => {
    tickAfter(PERIOD_MS - 5);
    expect(watch.second()).toMatchObject({ count: 1, maxUs: 0 });
  });

  test("counts every tick that a stall left out, and so shows in the median", () => {
    for (let left = 10; left > 0; left--) tickAfter(PERIOD_MS);
    tickAfter(PERIOD_MS + 800);
    const { count, p50Us, p90Us } = watch.second();
    expect(count).toBe(50); // 10 on time, one 800 ms late, and 39 that should have been
    expect(p50Us).toBeGreaterThan(300_000);
    expect(p90Us).toBeGreaterThan(700_000);
  });

  test("of a second is forgotten with it, that since the start is not", () => {
    tickAfter(PERIOD_MS + 8);
    watch.second();
    tickAfter(PERIOD_MS);
    expect(watch.second()).toMatchObject({ count: 1, maxUs: 0 });
    expect(watch.lag.totalCount).toBe(2);
  });

  test("begins when the watch does: what starting took is no lag", () => {
    nowMs += 5_000;
    watch.expect();
    tickAfter(PERIOD_MS);
    expect(watch.second()).toMatchObject({ count: 1, maxUs: 0 });
    expect(stalls).toEqual([]);
  });
});

describe("a stall", () => {
  test("is none while ticks come in time, or a little late", () => {
    tickAfter(PERIOD_MS + 9);
    expect([watch.stalledMs(), stalls]).toEqual([0, []]);
  });

  test("is told when it is over, counted from the last sign of life", () => {
    tickAfter(PERIOD_MS);
    tickAfter(500);
    expect(stalls).toEqual([500]);
  });

  test("is no longer where the next tick was to come later", () => {
    nowMs += PERIOD_MS;
    watch.tick(1000);
    nowMs += 1000 + 500;
    expect(watch.stalledMs()).toBe(500 + PERIOD_MS);
    watch.tick();
    expect(stalls).toEqual([500 + PERIOD_MS]);
  });

  test("shows before its tick came, to what is called in the same turn", () => {
    tickAfter(PERIOD_MS);
    nowMs += 500;
    expect(watch.stalledMs()).toBe(500);
  });

  test("shows to the events that had to wait for it, and not to those after them", () => {
    tickAfter(500);
    nowMs += 1;
    expect(watch.stalledMs()).toBe(500);
    for (const run of later) run();
    expect(watch.stalledMs()).toBe(0);
  });
});
