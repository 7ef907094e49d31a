/** The reports say what the samples say: losses kept, wrong answers named, nothing from outside. */
import { expect, test } from "vitest";
import { reportCells } from "../../bench/compare.js";
import { createLatencies, encodeLatencies, recordUs } from "../../bench/load/latency.js";
import { listAbsences, listLosses } from "../../bench/report/losses.js";
import { drawPage } from "../../bench/report/page.js";
import { printReport } from "../../bench/report/terminal.js";
import type { Results } from "../../bench/results.js";
import type { Outcome, Sample } from "../../bench/sample.js";
import { record } from "./support.js";

function timed(cpuUsPerRequest: number, p99Ms: number): TimedOutcome {
  const latencies = createLatencies();
  for (let at = 1; at <= 1000; at++) recordUs(latencies, at * p99Ms);
  const histogram = encodeLatencies(latencies);
  return { kind: "timed", figures: { cpuUsPerRequest, p99Ms }, histogram, notes: [] };
}

const rounds = (cell: string, name: string, outcomes: readonly Outcome[]): Sample[] =>
  outcomes.map((outcome, at) => ({ cell, server: name, round: at + 1, outcome }));

type TimedOutcome = Extract<Outcome, { kind: "timed" }>;

/** @param lagP99Ms what it says of itself in this round */
const telling = (outcome: TimedOutcome, lagP99Ms: number, loop: number): Outcome => ({
  ...outcome,
  inside: {
    lagP99Ms,
    lagMaxMs: 10 * lagP99Ms,
    shares: { queue: 0, disk: 0.004, loop, drain: 0.996 - loop },
  },
});

const LIE: Outcome = { kind: "disqualified", why: "body differs <at> byte 7" };
const RESULTS: Results = {
  ...record(["sluice", "nginx a", "nginx b", "h2o", "floor"]),
  machine: { ...record([]).machine, cpu: "Test & Co" },
  cells: [
    { name: "won", title: "a cell we win", judgedBy: ["cpuUsPerRequest"] },
    { name: "lost", title: "a cell we lose", judgedBy: ["p99Ms"] },
  ],
  samples: [
    ...rounds("won", "sluice", [
      telling(timed(5, 1), 9, 0.1),
      telling(timed(6, 1), 1, 0.2),
      telling(timed(5, 1), 2, 0.75),
    ]),
    ...rounds("won", "nginx a", [timed(20, 1), timed(21, 1), timed(22, 1)]),
    ...rounds("won", "nginx b", [timed(10, 1), timed(11, 1), timed(12, 1)]),
    ...rounds("won", "h2o", [timed(1, 1), timed(1, 1), LIE]),
    ...rounds("won", "floor", [timed(4, 1), timed(4, 1), timed(4, 1)]),
    ...rounds("lost", "sluice", [timed(5, 9), timed(5, 8), timed(5, 9)]),
    ...rounds("lost", "nginx a", [timed(5, 1), timed(5, 2), timed(5, 1)]),
  ],
};
const REPORTS = reportCells(RESULTS);

test("the opponent is the best configuration of nginx, not the first", () => {
  expect(REPORTS[0]?.duels[0]).toMatchObject({
    opponent: "nginx b",
    verdict: { outcome: "ahead", ratio: 11 / 5 },
  });
});

test("a server that answered wrongly once has no figure in that cell, fast as it was", () => {
  const h2o = REPORTS[0]?.standings.find((one) => one.server === "h2o");
  expect(h2o?.median("cpuUsPerRequest")).toBeUndefined();
  expect(REPORTS[0]?.duels.some((duel) => duel.opponent === "h2o")).toBe(false);
  expect(listAbsences(REPORTS)).toContain("won: h2o disqualified, body differs <at> byte 7");
});

test("the reports tell where the files were, and an old record does not", () => {
  const results = { ...RESULTS, fixtures: "ext4 (/dev/vda)" };
  expect(printReport(results, REPORTS)).toContain("\nfixtures on ext4 (/dev/vda)\n");
  expect(drawPage(results, REPORTS)).toContain("<dt>Fixtures</dt><dd>ext4 (/dev/vda)</dd>");
  expect(printReport(RESULTS, REPORTS) + drawPage(RESULTS, REPORTS)).not.toMatch(/fixtures/i);
});

