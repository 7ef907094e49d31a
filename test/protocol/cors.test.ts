import { describe, expect, test } from "vitest";
import {
  type AllowedOrigins,
  corsFields,
  parseOrigins,
  preflightFields,
} from "../../protocol/cors.js";

const A = "https://a.example";
const B = "https://b.example:8443";
const LIST = [A, B];

const grantOf = (allowed: AllowedOrigins, origin: string) => {
  const fields = new Map(corsFields(allowed, origin));
  return [fields.get("Access-Control-Allow-Origin"), fields.get("Vary")];
};

describe("cross-origin reading, Fetch 3.3", () => {
  const rows: readonly (readonly [
    why: string,
    allowed: AllowedOrigins,
    origin: string,
    want: unknown[],
  ])[] = [
    ["off: nothing at all", [], A, [undefined, undefined]],
    ["everyone: the same for all, so no Vary", "*", A, ["*", undefined]],
    ["everyone: also without an origin, for shared caches", "*", "", ["*", undefined]],
    ["a listed origin is named", LIST, B, [B, "Origin"]],
    [
      "a stranger gets no grant, but the cache is told",
      LIST,
      "https://evil.example",
      [undefined, "Origin"],
    ],
    ["no origin, but the cache is told", LIST, "", [undefined, "Origin"]],
    ["a sandboxed frame is nobody", LIST, "null", [undefined, "Origin"]],
    ["a prefix is another origin", LIST, "https://a.example.evil", [undefined, "Origin"]],
    ["another scheme is another origin", LIST, "http://a.example", [undefined, "Origin"]],
    ["another port is another origin", LIST, "https://b.example", [undefined, "Origin"]],
  ];
  test.each(rows)("%s", (_why, allowed, origin, want) =>
    expect(grantOf(allowed, origin)).toEqual(want),
  );

  test("a script may read what it needs to seek", () => {
    expect(new Map(corsFields("*", A)).get("Access-Control-Expose-Headers")).toContain(
      "Content-Range",
    );
  });
});

describe("preflight, Fetch 3.3", () => {
  test("OPTIONS without an origin or a requested method is no preflight", () => {
    expect(preflightFields(LIST, "", "GET")).toBeUndefined();
    expect(preflightFields(LIST, A, "")).toBeUndefined();
  });

  test("with the matter turned off nothing is answered", () => {
    expect(preflightFields([], A, "GET")).toBeUndefined();
  });

  test("a stranger gets no grant, but the cache is told", () => {
    expect(preflightFields(LIST, "https://evil.example", "GET")).toEqual([["Vary", "Origin"]]);
  });

  const granted = (origin: string) => [
    ["Access-Control-Allow-Origin", origin],
    ["Access-Control-Allow-Methods", "GET, HEAD"],
    [
      "Access-Control-Allow-Headers",
      "If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range",
    ],
    ["Access-Control-Max-Age", "7200"],
  ];
  test("a listed origin may send ranges and preconditions", () => {
    expect(preflightFields(LIST, A, "GET")).toEqual([...granted(A), ["Vary", "Origin"]]);
  });

  test("everyone may, without Vary", () => {
    expect(preflightFields("*", A, "PUT")).toEqual(granted("*"));
  });
});

describe("the operator's list of origins", () => {
  const good: readonly (readonly [why: string, text: string, want: AllowedOrigins])[] = [
    ["nothing is off", "", []],
    ["a star is everyone", " * ", "*"],
    [
      "a list, with spaces and an empty place",
      " https://a.example , ,https://b.example:8443",
      LIST,
    ],
    [
      "an address with a port, for development",
      "http://localhost:5173,http://[::1]:3000",
      ["http://localhost:5173", "http://[::1]:3000"],
    ],
    [
      "a port that is the other scheme's default",
      "http://a.example:443,https://a.example:80",
      ["http://a.example:443", "https://a.example:80"],
    ],
  ];
  test.each(good)("%s", (_why, text, allowed) => {
    expect(parseOrigins(text)).toEqual({ allowed, complaints: [] });
  });

  const bad: readonly (readonly [why: string, origin: string])[] = [
    ["no scheme", "a.example"],
    ["a trailing slash", "https://a.example/"],
    ["a path", "https://a.example/x"],
    ["capitals", "https://A.example"],
    ["a wildcard inside", "https://*.example"],
    ["the null origin, which any sandboxed frame can claim", "null"],
    ["the default port of https", "https://a.example:443"],
    ["the default port of http", "http://a.example:80"],
    ["a line break", "https://a.example\r\nX: y"],
  ];
  test.each(bad)("complains about %s", (_why, origin) => {
    const { complaints } = parseOrigins(`${A},${origin}`);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(/: \S/);
  });

  test("complains about a star beside others, and about every mistake at once", () => {
    const { complaints } = parseOrigins("*,ftp://x");
    expect(complaints.map((line) => line.split(":")[0])).toEqual(["*", "ftp"]);
  });
});
