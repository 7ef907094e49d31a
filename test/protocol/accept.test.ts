import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePreferences, prefersJson, wantsHtml } from "../../protocol/accept.js";

const CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

describe("weights, RFC 9110 12.4.2", () => {
  const rows: readonly (readonly [why: string, header: string, want: [string, number][]])[] = [
    ["no weight is one", "gzip", [["gzip", 1000]]],
    ["three decimals are thousandths", "gzip;q=0.123", [["gzip", 123]]],
    [
      "q=1 and its zeros are one",
      "a;q=1,b;q=1.,c;q=1.000",
      [
        ["a", 1000],
        ["b", 1000],
        ["c", 1000],
      ],
    ],
    [
      "zero stays in the list, as a refusal",
      "a;q=0,b;q=0.,c;q=0.000",
      [
        ["a", 0],
        ["b", 0],
        ["c", 0],
      ],
    ],
    ["the thousandth is not rounded away", "a;q=0.001", [["a", 1]]],
    [
      "a binary fraction is a whole thousandth",
      "a;q=0.29,b;q=0.57",
      [
        ["a", 290],
        ["b", 570],
      ],
    ],
    [
      "spaces and tabs around the parts",
      " gzip\t; q=0.5 , br",
      [
        ["gzip", 500],
        ["br", 1000],
      ],
    ],
    ["names and q in any case", "GZip;Q=0.5", [["gzip", 500]]],
    ["empty members are nothing", ",,gzip,, ,", [["gzip", 1000]]],
    ["a member of parameters alone is nothing", ";q=0.5", []],
    ["other parameters do not matter", "text/html;level=1;q=0.4", [["text/html", 400]]],
    ["a parameter that ends in q is not the weight", "a;seq=0.1", [["a", 1000]]],
    [
      "a comma in a quoted string is text",
      'a;x="1,2";q=0.3,b',
      [
        ["a", 300],
        ["b", 1000],
      ],
    ],
    ["a semicolon in a quoted string is text", 'a;x=";q=0";q=0.3', [["a", 300]]],
    ["an escaped quote does not end a quoted string", 'a;x="\\",b";q=0.3', [["a", 300]]],
    ["a quote that is never closed takes the rest", 'a;x=",b', [["a", 1000]]],
    [
      "a backslash outside quotes is text",
      'a\\,b;x=""',
      [
        ["a\\", 1000],
        ["b", 1000],
      ],
    ],
  ];
  test.each(rows)("%s (%s)", (_why, header, want) => {
    expect(parsePreferences(header).map(({ name, weight }) => [name, weight])).toEqual(want);
  });

  test("every thousandth is a whole number of them", () => {
    for (let weight = 0; weight <= 1000; weight++) {
      expect(parsePreferences(`a;q=${(weight / 1000).toFixed(3)}`)[0]?.weight).toBe(weight);
    }
  });

  const malformed = [
    "q=1.5",
    "q=2",
    "q=-1",
    "q=0.1234",
    "q=1.001",
    "q=.5",
    "q=",
    "q=x",

    "q=1e0",
    "q= 1",
  ];
  test.each(malformed)("a member with the malformed weight %s is dropped", (weight) => {
    const names = parsePreferences(`a;${weight}`).map(({ name }) => name);
    expect(names).not.toContain("a");
  });

  test("any string gives names in lower case and weights in range", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (header) => {
        for (const { name, weight } of parsePreferences(header)) {
          expect(name).toBe(name.trim().toLowerCase());
          expect(Number.isInteger(weight) && weight >= 0 && weight <= 1000).toBe(true);
        }
      }),
    );
  });
});

describe("who wants a page, RFC 9110 12.5.1", () => {
  const rows: readonly (readonly [why: string, accept: string, want: boolean])[] = [
    ["no header, anything goes", "", true],
    ["a browser that navigates", CHROME, true],
    ["curl", "*/*", true],
    ["text of any kind", "text/*", true],
    ["an image element", "image/avif,image/webp,*/*;q=0.8", false],
    ["a style sheet link", "text/css,*/*;q=0.1", false],
    ["an API client that puts a wildcard last", "application/json, text/plain, */*", false],
    ["JSON and HTML alike", "application/json, text/html", true],
    ["HTML refused by name", "text/html;q=0, */*", false],
    ["HTML refused by its type", "text/*;q=0, */*", false],
    ["everything refused", "*/*;q=0", false],
    ["a name counts before its wildcard, in any order", "text/*;q=0, text/html", true],
    ["a type counts before the full wildcard, in any order", "*/*;q=0.1, text/*", true],
    ["only data", "application/json", false],
  ];
  test.each(rows)("%s (%s)", (_why, accept, want) => expect(wantsHtml(accept)).toBe(want));
});

describe("who prefers JSON to HTML, RFC 9110 12.5.1", () => {
  const rows: readonly (readonly [why: string, accept: string, want: boolean])[] = [
    ["no header", "", false],
    ["a browser", CHROME, false],
    ["curl, which takes anything", "*/*", false],
    ["JSON alone", "application/json", true],
    ["JSON by its type", "application/*, text/html;q=0.5", true],
    ["JSON named, HTML by the wildcard", "application/json, text/plain, */*", true],
    ["a tie by name goes to people", "application/json, text/html", false],
    ["a tie by weight goes to the exact name", "text/*, application/json", true],
    ["HTML weighs more", "application/json;q=0.5, text/html", false],
    ["HTML weighs more, if only by a wildcard", "application/json;q=0.5, */*", false],
    ["a thousandth less outweighs any exactness", "application/json;q=0.999, */*", false],
    ["JSON refused", "application/json;q=0, text/html;q=0", false],
  ];
  test.each(rows)("%s (%s)", (_why, accept, want) => expect(prefersJson(accept)).toBe(want));
});
