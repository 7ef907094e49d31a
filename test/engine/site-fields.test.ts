/** Fear: what a rule says of files is said of pages that stand in their place. */
import { describe, expect, test } from "vitest";
import { FieldBook, listingFields } from "../../engine/site-fields.js";
import { PAGE_POLICY } from "../../protocol/look.js";
import { matchRules } from "../../protocol/rules.js";
import { parseRules } from "../../protocol/rules-file.js";

const SETTINGS = { cacheControl: "no-cache", origins: [], everywhere: [] } as const;
const OF_SITE = "default-src 'self'";
const { rules } = parseRules(
  {
    rules: [
      { path: "/dl/**", disposition: "attachment" },
      { path: "/**", headers: { "Content-Security-Policy": OF_SITE, "X-One": "1" } },
    ],
  },
  () => undefined,
  () => undefined,
);
const effects = matchRules(rules, "/dl/a");

const about = (isStandIn: boolean) => ({
  path: "/dl/a",
  place: "/dl/a",
  filePath: "/srv/dl/a",
  effects,
  origin: "",
  isNegotiated: false,
  isStandIn,
});

const fieldOf = (fields: readonly (readonly [string, string])[], wanted: string) =>
  fields.find(([name]) => name === wanted)?.[1];

describe("a rule that says to save", () => {
  const book = new FieldBook(SETTINGS);

  test("is about files", () => {
    const fields = book.forFile(about(false), "text/html");
    expect(fieldOf(fields, "Content-Disposition")).toContain("attachment");
  });

  test("is not about the app's page in place of one", () => {
    const fields = book.forFile(about(true), "text/html");
    expect(fieldOf(fields, "Content-Disposition")).toBeUndefined();
    expect(fieldOf(fields, "X-One")).toBe("1");
  });

  test.each(["html", "json"] as const)("is not about a listing as %s", (format) => {
    const fields = listingFields(SETTINGS, format, effects, "");
    expect(fieldOf(fields, "Content-Disposition")).toBeUndefined();
    expect(fieldOf(fields, "X-One")).toBe("1");
  });
});

describe("a policy for the pages of a site", () => {
  test("is not that of a listing, which says what it loads: nothing", () => {
    const fields = listingFields(SETTINGS, "html", effects, "");
    expect(fieldOf(fields, "Content-Security-Policy")).toBe(PAGE_POLICY);
  });

  test("is that of files, and of what is no page of ours", () => {
    const ofFile = new FieldBook(SETTINGS).forFile(about(false), "text/html");
    expect(fieldOf(ofFile, "Content-Security-Policy")).toBe(OF_SITE);
    const ofData = listingFields(SETTINGS, "json", effects, "");
    expect(fieldOf(ofData, "Content-Security-Policy")).toBe(OF_SITE);
  });
});
