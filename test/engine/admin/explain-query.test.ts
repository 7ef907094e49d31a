/** Fear: a question that is answered as if it had been another one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExplainQuery, parseExplainQuery } from "../../../engine/admin/explain-query.js";

const asked = (path: string, ...fields: [string, string][]): ExplainQuery => ({
  kind: "ask",
  path,
  fields,
});

describe("parseExplainQuery", () => {
  const right: readonly (readonly [why: string, query: string, want: ExplainQuery])[] = [
    ["a path", "path=/a.txt", asked("/a.txt")],
    ["an escape of the path, escaped once more", "path=/a%2520b", asked("/a%20b")],
    ["a path with a query", "path=/a%3Fb%3Dc", asked("/a?b=c")],
    ["a path no server would serve", "path=/..%2f..%5c%00", asked("/../..\\\0")],
    ["a field", "path=/&header=Range:%20bytes=0-9", asked("/", ["Range", "bytes=0-9"])],
    [
      "a field without a space",
      "path=/&header=Range:bytes=0-9",
      asked("/", ["Range", "bytes=0-9"]),
    ],
    ["a field with a colon in it", "header=Host:%20a:80&path=/", asked("/", ["Host", "a:80"])],
    ["a field with spaces around", "path=/&header=A:%20%20b%20", asked("/", ["A", "b"])],
    ["a method", "path=/&header=:method:%20HEAD", asked("/", [":method", "HEAD"])],
    ["an empty field", "path=/&header=A:", asked("/", ["A", ""])],
    ["fields in order", "path=/&header=A:1&header=A:2", asked("/", ["A", "1"], ["A", "2"])],
    [
      "as many fields as it takes",
      `path=/${"&header=A:1".repeat(64)}`,
      asked("/", ...Array.from({ length: 64 }, (): [string, string] => ["A", "1"])),
    ],
  ];
  for (const [why, query, want] of right) {
    test(`takes ${why}`, () => expect(parseExplainQuery(query)).toEqual(want));
  }

  const wrong: readonly (readonly [why: string, query: string, says: RegExp])[] = [
    ["nothing", "", /path is missing/],
    ["no path", "header=A:b", /path is missing/],
    ["an empty path", "path=", /path is missing/],
    ["a path without a slash in front", "path=a.txt", /slash in front/],
    ["two paths", "path=/a&path=/b", /one path/],
    ["an unknown name", "path=/a&method=HEAD", /only path and header/],
    ["a name in other letters", "Path=/a", /only path and header/],
    ["a field without a colon", "path=/&header=Range", /Name: value/],
    ["a field without a name", "path=/&header=:b", /Name: value/],
    ["a field with a space in its name", "path=/&header=A%20:b", /Name: value/],
    ["a field that holds another", "path=/&header=A:b%0d%0aC:d", /Name: value/],
    ["a field with a NUL", "path=/&header=A:%00", /Name: value/],
    ["a wrong field after a right one", "path=/&header=A:b&header=C", /Name: value/],
    ["one field too many", `path=/${"&header=A:1".repeat(65)}`, /at most 64/],
  ];
  for (const [why, query, says] of wrong) {
    test(`refuses ${why}`, () => {
      expect(parseExplainQuery(query)).toEqual({
        kind: "refuse",
        says: expect.stringMatching(says),
      });
    });
  }

  test("has a verdict on anything, in one line that repeats nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (query) => {
        const verdict = parseExplainQuery(query);
        if (verdict.kind === "refuse") expect(verdict.says).toMatch(/^[ -~]+$/);
        else expect(verdict.path).toMatch(/^\//);
      }),
    );
  });
});
