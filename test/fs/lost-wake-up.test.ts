/**
 * Fear: a reader sleeps on a job, or the loop on a completion. Both sleep and wake with nothing but
 * the order of a few atomic operations between them, so this is tried with real threads, at random.
 * Nothing here rings twice: a wake-up that is lost is a test that never ends.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { JOBS } from "../../fs/job-records.js";
import { BULK, createRing, type Lane, LoopEnd, META } from "../../fs/ring.js";

const ECHO = new URL("../support/echo-reader.mjs", import.meta.url);

async function startReaders(count: number, longestPauseUs: number): Promise<LoopEnd> {
  const ring = createRing();
  const loop = new LoopEnd(ring);
  const readers = Array.from({ length: count }, () => {
    return new Worker(ECHO, { workerData: { ring, longestPauseUs } });
  });
  onTestFinished(async () => {
    loop.stop();
    await Promise.all(readers.map((reader) => once(reader, "exit")));
  });
  await Promise.all(readers.map((reader) => once(reader, "message")));
  return loop;
}

/** Submits one batch, wakes up to `wanted` readers, and waits until all of it has come back. */
async function roundTrip(loop: LoopEnd, lanes: readonly Lane[], wanted: number): Promise<void> {
  lanes.forEach((lane, job) => {
    loop.submit(job, lane);
  });
  loop.ring(wanted);
  const missing = new Set(lanes.keys());
  while (missing.size > 0) {
    const job = loop.collect();
    if (job >= 0) expect(missing.delete(job)).toBe(true);
    else await loop.whenDone();
  }
}

const randomLanes = (most: number): Lane[] =>
  Array.from({ length: 1 + Math.floor(Math.random() * most) }, () =>
    Math.random() < 0.5 ? META : BULK,
  );

const pause = (longestMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs));

const rows: readonly (readonly [why: string, readers: number, most: number, pauseMs: number])[] = [
  ["bursts of few jobs, readers half asleep in between", 2, 3, 2],
  ["bursts of few jobs for many readers", 4, 6, 1],
  ["bursts one after the other, without a pause", 3, 4, 0],
  ["bursts of all jobs there are", 3, JOBS, 0],
];
describe("every job comes back", () => {
  for (const [why, readers, most, pauseMs] of rows) {
    test(why, async () => {
      const loop = await startReaders(readers, 50);
      for (let burst = 0; burst < 100; burst++) {
        await roundTrip(loop, randomLanes(most), 1 + (burst % readers));
        if (pauseMs > 0) await pause(pauseMs);
      }
    });
  }

  test("bulk only, at the bound: no reader is turned away by one that is about to sleep", async () => {
    const loop = await startReaders(3, 0);
    for (let burst = 0; burst < 1000; burst++) await roundTrip(loop, [BULK, BULK, BULK], 3);
  });
});
