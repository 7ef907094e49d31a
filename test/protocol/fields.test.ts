import { expect, test } from "vitest";
import { mergeFields } from "../../protocol/fields.js";

test("fields: of two with one name the earlier counts, whatever the case of its letters", () => {
  expect(mergeFields([["X-Frame-Options", "DENY"]], [["x-frame-options", "SAMEORIGIN"]])).toEqual([
    ["X-Frame-Options", "DENY"],
  ]);
});

const rows: readonly (readonly [why: string, values: readonly string[], want: string])[] = [
  [
    "adds up, each name once",
    ["Accept-Encoding", "Origin", "accept-encoding"],
    "Accept-Encoding, Origin",
  ],
  ["splits lists", ["Accept-Encoding, Accept", "Origin"], "Accept-Encoding, Accept, Origin"],
  ["is a star as soon as one says so", ["Accept", "*"], "*"],
];
for (const [why, values, want] of rows) {
  test(`fields: Vary ${why} (RFC 9110 12.5.5)`, () => {
    const lists = values.map((value) => [["Vary", value]] as const);
    expect(mergeFields(...lists)).toEqual([["Vary", want]]);
  });
}

test("fields: nothing is added where nothing was given", () => {
  expect(mergeFields([], [["Cache-Control", "no-cache"]])).toEqual([["Cache-Control", "no-cache"]]);
});
