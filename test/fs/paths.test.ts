/** Fear: a path that leaves the root, or means one thing here and another to a proxy or the disk. */
import { resolve, sep } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PathVerdict, type RootedPath, toFile, toRooted, toWire } from "../../fs/paths.js";

const rooted = (path: string, trailingSlash = false): PathVerdict => ({
  kind: "rooted",
  path: path as RootedPath,
  trailingSlash,
});
const refused = (kind: Exclude<PathVerdict["kind"], "rooted">): PathVerdict => ({
  kind,
  why: expect.any(String),
});
const MALFORMED = refused("malformed");
const HIDDEN = refused("hidden");
const MISSING = refused("missing");

const rows: readonly (readonly [why: string, wire: string, want: PathVerdict])[] = [
  ["names the root", "/", rooted("", true)],
  ["names a file", "/a.txt", rooted("a.txt")],
  ["names a file in a folder", "/a/b-c_d~e.txt", rooted("a/b-c_d~e.txt")],
  ["remembers a trailing slash", "/a/b/", rooted("a/b", true)],
  ["keeps dots that do not lead a name", "/a..b/c.", rooted("a..b/c.")],
  ["keeps case", "/A", rooted("A")],
  [
    "takes bare punctuation browsers do not escape",
    "/a+b=c,d;e@f|[g]:h",
    rooted("a+b=c,d;e@f|[g]:h"),
  ],

  ["collapses a double slash", "/a//b", rooted("a/b")],
  [
    "collapses leading slashes, so no host can be smuggled in",
    "//evil.example",
    rooted("evil.example"),
  ],
  ["collapses trailing slashes", "/a//", rooted("a", true)],
  ["collapses slashes only", "///", rooted("", true)],

  ["decodes a space", "/a%20b", rooted("a b")],
  ["decodes UTF-8 of two to four bytes", "/%C3%A9%E2%82%AC%F0%9F%8C%8A", rooted("é€🌊")],
  ["decodes lower-case hex digits", "/%c3%a9", rooted("é")],
  ["decodes what needed no escape", "/%61", rooted("a")],
  ["decodes once: an escaped percent sign is a percent sign", "/%2541", rooted("%41")],
  ["decodes once: a doubly escaped dot segment is a name", "/%252e%252e/x", rooted("%2e%2e/x")],
  ["takes an escaped question mark and hash as names", "/a%3Fb%23c", rooted("a?b#c")],
  ["remembers a trailing slash after an escape", "/%61/", rooted("a", true)],

  ["refuses nothing at all", "", MALFORMED],
  ["refuses a path without its slash", "a.txt", MALFORMED],
  ["refuses the asterisk form", "*", MALFORMED],
  ["refuses the absolute form", "http://host/a", MALFORMED],
  ["refuses an escape without digits", "/%", MALFORMED],
  ["refuses an escape with one digit", "/%4", MALFORMED],
  ["refuses an escape that is not hex", "/%zz", MALFORMED],
  ["refuses a lone continuation byte", "/%80", MALFORMED],
  ["refuses Latin-1", "/%E9", MALFORMED],
  ["refuses an overlong slash", "/%C0%AF", MALFORMED],
  ["refuses an overlong NUL", "/%C0%80", MALFORMED],
  ["refuses an escaped surrogate", "/%ED%A0%80", MALFORMED],
  ["refuses an escaped NUL", "/a%00.txt", MALFORMED],
  ["refuses an escaped line feed", "/a%0Ab", MALFORMED],
  ["refuses an escaped delete", "/a%7F", MALFORMED],
  ["refuses an escaped C1 control", "/a%C2%85", MALFORMED],
  ["refuses a bare NUL", "/a\0", MALFORMED],
  ["refuses a bare space", "/a b", MALFORMED],
  ["refuses a bare line feed at the end", "/a\n", MALFORMED],
  ["refuses bare non-ASCII, which transports read differently", "/é", MALFORMED],
  ["refuses a bare lone surrogate", "/\ud800", MALFORMED],
  ["refuses a bare question mark: the query is not part of a path", "/a?b", MALFORMED],
  ["refuses a bare hash", "/a#b", MALFORMED],
  ["refuses a backslash", "/a\\b", MALFORMED],
  ["refuses an escaped backslash", "/..%5C..%5Cx", MALFORMED],
  ["refuses an escaped slash", "/a%2Fb", MALFORMED],
  ["refuses an escaped slash in lower case", "/a%2fb", MALFORMED],
  ["collapses a dot segment, as apt asks below a flat repository", "/./a", rooted("a")],
  ["collapses a dot segment between names", "/a/./b", rooted("a/b")],
  ["collapses a dot segment at the end to its folder", "/a/.", rooted("a", true)],
  ["collapses a dot segment with a slash at the end", "/a/./", rooted("a", true)],
  ["collapses several dot segments", "/././a/././b", rooted("a/b")],
  ["collapses dot segments among double slashes", "/.//./a", rooted("a")],
  ["collapses a dot segment that is all there is", "/.", rooted("", true)],
  ["opens .well-known behind a dot segment", "/./.well-known/a", rooted(".well-known/a")],
  ["hides a dotfile behind a dot segment", "/./.env", HIDDEN],
  ["refuses the parent of the root behind a dot segment", "/./../a", MALFORMED],
  ["refuses a double-dot segment that a dot segment would cut in two", "/a/.././b", MALFORMED],
  ["refuses a double-dot segment", "/a/../b", MALFORMED],
  ["refuses a double-dot segment at the end", "/a/..", MALFORMED],
  ["refuses the parent of the root", "/../etc/passwd", MALFORMED],
  ["refuses an escaped dot segment", "/%2e/a", MALFORMED],
  ["refuses an escaped double-dot segment", "/%2E%2e/a", MALFORMED],
  ["refuses a half-escaped double-dot segment", "/.%2e/a", MALFORMED],
  ["refuses a dot segment after double slashes", "//..", MALFORMED],
  ["refuses a dot segment inside a hidden folder", "/.git/../a", MALFORMED],
  ["refuses a bad escape inside a hidden folder", "/.git/%zz", MALFORMED],

  ["hides a dotfile", "/.env", HIDDEN],
  ["hides a dotfile in a folder", "/a/.htaccess", HIDDEN],
  ["hides what is inside a dot folder", "/.git/config", HIDDEN],
  ["hides an escaped dotfile", "/%2eenv", HIDDEN],
  ["hides a name of three dots", "/.../a", HIDDEN],
  ["hides a dotfile behind a double slash", "//.env", HIDDEN],
  ["opens .well-known", "/.well-known/security.txt", rooted(".well-known/security.txt")],
  ["opens .well-known itself", "/.well-known/", rooted(".well-known", true)],
  ["opens .well-known behind a double slash", "//.well-known/a", rooted(".well-known/a")],
  ["hides a dotfile inside .well-known", "/.well-known/.env", HIDDEN],
  ["hides .well-known inside .well-known", "/.well-known/.well-known/a", HIDDEN],
  ["hides .well-known that is not first", "/a/.well-known/b", HIDDEN],
  ["hides a name that only starts like .well-known", "/.well-knownish", HIDDEN],
  ["hides .well-known in other letters", "/.Well-Known/a", HIDDEN],

  ["takes a name of 255 bytes", `/${"a".repeat(255)}`, rooted("a".repeat(255))],
  ["misses a name of 256 bytes", `/${"a".repeat(256)}`, MISSING],
  ["counts bytes, not characters", `/${"%C3%A9".repeat(128)}`, MISSING],
  ["takes 254 bytes in 127 characters", `/${"%C3%A9".repeat(127)}`, rooted("é".repeat(127))],
  [
    "takes a path of 4096 bytes",
    `/${"a".repeat(127)}`.repeat(32).concat("b"),
    rooted(`${"a".repeat(127)}/`.repeat(31).concat("a".repeat(127), "b")),
  ],
  ["misses a path of 4097 bytes", `/${"a".repeat(127)}`.repeat(32).concat("bc"), MISSING],
];

