import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isSameStrong,
  isSameWeak,
  makeEntityTag,
  parseEntityTags,
} from "../../protocol/entity-tag.js";

const NOW_MS = 1_700_000_000_000;
const file = {
  modifiedNs: 0x18a2f3c9d4e51b00n,
  sizeBytes: 0x1000,
  inode: 0x2f1cn,
  changedNs: 0x18a2f3d000000001n,
};
const at = (modifiedMs: number, ns = 0n) => ({
  ...file,
  modifiedNs: BigInt(modifiedMs) * 1_000_000n + ns,
});

describe("makeEntityTag", () => {
  const longAfter = Number(file.modifiedNs / 1_000_000n) + 60_000;

  test("8.8.3 writes modification, size and inode in hexadecimal", () =>
    expect(makeEntityTag(file, "", longAfter)).toBe('"18a2f3c9d4e51b00-1000-2f1c"'));

  test("8.8.3 writes the time of any change too where that of the last write was set", () => {
    const set = { ...file, modifiedNs: 1_700_000_000n * 1_000_000_000n };
    expect(makeEntityTag(set, "", longAfter)).toBe('"17979cfe362a0000-1000-2f1c-18a2f3d000000001"');
    const unpackedAnew = { ...set, changedNs: set.changedNs + 1n };
    expect(makeEntityTag(unpackedAnew, "", longAfter)).not.toBe(makeEntityTag(set, "", longAfter));
    const withMode = { ...file, changedNs: file.changedNs + 1n };
    expect(makeEntityTag(withMode, "", longAfter)).toBe(makeEntityTag(file, "", longAfter));
  });

  test("8.8.3.3 a coding has a tag of its own", () =>
    expect(makeEntityTag(file, "br", longAfter)).toBe('"18a2f3c9d4e51b00-1000-2f1c-br"'));

  const youngRows: readonly (readonly [
    why: string,
    modifiedMs: number,
    ns: bigint,
    isWeak: boolean,
  ])[] = [
    ["8.8.1 weak in the millisecond of its change", NOW_MS, 0n, true],
    ["8.8.1 weak 999 ms after its change", NOW_MS - 999, 0n, true],
    ["8.8.1 strong one second after its change", NOW_MS - 1000, 0n, false],
    ["8.8.1 strong one second after, nanoseconds aside", NOW_MS - 1000, 999_999n, false],
    ["8.8.1 weak when the change lies ahead", NOW_MS + 60_000, 0n, true],
    ["8.8.1 strong before the epoch", -5000, 0n, false],
  ];
  for (const [why, modifiedMs, ns, isWeak] of youngRows) {
    test(why, () =>
      expect(makeEntityTag(at(modifiedMs, ns), "", NOW_MS).startsWith("W/")).toBe(isWeak),
    );
  }

  test("8.8.1 two files that differ in anything differ in their tags", () => {
    const state = fc.record({
      modifiedNs: fc.bigInt(0n, 1n << 62n),
      sizeBytes: fc.maxSafeNat(),
      inode: fc.bigInt(0n, (1n << 64n) - 1n),
      variant: fc.constantFrom("", "br", "gzip", "zstd"),
      changedNs: fc.constant(1n),
    });
    fc.assert(
      fc.property(state, state, (one, other) => {
        const isSame = Object.entries(one).every(([k, v]) => v === other[k as keyof typeof other]);
        const tags = [one, other].map((s) => makeEntityTag(s, s.variant, Number.MAX_SAFE_INTEGER));
        expect(tags[0] === tags[1]).toBe(isSame);
      }),
    );
  });

  test("8.8.3 what it makes is read back as one tag", () => {
    fc.assert(
      fc.property(fc.bigInt(-(1n << 62n), 1n << 62n), fc.maxSafeNat(), (modifiedNs, sizeBytes) => {
        const tag = makeEntityTag(
          { modifiedNs, sizeBytes, inode: 7n, changedNs: 8n },
          "br",
          NOW_MS,
        );
        expect(parseEntityTags(tag)).toEqual([tag]);
      }),
    );
  });
});

describe("comparison", () => {
  // The four rows of RFC 9110 section 8.8.3.2.
  const rows: readonly (readonly [one: string, other: string, strong: boolean, weak: boolean])[] = [
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['"a"', '"A"', false, false],
  ];
  for (const [one, other, strong, weak] of rows) {
    test(`8.8.3.2 strong ${strong}, weak ${weak}: ${one} and ${other}`, () => {
      expect([isSameStrong(one, other), isSameStrong(other, one)]).toEqual([strong, strong]);
      expect([isSameWeak(one, other), isSameWeak(other, one)]).toEqual([weak, weak]);
    });
  }
});