test("losses are kept", () => {
  expect(listLosses(REPORTS)).toEqual(["lost: behind nginx a by p99, 0.11x"]);
});

test("the terminal shows verdicts, disqualifications and the share of the floor", () => {
  const text = printReport(RESULTS, REPORTS);
  expect(text).toContain("vs nginx b: ahead, 2.20x by CPU per request");
  expect(text).toContain("vs nginx a: behind, 0.11x by p99");
  expect(text).toContain("disqualified: body differs <at> byte 7");
  expect(text).toMatch(/sluice +5\.00 µs.* 80%/);
});

test("where its time went: one round's own words, that of the middle lag, in both reports", () => {
  const shares = "queue 0%, disk <1%, event loop 75%, client 25%";
  const lag = "event loop late by 2.00 ms at p99, 20.0 ms at most";
  const text = printReport(RESULTS, REPORTS);
  expect(text).toContain(`where sluice's time went: ${shares}; ${lag}`);
  expect(text.match(/where .* time went: /g)).toHaveLength(1); // nobody else says, and not in "lost"
  const page = drawPage(RESULTS, REPORTS);
  expect(page).toContain(lag);
  expect(page).toContain('class="p-loop" style="width:75.0%"');
});

test("the page carries the same verdicts, escapes what it shows and loads nothing", () => {
  const page = drawPage(RESULTS, REPORTS);
  expect(page).toContain("Ahead of nginx b, 2.20x");
  expect(page).toContain("lost: behind nginx a by p99, 0.11x");
  expect(page).toContain("&lt;script&gt;sluice");
  expect(page).toContain("Test &amp; Co");
  expect(page).not.toMatch(/<script|<link|src=|url\(|https?:/);
});

test("curves: a line per server whose latencies were recorded, rising to the right", () => {
  const page = drawPage(RESULTS, REPORTS);
  const points = /<polyline class="f-sluice"[^>]* points="([^"]+)"/.exec(page)?.[1] ?? "";
  const heights = points.split(" ").map((pair) => Number(pair.split(",")[1]));
  expect(heights.length).toBeGreaterThan(10);
  expect(heights).toEqual([...heights].sort((a, b) => b - a)); // SVG counts downwards
});

test("a figure that one round lacks is not shown, and the rest is", () => {
  const { cpuUsPerRequest: _, ...rest } = timed(5, 1).figures;
  const lacking: Outcome = { ...timed(5, 1), figures: rest };
  const samples = [
    ...rounds("won", "sluice", [timed(5, 1), timed(6, 1), timed(5, 1)]),
    ...rounds("won", "nginx a", [timed(10, 4.5), lacking, timed(10, 4.5)]),
    ...rounds("won", "nginx b", [timed(30, 1), timed(31, 1), timed(32, 1)]),
  ];
  const results = { ...RESULTS, samples };
  const reports = reportCells(results);
  const [a] = reports[0]!.standings.filter((one) => one.server === "nginx a");
  expect([a!.median("cpuUsPerRequest"), a!.median("p99Ms")]).toEqual([undefined, 4.5]);
  expect(printReport(results, reports)).toContain("vs nginx b");
  expect(drawPage(results, reports)).toContain("Ahead of nginx b");
});

test("a figure that a round of Sluice's lacks is not weighed, and the report is drawn", () => {
  const lacking: Outcome = { ...timed(5, 1), figures: { p99Ms: 1 } };
  const samples = [
    ...rounds("won", "sluice", [timed(5, 1), lacking, timed(5, 1)]),
    ...rounds("won", "nginx a", [timed(10, 1), timed(10, 1), timed(10, 1)]),
  ];
  const results = { ...RESULTS, samples };
  const reports = reportCells(results);
  expect(reports[0]!.duels).toEqual([]);
  expect(printReport(results, reports)).toMatch(/^won +sluice: a round without CPU per request$/m);
});

test("what is to be noted of several rounds is noted once", () => {
  const { cells } = RESULTS;
  const short = { ...timed(5, 1), notes: ["short of memory"] };
  const samples = rounds("won", "sluice", [short, timed(5, 1), short]);
  const [report] = reportCells({ ...RESULTS, cells: cells.slice(0, 1), samples });
  expect(report!.standings[0]!.notes).toEqual(["short of memory"]);
});
