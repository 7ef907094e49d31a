/**
 * The hot functions, each asked what a real request asks it. One task per line of the table.
 *
 * A single call takes tens of nanoseconds, less than any clock can tell, so a task is a batch and
 * the report divides. Inputs differ within a batch where one input would let the compiler guess.
 */
import { ChunkPool } from "../../engine/chunks/chunk-pool.js";
import { toRooted } from "../../fs/paths.js";
import { BULK, createRing, LoopEnd, META, ReaderEnd } from "../../fs/ring.js";
import { Counters } from "../../metrics/counters.js";
import { judgePreconditions } from "../../protocol/preconditions.js";
import { judgeRange } from "../../protocol/ranges.js";
import { createLatencies, recordUs } from "../load/latency.js";

/** Calls per batch: enough to be seen by a clock of 100 ns, few enough for thousands of batches. */
export const BATCH = 1000;

export interface MicroTask {
  /** File and function: `protocol/ranges judgeRange, one range`. */
  readonly name: string;
  /** Does the work `BATCH` times. Returns something that depends on all of it. */
  readonly run: () => number;
}

const KIB = 1024;
const NOW_MS = 1_700_000_000_000;
const HOUR_SEC = 3600;
const TAG = '"1f-18bcfe56800"';
const FILE = { etag: TAG, modifiedSec: NOW_MS / 1000 - HOUR_SEC };
const NOTHING_ASKED = { ifMatch: "", ifNoneMatch: "", ifModifiedSince: "", ifUnmodifiedSince: "" };
const REVISIT = { ...NOTHING_ASKED, ifNoneMatch: TAG };

export function createTasks(): readonly MicroTask[] {
  return [
    repeat(
      "protocol/ranges judgeRange, one range",
      (at) => judgeRange(`bytes=${at}-${at + 65_535}`, 1 << 30, 16).kind.length,
    ),
    repeat(
      "protocol/preconditions, none sent",
      () => judgePreconditions(NOTHING_ASKED, FILE, NOW_MS).length,
    ),
    repeat(
      "protocol/preconditions, If-None-Match",
      () => judgePreconditions(REVISIT, FILE, NOW_MS).length,
    ),
    repeat("fs/paths toRooted, plain", (at) => toRooted(`/assets/app-${at}.js`).kind.length),
    repeat("fs/paths toRooted, escaped", (at) => toRooted(`/a%20folder/${at}.html`).kind.length),
    ringTask(),
    pinTask(),
    missTask(),
    countTask(),
    recordTask(),
  ];
}

function repeat(name: string, call: (at: number) => number): MicroTask {
  return {
    name,
    run() {
      let sum = 0;
      for (let at = 0; at < BATCH; at++) sum += call(at);
      return sum;
    },
  };
}

/** Both ends on this thread: the cost of the queue, without a sleeping reader's wake-up. */
function ringTask(): MicroTask {
  const ring = createRing();
  const loop = new LoopEnd(ring);
  const reader = new ReaderEnd(ring);
  return repeat("fs/ring submit, take, publish, collect", (at) => {
    const lane = at % 2 === 0 ? META : BULK;
    loop.submit(at % 64, lane);
    loop.ring(1);
    const taken = reader.take(0);
    reader.publish(taken >> 1, lane);
    return loop.collect();
  });
}

const POOL_SLOTS = 64;
const CHUNK_BYTES = 4 * KIB;

function createFullPool() {
  const pool = new ChunkPool(new Uint8Array(POOL_SLOTS * CHUNK_BYTES), CHUNK_BYTES);
  const file = { sizeBytes: 1 << 30 };
  for (let chunk = 0; chunk < POOL_SLOTS; chunk++) pool.finishLoading(pool.claim(file, chunk, 1));
  return { pool, file };
}

/** A hit: find, pin, look at the bytes, unpin. */
function pinTask(): MicroTask {
  const { pool, file } = createFullPool();
  return repeat("engine/chunks/chunk-pool find, pin, unpin", (at) => {
    const slot = pool.findReady(file, at % POOL_SLOTS);
    pool.pin(slot);
    const { length } = pool.view(slot, 0, CHUNK_BYTES);
    pool.unpin(slot);
    return length;
  });
}

/** A miss in a full pool: a victim goes, its slot is claimed and filled. */
function missTask(): MicroTask {
  const { pool, file } = createFullPool();
  let next = POOL_SLOTS;
  return repeat("engine/chunks/chunk-pool evict, claim, fill", () => {
    const slot = pool.claim(file, next++, 1);
    pool.finishLoading(slot);
    return slot;
  });
}

function countTask(): MicroTask {
  const counters = new Counters();
  return repeat("metrics/counters answered", (at) => {
    counters.answered(at % 8 === 0 ? 304 : 200);
    return counters.answersByClass[2]!;
  });
}

function recordTask(): MicroTask {
  const latencies = createLatencies();
  return repeat("HdrHistogram, one latency", (at) => {
    recordUs(latencies, 20 + at);
    return latencies.totalCount;
  });
}
