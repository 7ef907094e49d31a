/**
 * A server that pauses once must look bad. Each test pauses a stub for 100 ms in the middle of a
 * run and asks whether the figures tell; nobody asserts how fast a healthy answer is.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { divideCores } from "../../bench/cores.js";
import { maxMs, mergeLatencies, percentileMs } from "../../bench/load/latency.js";
import { runOpenLoop } from "../../bench/load/open-loop.js";
import { runWrk } from "../../bench/load/wrk.js";
import { isInstalled } from "../../bench/programs.js";
import { answerOf, type StubServer, startStub } from "./support.js";

const PAUSE_MS = 100;
/** Timers may fire a little early by one clock and late by another. */
const PAUSE_SEEN_MS = 0.95 * PAUSE_MS;
const ASK = { method: "GET", target: "/", headers: {}, status: 200, bodyBytes: 4 } as const;

let stub: StubServer | undefined;
afterEach(() => stub?.close());

/** Answers at once, except that from request `at` on everybody waits out one common pause. */
function startPausing(at: number): Promise<StubServer> {
  let count = 0;
  let pause = Promise.resolve();
  return startStub(async () => {
    if (++count === at) pause = sleep(PAUSE_MS);
    await pause;
    return answerOf(200, "body");
  });
}

const openLoop = (port: number, connections: number, perSec: number, durationSec: number) =>
  runOpenLoop({ host: "127.0.0.1", port, asks: [ASK], connections, perSec, durationSec });

test("open loop: one pause of 100 ms shows in p99.9", async () => {
  stub = await startPausing(300);
  const { histogram, answered } = await openLoop(stub.port, 4, 1000, 0.6);
  const latencies = mergeLatencies([histogram]);
  expect(answered).toBe(600);
  expect(percentileMs(latencies, 99.9)).toBeGreaterThan(PAUSE_SEEN_MS);
});

test("open loop: every request that fell into the pause carries its share of it", async () => {
  stub = await startPausing(300);
  const { histogram } = await openLoop(stub.port, 1, 1000, 0.6);
  const latencies = mergeLatencies([histogram]);
  // 100 of 600 requests were due during the pause, and half of those waited for 50 ms or more. A
  // generator that counts from the moment of sending records one slow request and 599 fast ones.
  expect(percentileMs(latencies, 94)).toBeGreaterThan(PAUSE_MS / 4);
});

test("open loop: a pause of the generator itself is told as its own, and in the latencies too", async () => {
  stub = await startStub(async () => answerOf(200, "body"));
  setTimeout(blockThisThread, 200);
  const { histogram, lateness } = await openLoop(stub.port, 4, 1000, 0.6);
  const late = mergeLatencies([lateness]);
  expect(late.totalCount).toBe(600); // each request, the punctual ones too
  expect(percentileMs(late, 99)).toBeGreaterThan(PAUSE_MS / 2);
  expect(percentileMs(mergeLatencies([histogram]), 94)).toBeGreaterThan(PAUSE_MS / 4);
});

/** The stub shares the thread, so it pauses as well: what counts is who is told to be late. */
function blockThisThread(): void {
  const untilMs = performance.now() + PAUSE_MS;
  while (performance.now() < untilMs);
}

test("open loop: what is never answered is in the histogram with what it has waited", async () => {
  stub = await startStub(() => new Promise(() => {}));
  const { histogram, answered, unanswered } = await openLoop(stub.port, 2, 50, 0.1);
  const latencies = mergeLatencies([histogram]);
  expect(answered).toBe(0);
  expect(unanswered).toBe(5);
  expect(latencies.totalCount).toBe(5);
  expect(percentileMs(latencies, 1)).toBeGreaterThan(PAUSE_MS);
});

test("open loop: wrong statuses are counted, and so are connections cut", async () => {
  stub = await startStub(async () => answerOf(500, "no"));
  const { wrongStatus } = await openLoop(stub.port, 2, 100, 0.1);
  expect(wrongStatus).toBe(10);
});

test.runIf(isInstalled("wrk"))("closed loop: one pause shows in the slowest answer", async () => {
  stub = await startPausing(200);
  const workDir = mkdtempSync(join(tmpdir(), "bench-test-"));
  const cores = divideCores(1);
  const plan = { server: stub, asks: [ASK], connections: 4, durationSec: 0.5, cores, workDir };
  const result = await runWrk(plan);
  rmSync(workDir, { recursive: true });
  expect(result.requests).toBeGreaterThan(200);
  expect(result.maxMs).toBeGreaterThan(PAUSE_SEEN_MS);
});

test("rounds are merged, not averaged: the slowest of all is the slowest", async () => {
  stub = await startPausing(5);
  const slow = await openLoop(stub.port, 1, 100, 0.1);
  const fast = await openLoop(stub.port, 1, 100, 0.1);
  const both = mergeLatencies([slow.histogram, fast.histogram]);
  expect(both.totalCount).toBe(20);
  expect(maxMs(both)).toBe(maxMs(mergeLatencies([slow.histogram])));
});
