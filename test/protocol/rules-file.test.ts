import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRules } from "../../protocol/rules-file.js";

/** As the server does, but only what is one letter too long. */
const suggest = (word: string, known: readonly string[]) =>
  known.find((one) => word.toLowerCase() === `${one}s`.toLowerCase());

/** As the server does, but only dotfiles and what is plainly no path. */
const refuse = (wire: string) => {
  if (/%zz|%5C|\?/.test(wire)) return "no path";
  const [top, ...others] = wire.split("/").filter((name) => name !== "");
  const names = top === ".well-known" ? others : [top, ...others];
  return names.some((name) => name?.startsWith(".")) ? "hidden" : undefined;
};

const complaintsAbout = (source: unknown) => parseRules(source, suggest, refuse).complaints;
const complaintsAboutRule = (rule: unknown) => complaintsAbout({ rules: [rule] });
const OK = { path: "/**", cacheControl: "no-cache" };

describe("a good file", () => {
  test("as text, with everything in it", () => {
    const text = `{ "rules": [
      { "path": "/old/:page*", "redirect": { "to": "/new/:page*", "status": 301 } },
      { "path": "/out", "redirect": { "to": "https://example.com/" } },
      { "path": "/app/**", "rewrite": "/app/index.html" },
      { "path": "/fonts/*.woff2", "cacheControl": "public, max-age=604800", "headers": { "Access-Control-Allow-Origin": "*" } },
      { "path": "/dl/**", "disposition": "attachment" },
      { "path": "/dl/:id", "disposition": { "type": "inline", "fileName": "report.pdf" } },
      { "path": "/**", "errorPages": { "404": "/404.html", "503": "/a%20b.html" } }
    ] }`;
    const { rules, complaints } = parseRules(text, suggest, refuse);
    expect(complaints).toEqual([]);
    expect(rules.map((rule) => rule.redirect?.status)).toEqual([
      301,
      302,
      ...Array(5).fill(undefined),
    ]);
  });

  test.each(["application/gpx+xml", "text/plain; charset=utf-8", 'a/b;c="d e";f=g'])(
    "a type: %s",
    (mediaType) => {
      const { rules, complaints } = parseRules(
        { rules: [{ path: "/a", mediaType }] },
        suggest,
        refuse,
      );
      expect([rules[0]?.mediaType, complaints]).toEqual([mediaType, []]);
    },
  );

  test("as a value, without rules", () => {
    expect(parseRules({ rules: [] }, suggest, refuse)).toEqual({ rules: [], complaints: [] });
  });

  test.each([301, 302, 307, 308])("status %d", (status) => {
    expect(
      parseRules({ rules: [{ path: "/a", redirect: { to: "/b", status } }] }, suggest, refuse)
        .rules[0]?.redirect?.status,
    ).toBe(status);
  });
});

