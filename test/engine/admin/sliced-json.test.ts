/** Fear: a long list that holds up every client while it is written, or comes out wrong for it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sliceJson } from "../../../engine/admin/sliced-json.js";

const rowsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ at }));

describe("sliceJson writes what JSON.stringify writes", () => {
  const rows: readonly (readonly [why: string, value: object])[] = [
    ["an empty object", {}],
    ["an empty list", { list: [] }],
    ["a list of one", { list: rowsOf(1) }],
    ["a list of exactly one slice", { list: rowsOf(200) }],
    ["a list of one row more", { list: rowsOf(201) }],
    ["a list of many slices", { list: rowsOf(1000) }],
    ["lists beside other members", { a: 1, list: rowsOf(3), b: "x", more: rowsOf(2) }],
    ["a member that is not there", { a: undefined, b: 1, c: undefined }],
    ["rows that are not there", { list: [undefined, null, Number.NaN] }],
    ["names and text that need escapes", { 'a"b': '\n\u2028"' }],
  ];
  for (const [why, value] of rows) {
    test(why, async () => expect(await sliceJson(value)).toBe(JSON.stringify(value)));
  }

  test("anything that can be JSON", async () => {
    const anyObject = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(anyObject, async (value) => {
        expect(await sliceJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });
});

test("others get their turn between slices", async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await sliceJson({ list: rowsOf(2000) });
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(9);
});
