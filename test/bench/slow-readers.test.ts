/**
 * Fear: what a fast client keeps of its speed beside slow ones may be judged by the wrong speeds.
 *
 * The readers are real. The fast client is not: its speed tells at what moment it ran, and no busy
 * machine can change that.
 */
import { existsSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { divideCores } from "../../bench/cores.js";
import { MIB } from "../../bench/fixtures.js";
import { timeSlowReaders } from "../../bench/load/slow-readers-timing.js";
import type { WrkPlan } from "../../bench/load/wrk.js";
import { builtFile } from "../../bench/places.js";

const READERS = 3;
const WARM_UP_SEC = 0.25;
/** Long enough for each reader to take something. */
const DURATION_SEC = 0.5;

/** When the fast client runs: before the readers came, while they fill their buffers, and so on. */
type Moment = "alone before" | "filling" | "beside" | "alone after";
/** MiB a second. */
type Speeds = Readonly<Record<Moment, number>>;

/** Beside them half of the one, a sixth of the other, a quarter of the mean. */
const SPEEDS: Speeds = { "alone before": 2, filling: 30, beside: 1, "alone after": 6 };

type Serve = (answer: ServerResponse) => void;

/** As to a reader that is held back: there is always more. */
const serveSome: Serve = (answer) => {
  answer.writeHead(200, { "Content-Length": MIB }).write(Buffer.alloc(64 * 1024));
};

async function time(speeds: Speeds, serve = serveSome) {
  const readers = new Set<ServerResponse>();
  let count = 0;
  let hasFilled = false;
  const now = (): Moment => {
    if (readers.size > 0) return hasFilled ? "beside" : "filling";
    return hasFilled ? "alone after" : "alone before";
  };
  const server = createServer((_, answer) => {
    count++;
    readers.add(answer);
    answer.on("close", () => readers.delete(answer));
    serve(answer);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const run = async ({ durationSec }: WrkPlan) => {
    const bytes = (durationSec === WARM_UP_SEC ? 99 : speeds[now()]) * MIB * durationSec;
    await sleep(durationSec * 1000);
    const latencies = { p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };
    return { durationSec, bytes, requests: 1, socketErrors: 0, statusErrors: 0, ...latencies };
  };
  const settle = async () => {
    await expect.poll(() => count).toBe(READERS);
    hasFilled = true;
  };
  const { port } = server.address() as AddressInfo;
  const stub = { port, pid: process.pid, said: () => "", inside: async () => undefined };
  const context = {
    server: { ...stub, stop: async () => {} },
    asks: [],
    cores: divideCores(1),
    tempDir: "",
    warmUpSec: WARM_UP_SEC,
    durationSec: DURATION_SEC,
    narrowSockets: { missing: "" },
  };
  const load = { kind: "slow-readers", readers: READERS, bytesPerSec: 1024, target: "/" } as const;
  return timeSlowReaders(load, context, { run, settle });
}

const isBuilt = existsSync(builtFile("load/generator.js"));

test
  .runIf(isBuilt)
  .concurrent(
    "its speed is that beside readers held back, and what it kept is of the mean alone before and after",
    async () => {
      const figures = { mibPerSec: 1, keptPercent: 25, readersCut: 0 };
      expect(await time(SPEEDS)).toMatchObject({ kind: "timed", figures });
    },
  );

test.runIf(isBuilt).concurrent("who starves beside them is timed, and kept nothing", async () => {
  const outcome = await time({ ...SPEEDS, beside: 0 });
  expect(outcome).toMatchObject({ kind: "timed", figures: { mibPerSec: 0, keptPercent: 0 } });
  expect(outcome).not.toHaveProperty("figures.cpuMsPerGib"); // of no bytes
});

test.runIf(isBuilt).concurrent("readers that are cut off are counted", async () => {
  let served = 0;
  const serveFirst: Serve = (answer) => {
    if (served++ === 0) serveSome(answer);
    else answer.destroy();
  };
  const outcome = await time(SPEEDS, serveFirst);
  expect(outcome).toMatchObject({ kind: "timed", figures: { readersCut: READERS - 1 } });
});

test.runIf(isBuilt).concurrent.for<[string, Speeds, Serve, string]>([
  [
    "nothing alone before",
    { ...SPEEDS, "alone before": 0 },
    serveSome,
    "the fast client got nothing, though it was alone",
  ],
  [
    "nothing alone after",
    { ...SPEEDS, "alone after": 0 },
    serveSome,
    "the fast client got nothing, once alone again",
  ],
  ["readers that nobody served", SPEEDS, () => {}, "the slow readers got nothing"],
])("there is nothing to judge by: %s", async ([, speeds, serve, why]) => {
  expect(await time(speeds, serve)).toEqual({ kind: "disqualified", why });
});
