import { describe, expect, test } from "vitest";
import { matchRules, NO_EFFECTS } from "../../protocol/rules.js";
import { parseRules } from "../../protocol/rules-file.js";

/** Effects of rules as they stand in the file. */
function effectsOf(rules: readonly object[], path: string) {
  const verdict = parseRules(
    { rules },
    () => undefined,
    () => undefined,
  );
  expect(verdict.complaints).toEqual([]);
  return matchRules(verdict.rules, path);
}

describe("effects", () => {
  test("no rules cost nothing: the same empty object each time", () => {
    expect(matchRules([], "/a")).toBe(NO_EFFECTS);
    expect(effectsOf([{ path: "/b", cacheControl: "x" }], "/a")).toBe(NO_EFFECTS);
  });

  test("every rule that matches adds what no earlier one said", () => {
    const rules = [
      { path: "/a/*", headers: { "X-One": "1" }, errorPages: { 404: "/special.html" } },
      { path: "/b", headers: { "X-Never": "1" } },
      {
        path: "/**",
        headers: { "x-one": "later", "X-Two": "2" },
        cacheControl: "max-age=60",
        errorPages: { 404: "/404.html", 500: "/500.html" },
      },
      { path: "/**", cacheControl: "max-age=1", mediaType: "text/x-a" },
      { path: "/a/x", mediaType: "text/x-b" },
    ];
    expect(effectsOf(rules, "/a/x")).toEqual({
      headers: [
        ["X-One", "1"],
        ["X-Two", "2"],
      ],
      cacheControl: "max-age=60",
      mediaType: "text/x-a",
      redirect: undefined,
      rewrite: undefined,
      errorPages: new Map([
        [404, "/special.html"],
        [500, "/500.html"],
      ]),
    });
  });

  test("the first redirect counts, with its captures", () => {
    const rules = [
      { path: "/old/:page*", redirect: { to: "/new/:page*", status: 308 } },
      { path: "/**", redirect: { to: "/" } },
    ];
    expect(effectsOf(rules, "/old/a b/c").redirect).toEqual({
      location: "/new/a%20b/c",
      status: 308,
    });
    expect(effectsOf(rules, "/x").redirect).toEqual({ location: "/", status: 302 });
  });

  test("a redirect to the path itself is left out, and the next one counts", () => {
    const rules = [
      { path: "/:a", redirect: { to: "/home" } },
      { path: "/home", redirect: { to: "/start", status: 301 } },
    ];
    expect(effectsOf(rules, "/x").redirect?.location).toBe("/home");
    expect(effectsOf(rules, "/home").redirect).toEqual({ location: "/start", status: 301 });
    expect(effectsOf([rules[0]!], "/home").redirect).toBeUndefined();
  });

  test("the first rewrite counts, once, as a path that can be sent through the gate again", () => {
    const rules = [
      { path: "/app/:rest*", rewrite: "/index.html" },
      { path: "/index.html", rewrite: "/other.html" },
      { path: "/u/:name", rewrite: "/users/:name/home page".replace(" ", "%20") },
      { path: "/u/**", rewrite: "/users" },
    ];
    expect(effectsOf(rules, "/app/a/b").rewrite).toBe("/index.html");
    expect(effectsOf(rules, "/u/a#b").rewrite).toBe("/users/a%23b/home%20page");
  });

  test("a disposition names the file by its path, or as it is told", () => {
    const rules = [
      { path: "/dl/report", disposition: { type: "attachment", fileName: "Bericht für Q3.pdf" } },
      { path: "/dl/**", disposition: "attachment" },
      { path: "/**", disposition: { type: "inline" } },
    ];
    const fieldFor = (path: string) =>
      new Map(effectsOf(rules, path).headers).get("Content-Disposition");
    expect(fieldFor("/dl/a b.zip")).toBe('attachment; filename="a b.zip"');
    expect(fieldFor("/dl/report")).toBe(
      "attachment; filename=\"Bericht f_r Q3.pdf\"; filename*=UTF-8''Bericht%20f%C3%BCr%20Q3.pdf",
    );
    expect(fieldFor("/x/y.txt")).toBe('inline; filename="y.txt"');
  });
});
