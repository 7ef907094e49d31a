/**
 * `npm run bench:micro`: the hot functions alone, beside the figures stored in the repository.
 *
 * `--save` stores today's figures. Drift is shown, never an error: the stored figures belong to
 * one machine, and on another every row moves.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Bench } from "tinybench";
import { describeMachine, machineLine } from "../machine.js";
import { sourceFile } from "../places.js";
import { compareFigures, formatDrift, type MicroFigures } from "./drift.js";
import { BATCH, createTasks } from "./tasks.js";

const BASELINE = sourceFile("micro-baseline.json");
/** Per task. Shorter, and the compiler's work shows; longer, and nobody runs it. */
const TASK_MS = 500;
const NS_PER_MS = 1e6;
const US_PER_MS = 1000;

const now: MicroFigures = { machine: machineLine(describeMachine()), nsPerCall: measureTasks() };
const before = readBaseline();
const rows = compareFigures(now, before).map(formatDrift);
const stored = before === undefined ? "nothing stored yet" : `stored figures: ${before.machine}`;
process.stdout.write(`${now.machine}\n${stored}\n\n${rows.join("\n")}\n`);
if (process.argv.includes("--save")) {
  writeFileSync(BASELINE, `${JSON.stringify(now, undefined, 2)}\n`);
}

/** Medians: a median shrugs off the garbage collector, a mean does not. */
function measureTasks(): Record<string, number> {
  const bench = new Bench({ time: TASK_MS, warmupTime: TASK_MS / 2, now: processorMs });
  let sum = 0; // kept, so that no call can be optimized away
  for (const { name, run } of createTasks()) {
    bench.add(name, () => {
      sum += run();
    });
  }
  const figures = bench.runSync().map(({ name, result }): [string, number] => {
    if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
    return [name, Number(((result.latency.p50 * NS_PER_MS) / BATCH).toFixed(1))];
  });
  if (!Number.isFinite(sum)) throw new Error("a task returned no number");
  return Object.fromEntries(figures);
}

/** Time this process was on a core: what other processes do meanwhile does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_MS;
}

function readBaseline(): MicroFigures | undefined {
  try {
    return JSON.parse(readFileSync(BASELINE, "utf8"));
  } catch {
    return undefined; // the first run on a fresh tree
  }
}
