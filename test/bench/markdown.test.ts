/** Fear: a table in a README that says something else than the run it was copied from. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Figures } from "../../bench/cell.js";
import { reportCells } from "../../bench/compare.js";
import { builtFile } from "../../bench/places.js";
import { printMarkdown } from "../../bench/report/markdown.js";
import type { Results } from "../../bench/results.js";
import type { Outcome, Sample } from "../../bench/sample.js";
import { record } from "./support.js";

const rounds = (cell: string, server: string, all: readonly (Figures | Outcome)[]): Sample[] =>
  all.map((one, at) => {
    const outcome: Outcome = "kind" in one ? one : { kind: "timed", figures: one, notes: [] };
    return { cell, server, round: at + 1, outcome };
  });

const cpu = (peakMib: number, ...us: number[]): Figures[] =>
  us.map((cpuUsPerRequest) => ({ cpuUsPerRequest, peakMib }));

const RESULTS: Results = {
  ...record(["sluice", "nginx sendfile", "nginx buffers 1m", "h2o", "floor"]),
  caveats: ["the machine was busy"],
  cells: [
    { name: "won", title: "1 KiB | hot", judgedBy: ["cpuUsPerRequest", "requestsPerSec"] },
    { name: "even", title: "10 KiB", judgedBy: ["cpuUsPerRequest"] },
    {
      name: "slow",
      title: "beside slow ones",
      judgedBy: ["keptPercent", "kibPerReader", "peakMib"],
    },
    { name: "wrong", title: "404", judgedBy: ["cpuUsPerRequest"] },
    { name: "paced", title: "p99 of 1 KiB", judgedBy: ["p99Ms", "cpuUsPerRequest"] },
  ],
  samples: [
    ...rounds("won", "sluice", cpu(92.4, 5, 6, 5)),
    ...rounds("won", "nginx sendfile", cpu(20, 20, 21, 22)),
    ...rounds("won", "nginx buffers 1m", cpu(31.6, 10, 11, 12)),
    ...rounds("won", "h2o", cpu(7, 1, 1, 1)),
    ...rounds("won", "floor", cpu(50, 4, 4, 4)),
    ...rounds("even", "sluice", cpu(1, 5, 6, 7)),
    ...rounds("even", "nginx sendfile", cpu(2, 4, 6, 8)),
    ...rounds("slow", "sluice", Array(3).fill({ keptPercent: 50, kibPerReader: 4, peakMib: 300 })),
    ...rounds(
      "slow",
      "nginx sendfile",
      Array(3).fill({ keptPercent: 40, kibPerReader: 2, peakMib: 30 }),
    ),
    ...rounds(
      "slow",
      "nginx buffers 1m",
      Array(3).fill({ keptPercent: 80, kibPerReader: 900, peakMib: 3000 }),
    ),
    ...rounds("wrong", "sluice", [{ kind: "disqualified", why: "status 200, wanted 404" }]),
    ...rounds("wrong", "nginx sendfile", cpu(2, 4, 6, 8)),
    ...rounds("paced", "sluice", Array(3).fill({ p99Ms: 2, cpuUsPerRequest: 9 })),
    ...rounds("paced", "nginx sendfile", Array(3).fill({ p99Ms: 4, cpuUsPerRequest: 9 })),
  ],
};

const WANTED = `
| cell | Sluice | best nginx | ratio | floor | peak MiB of both |
| --- | --- | --- | --- | --- | --- |
| 1 KiB \\| hot | 5.00 µs | 11.0 µs (buffers 1m) | 2.20x, ahead | 4.00 µs | 92 / 32 |
| 10 KiB | 6.00 µs | 6.00 µs (sendfile) | 1.00x, runs overlap |  | 1 / 2 |
| beside slow ones: speed kept | 50.0 % | 80.0 % (buffers 1m) | 0.63x, behind |  | 300 / 3000 |
| the same: memory per reader | 4.00 KiB | 2.00 KiB (sendfile) | 0.50x, behind |  | 300 / 30 |
| 404 |  |  | sluice disqualified: status 200, wanted 404 |  | - / - |
| p99 of 1 KiB: p99 | 2.00 ms | 4.00 ms (sendfile) | 2.00x, ahead |  | - / - |
| the same: CPU per request | 9.00 µs | 9.00 µs (sendfile) | 1.00x, runs overlap |  | - / - |`;

test("markdown: cell, both figures, verdict, floor and the memory of both", () => {
  expect(printMarkdown(RESULTS, reportCells(RESULTS))).toContain(WANTED);
});

test("markdown: machine, day and caveats stand above the table", () => {
  const [head] = printMarkdown(RESULTS, reportCells(RESULTS)).split("\n\n");
  expect(head).toContain("- Test, 2 cores");
  expect(head).toContain("Run of 2030-01-02;");
  expect(head).toContain("- Caveat: the machine was busy");
});

test("markdown: the command prints it from what --json wrote", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  const path = join(folder, "results.json");
  writeFileSync(path, JSON.stringify(RESULTS));
  const args = [builtFile("main.js"), "--markdown", path];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  expect([status, stdout]).toEqual([0, `${printMarkdown(RESULTS, reportCells(RESULTS))}\n`]);
});
