/** Fear: a path that colors the operator's terminal, forges a line, or pushes a table out of shape. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsOf, cutMiddle, padTo, printable, printableJson } from "../../metrics/printable.js";

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe("printable", () => {
  const rows: readonly (readonly [why: string, text: string, want: string])[] = [
    ["a line feed", "a\nb", "a\\u{a}b"],
    ["a carriage return", "a\rb", "a\\u{d}b"],
    ["a tab, which has no width of its own", "a\tb", "a\\u{9}b"],
    ["a terminal's escape sequence", "\x1b[31m", "\\u{1b}[31m"],
    ["a C1 control", "\x9b2J", "\\u{9b}2J"],
    ["a change of writing direction", "a\u202eb", "a\\u{202e}b"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
    ["each one of several", "\n\n", "\\u{a}\\u{a}"],
  ];
  for (const [why, text, want] of rows) {
    test(`escapes ${why}`, () => expect(printable(text)).toBe(want));
  }
  test("leaves words in any script alone", () => {
    expect(printable('/é/日本/🌊 is "here"')).toBe('/é/日本/🌊 is "here"');
  });
});

describe("printableJson", () => {
  test("escapes so that the value stays equal, beyond the first plane too", () => {
    const value = { what: "\x9b\u202e\u2028 \u{e0041} /é/🌊" };
    const json = printableJson(JSON.stringify(value));
    expect(json).toBe('{"what":"\\u009b\\u202e\\u2028 \\udb40\\udc41 /é/🌊"}');
    expect(JSON.parse(json)).toEqual(value);
  });
  test("holds for any string", () => {
    const unit = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const json = printableJson(JSON.stringify([text]));
        expect(json).not.toMatch(UNPRINTABLE);
        expect(JSON.parse(json)).toEqual([text]);
      }),
    );
  });
});

describe("columnsOf", () => {
  const rows: readonly (readonly [why: string, text: string, want: number])[] = [
    ["nothing takes none", "", 0],
    ["ASCII takes one each", "/a b~", 5],
    ["a letter with its accent takes one", "é", 1],
    ["a mark takes none of its own", "e\u0301", 1],
    ["ideographs take two", "日本", 4],
    ["Korean takes two", "한", 2],
    ["kana take two", "ドき", 4],
    ["fullwidth forms take two, halfwidth forms one", "Ａｱ", 3],
    ["an emoji takes two", "🌊", 2],
    ["what we draw with takes one", "…─µ", 3],
  ];
  for (const [why, text, want] of rows) {
    test(`${why} (${text})`, () => expect(columnsOf(text)).toBe(want));
  }
});

describe("cutMiddle", () => {
  const rows: readonly (readonly [why: string, text: string, columns: number, want: string])[] = [
    ["what fits is whole", "abcdef", 6, "abcdef"],
    ["both ends stay", "abcdefgh", 5, "ab…gh"],
    ["an odd place goes to the end, where the file's name is", "abcdefgh", 6, "ab…fgh"],
    ["one column is the mark", "abc", 1, "…"],
    ["an ideograph that would stand half outside is left out", "日本日本日本", 6, "日…本"],
    ["a pair of surrogates is not torn", "🌊🌊🌊🌊", 5, "🌊…🌊"],
  ];
  for (const [why, text, columns, want] of rows) {
    test(`${why} (${text}, ${columns})`, () => expect(cutMiddle(text, columns)).toBe(want));
  }

  test("any text fits, and is whole where it can be", () => {
    const unit = fc.constantFrom("a", "/", "é", "e\u0301", "日", "🌊");
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        (text, to) => {
          const cut = cutMiddle(text, to);
          expect(columnsOf(cut)).toBeLessThanOrEqual(to);
          if (columnsOf(text) <= to) expect(cut).toBe(text);
          else expect(columnsOf(cut)).toBeGreaterThan(to - 3); // two halves of wide characters
        },
      ),
    );
  });
});

test("padTo fills up by columns, not by characters", () => {
  expect(padTo("日本", 6, "left")).toBe("日本  ");
  expect(padTo("12", 4, "right")).toBe("  12");
  expect(padTo("12345", 4, "right")).toBe("12345");
});
