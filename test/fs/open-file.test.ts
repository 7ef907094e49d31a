/** Fear: a file is taken for settled while somebody writes to it. */
import { expect, test } from "vitest";
import { OpenFile, quietMs, wasAtRest } from "../../fs/open-file.js";

const SEEN_AT_MS = 10_000;
const HOUR_MS = 3_600_000;

const fileOf = (modifiedMs: number, changedMs: number, observedMs = SEEN_AT_MS): OpenFile => {
  const [mtimeNs, ctimeNs] = [BigInt(modifiedMs) * 1_000_000n, BigInt(changedMs) * 1_000_000n];
  const identity = { dev: 1n, ino: 2n, sizeBytes: 3, mtimeNs, ctimeNs };
  return new OpenFile("/a", identity, undefined, observedMs);
};

test.each([
  ["just written", SEEN_AT_MS, SEEN_AT_MS, 0],
  ["written a while ago", SEEN_AT_MS - 300, SEEN_AT_MS - 300, 300],
  ["unpacked with the time it had", SEEN_AT_MS - 5000, SEEN_AT_MS - 20, 20],
  ["where no ctime is kept", SEEN_AT_MS - 40, 0, 40],
  ["unpacked with a time to come", SEEN_AT_MS + HOUR_MS, SEEN_AT_MS - 2000, 2000],
  ["by a clock that is ahead", SEEN_AT_MS + 700, SEEN_AT_MS + 700, -700],
])("%s", (_, modifiedMs, changedMs, wantMs) => {
  expect(quietMs(fileOf(modifiedMs, changedMs), SEEN_AT_MS)).toBe(wantMs);
});

test.each([
  [999, false],
  [1000, true],
])("%d ms after it was written, is it at rest: %s", (ms, want) => {
  expect(wasAtRest(fileOf(500, 700, 700 + ms))).toBe(want);
});
