/** Processor time read from /proc must be what the kernel charges: compared with getrusage(2). */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { treeCpuSec, treePids, treeResidentBytes } from "../../bench/cpu.js";
import { findProgram } from "../../bench/programs.js";

/** Long enough that one clock tick, 10 ms, is far below 5%. */
const BURN_MS = 600;
const BURN = `const t = process.cpuUsage(); const until = ${BURN_MS * 1000};
  for (let used = 0; used < until; ) { const { user, system } = process.cpuUsage(t); used = user + system; }`;
/** Burns and says what getrusage charged. */
const BURN_AND_SAY = `${BURN}
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log((userCPUTime + systemCPUTime) / 1e6);`;
/** The same, and waits: figures are compared while it lives. */
const BURN_AND_WAIT = `${BURN_AND_SAY} process.stdin.resume();`;
const TOLERANCE = 0.05;

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

const agrees = (got: number, want: number) =>
  expect(Math.abs(got - want), `${got} s against ${want} s`).toBeLessThan(want * TOLERANCE);

async function firstLine(process: ChildProcess): Promise<string> {
  const [bytes] = await once(process.stdout!, "data");
  return String(bytes).trim();
}

test("one process: agrees with getrusage within 5%", async () => {
  child = spawn(process.execPath, ["-e", BURN_AND_WAIT]);
  const charged = Number(await firstLine(child));
  agrees(treeCpuSec(child.pid!), charged);
});

test("a tree: children count, living or already reaped", async () => {
  // The parent burns in a child that ends, then in one that lives, and hardly itself. Each says
  // what it was charged, and the parent the sum.
  const script = `const { spawn, spawnSync } = require("node:child_process");
    const reaped = spawnSync(process.execPath, ["-e", ${JSON.stringify(BURN_AND_SAY)}]);
    const living = spawn(process.execPath, ["-e", ${JSON.stringify(BURN_AND_WAIT)}]);
    living.stdout.on("data", (said) => {
      const { userCPUTime, systemCPUTime } = process.resourceUsage();
      console.log(Number(reaped.stdout) + Number(said) + (userCPUTime + systemCPUTime) / 1e6);
    });`;
  child = spawn(process.execPath, ["-e", script]);
  const charged = Number(await firstLine(child));
  const pids = treePids(child.pid!);
  const used = treeCpuSec(child.pid!);
  process.kill(pids[1]!, "SIGKILL");
  expect(pids).toHaveLength(2);
  agrees(used, charged);
});

test.runIf(findProgram("time"))("agrees with /usr/bin/time within 5%", async () => {
  child = spawn(findProgram("time")!, ["-f", "%U %S", process.execPath, "-e", BURN_AND_WAIT]);
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  await firstLine(child);
  const ours = treeCpuSec(child.pid!);
  child.stdin?.end();
  await once(child, "close");
  const theirs = said.trim().split(" ").map(Number);
  agrees(ours, theirs[0]! + theirs[1]!);
});

test("a process that is gone has used nothing, and is no error", () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  expect(treeCpuSec(pid)).toBe(0);
  expect(treePids(pid)).toEqual([]);
});

test("resident memory: a block that was written to is there", async () => {
  const script = `const block = Buffer.alloc(64 << 20, 1); console.log("x"); process.stdin.resume();
    setTimeout(() => block, 1e6);`;
  child = spawn(process.execPath, ["-e", script]);
  await firstLine(child);
  expect(treeResidentBytes(child.pid!)).toBeGreaterThan(64 << 20);
});
