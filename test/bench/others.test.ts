/** Work of strangers is seen and told, and the bench's own is not taken for it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { afterEach, expect, test } from "vitest";
import { listCaveats } from "../../bench/caveats.js";
import { machineBusySec, treeCpuSec } from "../../bench/cpu.js";
import { startCpuWatch } from "../../bench/load/context.js";
import { describeMachine } from "../../bench/machine.js";
import type { Sample } from "../../bench/sample.js";

const BURN_SEC = 0.5;
const BURN = `const t = process.cpuUsage();
  for (let used = 0; used < ${BURN_SEC * 1e6}; ) { const { user, system } = process.cpuUsage(t); used = user + system; }
  console.log("burnt"); process.stdin.resume();`;

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

/** The machine's clock ticks on its own, process times are exact: they agree within some ticks. */
const SLACK_SEC = 0.1;

test("what any process burns is in the sum of the machine", async () => {
  const before = machineBusySec();
  child = spawn(process.execPath, ["-e", BURN]);
  await once(child.stdout!, "data");
  const used = machineBusySec() - before;
  expect(used).toBeGreaterThan(BURN_SEC - SLACK_SEC);
  expect(treeCpuSec(child.pid!)).toBeLessThan(used + SLACK_SEC);
});

test("a child of ours is no stranger, whoever else is at work", async () => {
  const [busyBefore, startMs] = [machineBusySec(), performance.now()];
  child = spawn(process.execPath, ["-e", BURN]);
  const used = startCpuWatch({ server: { pid: child.pid! } });
  await once(child.stdout!, "data");
  const { cpuSec, othersPercent } = used();
  const coreSec = (availableParallelism() * (performance.now() - startMs)) / 1000;
  const othersSec = (othersPercent / 100) * coreSec;
  expect(cpuSec).toBeGreaterThan(BURN_SEC - SLACK_SEC);
  expect(othersSec).toBeLessThan(machineBusySec() - busyBefore - BURN_SEC + SLACK_SEC);
});

const timed = (cell: string, othersPercent: number): Sample => ({
  cell,
  server: "sluice",
  round: 1,
  outcome: { kind: "timed", figures: { othersPercent }, notes: [] },
});
const QUIET = { ...describeMachine(), loadBefore: 0 };
const CORES = { server: "0", load: "1", loadCount: 1, caveat: undefined };
const caveats = (...samples: Sample[]) => listCaveats(QUIET, CORES, [], samples);

test("a disturbed measurement is told with its cell and by how much", () => {
  const [told, ...more] = caveats(timed("hot-1k", 3), timed("head", 40.4), timed("head", 12));
  expect(told).toContain("in 2 of 3 measurements");
  expect(told).toContain("(up to 40%): head");
  expect(told).not.toContain("hot-1k");
  expect(more).toEqual([]);
});

test("a quiet run has no caveat", () => {
  expect(caveats(timed("hot-1k", 3), timed("head", 10))).toEqual([]);
});
