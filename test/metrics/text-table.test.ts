/** Fear: a table that a narrow terminal breaks into noise, or a number that lost a digit. */
import { describe, expect, test } from "vitest";
import { type Column, drawTable, numbers, words } from "../../metrics/text-table.js";

const PATH = `GET /${"a".repeat(50)}.iso`;
const rows = [
  { took: 9, what: PATH },
  { took: 1200, what: "GET /" },
];
const took = numbers("took", rows, (row) => `${row.took}`);
const what: Column = { ...words("what", rows, (row) => row.what), gives: "cut" };
const filler = (heading: string, width: number, more: Partial<Column> = {}): Column => ({
  ...numbers(heading, rows, () => "9".repeat(width)),
  ...more,
});

describe("drawTable", () => {
  test("numbers stand right, words left, and no line ends in a space", () => {
    expect(drawTable([took, words("what", rows, ({ took }) => `/${took}`)], 80)).toEqual([
      "  took  what",
      "     9  /9",
      "  1200  /1200",
    ]);
  });

  test("the text column is cut in its middle, and to no less than is needed", () => {
    const [heading, first] = drawTable([took, filler("", 30), what], 80);
    expect(heading).toBe(`  took  ${" ".repeat(30)}  what`);
    expect(first).toBe(`     9  ${"9".repeat(30)}  GET /${"a".repeat(14)}…${"a".repeat(16)}.iso`);
    expect(first).toHaveLength(80);
  });

  test("columns that may go are dropped, the last first, until the text has room", () => {
    const optional = [filler("x", 18, { gives: "drop" }), filler("y", 18, { gives: "drop" })];
    const headings = (width: number): string | undefined =>
      drawTable([took, ...optional, what], width)[0]?.replace(/ +/g, " ");
    expect(headings(120)).toBe(" took x y what");
    expect(headings(80)).toBe(" took x y what"); // 32 columns of text
    expect(drawTable([took, ...optional, filler("z", 6), what], 80)[0]).toContain("y"); // 24
    const wide = [...optional, filler("z", 7)];
    expect(drawTable([took, ...wide, what], 80)[0]).not.toContain("y");
    expect(drawTable([took, ...wide, what], 80)[0]).toContain("x");
  });

  test("a short text needs no more room than it takes", () => {
    const short: Column = { ...words("what", rows, () => "GET /"), gives: "cut" };
    const lines = drawTable([took, filler("x", 63, { gives: "drop" }), short], 80);
    expect(lines[1]).toBe(`     9  ${"9".repeat(63)}  GET /`);
  });

  test("what is still too wide is folded below, beside the names again", () => {
    expect(drawTable([took, filler("x", 40), filler("y", 40), filler("z", 9)], 80)).toEqual([
      `  took  ${"x".padStart(40)}`,
      `     9  ${"9".repeat(40)}`,
      `  1200  ${"9".repeat(40)}`,
      `  took  ${"y".padStart(40)}          z`,
      `     9  ${"9".repeat(40)}  999999999`,
      `  1200  ${"9".repeat(40)}  999999999`,
    ]);
  });

  test("a number wider than the terminal still stands beside the names", () => {
    expect(drawTable([took, filler("x", 90)], 80)).toHaveLength(3);
  });

  test("a table of exactly the width is not folded", () => {
    expect(drawTable([took, filler("x", 72)], 80)).toHaveLength(3);
    expect(drawTable([took, filler("x", 35), filler("y", 35)], 80)).toHaveLength(3);
    expect(drawTable([took, filler("x", 35), filler("y", 36)], 80)).toHaveLength(6);
  });

  test("a group's name stands over all of its columns", () => {
    const group = { group: "share, %" };
    const columns = [took, filler("queue", 6, group), filler("disk", 6, group), filler("x", 1)];
    expect(drawTable(columns, 80).slice(0, 2)).toEqual([
      "        ── share, % ──",
      "  took   queue    disk  x",
    ]);
  });

  test("a group's name is cut to its columns", () => {
    const columns = [took, filler("a", 6, { group: "share of it, %" })];
    expect(drawTable(columns, 80)[0]).toBe("        sh…, %");
  });

  test("wide characters do not push what stands behind them", () => {
    const named = words("name", rows, ({ took }) => (took === 9 ? "日本" : "ab"));
    expect(drawTable([named, took], 80)).toEqual(["  name  took", "  日本     9", "  ab    1200"]);
  });

  test("words are printable", () => {
    expect(words("what", ["\x1b[2J\n"], (text) => text).cells).toEqual(["\\u{1b}[2J\\u{a}"]);
  });
});
