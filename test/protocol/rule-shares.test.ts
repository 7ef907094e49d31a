/** Fear: an operator corrects the wrong rule. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { shareRules } from "../../protocol/rule-shares.js";
import { matchRules } from "../../protocol/rules.js";
import { parseRules } from "../../protocol/rules-file.js";

const rulesOf = (rules: readonly object[]) => {
  const verdict = parseRules(
    { rules },
    () => undefined,
    () => undefined,
  );
  expect(verdict.complaints).toEqual([]);
  return verdict.rules;
};

test("rules are numbered by their place in the file, those that do not match included", () => {
  const rules = rulesOf([
    { path: "/b", cacheControl: "x" },
    { path: "/a", cacheControl: "first", headers: { "X-One": "1" }, mediaType: "a/b" },
    { path: "/**", cacheControl: "second", headers: { "x-one": "2" }, errorPages: { 404: "/n" } },
  ]);
  expect(shareRules(rules, "/a")).toEqual([
    {
      number: 2,
      counts: ["X-One: 1", "Cache-Control: first", "Content-Type: a/b"],
      late: [],
      leftOut: [],
    },
    {
      number: 3,
      counts: ["/n for 404"],
      late: ["x-one: 2", "Cache-Control: second"],
      leftOut: [],
    },
  ]);
});

test("what a rule says with captures is told as it counts, and what leads nowhere is told too", () => {
  const rules = rulesOf([
    { path: "/home", redirect: { to: "/home" } },
    { path: "/:a", redirect: { to: "/new/:a", status: 308 } },
    { path: "/**", rewrite: "/app.html", disposition: "inline" },
  ]);
  expect(shareRules(rules, "/home")).toEqual([
    { number: 1, counts: [], late: [], leftOut: ["redirect"] },
    { number: 2, counts: ["redirect 308 to /new/home"], late: [], leftOut: [] },
    {
      number: 3,
      counts: ['Content-Disposition: inline; filename="home"', "rewrite to /app.html"],
      late: [],
      leftOut: [],
    },
  ]);
});

test("nothing matches, nothing is told", () => {
  expect(shareRules([], "/a")).toEqual([]);
  expect(shareRules(rulesOf([{ path: "/b", cacheControl: "x" }]), "/a")).toEqual([]);
});

test("what counts of all rules together is what is done", () => {
  const rule = fc.record({
    path: fc.constantFrom("/a", "/*", "/**", "/b"),
    cacheControl: fc.constantFrom("one", "two"),
    headers: fc.constantFrom({ "X-A": "1" }, { "x-a": "2", "X-B": "3" }),
    errorPages: fc.constantFrom({ 404: "/x" }, { 404: "/y", 500: "/z" }),
  });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 5 }), (list) => {
      const rules = rulesOf(list);
      const { headers, cacheControl, errorPages } = matchRules(rules, "/a");
      const done = [
        ...headers.map(([name, value]) => `${name}: ${value}`),
        ...(cacheControl === undefined ? [] : [`Cache-Control: ${cacheControl}`]),
        ...[...errorPages].map(([status, page]) => `${page} for ${status}`),
      ];
      const counts = shareRules(rules, "/a").flatMap((share) => share.counts);
      expect(counts.toSorted()).toEqual(done.toSorted());
    }),
  );
});
