/** Fear: the one read that hung, pushed out by a thousand long downloads. */
import { expect, test } from "vitest";
import type { SlowOperation } from "../../metrics/operations.js";
import type { Blame } from "../../metrics/phases.js";
import { Slowest } from "../../metrics/slowest.js";

const HOUR_MS = 3_600_000;
const slow = (tookMs: number, blame: Blame = "client", endedAtMs = HOUR_MS): SlowOperation => ({
  kind: "request",
  what: `GET /${tookMs}`,
  client: "::1",
  endedAtMs,
  tookMs,
  blame,
  sentBytes: 0,
  status: 200,
  outcome: "sent",
  queueMs: 0,
  diskMs: 0,
  loopMs: 0,
  drainMs: 0,
});
const times = (slowest: Slowest, atMs = HOUR_MS) => slowest.list(atMs).map(({ tookMs }) => tookMs);

test("lists the slowest first, whoever is to blame", () => {
  const slowest = new Slowest();
  for (const one of [slow(3), slow(9, "disk"), slow(5, "loop")]) slowest.add(one);
  expect(times(slowest)).toEqual([9, 5, 3]);
});

test("keeps the slowest 25 for each blame, in whatever order they came", () => {
  const slowest = new Slowest();
  for (let at = 0; at < 1_000; at++) slowest.add(slow(1_000 + ((at * 617) % 1_000)));
  slowest.add(slow(1, "disk"));
  expect(times(slowest)).toEqual([...Array.from({ length: 25 }, (_, at) => 1_999 - at), 1]);
});

test("never holds more than a hundred", () => {
  const slowest = new Slowest();
  for (const blame of ["queue", "disk", "loop", "client"] as const) {
    for (let at = 0; at < 100; at++) slowest.add(slow(at, blame));
  }
  expect(slowest.list(HOUR_MS)).toHaveLength(100);
});

test("forgets what ended more than an hour ago, when it is asked and when it makes room", () => {
  const slowest = new Slowest();
  slowest.add(slow(99, "client", 1_000));
  expect(times(slowest, 1_000 + HOUR_MS)).toEqual([99]);
  expect(times(slowest, 1_001 + HOUR_MS)).toEqual([]);
  for (let at = 0; at < 25; at++) slowest.add(slow(50 + at, "client", 2_000));
  slowest.add(slow(1, "client", 2_001 + HOUR_MS));
  expect(times(slowest, 2_001 + HOUR_MS)).toEqual([1]);
});
