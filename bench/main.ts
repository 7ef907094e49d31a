/**
 * `npm run bench`: Sluice beside nginx and friends on this machine, losses included.
 *
 * 1. options    complaints end it here, all at once
 * 2. needs      missing packages, no room or nowhere to write end it here, a line each
 * 3. prepare    cells, fixtures, the slow disk
 * 4. run        every cell, every server, in shuffled order
 * 5. report     a table here, a page and the record in bench/results
 */
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { listCaveats } from "./caveats.js";
import type { Cell } from "./cell.js";
import { createCells, FULL_SCALE, QUICK_SCALE } from "./cells.js";
import { reportCells } from "./compare.js";
import { fileSystemOf } from "./fixture-place.js";
import { describeMachine } from "./machine.js";
import { helpText, type Options, parseOptions } from "./options.js";
import { RESULTS_DIR } from "./places.js";
import { placeComplaints, prepare } from "./preparation.js";
import { isInstalled } from "./programs.js";
import { createProgress } from "./progress.js";
import { printMarkdown } from "./report/markdown.js";
import { drawPage } from "./report/page.js";
import { printReport } from "./report/terminal.js";
import { cellInfo, type Results, readResults } from "./results.js";
import { runAll } from "./run.js";
import { FAMILIES, pickField } from "./servers/contenders.js";
import { describeServer } from "./servers/describe.js";
import { countTuneSteps, TUNE_CELLS, tune } from "./tune.js";

const parsed = parseOptions(process.argv.slice(2));
if (parsed.kind === "complaints") fail(parsed.complaints);
else await act(parsed.options);

async function act(options: Options): Promise<void> {
  const cells = createCells(options.isQuick ? QUICK_SCALE : FULL_SCALE);
  if (options.action === "help") say(helpText());
  else if (options.action === "list") say(listText(cells));
  else if (options.markdownPath !== undefined) printTable(options.markdownPath);
  else if (options.action === "tune") await tuneAll(options, cells);
  else await measureAll(options, cells);
}

function printTable(path: string): void {
  try {
    const results = readResults(path);
    say(printMarkdown(results, reportCells(results)));
  } catch (error) {
    fail([`--markdown ${path}: ${(error as Error).message}`]);
  }
}

async function tuneAll(options: Options, allCells: readonly Cell[]): Promise<void> {
  if (!isInstalled("wrk")) return fail(["Please install: apt-get install wrk"]);
  const cells = allCells.filter((cell) => TUNE_CELLS.includes(cell.name));
  const complaints = placeComplaints(options, cells);
  if (complaints.length > 0) return fail(complaints);
  const bench = prepare(options, cells);
  const progress = createProgress(countTuneSteps(options.rounds));
  const advice = await tune(cells, options.rounds, bench, progress);
  progress.end();
  say(advice);
}

async function measureAll(options: Options, allCells: readonly Cell[]): Promise<void> {
  const cells = allCells.filter((cell) => isWanted(cell.name, options.only));
  const field = pickField(options.against, options.isQuick);
  const programs = ["wrk", ...(cells.some((cell) => cell.isTls) ? ["openssl"] : [])];
  const packages = [...programs.filter((name) => !isInstalled(name)), ...field.packages];
  const complaints = [
    ...(field.unknown.length > 0 ? [`Unknown server: ${field.unknown.join(", ")}`] : []),
    ...unknownCells(options.only ?? [], allCells),
    ...(packages.length > 0 ? [`Please install: apt-get install ${packages.join(" ")}`] : []),
    ...placeComplaints(options, cells),
    ...recordComplaints(options),
  ];
  if (complaints.length > 0) return fail(complaints);

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
    fixtures: fileSystemOf(bench.root),
    caveats: listCaveats(machine, bench.cores, field.absent, samples),
    servers: field.contenders.map((one) => describeServer(one, options.workers)),
    cells: cells.map(cellInfo),
    samples,
  });
}

/** Asked before the run: to hear of it after half an hour is late. */
function recordComplaints({ jsonPath }: Options): string[] {
  try {
    if (jsonPath !== undefined) accessSync(dirname(jsonPath), constants.W_OK);
    return [];
  } catch (error) {
    return [`--json ${jsonPath}: ${(error as Error).message}`];
  }
}

function report(options: Options, results: Results): void {
  const reports = reportCells(results);
  say(printReport(results, reports));
  const json = JSON.stringify(results, undefined, 1);
  mkdirSync(RESULTS_DIR, { recursive: true });
  writeFileSync(join(RESULTS_DIR, "latest.json"), json);
  writeFileSync(join(RESULTS_DIR, "latest.html"), drawPage(results, reports));
  if (options.jsonPath !== undefined) writeFileSync(options.jsonPath, json);
  say(`\nThe page: ${join(RESULTS_DIR, "latest.html")}`);
}

function listText(cells: readonly Cell[]): string {
  const rows = cells.map((cell) => `  ${cell.name.padEnd(19)}${cell.title}`);
  return ["Cells:", ...rows, `Servers: ${FAMILIES.join(", ")}`].join("\n");
}

function isWanted(name: string, only: readonly string[] | undefined): boolean {
  return (
    only?.some((one) => one === name || (one.endsWith("*") && name.startsWith(one.slice(0, -1)))) ??
    true
  );
}

/** All that is wrong with `--only`: a name that is not one would go unnoticed beside others. */
function unknownCells(only: readonly string[], cells: readonly Cell[]): string[] {
  const unknown = only.filter((one) => !cells.some(({ name }) => isWanted(name, [one])));
  return unknown.length === 0 ? [] : [`No cell is called ${unknown.join(", ")}; --list names them`];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(complaints: readonly string[]): void {
  process.stderr.write(`${complaints.join("\n")}\n`);
  process.exitCode = 2;
}
