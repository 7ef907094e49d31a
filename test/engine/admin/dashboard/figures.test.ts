/** Fear: a figure of the page that says what was not: a latency of no time where none is measured. */
import { describe, expect, test } from "vitest";
import { FIGURES } from "../../../../engine/admin/dashboard/page/figures.js";
import { TimeWindow } from "../../../../engine/admin/dashboard/page/time-window.js";
import type { NowMessage } from "../../../../metrics/live.js";
import type { Sample } from "../../../../metrics/samples.js";
import { sampleOf } from "./sample.js";

const shownOf = (label: string, sample: Partial<Sample>, isMeasuring: boolean) => {
  const now = { isMeasuring, sample: sampleOf(sample) } as NowMessage;
  const seen = new TimeWindow();
  seen.add(now.sample);
  const figure = FIGURES.find((one) => one.label === label)!;
  return { value: figure.value(now), note: figure.note(now, seen) };
};

type Row = readonly [
  why: string,
  label: string,
  sample: Partial<Sample>,
  isMeasuring: boolean,
  want: { readonly value: string; readonly note: string },
];
const rows: readonly Row[] = [
  [
    "what is measured is told",
    "Latency p99",
    { requests: 3, p99Us: 4200, p50Us: 850 },
    true,
    { value: "4.2 ms", note: "p50 850 µs" },
  ],
  ["no request has no latency", "Latency p99", {}, true, { value: "–", note: "no requests" }],
  [
    "requests that are not measured have none either",
    "Latency p99",
    { requests: 3 },
    false,
    { value: "–", note: "not measured" },
  ],
  [
    "and are counted all the same",
    "Requests",
    { requests: 3, serverErrors: 1 },
    false,
    { value: "3 /s", note: "1 failed, 0 aborted" },
  ],
];
describe("the figures of this second", () => {
  test.each(rows)("%s", (_why, label, sample, isMeasuring, want) => {
    expect(shownOf(label, sample, isMeasuring)).toEqual(want);
  });
});
