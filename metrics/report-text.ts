/**
 * The report for a terminal or a log: plain text, no colors.
 *
 *   Time to the last byte, ms           a unit stands in the title of its section,
 *     body      count    p50    p90     in the group or in the heading of its column
 *     to 4 KiB  1,204  0.041  0.122
 *
 * Owns: the order of the sections. What is in them: report-now.ts, report-figures.ts (since the
 * start) and report-lists.ts (paths and clients). Does not know who asks.
 */
import { showTime, showUptime } from "./figures.js";
import { cutMiddle, printable } from "./printable.js";
import type { Report } from "./report.js";
import {
  disk,
  eventLoop,
  firstByte,
  lastByte,
  sinceStart,
  whereTimeWent,
} from "./report-figures.js";
import { downloads, slowest, underWay } from "./report-lists.js";
import { files, lastSecond, memory, pool, workers } from "./report-now.js";
import { drawTable, type Section } from "./text-table.js";

const SECTIONS: readonly ((report: Report) => Section)[] = [
  lastSecond,
  lastByte,
  firstByte,
  whereTimeWent,
  disk,
  eventLoop,
  memory,
  pool,
  files,
  workers,
  sinceStart,
  underWay,
  slowest,
  downloads,
];

/** What the tables are laid out for; a narrower terminal breaks their lines. */
const LEAST_WIDTH = 80;
/** A longer line is hard to follow from one end to the other. */
const MOST_WIDTH = 160;

/**
 * @param width columns of the terminal; taken as 80 when less, as 160 when more
 * @returns lines no wider than that, each with its line feed, in which nothing from a client can
 *   break a line or color it
 */
export function reportText(report: Report, width: number): string {
  const columns = Math.max(LEAST_WIDTH, Math.min(width, MOST_WIDTH));
  const sections = SECTIONS.map((section) => draw(section(report), report, columns));
  const blocks = [header(report, columns), ...sections.filter((lines) => lines.length > 0)];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

const IS_OFF = "SLUICE_METRICS is off: requests are counted, and not measured.";

function header(report: Report, width: number): string[] {
  const { version, pid, uptimeMs, atMs, isMeasuring, workers: all } = report;
  const about = `sluice ${version}, pid ${pid}, up ${showUptime(uptimeMs)}, ${showTime(atMs)}`;
  const mute = all
    .filter(({ hasAnswered }) => !hasAnswered)
    .map(({ id, pid }) => `worker ${id} (pid ${pid}) did not answer: its last figures are shown`);
  const lines = [printable(about), ...mute].map((line) => cutMiddle(line, width));
  return [...lines, ...(isMeasuring ? [] : [IS_OFF])];
}

/** Where nothing is measured, an empty section says nothing that the header has not said. */
function draw(section: Section, { isMeasuring }: Report, width: number): string[] {
  const { title, tables, whenEmpty } = section;
  const filled = tables.filter(([first]) => first!.cells.length > 0);
  if (filled.length > 0) return [title, ...filled.flatMap((table) => drawTable(table, width))];
  return isMeasuring && whenEmpty !== "" ? [title, `  ${whenEmpty}`] : [];
}