describe("toRooted", () => {
  for (const [why, wire, want] of rows) {
    test(`${why} (${JSON.stringify(wire).slice(0, 40)})`, () =>
      expect(toRooted(wire)).toEqual(want));
  }
});

describe("an operator is told why a path is refused", () => {
  const rows: readonly (readonly [wire: string, why: RegExp])[] = [
    ["", /start with a slash/],
    ["a", /start with a slash/],
    ["/a b", /must be percent-encoded/],
    ["/a%2Fb", /an encoded slash/],
    ["/a%zz", /percent-encoding/],
    ["/a%00", /a control character/],
    ["/a/../b", /dot segment/],
    ["/a/.env", /starts with a dot/],
    [`/${"a".repeat(256)}`, /a name in it is longer/],
    [`/${"a".repeat(128)}`.repeat(33), /longer than any file's path/],
  ];
  for (const [wire, why] of rows) {
    test(JSON.stringify(wire).slice(0, 40), () =>
      expect(toRooted(wire)).toMatchObject({ why: expect.stringMatching(why) }),
    );
  }
});

/** Strings made of the pieces attacks are made of, as well as any string at all. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "\\",
        "%00",
        "%25",
        "%",
        "~",
      ),
      fc.constantFrom("a", "b.txt", ".well-known", ".git", "%c3%a9", "%ff", "C:", "é", "\ud800"),
      fc.string({ unit: "binary" }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join("")}`);
const anyWire = fc.oneof(hostile, fc.string({ unit: "binary" }), fc.webPath());

/** A name toRooted lets through: no control, separator, leading dot, and at most 255 bytes. */
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .filter((text) => !/[\p{Cc}\p{Cs}\\/]|^\./u.test(text) && Buffer.byteLength(text) <= 255);
const rootedPath = fc.array(name, { maxLength: 6 }).map((names) => names.join("/") as RootedPath);

describe("whatever the string", () => {
  const inside = (root: string, file: string): boolean =>
    file === root || file.startsWith(root.endsWith(sep) ? root : root + sep);

  test("a rooted path stays inside the root", () => {
    fc.assert(
      fc.property(anyWire, fc.constantFrom("/srv/site", "/", "/srv/a b"), (wire, root) => {
        const verdict = toRooted(wire);
        if (verdict.kind !== "rooted") return;
        expect(inside(root, resolve(toFile(root, verdict.path)))).toBe(true);
        expect(inside(root, resolve(root, `./${verdict.path}`))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test("a rooted path keeps what its type promises", () => {
    fc.assert(
      fc.property(anyWire, (wire) => {
        const verdict = toRooted(wire);
        if (verdict.kind !== "rooted" || verdict.path === "") return;
        const [first, ...others] = verdict.path.split("/");
        expect(verdict.path).not.toMatch(/[\p{Cc}\p{Cs}\\]/u);
        for (const segment of [first, ...others]) expect(segment).not.toBe("");
        for (const segment of others) expect(segment).not.toMatch(/^\./);
        expect(first).toMatch(/^(?:[^.]|\.well-known$)/);
      }),
      { numRuns: 5000 },
    );
  });

  test("escapes are decoded exactly once", () => {
    fc.assert(
      fc.property(anyWire, (wire) => {
        const verdict = toRooted(wire);
        if (verdict.kind !== "rooted") return;
        const names = wire.split("/").filter((name) => name !== "" && name !== ".");
        expect(verdict.path).toBe(names.map(decodeURIComponent).join("/"));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("toWire", () => {
  test("gives a path that toRooted reads back as the same", () => {
    fc.assert(
      fc.property(rootedPath, fc.boolean(), (path, trailingSlash) => {
        const want = rooted(path, trailingSlash || path === "");
        expect(toRooted(toWire(path, trailingSlash))).toEqual(want);
      }),
      { numRuns: 2000 },
    );
  });

  test("gives a path that is safe in a header and never names a host", () => {
    fc.assert(
      fc.property(anyWire, fc.boolean(), (wire, trailingSlash) => {
        const verdict = toRooted(wire);
        if (verdict.kind !== "rooted") return;
        expect(toWire(verdict.path, trailingSlash)).toMatch(/^\/(?:[\w.!~*'()%-]+\/?)*$/);
      }),
      { numRuns: 2000 },
    );
  });

  const rows: readonly (readonly [why: string, path: string, slash: boolean, want: string])[] = [
    ["gives the root one slash, not two", "", true, "/"],
    ["gives the root a slash even unasked", "", false, "/"],
    ["gives a folder its slash", "a/b", true, "/a/b/"],
    ["gives a file none", "a/b", false, "/a/b"],
    ["escapes what a URL may not hold", "a b/é?#%", false, "/a%20b/%C3%A9%3F%23%25"],
    ["escapes a colon and an at sign", "http:@", false, "/http%3A%40"],
  ];
  for (const [why, path, slash, want] of rows) {
    test(why, () => expect(toWire(path as RootedPath, slash)).toBe(want));
  }
});

describe("toFile", () => {
  const rows: readonly (readonly [why: string, root: string, path: string, want: string])[] = [
    ["joins with one separator", "/srv/site", "a/b", "/srv/site/a/b"],
    ["joins to a root that ends in a separator", "/", "a", "/a"],
    ["gives the root itself for the empty path", "/srv/site", "", "/srv/site"],
  ];
  for (const [why, root, path, want] of rows) {
    test(why, () => expect(toFile(root, path as RootedPath)).toBe(want));
  }
});
