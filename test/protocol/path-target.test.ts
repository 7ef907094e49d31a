import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillTarget, leadsTo, parseTarget, withQuery } from "../../protocol/path-target.js";

function fill(target: string, captures: Record<string, string> = {}): string | undefined {
  const compiled = parseTarget(target, Object.keys(captures));
  if ("complaint" in compiled) throw new Error(compiled.complaint);
  return fillTarget(compiled, new Map(Object.entries(captures)));
}

describe("filled in", () => {
  const rows: readonly (readonly [
    why: string,
    target: string,
    captures: Record<string, string>,
    want: string,
  ])[] = [
    ["a path as it is", "/new/page", {}, "/new/page"],
    ["the root", "/", {}, "/"],
    ["a capture", "/new/:page", { page: "a" }, "/new/a"],
    ["captures in any order, and twice", "/:b/:a/:b", { a: "1", b: "2" }, "/2/1/2"],
    ["a capture between text", "/p-:id.html", { id: "4" }, "/p-4.html"],
    ["a deep capture keeps its slashes", "/new/:rest*", { rest: "a/b" }, "/new/a/b"],
    ["a deep capture without its star", "/new/:rest", { rest: "a/b" }, "/new/a/b"],
    ["a deep capture of nothing", "/new/:rest*/x", { rest: "" }, "/new/x"],
    ["a capture in a query", "/find?q=:word", { word: "a&b=c d" }, "/find?q=a%26b%3Dc%20d"],
    ["what a URL cannot hold", "/:x", { x: "a b?#%/é" }, "/a%20b%3F%23%25/%C3%A9"],
    ["a line break cannot end the field", "/:x", { x: "a\r\nX: y" }, "/a%0D%0AX%3A%20y"],
    ["a lone surrogate", "/:x", { x: "\ud800" }, "/%EF%BF%BD"],
    ["another host", "https://example.com/:x", { x: "a" }, "https://example.com/a"],
    [
      "another host with a port, which is no capture",
      "http://h:8080/:x",
      { x: "a" },
      "http://h:8080/a",
    ],
    ["another host by address", "http://[::1]:80/", {}, "http://[::1]:80/"],
    ["another host alone", "https://example.com", {}, "https://example.com"],
    [
      "a query right behind the host",
      "https://example.com?q=:x",
      { x: "a" },
      "https://example.com?q=a",
    ],
    ["two dots in a query", "/a?b=:x", { x: "../c" }, "/a?b=../c"],
    [
      "no slash twice in front: that would be a host",
      "/:x/evil.example",
      { x: "" },
      "/evil.example",
    ],
    ["nor a backslash", "/:x", { x: "\\evil.example" }, "/%5Cevil.example"],
    ["two slashes in a query stay", "/a?u=http://b", {}, "/a?u=http://b"],
  ];
  test.each(rows)("%s: %s", (_why, target, captures, want) =>
    expect(fill(target, captures)).toBe(want),
  );

  test.each([
    ["/a/:x", ".."],
    ["/a/.:x", "."],
    ["/a/:x/b", ".."],
    ["/a/:x", "."],
    ["/a/:x?b", "../c"],
  ])("not at all when it climbs: %s with %s", (target, x) =>
    expect(fill(target, { x })).toBeUndefined(),
  );

  test("three dots are a name", () => expect(fill("/:x", { x: "..." })).toBe("/..."));

  test("no capture leaves the operator's origin, whatever it holds", () => {
    const nasty = fc.string({ unit: fc.constantFrom(..."/\\.:@?#%a\r\n\t \u0000é") });
    const targets = fc.constantFrom(
      "/:x",
      "/:x/:x",
      "/:x*",
      "/.:x",
      "/a/:x?b=:x#:x",
      "https://own.example/:x",
      "https://own.example?:x",
    );
    fc.assert(
      fc.property(targets, fc.oneof(nasty, fc.string({ unit: "binary" })), (target, x) => {
        const location = fill(target, { x });
        if (location === undefined) return;
        expect(location).toMatch(/^[!-~]+$/);
        expect(new URL(location, "https://own.example").origin).toBe("https://own.example");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("refused at start", () => {
  const rows: readonly (readonly [target: string, about: RegExp])[] = [
    ["", /starts with one \//],
    ["new", /starts with one \//],
    ["//evil.example", /starts with one \//],
    ["javascript:alert(1)", /starts with one \//],
    ["ftp://example.com/", /starts with one \//],
    ["https://me@example.com/", /starts with one \//],
    ["https://:x/", /starts with one \//],
    ["https://example.com:x", /starts with one \//],
    ["/a b", /percent-encode/],
    ["/a\r\nX: y", /percent-encode/],
    ["/é", /percent-encode/],
    ["/a\\b", /percent-encode/],
    ["/100%", /percent-encode/],
    ["/:y", /captures no :y; write %3A/],
  ];
  test.each(rows)("%s", (target, about) => {
    const verdict = parseTarget(target, ["x"]);
    expect("complaint" in verdict ? verdict.complaint : "").toMatch(about);
  });
});

test.each([
  ["the same path", "/a b", "/a%20b", true],
  ["the same path, with a query", "/a", "/a?b", true],
  ["a slash more", "/a/", "/a", false],
  ["another path", "/b", "/a", false],
  ["another host", "/a", "https://h/a", false],
] as const)("leads back: %s", (_why, path, location, want) =>
  expect(leadsTo(location, path)).toBe(want),
);

test.each([
  ["none to pass on", "/a", "", "/a"],
  ["passed on", "/a", "b=c", "/a?b=c"],
  ["not when there is one", "/a?x", "b=c", "/a?x"],
  ["before a fragment", "/a#x", "b=c", "/a?b=c#x"],
] as const)("query: %s", (_why, location, query, want) =>
  expect(withQuery(location, query)).toBe(want),
);
