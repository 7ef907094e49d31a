/** Fear: in a run too short for the kernel's clock an answer costs nothing, and beats every other. */
import { expect, test } from "vitest";
import { reportCells } from "../../bench/compare.js";
import { perGib, perRequest } from "../../bench/load/context.js";
import { printReport } from "../../bench/report/terminal.js";
import { record } from "./support.js";

test.each([
  ["what it cost", 0.01, 1000, { cpuUsPerRequest: 10 }],
  ["less than a tick", 0, 1000, {}],
  ["no requests", 0.01, 0, {}],
])("per request: %s", (_, cpuSec, requests, want) =>
  expect(perRequest(cpuSec, requests)).toEqual(want),
);

test.each([
  ["what it cost", 0.5, 2 ** 30, { cpuMsPerGib: 500 }],
  ["less than a tick", 0, 2 ** 30, {}],
  ["no bytes", 0.01, 0, {}],
])("per GiB: %s", (_, cpuSec, bytes, want) => expect(perGib(cpuSec, bytes)).toEqual(want));

test("whose cost is not known wins nothing, and is measured by no floor", () => {
  const costs = { sluice: 0.02, "nginx a": 0, "nginx b": 0.01, floor: 0.01 };
  const results = {
    ...record(Object.keys(costs)),
    cells: [{ name: "cell", title: "a cell", judgedBy: ["cpuUsPerRequest"] }] as const,
    samples: Object.entries(costs).map(([server, cpuSec]) => {
      const figures = perRequest(cpuSec, 1000);
      return {
        cell: "cell",
        server,
        round: 1,
        outcome: { kind: "timed", figures, notes: [] },
      } as const;
    }),
  };
  const reports = reportCells(results);
  expect(reports[0]?.duels).toMatchObject([{ opponent: "nginx b", verdict: { ratio: 0.5 } }]);
  expect(printReport(results, reports)).not.toMatch(/Infinity|∞| 0 µs/);
});
