import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteRange, judgeRange, type RangeVerdict } from "../../protocol/ranges.js";

const MAX_RANGES = 4;
const TEN = 10; // bytes 0 to 9, so a slice reads back as its own offsets
const MEBI = 1024 * 1024;
const HUGE = Number.MAX_SAFE_INTEGER;

const WHOLE: RangeVerdict = { kind: "whole" };
const UNSATISFIABLE: RangeVerdict = { kind: "unsatisfiable" };
const part = (first: number, last: number): RangeVerdict => ({
  kind: "part",
  range: { first, last },
});
const parts = (...pairs: [first: number, last: number][]): RangeVerdict => ({
  kind: "parts",
  ranges: pairs.map(([first, last]) => ({ first, last })),
});

type Row = readonly [why: string, field: string, sizeBytes: number, want: RangeVerdict];

const rows: readonly Row[] = [
  ["14.2 no field", "", TEN, WHOLE],
  ["14.1.2 first and last byte given", "bytes=2-5", TEN, part(2, 5)],
  ["14.1.2 the very first byte: zero is a number", "bytes=0-0", TEN, part(0, 0)],
  ["14.1.2 the very last byte", "bytes=9-9", TEN, part(9, 9)],
  ["14.1.2 all of it is still a range", "bytes=0-9", TEN, part(0, 9)],
  ["14.1.2 open end", "bytes=3-", TEN, part(3, 9)],
  ["14.1.2 open end at the last byte", "bytes=9-", TEN, part(9, 9)],
  ["14.1.2 an end behind the file is clamped", "bytes=5-99", TEN, part(5, 9)],
  ["14.1.2 an end at the size is clamped", "bytes=5-10", TEN, part(5, 9)],
  ["14.1.2 a suffix counts from the end (sirv: wrong)", "bytes=-3", TEN, part(7, 9)],
  ["14.1.2 a suffix of one", "bytes=-1", TEN, part(9, 9)],
  ["14.1.2 a suffix as long as the file", "bytes=-10", TEN, part(0, 9)],
  ["14.1.2 a suffix longer than the file", "bytes=-11", TEN, part(0, 9)],
  ["14.1.2 leading zeros are digits", "bytes=002-0005", TEN, part(2, 5)],
  ["14.1 units are case-insensitive", "BYTES=2-5", TEN, part(2, 5)],

  ["14.1.2 a start at the size", "bytes=10-", TEN, UNSATISFIABLE],
  ["14.1.2 a start behind the file", "bytes=99-100", TEN, UNSATISFIABLE],
  ["14.1.2 a suffix of nothing", "bytes=-0", TEN, UNSATISFIABLE],
  ["14.1.2 a suffix of nothing, at length", "bytes=-000", TEN, UNSATISFIABLE],
  ["14.1.2 none of several", "bytes=10-,-0,12-13", TEN, UNSATISFIABLE],

  ["14.1.2 digits beyond 2^53 at the end", `bytes=5-${"9".repeat(30)}`, TEN, part(5, 9)],
  ["14.1.2 digits beyond 2^53 at the start", `bytes=${"9".repeat(30)}-`, TEN, UNSATISFIABLE],
  ["14.1.2 digits beyond 2^53 in a suffix", `bytes=-${"9".repeat(30)}`, TEN, part(0, 9)],
  ["14.1.2 digits beyond 10^308", `bytes=0-${"9".repeat(400)}`, TEN, part(0, 9)],
  ["14.1.2 a suffix beyond 10^308", `bytes=-${"9".repeat(400)}`, TEN, part(0, 9)],
  ["14.1.2 the end of the largest file", `bytes=${HUGE - 2}-`, HUGE, part(HUGE - 2, HUGE - 1)],
  [
    "14.1.1 inverted beyond 2^53, where two numbers look like one",
    "bytes=9007199254740993-9007199254740992",
    TEN,
    WHOLE,
  ],
  [
    "14.1.1 not inverted beyond 2^53",
    "bytes=9007199254740992-9007199254740993",
    TEN,
    UNSATISFIABLE,
  ],
  ["14.1.1 zeros in front make no number larger", "bytes=0009-10", TEN, part(9, 9)],

  ["14.1.1 inverted", "bytes=5-2", TEN, WHOLE],
  ["14.1.1 inverted, with zeros in front", "bytes=5-002", TEN, WHOLE],
  ["14.1.1 inverted behind the end of the file", "bytes=12-11", TEN, WHOLE],
  ["14.1.1 one inverted spoils the set", "bytes=0-1,5-2", TEN, WHOLE],
  ["14.1.1 one malformed spoils the set", "bytes=0-1,x", TEN, WHOLE],
  ["14.2 another unit (h2o: 416)", "items=0-1", TEN, WHOLE],
  ["14.2 a unit that only starts alike", "bytesx=0-1", TEN, WHOLE],
  ["14.2 a unit that only ends alike", "xbytes=0-1", TEN, WHOLE],
  ["14.1.1 no set", "bytes=", TEN, WHOLE],
  ["14.1.1 a set of empty members", "bytes=, ,", TEN, WHOLE],
  ["14.1.1 no equals sign", "bytes 0-1", TEN, WHOLE],
  ["14.1.1 a lone dash", "bytes=-", TEN, WHOLE],
  ["14.1.1 a lone number", "bytes=5", TEN, WHOLE],
  ["14.1.1 two dashes", "bytes=1-2-3", TEN, WHOLE],
  ["14.1.1 a negative end", "bytes=1--2", TEN, WHOLE],
  ["14.1.1 a sign", "bytes=+1-2", TEN, WHOLE],
  ["14.1.1 hexadecimal", "bytes=0x1-0x2", TEN, WHOLE],
  ["14.1.1 an exponent", "bytes=0-1e3", TEN, WHOLE],
  ["14.1.1 a fraction", "bytes=0-1.5", TEN, WHOLE],
  ["14.1.1 spaces inside a member", "bytes=0 - 1", TEN, WHOLE],
  ["14.1.1 digits of another script", "bytes=٠-١", TEN, WHOLE],
  ["14.1.1 a no-break space is no space", "bytes=\u00a00-1", TEN, WHOLE],
  ["14.1.1 a second unit", "bytes=0-1,bytes=2-3", TEN, WHOLE],

  ["14.2 an empty file is sent as it is", "bytes=0-", 0, WHOLE],
  ["14.2 also when a suffix was asked", "bytes=-5", 0, WHOLE],
  ["14.1.2 a file of one byte", "bytes=0-", 1, part(0, 0)],

  ["15.3.7.2 several", "bytes=0-1,4-5", TEN, parts([0, 1], [4, 5])],
  ["15.3.7.2 in the order asked", "bytes=-2,0-0,4-5", TEN, parts([8, 9], [0, 0], [4, 5])],
  ["5.6.1 spaces and tabs around members", "bytes= 0-1\t, 4-5 ", TEN, parts([0, 1], [4, 5])],
  ["5.6.1.2 empty members do not count", "bytes=,0-1,, ,4-5,", TEN, parts([0, 1], [4, 5])],
  ["15.3.7.2 one left is no multipart", "bytes=0-1,99-", TEN, part(0, 1)],
  ["15.3.7.2 the unsatisfiable are left out", "bytes=99-,0-1,-0,4-5", TEN, parts([0, 1], [4, 5])],
  ["15.3.7.2 overlapping ones are merged", "bytes=0-4,3-7", TEN, part(0, 7)],
  ["15.3.7.2 overlapping in one byte", "bytes=0-4,4-7", TEN, part(0, 7)],
  ["15.3.7.2 adjacent ones are merged", "bytes=0-4,5-7", TEN, part(0, 7)],
  ["15.3.7.2 a gap of one byte keeps them apart", "bytes=0-4,6-7", TEN, parts([0, 4], [6, 7])],
  ["15.3.7.2 one inside another", "bytes=0-9,3-4", TEN, part(0, 9)],
  ["15.3.7.2 merged at the earliest place", "bytes=4-5,0-0,6-7", TEN, parts([4, 7], [0, 0])],
  ["15.3.7.2 also when that one starts later", "bytes=6-7,0-0,4-5", TEN, parts([4, 7], [0, 0])],
  ["15.3.7.2 bridged by a later member", "bytes=0-1,4-5,2-3", TEN, part(0, 5)],
  ["15.3.7.2 the same twice", "bytes=2-3,2-3", TEN, part(2, 3)],
  ["17.15 as many as allowed", "bytes=0-0,2-2,4-4,6-6", TEN, parts([0, 0], [2, 2], [4, 4], [6, 6])],
  ["17.15 one more than allowed", "bytes=0-0,2-2,4-4,6-6,8-8", TEN, WHOLE],
  ["17.15 one more, though they would merge", "bytes=0-0,1-1,2-2,3-3,4-4", TEN, WHOLE],
  ["17.15 the whole file again and again", "bytes=0-,0-,0-,0-", MEBI, part(0, MEBI - 1)],
  [
    "17.15 all but a byte costs 4 KiB more at most",
    "bytes=0-4,6-",
    MEBI,
    parts([0, 4], [6, MEBI - 1]),
  ],
];