describe("parseEntityTags", () => {
  const rows: readonly (readonly [why: string, field: string, want: readonly string[] | "*"])[] = [
    ["13.1.1 one tag", '"xyzzy"', ['"xyzzy"']],
    ["13.1.1 a list", '"xyzzy", "r2d2xxxx", "c3piozzzz"', ['"xyzzy"', '"r2d2xxxx"', '"c3piozzzz"']],
    ["13.1.2 weak and strong in one list", 'W/"a","b"', ['W/"a"', '"b"']],
    ["13.1.1 any", "*", "*"],
    ["5.6.3 any, with space around", " \t* ", "*"],
    ["8.8.3 a comma inside a tag belongs to it", '"a,b", "c"', ['"a,b"', '"c"']],
    ["8.8.3 a backslash is a character like others", '"a\\", "b"', ['"a\\"', '"b"']],
    ["8.8.3 an empty tag is a tag", '""', ['""']],
    ["8.8.3 bytes above ASCII may stand in a tag", '"\u00e9\u20ac"', ['"\u00e9\u20ac"']],
    ["8.8.3 the first and last characters allowed", '"!#~"', ['"!#~"']],
    ["5.6.1.2 empty members are skipped", ' , "a",, ,\t"b" ,', ['"a"', '"b"']],
    ["5.6.1.2 nothing at all", "", []],
    ["5.6.1.2 nothing but commas", ", ,", []],
    ["8.8.3 W/ is case-sensitive", 'w/"a"', []],
    ["8.8.3 a tag without quotes ends the list", 'a, "b"', []],
    ["8.8.3 what stands before a malformed tag counts", '"a", b, "c"', ['"a"']],
    ["8.8.3 an open quote ends the list", '"a", "b', ['"a"']],
    ["8.8.3 a space is no character of a tag", '"a b"', []],
    ["8.8.3 DEL is no character of a tag", '"a\u007fb"', []],
    ["8.8.3 nothing may stand between W/ and its quotes", 'W/ "a"', []],
    ["5.6.1 members need a comma between them", '"a" "b"', []],
    ["5.6.1 members need a comma behind them", '"a", "b"x, "c"', ['"a"']],
    ["13.1.1 a star in a list is no tag", '"a", *', ['"a"']],
    ["13.1.1 two stars are no star", "**", []],
  ];
  for (const [why, field, want] of rows) {
    test(`${why} (${JSON.stringify(field)})`, () => expect(parseEntityTags(field)).toEqual(want));
  }

  test("forgets the field before: a failed list leaves no position behind", () => {
    expect(parseEntityTags('"a", "b"')).toHaveLength(2);
    expect(parseEntityTags('"c')).toEqual([]);
    expect(parseEntityTags('"d"')).toEqual(['"d"']);
  });

  test("agrees with a scanner that walks character by character", () => {
    const piece = fc.constantFrom(
      '"',
      ",",
      " ",
      "\t",
      "W/",
      "W",
      "/",
      "*",
      "a",
      "b",
      "\u00e9",
      "\x7f",
      "!",
      "#",
    );
    const fields = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fields, (field) => {
        expect(parseEntityTags(field)).toEqual(slowTags(field));
      }),
      { numRuns: 3000 },
    );
  });

  test("is linear: 200,000 characters of the worst kinds take no time", () => {
    const started = performance.now();
    for (const piece of ["\t", ",", " ,", '"', 'W/"', '"a', '"a" ', '"a",']) {
      parseEntityTags(piece.repeat(200_000 / piece.length));
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

// The slow way: RFC 9110 sections 5.6.1 and 8.8.3 as a hand-written scanner.
function slowTags(field: string): string[] | "*" {
  if (field.replaceAll(" ", "").replaceAll("\t", "") === "*") return "*";
  const isBlank = (at: number): boolean => field[at] === " " || field[at] === "\t";
  const tags: string[] = [];
  let at = 0;
  while (at < field.length) {
    if (isBlank(at) || field[at] === ",") {
      at++;
      continue;
    }
    const from = at;
    if (field.startsWith("W/", at)) at += 2;
    if (field[at] !== '"') break;
    const end = field.indexOf('"', at + 1);
    const inside = field.slice(at + 1, end);
    if (end === -1 || [...inside].some((char) => char <= " " || char === "\x7f")) break;
    at = end + 1;
    while (isBlank(at)) at++;
    if (at < field.length && field[at] !== ",") break;
    tags.push(field.slice(from, end + 1));
  }
  return tags;
}
