import { expect, test } from "vitest";
import { buildHead } from "../../protocol/head.js";
import { SECURITY_PRESETS, securityFields } from "../../protocol/security-headers.js";

const namesOf = (preset: (typeof SECURITY_PRESETS)[number], isSecure: boolean): string[] =>
  securityFields(preset, isSecure).map(([name]) => name);

test("security headers: off is nothing, over TLS too", () => {
  expect(namesOf("off", true)).toEqual([]);
});

test("security headers: basic has nothing that can break embedding or framing", () => {
  expect(namesOf("basic", false)).toEqual(["X-Content-Type-Options", "Referrer-Policy"]);
});

test("security headers: strict adds to basic and repeats no name", () => {
  const names = namesOf("strict", false);
  expect(names).toEqual(expect.arrayContaining(namesOf("basic", false)));
  expect(names).toContain("Cross-Origin-Resource-Policy");
  expect(new Set(names).size).toBe(names.length);
});

test("security headers: strict transport only over TLS, RFC 6797 7.2", () => {
  expect(namesOf("basic", false)).not.toContain("Strict-Transport-Security");
  expect(new Map(securityFields("basic", true)).get("Strict-Transport-Security")).toBe(
    "max-age=31536000",
  );
});

test.each(SECURITY_PRESETS)("security headers: every field of %s may go out", (preset) => {
  expect(() => buildHead(200, securityFields(preset, true))).not.toThrow();
});
