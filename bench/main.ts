/**
 * `npm run bench`: Sluice beside nginx and friends on this machine, losses included.
 *
 * 1. options    complaints end it here, all at once
 * 2. needs      missing packages end it here, in one line
 * 3. prepare    cells, fixtures, the slow disk
 * 4. run        every cell, every server, in shuffled order
 * 5. report     a table here, a page and the record in bench/results
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cell } from "./cell.js";
import { createCells, FULL_SCALE, QUICK_SCALE } from "./cells.js";
import { reportCells } from "./compare.js";
import { divideCores } from "./cores.js";
import { writeFixtures } from "./fixtures.js";
import { describeMachine } from "./machine.js";
import type { Bench } from "./measure.js";
import { helpText, type Options, parseOptions } from "./options.js";
import { RESULTS_DIR } from "./places.js";
import { buildNarrowSockets, buildSlowDisk } from "./preload.js";
import { isInstalled } from "./programs.js";
import { createProgress } from "./progress.js";
import { printReport } from "./report/terminal.js";
import { cellInfo, type Results } from "./results.js";
import { runAll } from "./run.js";
import { FAMILIES, pickField } from "./servers/contenders.js";
import { describeServer } from "./servers/describe.js";
import { createTemporary } from "./temporary.js";

const parsed = parseOptions(process.argv.slice(2));
if (parsed.kind === "complaints") fail(parsed.complaints);
else await act(parsed.options);

async function act(options: Options): Promise<void> {
  const cells = createCells(options.isQuick ? QUICK_SCALE : FULL_SCALE);
  if (options.action === "help") say(helpText());
  else if (options.action === "list") say(listText(cells));
  else await measureAll(options, cells);
}

async function measureAll(options: Options, allCells: readonly Cell[]): Promise<void> {
  const cells = allCells.filter((cell) => isWanted(cell.name, options.only));
  const field = pickField(options.against, options.isQuick);
  const packages = [...(isInstalled("wrk") ? [] : ["wrk"]), ...field.packages];
  if (packages.length > 0) return fail([`Please install: apt-get install ${packages.join(" ")}`]);
  if (field.unknown.length > 0) return fail([`Unknown server: ${field.unknown.join(", ")}`]);
  if (cells.length === 0) return fail([`No cell is called ${options.only}; --list names them`]);

  const machine = describeMachine();
  const bench = prepare(options, cells);
  const progress = createProgress(cells.length * field.contenders.length * options.rounds);
  const startedAt = new Date().toISOString();
  const samples = await runAll(cells, field.contenders, options.rounds, bench, progress);
  progress.end();

  report(options, {
    startedAt,
    machine,
    rounds: options.rounds,
    durationSec: options.durationSec,
    warmUpSec: options.warmUpSec,
    workers: options.workers,
    cores: `server on core ${bench.cores.server}, load on ${bench.cores.load}`,
    caveats: [bench.cores.caveat, ...field.absent.map((one) => `${one} is not installed`)].filter(
      (one) => one !== undefined,
    ),
    servers: field.contenders.map((one) => describeServer(one, options.workers)),
    cells: cells.map(cellInfo),
    samples,
  });
}

function prepare(options: Options, cells: readonly Cell[]): Bench {
  const tempDir = createTemporary();
  const root = join(tempDir, "root");
  mkdirSync(root);
  writeFixtures(
    root,
    cells.flatMap((cell) => cell.fixtures),
  );
  const { workers, warmUpSec, durationSec } = options;
  const cores = divideCores(workers);
  const slowDisk = buildSlowDisk(tempDir);
  const narrowSockets = buildNarrowSockets(tempDir);
  return { root, tempDir, workers, cores, warmUpSec, durationSec, slowDisk, narrowSockets };
}

function report(options: Options, results: Results): void {
  say(printReport(results, reportCells(results)));
  const json = JSON.stringify(results, undefined, 1);
  mkdirSync(RESULTS_DIR, { recursive: true });
  writeFileSync(join(RESULTS_DIR, "latest.json"), json);
  if (options.jsonPath !== undefined) writeFileSync(options.jsonPath, json);
}

function listText(cells: readonly Cell[]): string {
  const rows = cells.map((cell) => `  ${cell.name.padEnd(16)}${cell.title}`);
  return ["Cells:", ...rows, `Servers: ${FAMILIES.join(", ")}`].join("\n");
}

function isWanted(name: string, only: readonly string[] | undefined): boolean {
  return (
    only?.some((one) => one === name || (one.endsWith("*") && name.startsWith(one.slice(0, -1)))) ??
    true
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(complaints: readonly string[]): void {
  process.stderr.write(`${complaints.join("\n")}\n`);
  process.exitCode = 2;
}
