/** Fear: a page that is left open for weeks grows, or shows the seconds of another process. */
import { expect, test } from "vitest";
import { SAMPLES_SHOWN, TimeWindow } from "../../../../engine/admin/dashboard/page/time-window.js";
import { SAMPLES_KEPT, Samples } from "../../../../metrics/samples.js";
import { sampleOf } from "./sample.js";

const historyOf = (...times: readonly number[]) => {
  const samples = new Samples();
  for (const atMs of times) samples.add(sampleOf({ atMs, requests: atMs * 10 }));
  return samples.columns();
};

const windowOf = (...times: readonly number[]): TimeWindow => {
  const seen = new TimeWindow();
  seen.replace(historyOf(...times));
  return seen;
};

test("shows as much as the server keeps", () => {
  expect(SAMPLES_SHOWN).toBe(SAMPLES_KEPT);
});

test("is empty before the first message", () => {
  const seen = new TimeWindow();
  expect(seen.length).toBe(0);
  expect(seen.last(10)).toEqual([]);
  expect(seen.nearest(5)).toBe(-1);
});

test("goes on from an empty history", () => {
  const seen = windowOf();
  seen.add(sampleOf({ atMs: 1, requests: 10 }));
  expect(seen.column("requests")).toEqual([10]);
});

test("takes a second once, though the history had it already", () => {
  const seen = windowOf(1, 2);
  seen.add(sampleOf({ atMs: 2, requests: 99 }));
  seen.add(sampleOf({ atMs: 3, requests: 30 }));
  expect(seen.column("atMs")).toEqual([1, 2, 3]);
  expect(seen.column("requests")).toEqual([10, 20, 30]);
});

test("forgets the oldest second for the newest", () => {
  const seen = windowOf();
  for (let atMs = 1; atMs <= SAMPLES_SHOWN + 2; atMs++) seen.add(sampleOf({ atMs }));
  expect(seen.length).toBe(SAMPLES_SHOWN);
  expect(seen.column("atMs")[0]).toBe(3);
  expect(seen.column("requests")).toHaveLength(SAMPLES_SHOWN);
});

test("forgets everything for another history, though its clock be behind", () => {
  const seen = windowOf(10, 11, 12);
  seen.replace(historyOf(4, 5));
  expect(seen.column("atMs")).toEqual([4, 5]);
});

const setBack: readonly (readonly [why: string, atMs: number, times: readonly number[]])[] = [
  ["by an hour", 1, [1]],
  ["by some seconds", 11, [10, 11]],
  ["to between two of them", 10.5, [10, 10.5]],
];
for (const [why, atMs, times] of setBack) {
  test(`goes on when the clock is set back, ${why}`, () => {
    const seen = windowOf(10, 11, 12);
    seen.add(sampleOf({ atMs, requests: 7 }));
    expect(seen.column("atMs")).toEqual(times);
    expect(seen.column("requests").at(-1)).toBe(7);
    expect(seen.column("requests")).toHaveLength(times.length);
    seen.add(sampleOf({ atMs: atMs + 1 }));
    expect(seen.column("atMs")).toEqual([...times, atMs + 1]);
  });

  test(`shows a history in which the clock was set back, ${why}`, () => {
    const seen = windowOf(10, 11, 12, atMs);
    expect(seen.column("atMs")).toEqual(times);
    expect(seen.column("requests")).toEqual(times.map((time) => time * 10));
  });
}

test("takes no more of a history than it shows", () => {
  const seen = new TimeWindow();
  const times = Array.from({ length: SAMPLES_SHOWN + 5 }, (_, at) => at);
  seen.replace({ atMs: times } as unknown as ReturnType<typeof historyOf>);
  expect(seen.length).toBe(SAMPLES_SHOWN);
  expect(seen.column("atMs").at(-1)).toBe(SAMPLES_SHOWN + 4);
});

test("does not write into the message it was given", () => {
  const history = historyOf(1);
  const seen = new TimeWindow();
  seen.replace(history);
  seen.add(sampleOf({ atMs: 2 }));
  expect(history.atMs).toEqual([1]);
});

test("gives the last samples whole, the oldest first", () => {
  const last = windowOf(1, 2, 3).last(2);
  expect(last).toEqual([sampleOf({ atMs: 2, requests: 20 }), sampleOf({ atMs: 3, requests: 30 })]);
});

const nearest: readonly (readonly [why: string, atMs: number, place: number])[] = [
  ["the very moment", 20, 1],
  ["the closer neighbor before", 23, 1],
  ["the closer neighbor behind", 27, 2],
  ["before the first", -5, 0],
  ["behind the last", 99, 2],
];
for (const [why, atMs, place] of nearest) {
  test(`nearest: ${why}`, () => {
    expect(windowOf(10, 20, 30).nearest(atMs)).toBe(place);
  });
}
