/** Fear: a number that is off by a unit, or a name that looks like another. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countOf,
  printable,
  showBytes,
  showClock,
  showCount,
  showMs,
  showRate,
  showShare,
  showSpan,
  showTime,
  showWhen,
  splitTail,
} from "../../../../engine/admin/dashboard/page/words.js";

type Rows = readonly (readonly [why: string, got: string, want: string])[];

const SEC = 1000;
const HOUR = 3600 * SEC;
const MORNING = new Date(2026, 10, 22, 9, 5, 3).getTime();

const rows: Rows = [
  ["bytes: nothing", showBytes(0), "0 B"],
  ["bytes: the last without a unit", showBytes(1023), "1,023 B"],
  ["bytes: a fraction of a byte never shows", showBytes(10.4), "10 B"],
  ["bytes: the first with one", showBytes(1024), "1.0 KiB"],
  ["bytes: rounds up to the next unit", showBytes(1024 ** 2 - 1), "1.0 MiB"],
  ["bytes: one digit while it says something", showBytes(9.94 * 1024), "9.9 KiB"],
  ["bytes: none where it does not", showBytes(9.96 * 1024), "10 KiB"],
  ["bytes: the largest unit goes on", showBytes(1024 ** 6 * 4), "4,096 PiB"],
  ["rate", showRate(1.5 * 1024 ** 2), "1.5 MiB/s"],
  ["time: nothing", showTime(0), "0 µs"],
  ["time: the last microsecond", showTime(999.4), "999 µs"],
  ["time: rounds up to a millisecond", showTime(999.6), "1.0 ms"],
  ["time: a millisecond keeps a digit", showTime(4240), "4.2 ms"],
  ["time: rounds up to a second", showTime(999_600), "1.0 s"],
  ["time: the last second", showTime(59.9e6), "60 s"],
  ["time: a minute", showTime(60e6), "1 min 0 s"],
  ["time: from milliseconds", showMs(310), "310 ms"],
  ["span: of a clock that runs ahead", showSpan(-5), "0 s"],
  ["span: seconds", showSpan(59_400), "59 s"],
  ["span: rounds up to a minute", showSpan(59_600), "1 min 0 s"],
  ["span: minutes", showSpan(200 * SEC), "3 min 20 s"],
  ["span: hours", showSpan(4 * HOUR + 12 * 60 * SEC), "4 h 12 min"],
  ["span: days", showSpan(76 * HOUR), "3 d 4 h"],
  ["count: groups digits", showCount(1_234_567), "1,234,567"],
  ["count: a small rate keeps a digit", showCount(0.52), "0.5"],
  ["count: but not a zero", showCount(1.99), "2"],
  ["count: a large one does not", showCount(1234.56), "1,235"],
  ["count: of one thing", countOf(1, "slot"), "1 slot"],
  ["count: of none", countOf(0, "slot"), "0 slots"],
  ["share: nothing is nothing", showShare(0), "0%"],
  ["share: a little is not nothing", showShare(0.0049), "<1%"],
  ["share: all", showShare(1), "100%"],
  ["clock: pads", showClock(MORNING), "09:05:03"],
  ["when: today is a clock", showWhen(MORNING, MORNING + HOUR), "09:05:03"],
  ["when: another day says which", showWhen(MORNING, MORNING + 24 * HOUR), "11-22 09:05"],
  ["when: never", showWhen(0, MORNING), "–"],
  ["text: a change of writing direction shows", printable("a\u202eb"), "a\\u{202e}b"],
  ["text: a line feed shows", printable("a\nb"), "a\\u{a}b"],
  ["text: any script stays", printable("/é/日本/🌊"), "/é/日本/🌊"],
];
for (const [why, got, want] of rows) {
  test(why, () => {
    expect(got).toBe(want);
  });
}

describe("splitTail", () => {
  test("leaves short text whole, in front", () => {
    expect(splitTail("/a/short/path.txt")).toEqual(["/a/short/path.txt", ""]);
  });

  test("keeps the end of long text", () => {
    const [head, tail] = splitTail("/a/rather/long/path/to/some/file-1.2.iso");
    expect(head).toBe("/a/rather/long/path/to");
    expect(tail).toBe("/some/file-1.2.iso");
  });

  test("counts characters, not halves of them", () => {
    expect(splitTail(`${"🌊".repeat(30)}x`)[1]).toBe(`${"🌊".repeat(17)}x`);
  });

  test("loses nothing, and cuts no character in two", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const [head, tail] = splitTail(text);
        expect(head + tail).toBe(text);
        expect(head.isWellFormed() && tail.isWellFormed()).toBe(true);
      }),
    );
  });
});
