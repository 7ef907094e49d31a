/** Fear: a client gets the middle of a coding that it cannot decode, or takes it for the file's. */
import { describe, expect, test } from "vitest";
import { codingsAsked } from "../../engine/codings-asked.js";

type Fields = Readonly<Record<string, string>>;
const GZIP = { "accept-encoding": "gzip" };

const rows: readonly (readonly [why: string, method: string, fields: Fields, want: string])[] = [
  ["all of it may be encoded", "GET", GZIP, "gzip"],
  ["a part may not", "GET", { ...GZIP, range: "bytes=5-" }, ""],
  ["a range is for GET alone", "HEAD", { ...GZIP, range: "bytes=5-" }, "gzip"],
  ["a tag tells what is resumed", "GET", { ...GZIP, range: "bytes=5-", "if-range": '"a"' }, "gzip"],
  ["who names no coding gets none", "GET", { range: "bytes=5-" }, ""],
];
describe("codingsAsked", () => {
  test.each(rows)("%s", (_why, method, fields, want) => {
    expect(codingsAsked({ method, field: ({ text }) => fields[text] ?? "" })).toBe(want);
  });
});
