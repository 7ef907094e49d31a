/** Fear: a line that says what was not: a latency of nothing, a share of no time, a gap filled in. */
import { describe, expect, test } from "vitest";
import { CHARTS } from "../../../../engine/admin/dashboard/page/chart-specs.js";
import { TimeWindow } from "../../../../engine/admin/dashboard/page/time-window.js";
import { SAMPLE_FIELDS, type Sample } from "../../../../metrics/samples.js";
import { sampleOf } from "./sample.js";

const lineOf = (title: string, label: string, samples: readonly Partial<Sample>[]) => {
  const seen = new TimeWindow();
  samples.forEach((sample, at) => {
    seen.add(sampleOf({ atMs: (at + 1) * 1000, ...sample }));
  });
  const chart = CHARTS.find((one) => one.title === title)!;
  return chart.lines.find((line) => line.label === label)!.values(seen);
};

type Row = readonly [
  why: string,
  title: string,
  label: string,
  samples: readonly Partial<Sample>[],
  want: readonly (number | null)[],
];
const rows: readonly Row[] = [
  ["no request has no latency", "Latency", "p99", [{ p99Us: 7 }, {}, { p99Us: 9 }], [7, null, 9]],
  ["a second is a second", "Requests", "ended", [{ requests: 5 }, { requests: 6 }], [5, 6]],
  [
    "a second that took longer counts for one",
    "Requests",
    "ended",
    [
      { atMs: 1000, requests: 5 },
      { atMs: 2500, requests: 6 },
    ],
    [5, 4],
  ],
  [
    "after a gap only the last second counts",
    "Requests",
    "ended",
    [
      { atMs: 1000, requests: 5 },
      { atMs: 9000, requests: 6 },
    ],
    [5, 6],
  ],
  ["no time has no shares", "Where time goes", "disk", [{}], [null]],
  [
    "a share of all four",
    "Where time goes",
    "disk",
    [{ queueMs: 1, diskMs: 2, loopMs: 2, drainMs: 3 }],
    [0.25],
  ],
  [
    "shares look back five seconds",
    "Where time goes",
    "client",
    [{ drainMs: 1 }, { diskMs: 1 }, {}, {}, {}, {}, {}],
    [1, 0.5, 0.5, 0.5, 0.5, 0, null],
  ],
  [
    "readers at work, of those there are",
    "Busy",
    "readers",
    [{ readers: 4, readersBusy: 1 }, {}],
    [0.25, null],
  ],
];
for (const [why, title, label, samples, want] of rows) {
  test(`${title}: ${why}`, () => {
    expect(lineOf(title, label, samples)).toEqual(want);
  });
}

describe("every chart", () => {
  for (const { title, lines, show, least } of CHARTS) {
    test(`${title}: has a value, or a gap, for each second`, () => {
      const seen = new TimeWindow();
      const ones = Object.fromEntries(SAMPLE_FIELDS.map((field) => [field, 1]));
      for (let atMs = 1000; atMs <= 3000; atMs += 1000) seen.add({ ...sampleOf(ones), atMs });
      for (const { values } of lines) {
        expect(values(seen)).toHaveLength(3);
        expect(values(seen).every((value) => value === null || value > 0)).toBe(true);
      }
    });

    test(`${title}: has lines that can be told apart`, () => {
      expect(new Set(lines.map(({ color }) => color)).size).toBe(lines.length);
      expect(show(least)).not.toContain("NaN");
    });
  }
});
