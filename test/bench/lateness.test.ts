/** Fear: a verdict on two servers that is one on our load generator. */
import { expect, test } from "vitest";
import type { Figures } from "../../bench/cell.js";
import { reportCells } from "../../bench/compare.js";
import { isOurDelay } from "../../bench/lateness.js";
import { createLatencies, encodeLatencies, recordUs } from "../../bench/load/latency.js";
import { drawPage } from "../../bench/report/page.js";
import { printReport } from "../../bench/report/terminal.js";
import type { Results } from "../../bench/results.js";
import type { Sample, Timed } from "../../bench/sample.js";
import { record } from "./support.js";

const REQUESTS = 10_000;

/** @param lateMs by how much those `lateCount` of all requests were late; the others not at all */
function timed(figures: Figures, lateCount: number, lateMs: number): Timed {
  const lateness = createLatencies();
  for (let at = 0; at < REQUESTS; at++) recordUs(lateness, at < lateCount ? lateMs * 1000 : 1);
  return { kind: "timed", figures, lateness: encodeLatencies(lateness), notes: [] };
}

const FIGURES: Figures = { p99Ms: 4, p999Ms: 40, cpuUsPerRequest: 9, coldPerSec: 1 };

test.each([
  ["half of the slowest hundredth sent late by more than a quarter", 60, 1.1, "p99Ms", true],
  ["as many, by less than a quarter", 60, 0.9, "p99Ms", false],
  ["fewer, however late", 40, 30, "p99Ms", false],
  ["few, and they are most of the slowest thousandth", 6, 11, "p999Ms", true],
  ["all of them late, by little beside the slowest thousandth", REQUESTS, 2, "p999Ms", false],
  ["all of them late, and the figure is no latency", REQUESTS, 9000, "coldPerSec", false],
  ["all of them late, and the figure is missing", REQUESTS, 9000, "maxMs", false],
] as const)("lateness: %s", (_, lateCount, lateMs, figure, want) =>
  expect(isOurDelay(timed(FIGURES, lateCount, lateMs), figure)).toBe(want),
);

test("lateness: a record from before it was kept is believed", () => {
  expect(isOurDelay({ kind: "timed", figures: FIGURES, notes: [] }, "p99Ms")).toBe(false);
});

/** Three rounds in which Sluice is twice as fast as the best nginx, or takes as long as is said. */
function results(
  late: { readonly server: string; readonly lateMs: number },
  sluiceMs = 2,
): Results {
  const p99Ms = { sluice: sluiceMs, "nginx a": 4, "nginx b": 8, floor: 1 };
  const samples = Object.entries(p99Ms).flatMap(([name, value]): Sample[] =>
    [1, 2, 3].map((round) => {
      const lateMs = name === late.server && round === 2 ? late.lateMs : 0.001;
      const figures = { p99Ms: value, cpuUsPerRequest: value };
      return { cell: "cell", server: name, round, outcome: timed(figures, 100, lateMs) };
    }),
  );
  const cells = [
    { name: "cell", title: "a cell", judgedBy: ["p99Ms", "cpuUsPerRequest"] },
  ] as const;
  return { ...record(Object.keys(p99Ms)), cells, samples };
}

const LATE = { outcome: "no verdict", ratio: 2, why: "generator late" };
const AHEAD = { outcome: "ahead", ratio: 2 };

test.each([
  ["ours, who won in spite of it", "sluice", 0.6, AHEAD],
  ["the opponent's, by little", "nginx a", 0.9, AHEAD],
  ["the opponent's", "nginx a", 1.1, LATE],
  ["another configuration's: it may be the best one", "nginx b", 2.1, LATE],
  ["the floor's, which nobody is weighed against", "floor", 9, AHEAD],
])("a run that was %s", (_, name, lateMs, want) => {
  const [report] = reportCells(results({ server: name, lateMs }));
  expect(report!.duels.find(({ figure }) => figure === "p99Ms")!.verdict).toEqual(want);
  expect(report!.duels.find(({ figure }) => figure === "cpuUsPerRequest")!.verdict).toEqual(AHEAD);
});

test.each([
  ["ours in one round", "sluice", 2.1, { ...LATE, ratio: 0.5 }],
  ["ours, by little", "sluice", 1.9, { outcome: "behind", ratio: 0.5 }],
  ["the winner's", "nginx a", 1.1, { outcome: "behind", ratio: 0.5 }],
])("a lost run that was %s", (_, name, lateMs, want) => {
  const [report] = reportCells(results({ server: name, lateMs }, 8));
  expect(report!.duels.find(({ figure }) => figure === "p99Ms")!.verdict).toEqual(want);
});

test("both reports say why there is no verdict, and whose figure is not its own", () => {
  const told = results({ server: "nginx b", lateMs: 9 });
  const reports = reportCells(told);
  const text = printReport(told, reports);
  expect(text).toContain("vs nginx a: no verdict: generator late, 2.00x by p99");
  expect(text).toMatch(/nginx b .*generator late: not the server's p99$/m);
  expect(text).not.toMatch(/nginx a .*not the server's/);
  const page = drawPage(told, reports);
  expect(page).toContain("No verdict against nginx a, 2.00x by p99: generator late");
  expect(page).toContain("no verdict: generator late, p99 against nginx a");
});
