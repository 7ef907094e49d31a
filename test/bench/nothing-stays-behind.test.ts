/** Ctrl-C in the middle of a measurement: every process the bench started ends, and its folders go. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { treePids } from "../../bench/cpu.js";
import { builtFile } from "../../bench/places.js";
import { isInstalled } from "../../bench/programs.js";

const MAIN = builtFile("main.js"); // `npm test` builds first
const canRun = existsSync(MAIN) && isInstalled("wrk");

let bench: ChildProcess | undefined;
let temp: string | undefined;
afterEach(() => {
  bench?.kill("SIGKILL");
  if (temp !== undefined) rmSync(temp, { recursive: true, force: true });
});

/** A zombie is not alive: it has ended, and waits for whoever inherited it to notice. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Starts it with a folder for temporary files, and resolves with its processes once it measures. */
async function startBench(more: readonly string[]): Promise<number[]> {
  temp = mkdtempSync(join(tmpdir(), "bench-test-"));
  const options = ["--only", "hot-1k", "--against", "none", "--duration", "60", ...more];
  bench = spawn(process.execPath, [MAIN, ...options], { env: { ...process.env, TMPDIR: temp } });
  return untilLoading(bench.pid!);
}

test.runIf(canRun)("Ctrl-C leaves no process and no folder", async () => {
  const pids = await startBench([]);
  const [own, ...more] = readdirSync(temp!);
  expect(more).toEqual([]);
  // Sluice watches the parent of its root: what servers and generators write is elsewhere.
  expect(readdirSync(join(temp!, own!, "served"))).toEqual(["root"]);

  expect(await interrupt()).toBe(130);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(readdirSync(temp!)).toEqual([]);
});

test.runIf(canRun)("fixtures elsewhere: only they are there, and they go as well", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "bench-test-"));
  await startBench(["--fixtures", elsewhere]);
  const [own] = readdirSync(elsewhere);
  expect(readdirSync(join(elsewhere, own!), { recursive: true })).toContain(
    "served/root/hot/1k.bin",
  );
  const [temporary] = readdirSync(temp!);
  expect(readdirSync(join(temp!, temporary!))).not.toContain("served");

  await interrupt();
  expect([...readdirSync(elsewhere), ...readdirSync(temp!)]).toEqual([]);
  rmSync(elsewhere, { recursive: true });
});

/** @returns the exit code */
async function interrupt(): Promise<number> {
  bench!.kill("SIGINT");
  const [code] = await once(bench!, "exit");
  await sleep(100); // a killed process may need a moment to end
  return code;
}

/** Resolves when the bench runs at least a server and a load generator. */
async function untilLoading(pid: number): Promise<number[]> {
  for (;;) {
    const pids = treePids(pid);
    if (pids.length >= 3) return pids;
    await sleep(20);
  }
}