describe("judgeRange", () => {
  for (const [why, field, sizeBytes, want] of rows) {
    test(`${why} (${field.slice(0, 60)} of ${sizeBytes})`, () =>
      expect(judgeRange(field, sizeBytes, MAX_RANGES)).toEqual(want));
  }

  // 16 parts are counted with 16 * 256 = 4096 bytes of overhead: exactly the slack.
  test("17.15 parts may cost the file and 4 KiB, and not a byte more", () => {
    const everyOther = (count: number): string =>
      Array.from({ length: count }, (_, n) => `${2 * n}-${2 * n}`).join(",");
    expect(judgeRange(`bytes=${everyOther(16)}`, 31, 100).kind).toBe("parts");
    expect(judgeRange(`bytes=${everyOther(17)}`, 33, 100).kind).toBe("whole");
    expect(judgeRange(`bytes=${everyOther(17)}`, 272, 100).kind).toBe("whole"); // 17 + 4352 = 273 + 4096
    expect(judgeRange(`bytes=${everyOther(17)}`, 273, 100).kind).toBe("parts");
  });

  test("never throws, whatever the client sends", () => {
    const tail = fc.string({ unit: fc.constantFrom(..."0123456789-, =\tbx\u00a0".split("")) });
    const field = fc.oneof(
      fc.string({ unit: "binary" }),
      tail,
      tail.map((text) => `bytes=${text}`),
    );
    fc.assert(
      fc.property(field, fc.maxSafeNat(), (text, sizeBytes) => {
        const verdict = judgeRange(text, sizeBytes, MAX_RANGES);
        for (const { first, last } of sentBy(verdict)) {
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeGreaterThanOrEqual(first);
          expect(last).toBeLessThan(sizeBytes);
        }
      }),
    );
  });

  test("is linear: 200,000 characters of the worst kinds take no time", () => {
    const started = performance.now();
    for (const piece of ["0", "0-", ",", " ", " ,", "0-0,", "-", "0-0 "]) {
      judgeRange(`bytes=${piece.repeat(200_000 / piece.length)}`, TEN, MAX_RANGES);
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("against a slow model that asks byte by byte", () => {
  const number = fc.oneof(fc.nat(14), fc.bigInt(0n, 1n << 70n));
  const spec = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(number, number).map(([from, to]) => `${from}-${to}`) },
    {
      weight: 5,
      arbitrary: fc.tuple(fc.nat(14), fc.nat(4)).map(([from, n]) => `${from}-${from + n}`),
    },
    { weight: 3, arbitrary: number.map((from) => `${from}-`) },
    { weight: 3, arbitrary: number.map((length) => `-${length}`) },
    { weight: 1, arbitrary: fc.constantFrom("", " ", "-", "1", "a-b") },
  );
  const field = fc
    .array(fc.tuple(fc.constantFrom("", " ", "\t"), spec), { minLength: 1, maxLength: 6 })
    .map((members) => `bytes=${members.map((member) => member.join("")).join(",")}`);

  test("sends exactly the bytes asked for, once each, in order of asking, or the whole file", () => {
    fc.assert(
      fc.property(field, fc.nat(12), fc.integer({ min: 1, max: 6 }), (text, sizeBytes, max) => {
        const verdict = judgeRange(text, sizeBytes, max);
        const asked = slowlyAsked(text, sizeBytes, max);
        if (asked === undefined || asked.length === 0) {
          expect(verdict.kind).toBe(asked === undefined ? "whole" : "unsatisfiable");
          return;
        }

        const sent = sentBy(verdict).flatMap(({ first, last }) => upTo(first, last));
        expect([...sent].sort((a, b) => a - b)).toEqual([...new Set(asked)].sort((a, b) => a - b));
        expect(verdict.kind).toBe(sentBy(verdict).length === 1 ? "part" : "parts");
        const places = sentBy(verdict).map(({ first, last }) => placeIn(asked, first, last));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }),
      { numRuns: 5000 },
    );
  });

  test("17.15 never costs more than the file and 4 KiB", () => {
    const pair = fc.tuple(fc.nat(60_000), fc.nat(3000)).map(([from, n]) => `${from}-${from + n}`);
    const set = fc
      .array(pair, { minLength: 1, maxLength: 60 })
      .map((all) => `bytes=${all.join(",")}`);
    fc.assert(
      fc.property(set, fc.integer({ min: 1, max: 60_000 }), (text, sizeBytes) => {
        const ranges = sentBy(judgeRange(text, sizeBytes, 60));
        const bytes = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
        const heads = ranges.length > 1 ? ranges.length * 256 : 0;
        expect(bytes + heads).toBeLessThanOrEqual(sizeBytes + 4096);
      }),
    );
  });
});

const sentBy = (verdict: RangeVerdict): readonly ByteRange[] => {
  if (verdict.kind === "part") return [verdict.range];
  return verdict.kind === "parts" ? verdict.ranges : [];
};

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** Where in the list of asked bytes a stretch was first mentioned. */
const placeIn = (asked: readonly number[], first: number, last: number): number =>
  asked.findIndex((at) => at >= first && at <= last);

/**
 * The slow way, with BigInt and no cleverness: every byte each member asks for, in order, or
 * undefined when the field is to be ignored.
 */
function slowlyAsked(field: string, sizeBytes: number, max: number): number[] | undefined {
  if (sizeBytes === 0) return undefined;
  const members = field
    .slice("bytes=".length)
    .split(",")
    .map((member) => member.trim());
  const filled = members.filter((member) => member !== "");
  if (filled.length === 0 || filled.length > max) return undefined;
  const asked: number[] = [];
  for (const member of filled) {
    const dash = member.indexOf("-");
    const [from, to] = [member.slice(0, dash), member.slice(dash + 1)];
    if (dash === -1 || /[^0-9]/.test(from + to) || member === "-") return undefined;
    if (from !== "" && to !== "" && BigInt(from) > BigInt(to)) return undefined;
    for (let at = 0; at < sizeBytes; at++) {
      const isIn =
        from === ""
          ? BigInt(sizeBytes - at) <= BigInt(to)
          : BigInt(at) >= BigInt(from) && (to === "" || BigInt(at) <= BigInt(to));
      if (isIn) asked.push(at);
    }
  }
  return asked;
}
