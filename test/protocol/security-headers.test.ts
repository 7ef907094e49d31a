import { expect, test } from "vitest";
import { buildHead } from "../../protocol/head.js";
import {
  isStrictTransport,
  SECURITY_PRESETS,
  securityFields,
} from "../../protocol/security-headers.js";

const YEAR = "max-age=31536000";
const namesOf = (preset: (typeof SECURITY_PRESETS)[number], strictTransport = ""): string[] =>
  securityFields(preset, strictTransport).map(([name]) => name);

test("security headers: off is nothing but what was asked for", () => {
  expect(namesOf("off")).toEqual([]);
  expect(namesOf("off", YEAR)).toEqual(["Strict-Transport-Security"]);
});

test("security headers: basic has nothing that can break embedding or framing", () => {
  expect(namesOf("basic")).toEqual(["X-Content-Type-Options", "Referrer-Policy"]);
});

test("security headers: strict adds to basic and repeats no name", () => {
  const names = namesOf("strict");
  expect(names).toEqual(expect.arrayContaining(namesOf("basic")));
  expect(names).toContain("Cross-Origin-Resource-Policy");
  expect(new Set(names).size).toBe(names.length);
});

test("security headers: strict transport only where it was asked for", () => {
  expect(namesOf("strict")).not.toContain("Strict-Transport-Security");
  expect(new Map(securityFields("basic", YEAR)).get("Strict-Transport-Security")).toBe(YEAR);
});

test.each([
  [true, "a year", YEAR],
  [true, "an end to it", "max-age=0"],
  [true, "all below the name", "max-age=60; includeSubDomains"],
  [true, "names of directives in any case", "Max-Age=60;includesubdomains"],
  [true, "the lists of browsers", `${YEAR}; includeSubDomains; preload`],
  [false, "the lists want all below the name", `${YEAR}; preload`],
  [false, "the lists want a year", "max-age=31535999; includeSubDomains; preload"],
  [false, "a switch is no value", "on"],
  [false, "a time has no unit", "max-age=1y"],
  [false, "nothing may follow", `${YEAR}\r\nSet-Cookie: a=b`],
])("strict transport: %s, %s (%j)", (want, _why, text) => {
  expect(isStrictTransport(text)).toBe(want);
});

test.each(SECURITY_PRESETS)("security headers: every field of %s may go out", (preset) => {
  expect(() => buildHead(200, securityFields(preset, YEAR))).not.toThrow();
});
