/** Fear: another program's answer taken for a report, or a newer server's refused. */
import { describe, expect, test } from "vitest";
import { isReport } from "../../metrics/report-shape.js";
import { reportText } from "../../metrics/report-text.js";
import { BUSY, EMPTY, WORKERS } from "../support/report.js";

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

type Row = readonly [why: string, value: unknown, want: boolean];
const rows: readonly Row[] = [
  ["a report", throughJson(BUSY), true],
  ["one of several workers", throughJson({ ...BUSY, workers: WORKERS }), true],
  ["one before its first second", throughJson(EMPTY), true],
  ["one with more in it, from a newer server", { ...EMPTY, weather: "fine" }, true],
  ["a figure that was no number", throughJson({ ...BUSY, uptimeMs: Number.NaN }), true],
  ["nothing", null, false],
  ["a list", [], false],
  ["a word", "report", false],
  ["another program's answer", { status: "ok" }, false],
  ["a number in place of a text", { ...EMPTY, version: 1 }, false],
  ["a text in place of a number", { ...EMPTY, pid: "1" }, false],
  ["a text in place of a switch", { ...EMPTY, isMeasuring: "on" }, false],
  ["no list", { ...EMPTY, slowest: {} }, false],
  ["a list of something else", { ...EMPTY, downloads: ["/a"] }, false],
  ["one item that is something else", { ...BUSY, slowest: [...BUSY.slowest, {}] }, false],
  ["a second of something else", { ...EMPTY, now: {} }, false],
  ["a second that is null", { ...EMPTY, now: null }, false],
];
describe("isReport", () => {
  for (const [why, value, want] of rows) {
    test(`${want ? "takes" : "refuses"} ${why}`, () => expect(isReport(value)).toBe(want));
  }

  /** Every way to leave one thing out, at any depth. */
  function* lacking(value: unknown): Generator<unknown> {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      if (!Array.isArray(value)) yield rest;
      for (const less of lacking(inner)) {
        yield Array.isArray(value) ? value.with(Number(key), less) : { ...value, [key]: less };
      }
    }
  }

  test("whatever lacks anything is refused, or can be told all the same", () => {
    const all = [...lacking(throughJson({ ...BUSY, workers: WORKERS }))];
    expect(all.length).toBeGreaterThan(300);
    const taken = all.filter(isReport);
    for (const report of taken) expect(() => reportText(report, 80)).not.toThrow();
    expect(taken).toHaveLength(1); // the one without `now`
  });
});