describe("complaints, with the place", () => {
  const rows: readonly (readonly [rule: unknown, want: string | RegExp])[] = [
    ["/a", "rules[0]: want an object in { }"],
    [null, "rules[0]: want an object in { }"],
    [[], "rules[0]: want an object in { }"],
    [{ cacheControl: "x" }, "rules[0].path: is missing"],
    [{ path: 1, cacheControl: "x" }, "rules[0].path: want a text that is not empty"],
    [{ path: "a", cacheControl: "x" }, "rules[0].path: a path starts with /"],
    [{ path: "/a" }, "rules[0]: does nothing"],
    [{ path: "/a", headers: {} }, "rules[0]: does nothing"],
    [{ path: "/a", errorPages: {}, headers: {} }, "rules[0]: does nothing"],
    [{ ...OK, rewrites: "/b" }, "rules[0].rewrites: nobody knows this key, did you mean rewrite?"],
    [{ ...OK, x: 1 }, /^rules\[0\]\.x: nobody knows this key, known are path, headers, /],
    [{ ...OK, "a\nb": 1 }, /^rules\[0\]\["a\\nb"\]: nobody knows this key/],
    [{ ...OK, headers: [] }, "rules[0].headers: want an object in { }"],
    [{ ...OK, headers: { "X-Foo": 1 } }, "rules[0].headers.X-Foo: want a text that is not empty"],
    [{ ...OK, headers: { "X-Foo": "" } }, "rules[0].headers.X-Foo: want a text that is not empty"],
    [{ ...OK, headers: { "X-Foo": "a\rb" } }, /^rules\[0\]\.headers\.X-Foo: .*control/],
    [{ ...OK, headers: { "X-Foo": "a\nb" } }, /^rules\[0\]\.headers\.X-Foo: .*control/],
    [{ ...OK, headers: { "X-Foo": "a\0b" } }, /^rules\[0\]\.headers\.X-Foo: .*control/],
    [{ ...OK, headers: { "X-Foo": "č" } }, /^rules\[0\]\.headers\.X-Foo: .*latin1/],
    [{ ...OK, headers: { "X Foo": "a" } }, /^rules\[0\]\.headers\["X Foo"\]: .*not a token/],
    [
      { ...OK, headers: { "Cache-Control": "a" } },
      'rules[0].headers.Cache-Control: write it as "cacheControl"',
    ],
    [{ ...OK, headers: { LOCATION: "a" } }, 'rules[0].headers.LOCATION: write it as "redirect"'],
    [
      { ...OK, headers: { etag: "a" } },
      "rules[0].headers.etag: only the server knows the right value",
    ],
    [
      { ...OK, headers: { "Content-Length": "1" } },
      "rules[0].headers.Content-Length: only the server knows the right value",
    ],
    [
      { ...OK, headers: { "x-a": "1", "X-A": "2" } },
      "rules[0].headers.X-A: is there twice, in different case",
    ],
    [
      { ...OK, headers: { "Cache-Control": 1 } },
      "rules[0].headers.Cache-Control: want a text that is not empty",
    ],
    [
      { ...OK, headers: { "X-A": "1", "x-a": "2" } },
      "rules[0].headers.x-a: is there twice, in different case",
    ],
    [{ path: "/a", cacheControl: "a\nb" }, /^rules\[0\]\.cacheControl: .*control/],
    [{ path: "/a", cacheControl: false }, "rules[0].cacheControl: want a text that is not empty"],
    [{ path: "/a", mediaType: 1 }, "rules[0].mediaType: want a text that is not empty"],
    ...["json", "text/", "a/b; c", "a/b;c=", "a/b, c/d", 'a/b;c="', "a/b\r\nX: y", "a/b\n"].map(
      (mediaType) => [{ path: "/a", mediaType }, /^rules\[0\]\.mediaType: want a type/] as const,
    ),
    [
      { ...OK, headers: { "Content-Type": "a/b" } },
      'rules[0].headers.Content-Type: write it as "mediaType"',
    ],
    [{ path: "/a", redirect: "/b" }, "rules[0].redirect: want an object in { }"],
    [{ path: "/a", redirect: {} }, "rules[0].redirect.to: is missing"],
    [
      { path: "/a", redirect: { to: "/b", status: 303 } },
      "rules[0].redirect.status: want one of 301, 302, 307, 308",
    ],
    [
      { path: "/a", redirect: { to: "/b", status: "301" } },
      "rules[0].redirect.status: want one of 301, 302, 307, 308",
    ],
    [
      { path: "/a", redirect: { to: "/b", tos: 1 } },
      "rules[0].redirect.tos: nobody knows this key, did you mean to?",
    ],
    [{ path: "/a", redirect: { to: "//b" } }, /^rules\[0\]\.redirect\.to: want a path/],
    [
      { path: "/:x", redirect: { to: "/:y" } },
      /^rules\[0\]\.redirect\.to: the path captures no :y/,
    ],
    [{ path: "/a", rewrite: "/b?c" }, /^rules\[0\]\.rewrite: leads to a path of this server/],
    [{ path: "/a", rewrite: "/b#c" }, /^rules\[0\]\.rewrite: leads to a path of this server/],
    [{ path: "/:x", rewrite: "/b/:x?c" }, /^rules\[0\]\.rewrite: leads to a path of this server/],
    [{ path: "/a", rewrite: "https://b/" }, /^rules\[0\]\.rewrite: leads to a path of this server/],
    [{ path: "/a", rewrite: { to: "/b" } }, "rules[0].rewrite: want a text that is not empty"],
    [
      { path: "/a", rewrite: "/b", redirect: { to: "/c" } },
      "rules[0]: a redirect or a rewrite, not both",
    ],
    [
      { path: "/a", disposition: "download" },
      'rules[0].disposition: want "attachment" or "inline"',
    ],
    [{ path: "/a", disposition: 1 }, "rules[0].disposition: want an object in { }"],
    [
      { path: "/a", disposition: { type: "inline", fileName: "" } },
      "rules[0].disposition.fileName: want a text that is not empty",
    ],
    [
      { path: "/a", disposition: { type: "inline", filename: "" } },
      /^rules\[0\]\.disposition\.filename: nobody knows/,
    ],
    [{ path: "/a", errorPages: ["/404"] }, "rules[0].errorPages: want an object in { }"],
    [
      { path: "/a", errorPages: { 304: "/b" } },
      "rules[0].errorPages.304: want a status that files are refused with, one of 403, 404, 500, 503",
    ],
    ...[400, 405, 410, 412, 416, 421, 501, 599].map((status): readonly [unknown, RegExp] => [
      { path: "/a", errorPages: { [status]: "/b" } },
      /^rules\[0\]\.errorPages\.\d+: want a status that files are refused with/,
    ]),
    [
      { path: "/a", errorPages: { 200: "/b" } },
      "rules[0].errorPages.200: want a status that files are refused with, one of 403, 404, 500, 503",
    ],
    [
      { path: "/a", errorPages: { "4044": "/b" } },
      "rules[0].errorPages.4044: want a status that files are refused with, one of 403, 404, 500, 503",
    ],
    [
      { path: "/a", errorPages: { 404: "b" } },
      /^rules\[0\]\.errorPages\.404: want a path that starts with one \//,
    ],
    [{ path: "/a", errorPages: { 404: "//b" } }, /^rules\[0\]\.errorPages\.404: want a path/],
    [{ path: "/a", errorPages: { 404: "/b c" } }, /^rules\[0\]\.errorPages\.404: want a path/],
    [
      { path: "/a", errorPages: { 404: 1 } },
      "rules[0].errorPages.404: want a text that is not empty",
    ],
  ];
  test.each(rows)("%j", (rule, want) => {
    const complaints = complaintsAboutRule(rule);
    expect(complaints).toHaveLength(1);
    if (typeof want === "string") expect(complaints[0]).toBe(want);
    else expect(complaints[0]).toMatch(want);
  });

  test.each([
    ["a hidden page", { errorPages: { 404: "/.errors/404.html" } }, "errorPages.404", "hidden"],
    ["a page with a broken escape", { errorPages: { 404: "/e%zz" } }, "errorPages.404", "no path"],
    ["a page with a query", { errorPages: { 503: "/busy.html?x" } }, "errorPages.503", "no path"],
    ["a hidden target", { rewrite: "/.hidden/x" }, "rewrite", "hidden"],
    ["a target with a hidden folder", { rewrite: "/a/.git/:x" }, "rewrite", "hidden"],
    ["a path that is hidden", { path: "/.env" }, "path", "hidden"],
    ["a path below what is hidden", { path: "/**/.git/*" }, "path", "hidden"],
    ["a path that no one may ask for", { path: "/a\\b" }, "path", "no path"],
  ] as const)("of what is never served: %s", (_why, part, place, why) => {
    const base = "path" in part ? { cacheControl: "no-cache" } : { path: "/:x" };
    expect(complaintsAboutRule({ ...base, ...part })).toEqual([
      `rules[0].${place}: is never served: ${why}`,
    ]);
  });

  test("of a query in a path", () => {
    const [complaint] = complaintsAboutRule({ path: "/a?b=1", redirect: { to: "/x" } });
    expect(complaint).toBe("rules[0].path: a path has no query; write %3F for a ?");
  });

  test.each([
    ["a target with a capture where a dot is", { path: "/:x", rewrite: "/.:x" }],
    ["a target with a capture in front of a dot", { path: "/:x*", rewrite: "/:x*/.well-known/a" }],
    ["a target that is all captures", { path: "/:x/:y", rewrite: "/:y/:x" }],
    ["a path that a star may save", { path: "/.*", cacheControl: "no-cache" }],
    ["a path that a capture may save", { path: "/.:x", cacheControl: "no-cache" }],
    ["what is open to all", { path: "/**/.well-known/a", rewrite: "/.well-known/b" }],
    ["a question mark in a name", { path: "/a%3Fb", cacheControl: "no-cache" }],
    ["half a character", { path: "/\ud800", cacheControl: "no-cache" }],
    ["the page of what is hidden", { path: "/.env", errorPages: { 404: "/404.html" } }],
    ["a redirect to another server's place", { path: "/x", redirect: { to: "/.hidden" } }],
  ])("not of %s", (_why, rule) => expect(complaintsAboutRule(rule)).toEqual([]));

  test.each([
    ["no JSON", "{", /^rules file: no JSON: SyntaxError/],
    ["a list", "[]", /^rules file: want an object/],
    ["nothing", undefined, /^rules file: want an object/],
    ["no rules", "{}", /^rules: want a list of rules/],
    ["rules that are no list", { rules: {} }, /^rules: want a list of rules/],
    [
      "another key",
      { rules: [], rule: 1 },
      /^rules file\.rule: nobody knows this key, known are rules$/,
    ],
  ] as const)("of the file: %s", (_why, source, want) => {
    const complaints = complaintsAbout(source);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(want);
  });

  test("all at once, in the order of the file", () => {
    const rules = [
      OK,
      { path: "a", x: 1, cacheControl: "\0", rewrite: "/:b" },
      { path: "/a", headers: { "X-A": 1, "X-B": "\n" }, redirect: { to: "b", status: 1 } },
    ];
    expect(complaintsAbout({ rules }).map((line) => line.split(": ")[0])).toEqual([
      "rules[1].x",
      "rules[1].path",
      "rules[1].cacheControl",
      "rules[2].headers.X-A",
      "rules[2].headers.X-B",
      "rules[2].redirect.to",
      "rules[2].redirect.status",
    ]);
  });

  test("of anything, one line each, and never an exception", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.string(),
          fc.array(fc.jsonValue()).map((rules) => ({ rules })),
        ),
        (source) => {
          for (const line of complaintsAbout(source)) expect(line).not.toMatch(/[\r\n]/);
        },
      ),
    );
  });
});
