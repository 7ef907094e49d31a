/** The report for a terminal: per cell a small table and its verdict, at the end all verdicts. */
import type { FigureName } from "../cell.js";
import {
  type CellReport,
  type Duel,
  deciding,
  floorShare,
  type Standing,
  whyNotCompared,
} from "../compare.js";
import { FIGURES, formatFigure, formatRatio } from "../figure-names.js";
import { machineLine } from "../machine.js";
import { type Results, settingsLines } from "../results.js";
import { RUNS_FOR_A_VERDICT, verdictWords } from "../verdict.js";
import { describeLag, INSIDE_NOTE, sharesOf } from "./inside.js";

/** Shown for every cell beside what it is judged by, where measured. */
const ALWAYS: readonly FigureName[] = ["p99Ms", "maxMs", "busyPercent", "peakMib"];
const NAME_WIDTH = 26;
const COLUMN_WIDTH = 19;
const VERDICT_WIDTH = 28;

export function printReport(results: Results, reports: readonly CellReport[]): string {
  const blocks = reports.map(printCell);
  return [headLines(results).join("\n"), ...blocks, printSummary(results, reports)].join("\n\n");
}

/** On what, how and with whom it was measured, and what to know before believing it. */
export function headLines(results: Results): string[] {
  const { rounds, durationSec, warmUpSec } = results;
  const servers = results.servers.map((one) => `${one.name} ${one.version}`).join(", ");
  const { fixtures } = results;
  return [
    machineLine(results.machine),
    ...(fixtures === undefined ? [] : [`fixtures on ${fixtures}`]),
    `${results.cores}; ${rounds} x ${durationSec} s after ${warmUpSec} s of warm-up; medians`,
    servers,
    ...results.caveats.map((one) => `Caveat: ${one}`),
  ];
}

function printCell(report: CellReport): string {
  const { cell, standings } = report;
  const wanted = [...new Set([...cell.judgedBy, ...ALWAYS])];
  const columns = wanted.filter((one) => standings.some((row) => row.median(one) !== undefined));
  const titles = columns.map((one) => FIGURES[one].title.padStart(COLUMN_WIDTH)).join("");
  const rows = standings.map((one) => printStanding(report, one, columns));
  const head = `${" ".repeat(NAME_WIDTH)}${titles}${"of floor".padStart(10)}`;
  const duels = report.duels.map(printDuel);
  const title = [`${cell.name}: ${cell.title}`, ...settingsLines(cell).map((line) => `  ${line}`)];
  return [...title, head, ...rows, ...duels, ...standings.flatMap(printInside)].join("\n");
}

function printStanding(report: CellReport, one: Standing, columns: readonly FigureName[]): string {
  const name = `  ${one.server}`.padEnd(NAME_WIDTH);
  if (one.out !== undefined) return `${name}  ${one.out.kind}: ${one.out.why}`;
  const share = floorShare(report, one, report.cell.judgedBy[0]!);
  const values = columns.map((figure) => printFigure(one.median(figure), figure));
  const percent = share === undefined ? "" : `${(share * 100).toFixed(0)}%`;
  return `${name}${values.join("")}${percent.padStart(10)}  ${one.notes.join(", ")}`.trimEnd();
}

function printFigure(value: number | undefined, figure: FigureName): string {
  const text =
    value === undefined ? "" : `${formatFigure(value)} ${FIGURES[figure].unit}`.trimEnd();
  return text.padStart(COLUMN_WIDTH);
}

const printDuel = ({ figure, opponent, verdict }: Duel): string =>
  `  vs ${opponent}: ${verdictWords(verdict)}, ${formatRatio(verdict.ratio)} by ${FIGURES[figure].title}`;

function printInside({ server, inside }: Standing): string[] {
  if (inside === undefined) return [];
  const shares = sharesOf(inside).map(({ label, percent }) => `${label} ${percent}`);
  return [`  where ${server}'s time went: ${shares.join(", ")}; ${describeLag(inside)}`];
}

function printSummary(results: Results, reports: readonly CellReport[]): string {
  const rows = reports.map((report) => {
    const duel = deciding(report);
    const name = report.cell.name.padEnd(NAME_WIDTH);
    if (duel === undefined) return `${name}${whyNotCompared(report)}`;
    const { verdict, figure, opponent } = duel;
    const ratio = formatRatio(verdict.ratio).padStart(8);
    return `${name}${ratio}  ${verdictWords(verdict).padEnd(VERDICT_WIDTH)}${FIGURES[figure].title}, against ${opponent}`;
  });
  const settled = results.rounds >= RUNS_FOR_A_VERDICT;
  const hint = settled ? [] : [`No verdicts: they need ${RUNS_FOR_A_VERDICT} rounds or more.`];
  return ["Ratio above 1: Sluice is better.", ...rows, ...hint, INSIDE_NOTE].join("\n");
}
