import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALLOWED_METHODS, judgeMethod, type MethodVerdict } from "../../protocol/methods.js";

const NOT_ALLOWED: MethodVerdict = { kind: "refuse", fault: "METHOD_NOT_ALLOWED" };
const UNKNOWN: MethodVerdict = { kind: "refuse", fault: "UNKNOWN_METHOD" };

const rows: readonly (readonly [why: string, method: string, want: MethodVerdict])[] = [
  ["9.3.1", "GET", { kind: "serve", method: "GET" }],
  ["9.3.2", "HEAD", { kind: "serve", method: "HEAD" }],
  ["9.3.7", "OPTIONS", { kind: "describe" }],
  ["15.5.6 known, not allowed", "POST", NOT_ALLOWED],
  ["15.5.6 known, not allowed", "PUT", NOT_ALLOWED],
  ["15.5.6 known, not allowed", "DELETE", NOT_ALLOWED],
  ["15.5.6 known, not allowed", "CONNECT", NOT_ALLOWED],
  ["15.5.6 known, not allowed", "TRACE", NOT_ALLOWED],
  ["15.5.6 first and last of the registry", "ACL", NOT_ALLOWED],
  ["15.5.6 first and last of the registry", "VERSION-CONTROL", NOT_ALLOWED],
  ["15.5.6 RFC 5789", "PATCH", NOT_ALLOWED],
  ["15.5.6 RFC 4918", "PROPFIND", NOT_ALLOWED],
  ["15.5.6 registered last", "QUERY", NOT_ALLOWED],
  ["9.1 methods are case-sensitive", "get", UNKNOWN],
  ["9.1 methods are case-sensitive", "Post", UNKNOWN],
  ["15.6.2 unknown", "BREW", UNKNOWN],
  ["15.6.2 empty", "", UNKNOWN],
  ["15.6.2 a name objects have", "constructor", UNKNOWN],
  ["15.6.2 two methods", "GET HEAD", UNKNOWN],
];

describe("judgeMethod", () => {
  for (const [why, method, want] of rows) {
    test(`${why}: ${JSON.stringify(method)}`, () => expect(judgeMethod(method)).toEqual(want));
  }

  test("10.2.1 allows what Allow says, and nothing else", () => {
    const allowed = ALLOWED_METHODS.split(", ");
    for (const method of allowed) expect(judgeMethod(method).kind).not.toBe("refuse");
    fc.assert(
      fc.property(fc.string(), (method) => {
        if (!allowed.includes(method)) expect(judgeMethod(method).kind).toBe("refuse");
      }),
    );
  });
});
