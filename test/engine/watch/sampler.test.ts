/** Fear: an idle server that burns processor time, or a busy one whose stalls nobody sees. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Gauges, Sampler } from "../../../engine/watch/sampler.js";
import { Counters } from "../../../metrics/counters.js";
import { RequestRecorder } from "../../../metrics/request-recorder.js";

const TICKS_A_SECOND = 50;

let counters: Counters;
let gauges: Gauges;
let stalls: number[];
let sampler: Sampler;

beforeEach(() => {
  vi.useFakeTimers();
  counters = new Counters();
  gauges = { inProgress: 0 } as Gauges;
  stalls = [];
  sampler = new Sampler({
    recorder: new RequestRecorder(),
    counters,
    gauges: () => gauges,
    sentBytes: () => 0,
    onStall: (ms) => stalls.push(ms),
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
  sampler.start();
});
afterEach(() => {
  sampler.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Looks at the clock within the next so many seconds. */
function ticksWithin(seconds: number, eachSecond: () => void = () => {}): number {
  const before = sampler.loop.lag.totalCount;
  for (let n = 0; n < seconds; n++) {
    eachSecond();
    vi.advanceTimersByTime(1000);
  }
  return sampler.loop.lag.totalCount - before;
}

/** The loop gets to nothing for so long, and then to what has waited first. */
function stall(ms: number): void {
  const afterMs = performance.now() + ms;
  vi.spyOn(performance, "now").mockReturnValue(afterMs);
}

describe("the event loop's lag", () => {
  test("is looked at once a second while there are no requests", () => {
    ticksWithin(2);
    expect(ticksWithin(10)).toBe(10);
  });

  test.each([
    ["requests end", () => counters.answered(200)],
    [
      "one is under way",
      () => {
        gauges = { ...gauges, inProgress: 1 };
      },
    ],
  ])("is looked at all the time while %s", (_, eachSecond) => {
    ticksWithin(2);
    ticksWithin(1, eachSecond); // nothing wakes it but the sample at the end of that second
    expect(ticksWithin(4, eachSecond)).toBeGreaterThanOrEqual(4 * TICKS_A_SECOND - 1);
  });

  test("is looked at closely as soon as somebody waits", () => {
    ticksWithin(5);
    sampler.wake();
    const before = sampler.loop.lag.totalCount;
    vi.advanceTimersByTime(200);
    expect(sampler.loop.lag.totalCount - before).toBe(TICKS_A_SECOND / 5);
  });

  test("holds a stall before the first request of an idle server, which has waited for it", () => {
    ticksWithin(5);
    stall(1500);
    sampler.wake();
    expect(stalls).toHaveLength(1);
    expect(sampler.loop.stalledMs()).toBe(stalls[0]);
    expect(stalls[0]).toBeGreaterThan(500);
    expect(stalls[0]).toBeLessThanOrEqual(1520);
  });

  test("is none of the time in which nobody looked", () => {
    ticksWithin(5);
    vi.advanceTimersByTime(700);
    expect(sampler.loop.stalledMs()).toBe(0);
    sampler.wake();
    sampler.wake();
    vi.advanceTimersByTime(100);
    expect(stalls).toEqual([]);
    expect(sampler.loop.lag.maxValue).toBe(0);
  });
});
