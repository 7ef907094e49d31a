/**
 * The report as a table for a README: Sluice beside the best nginx of each cell, losses included.
 *
 * One row for a cell that is judged by processor time, which is what the table is about; where something
 * else decides, one for each figure, since who wins one may lose the next.
 */
import type { FigureName } from "../cell.js";
import { type CellReport, deciding, type Standing, whyNotCompared } from "../compare.js";
import { FIGURES, formatFigure, formatRatio } from "../figure-names.js";
import type { Results } from "../results.js";
import type { Verdict } from "../verdict.js";
import { headLines } from "./terminal.js";

const OPPONENT = "nginx";
const TITLES = ["cell", "Sluice", `best ${OPPONENT}`, "ratio", "floor", "peak MiB of both"];

/** What decides where nothing is said beside the name of a cell. */
const USUAL: FigureName = "cpuUsPerRequest";

export function printMarkdown(results: Results, reports: readonly CellReport[]): string {
  const head = [...headLines(results), `Run of ${results.startedAt.slice(0, 10)}; ${LEGEND}`];
  const rows = reports.flatMap((report) =>
    figuresOf(report).map((figure, at) => rowOf(report, figure, at === 0)),
  );
  const table = [TITLES, TITLES.map(() => "---"), ...rows].map(printRow);
  return [...head.map((line) => `- ${line}`), "", ...table].join("\n");
}

const LEGEND = `${FIGURES[USUAL].title} where no other figure is named; a ratio above 1 means that Sluice is better, and a reason in the place of a verdict that nobody may say`;

/** Memory has a column of its own. */
function figuresOf({ cell }: CellReport): readonly FigureName[] {
  const [first, ...others] = cell.judgedBy;
  if (first === undefined) return [];
  return first === USUAL ? [first] : [first, ...others.filter((one) => one !== "peakMib")];
}

function rowOf(report: CellReport, figure: FigureName, isFirst: boolean): string[] {
  const ofFamily = (family: string) => report.standings.find((one) => one.family === family);
  const duel = report.duels.find((one) => one.family === OPPONENT && one.figure === figure);
  const opponent = report.standings.find((one) => one.server === duel?.opponent);
  const way = opponent?.server.slice(OPPONENT.length).trim();
  const subject = ofFamily("sluice");
  return [
    nameOf(report, figure, isFirst),
    tell(subject, figure),
    `${tell(opponent, figure)}${way ? ` (${way})` : ""}`,
    duel === undefined ? whyNone(report, isFirst) : ratioOf(duel.verdict),
    tell(ofFamily("floor"), figure),
    `${peakOf(subject)} / ${peakOf(opponent)}`,
  ];
}

function nameOf({ cell }: CellReport, figure: FigureName, isFirst: boolean): string {
  if (isFirst && figure === USUAL) return cell.title;
  return `${isFirst ? cell.title : "the same"}: ${FIGURES[figure].title}`;
}

function tell(one: Standing | undefined, figure: FigureName): string {
  const value = one?.median(figure);
  return value === undefined ? "" : `${formatFigure(value)} ${FIGURES[figure].unit}`.trimEnd();
}

const peakOf = (one: Standing | undefined): string => one?.median("peakMib")?.toFixed(0) ?? "-";

const ratioOf = (verdict: Verdict): string =>
  `${formatRatio(verdict.ratio)}, ${verdict.outcome === "no verdict" ? verdict.why : verdict.outcome}`;

/** Said once, in the first row of a cell; of a figure that was not measured there is nothing to say. */
const whyNone = (report: CellReport, isFirst: boolean): string =>
  isFirst && deciding(report) === undefined ? whyNotCompared(report) : "";

const printRow = (cells: readonly string[]): string =>
  `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
