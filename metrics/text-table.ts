/**
 * Tables in plain text that fit a terminal.
 *
 *              ─ share, % ─                  1. drop   columns that may go, the last first
 *     took s    queue  disk    what          2. cut    the text column in its middle
 *        1.2       80    20    GET /a…z      3. fold   what is still too wide goes below
 *
 * Digits are never cut: half a number is a wrong one.
 */
import { columnsOf, cutMiddle, padTo, printable } from "./printable.js";

export interface Column {
  readonly heading: string;
  /** One for each row. */
  readonly cells: readonly string[];
  readonly align: "left" | "right";
  /** Stands once above neighbors that share it. */
  readonly group?: string;
  /** What becomes of it where there is no room. One column of a table may be cut. */
  readonly gives?: "cut" | "drop";
}

/** Tables below a title; without a row in any of them, a sentence, or nothing for an empty one. */
export interface Section {
  readonly title: string;
  readonly tables: readonly (readonly Column[])[];
  readonly whenEmpty: string;
}

/** A column of numbers: right below each other, digit under digit. */
export const numbers = <Row>(
  heading: string,
  rows: readonly Row[],
  show: (row: Row) => string,
): Column => ({ heading, cells: rows.map(show), align: "right" });

/** A column of words. Text from elsewhere becomes printable here. */
export const words = <Row>(
  heading: string,
  rows: readonly Row[],
  show: (row: Row) => string,
): Column => ({ heading, cells: rows.map((row) => printable(show(row))), align: "left" });

/** The text column keeps this much, as `GET /images/…netinst.iso` does, or others are dropped. */
const LEAST_TEXT = 24;

const GAP = "  ";

interface Sized extends Column {
  readonly columns: number;
}

/**
 * @param columns the first names the rows: it is repeated where the table is folded
 * @param width columns of the terminal, at least 80
 * @returns lines without line ends, indented
 */
export function drawTable(columns: readonly Column[], width: number): string[] {
  const sized = columns.map((one) => ({
    ...one,
    columns: Math.max(...[one.heading, ...one.cells].map(columnsOf)),
  }));
  return fold(cut(drop(sized, width), width), width).flatMap(drawBlock);
}

/** Each column with the gap before it; the first one's is the indent. */
const widthOf = (columns: readonly Sized[]): number =>
  columns.reduce((sum, one) => sum + GAP.length + one.columns, 0);

const atLeast = (one: Sized): Sized =>
  one.gives === "cut" ? { ...one, columns: Math.min(one.columns, LEAST_TEXT) } : one;

function drop(columns: readonly Sized[], width: number): readonly Sized[] {
  const last = columns.findLastIndex(({ gives }) => gives === "drop");
  if (last === -1 || widthOf(columns.map(atLeast)) <= width) return columns;
  return drop(columns.toSpliced(last, 1), width);
}

function cut(columns: readonly Sized[], width: number): readonly Sized[] {
  const excess = Math.max(0, widthOf(columns) - width);
  return columns.map((one) => ({
    ...one,
    columns: Math.max(atLeast(one).columns, one.columns - excess),
  }));
}

function fold([first, ...others]: readonly Sized[], width: number): Sized[][] {
  const blocks = [[first!]];
  for (const one of others) {
    const block = blocks.at(-1)!;
    if (block.length === 1 || widthOf([...block, one]) <= width) block.push(one);
    else blocks.push([first!, one]);
  }
  return blocks;
}

function drawBlock(columns: readonly Sized[]): string[] {
  const rows = columns[0]!.cells.map((_, at) => columns.map(({ cells }) => cells[at]!));
  const lines = [columns.map(({ heading }) => heading), ...rows].map((texts) =>
    columns.map((one, at) => padTo(cutMiddle(texts[at]!, one.columns), one.columns, one.align)),
  );
  const groups = columns.some(({ group }) => group !== undefined) ? [drawGroups(columns)] : [];
  return [...groups, ...lines].map((cells) => `${GAP}${cells.join(GAP)}`.trimEnd());
}

/** `── share, % ──` over all columns of the group. */
function drawGroups(columns: readonly Sized[]): string[] {
  const spans: { group: string; columns: number }[] = [];
  for (const { group = "", columns: own } of columns) {
    const span = spans.at(-1);
    if (span === undefined || span.group !== group) spans.push({ group, columns: own });
    else span.columns += GAP.length + own;
  }
  return spans.map(drawSpan);
}

function drawSpan({ group, columns }: { group: string; columns: number }): string {
  if (group === "") return " ".repeat(columns);
  const name = cutMiddle(group, columns);
  const rest = columns - columnsOf(name);
  if (rest < 2 * " ─".length) return padTo(name, columns, "left");
  const before = Math.floor(rest / 2);
  return `${"─".repeat(before - 1)} ${name} ${"─".repeat(rest - before - 1)}`;
}
