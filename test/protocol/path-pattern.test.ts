import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchPattern, namesOf, parsePattern, splitPath } from "../../protocol/path-pattern.js";

/** Captures of a match as a plain object; undefined when there is none. */
function match(pattern: string, path: string): Record<string, string> | undefined {
  const compiled = parsePattern(pattern);
  if ("complaint" in compiled) throw new Error(compiled.complaint);
  const captures = matchPattern(compiled, splitPath(path));
  return captures && Object.fromEntries(captures);
}

describe("matches", () => {
  const rows: readonly (readonly [
    why: string,
    pattern: string,
    path: string,
    captures: Record<string, string>,
  ])[] = [
    ["the root", "/", "/", {}],
    ["text", "/a/b.txt", "/a/b.txt", {}],
    ["a slash at the path's end", "/a", "/a/", {}],
    ["a slash at the pattern's end", "/a/", "/a", {}],
    ["a star for characters", "/img/*.png", "/img/a.b.png", {}],
    ["a star for nothing", "/a*b", "/ab", {}],
    ["a star for a segment", "/*/b", "/a/b", {}],
    ["stars in turn", "/a*b*c", "/a-b-b-c", {}],
    ["two stars for nothing", "/a/**", "/a", {}],
    ["two stars for segments", "/a/**", "/a/b/c", {}],
    ["two stars in the middle", "/a/**/z", "/a/b/z/z", {}],
    ["two stars in the middle, for nothing", "/a/**/z", "/a/z", {}],
    ["two stars twice", "/**/m/**/z", "/a/m/b/m/z/z", {}],
    ["two stars in front of a star", "/**/*.map", "/a/b/c.map", {}],
    ["a capture", "/blog/:post", "/blog/hello world", { post: "hello world" }],
    ["a capture between text", "/p-:id.html", "/p-42.html", { id: "42" }],
    ["a capture with an underscore and a digit", "/:a_1", "/x", { a_1: "x" }],
    ["captures in several segments", "/:a/:b", "/1/2", { a: "1", b: "2" }],
    ["a deep capture", "/old/:rest*", "/old/a/b", { rest: "a/b" }],
    ["a deep capture of nothing", "/old/:rest*", "/old", { rest: "" }],
    [
      "a deep capture in the middle takes no more than it must",
      "/:a*/x/:b*",
      "/1/x/2/x/3",
      { a: "1", b: "2/x/3" },
    ],
    ["a deep capture that had to go on", "/:a*/x", "/1/x/2/x", { a: "1/x/2" }],
    ["a capture behind two stars that had to go on", "/**/:n/z", "/a/b/z", { n: "b" }],
    ["a star and a colon that mean themselves", "/a%2A/b%3Ac", "/a*/b:c", {}],
    ["an escape as the character it is", "/a%20b", "/a b", {}],
    ["a colon without a name", "/12:30", "/12:30", {}],
  ];
  test.each(rows)("%s: %s, %s", (_why, pattern, path, captures) =>
    expect(match(pattern, path)).toEqual(captures),
  );
});

describe("does not match", () => {
  const rows: readonly (readonly [why: string, pattern: string, path: string])[] = [
    ["more path", "/a", "/a/b"],
    ["less path", "/a/b", "/a"],
    ["another case", "/a", "/A"],
    ["the root is not any segment", "/*", "/"],
    ["a star does not cross a slash", "/*", "/a/b"],
    ["text in front of a star", "/a*", "/b"],
    ["text behind a star", "/*.png", "/a.jpg"],
    ["text around a star may not overlap", "/ab*ba", "/aba"],
    ["text between stars may not overlap what is behind", "/a*bc*c", "/a-bc"],
    ["text between stars has to be there", "/a*x*c", "/abc"],
    ["two stars do not cut a segment", "/**/b", "/ab"],
    ["a capture is not empty", "/p-:id.html", "/p-.html"],
    ["text around a capture may not overlap", "/ab:x-ba", "/ab-ba"],
    ["text in front of a capture", "/p-:id", "/q-1"],
    ["text behind a capture", "/:id.html", "/1.htm"],
    ["a dot is a dot", "/a.b", "/axb"],
    ["an end that never comes", "/**/z", "/a/b/c"],
  ];
  test.each(rows)("%s: %s, %s", (_why, pattern, path) =>
    expect(match(pattern, path)).toBeUndefined(),
  );
});

describe("refused at start", () => {
  const rows: readonly (readonly [pattern: string, about: RegExp])[] = [
    ["", /starts with \//],
    ["a/b", /starts with \//],
    ["/a**", /stands alone/],
    ["/:a-:b", /one capture or stars/],
    ["/:a*.txt", /one capture or stars/],
    ["/*-:a", /one capture or stars/],
    ["/:a/:a", /:a is there twice/],
    ["/100%", /%25/],
    ["/:a%", /%25/],
    ["/a//b", /empty segment/],
    ["//", /empty segment/],
    ["/a/../b", /dot segment/],
    ["/.", /dot segment/],
    ["/%2e%2E", /dot segment/],
    ["/a%2fb", /encoded slash/],
    ["/*a%2fb", /encoded slash/],
  ];
  test.each(rows)("%s", (pattern, about) => {
    const verdict = parsePattern(pattern);
    expect("complaint" in verdict ? verdict.complaint : "").toMatch(about);
  });

  test("any text is a pattern or a complaint", () => {
    const text = fc.string({ unit: fc.constantFrom(..."/*:a%2e.-é") });
    fc.assert(fc.property(text, (pattern) => void parsePattern(`/${pattern}`)));
  });
});

test("pattern: names are listed in order", () => {
  const pattern = parsePattern("/:b/**/:a*");
  expect("complaint" in pattern ? [] : namesOf(pattern)).toEqual(["b", "a"]);
});

/** The slow way: every way to cut, tried in turn. */
function slowMatch(pattern: readonly string[], parts: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return parts.length === 0;
  if (first === "**") return parts.concat("").some((_, at) => slowMatch(others, parts.slice(at)));
  return parts.length > 0 && slowGlob(first, parts[0]!) && slowMatch(others, parts.slice(1));
}
function slowGlob(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  if (glob[0] !== "*") return glob[0] === text[0] && slowGlob(glob.slice(1), text.slice(1));
  return [...text, ""].some((_, at) => slowGlob(glob.slice(1), text.slice(at)));
}

test("pattern: agrees with the slow way, stars and all", () => {
  const segment = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 });
  const glob = fc
    .array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 5 })
    .map((chars) => chars.join("").replace(/\*+/g, "*"));
  const globs = fc.array(fc.oneof(glob, fc.constant("**")), { maxLength: 5 });
  fc.assert(
    fc.property(globs, fc.array(segment, { maxLength: 6 }), (pattern, parts) => {
      const want = slowMatch(pattern, parts);
      expect(match(`/${pattern.join("/")}`, `/${parts.join("/")}`) !== undefined).toBe(want);
    }),
    { numRuns: 5000 },
  );
});

test("pattern: a path made to keep it busy does not", () => {
  const began = performance.now();
  expect(match("/**/a/**/a/**/a/**/a/**/b", "/a".repeat(2000))).toBeUndefined();
  expect(match(`/${"*a".repeat(20)}*b`, `/${"a".repeat(4000)}`)).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(1000);
});
