/**
 * The hot functions, each asked what a real request asks it. One task per line of the table.
 *
 * A single call takes tens of nanoseconds, less than any clock can tell, so a task is a batch and
 * the report divides. Inputs differ within a batch where one input would let the compiler guess.
 */

import { ChunkPool } from "../../engine/chunks/chunk-pool.js";
import { ExpressMeter } from "../../engine/express/express-meter.js";
import { AccessLog } from "../../engine/operations/access-log.js";
import { Operations } from "../../engine/operations/operations.js";
import { type Ask, readyOf } from "../../engine/transport/exchange.js";
import { parseProxies } from "../../engine/transport/proxies.js";
import { toRooted } from "../../fs/paths.js";
import { BULK, createRing, LoopEnd, META, ReaderEnd } from "../../fs/ring.js";
import { Counters } from "../../metrics/counters.js";
import { Downloads } from "../../metrics/downloads.js";
import { RequestRecorder } from "../../metrics/request-recorder.js";
import { buildHead } from "../../protocol/head.js";
import { judgePreconditions } from "../../protocol/preconditions.js";
import { judgeRange } from "../../protocol/ranges.js";
import { createLatencies, recordUs } from "../load/latency.js";

/** Calls per batch: enough to be seen by a clock of 100 ns, few enough for thousands of batches. */
export const BATCH = 1000;

export interface MicroTask {
  /** File and function: `protocol/ranges judgeRange, one range`. The stored figures go by it. */
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
      "protocol/preconditions judgePreconditions, none sent",
      () => judgePreconditions(NOTHING_ASKED, FILE, NOW_MS).length,
    ),
    repeat(
      "protocol/preconditions judgePreconditions, If-None-Match",
      () => judgePreconditions(REVISIT, FILE, NOW_MS).length,
    ),
    repeat("fs/paths toRooted, plain", (at) => toRooted(`/assets/app-${at}.js`).kind.length),
    repeat("fs/paths toRooted, escaped", (at) => toRooted(`/a%20folder/${at}.html`).kind.length),
    ringTask(),
    pinTask(),
    missTask(),
    countTask(),
    recordTask(),
    expressMeterTask(),
    operationTask(),
    accessLogTask("combined"),
    accessLogTask("json"),
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
  const file = { id: 1, sizeBytes: 1 << 30 };
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
  return repeat("bench/load/latency recordUs", (at) => {
    recordUs(latencies, 20 + at);
    return latencies.totalCount;
  });
}

const clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** All that is noted of a request of the express lane. */
function expressMeterTask(): MicroTask {
  const counters = new Counters();
  const recorder = new RequestRecorder();
  const meter = new ExpressMeter({ counters, recorder, accessLog: undefined, ...clock });
  const download = new Downloads(1).counterOf("/assets/app.js");
  const head = buildHead(200, []);
  const ready = readyOf(head, Buffer.alloc(KIB), download);
  const ask = createAsk();
  return repeat("engine/express/express-meter begin, sent", () => {
    meter.begin(ask, clock.nowMs());
    meter.sent(ready);
    return counters.bodiesSent;
  });
}

/** All that is noted of a request of the main road, less its transfer. */
function operationTask(): MicroTask {
  const recorder = new RequestRecorder();
  const operations = new Operations({
    recorder,
    counters: new Counters(),
    accessLog: undefined,
    table: { looks: function* () {} },
    scheduler: { reads: function* () {} },
    slowMs: Number.POSITIVE_INFINITY,
    onBusy: () => {},
    onSlow: () => {},
    ...clock,
  });
  return repeat("engine/operations/operations begin, end", (at) => {
    const startMs = clock.nowMs();
    const about = { method: "GET", target: "/a", client: "::1", startMs, caller: undefined };
    const operation = operations.begin(about);
    operation.answered(200, at);
    operation.sent(at, clock.nowMs());
    operations.end(operation, "sent");
    return operations.inProgress;
  });
}

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** What a transport is asked for is at hand here, the client's address too: 2 to 3 µs for real. */
function createAsk(): Ask & { path: string } {
  const fields: Readonly<Record<string, string>> = {
    referer: "https://example.com/gallery/",
    "user-agent": BROWSER,
  };
  return {
    method: "GET",
    path: "",
    query: "",
    version: "HTTP/1.1",
    isDoubtful: false,
    client: "192.0.2.1",
    field: ({ text }) => fields[text] ?? "",
    fields: () => [],
  };
}

/** The line, without the batch it goes into. */
function accessLogTask(format: "combined" | "json"): MicroTask {
  let written = 0;
  const writer = {
    write: (line: string) => {
      written += line.length;
    },
    reopen: () => {},
    close: () => Promise.resolve(),
    stats: () => ({ lines: 0, dropped: 0 }),
  };
  const trusts = parseProxies("")!;
  const log = new AccessLog({ format, writer, trusts, nowMs: Date.now });
  const ask = createAsk();
  return repeat(`engine/operations/access-log callerOf, write, ${format}`, (at) => {
    ask.path = `/assets/app-${at}.js`;
    log.write(log.callerOf(ask), 200, 1024, 0.015, "sent");
    return written;
  });
}
