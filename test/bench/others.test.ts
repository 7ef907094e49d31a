/** Work of strangers is seen and told, and the bench's own is not taken for it. */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { listCaveats } from "../../bench/caveats.js";
import { ticksOutside } from "../../bench/cpu.js";
import { startCpuWatch } from "../../bench/load/context.js";
import { describeMachine } from "../../bench/machine.js";
import type { Sample } from "../../bench/sample.js";

const BURN_SEC = 0.5;
const BURN = `const t = process.cpuUsage();
  for (let used = 0; used < ${BURN_SEC * 1e6}; ) { const { user, system } = process.cpuUsage(t); used = user + system; }
  console.log("burnt"); process.stdin.resume();`;

let child: ChildProcess | undefined;
let strangerPid: number | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
  if (strangerPid !== undefined) process.kill(strangerPid, "SIGKILL");
  strangerPid = undefined;
});

/** Process times tick ten milliseconds at a time. */
const SLACK_SEC = 0.1;
test("what is below us is no stranger, however deep, and all else is", () => {
  const all = [
    { pid: 1, parentPid: 0, ticks: 1 },
    { pid: 9, parentPid: 7, ticks: 10 },
    { pid: 7, parentPid: 5, ticks: 100 },
    { pid: 5, parentPid: 1, ticks: 1000 },
    { pid: 6, parentPid: 1, ticks: 10_000 },
  ];
  expect(ticksOutside(all, 5)).toBe(10_001);
  expect(ticksOutside(all, 9)).toBe(11_101);
});

test("who is no child of ours is one, beside a server that is at work", async () => {
  child = spawn(process.execPath, ["-e", BURN]);
  const startMs = performance.now();
  const used = startCpuWatch({ server: { pid: child.pid! } });
  // Whose parent has ended is a child of the first process.
  const parent = spawn("/bin/sh", ["-c", '"$0" -e "$1" <&3 & echo $!', process.execPath, BURN], {
    stdio: ["ignore", "pipe", "ignore", "pipe"],
  });
  const said = await textOf(parent.stdout!, /burnt/);
  strangerPid = Number.parseInt(said, 10);
  const coreSec = (availableParallelism() * (performance.now() - startMs)) / 1000;
  expect((used().othersPercent / 100) * coreSec).toBeGreaterThan(BURN_SEC - SLACK_SEC);
});

/** What it says until it has said that. */
async function textOf(stream: Readable, last: RegExp): Promise<string> {
  let text = "";
  for await (const piece of stream) {
    text += String(piece);
    if (last.test(text)) break;
  }
  return text;
}

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
