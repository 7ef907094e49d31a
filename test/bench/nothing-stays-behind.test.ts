/** Ctrl-C in the middle of a measurement: every process the bench started ends, and its folder goes. */
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

test.runIf(canRun)("Ctrl-C leaves no process and no folder", async () => {
  temp = mkdtempSync(join(tmpdir(), "bench-test-"));
  const options = ["--only", "hot-1k", "--against", "none", "--duration", "60"];
  bench = spawn(process.execPath, [MAIN, ...options], { env: { ...process.env, TMPDIR: temp } });
  const pids = await untilLoading(bench.pid!);
  const [own, ...more] = readdirSync(temp);
  expect(more).toEqual([]);
  // Sluice watches the parent of its root: what servers and generators write is elsewhere.
  expect(readdirSync(join(temp, own!, "served"))).toEqual(["root"]);

  bench.kill("SIGINT");
  const [code] = await once(bench, "exit");
  await sleep(100); // a killed process may need a moment to end
  expect(code).toBe(130);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(readdirSync(temp)).toEqual([]);
});

/** Resolves when the bench runs at least a server and a load generator. */
async function untilLoading(pid: number): Promise<number[]> {
  for (;;) {
    const pids = treePids(pid);
    if (pids.length >= 3) return pids;
    await sleep(20);
  }
}
