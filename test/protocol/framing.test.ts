import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FramingVerdict, judgeFraming } from "../../protocol/framing.js";
import type { Field } from "../../protocol/head.js";

const NO_BODY: FramingVerdict = { kind: "no-body" };
const CHUNKED: FramingVerdict = { kind: "chunked" };
const REFUSE: FramingVerdict = { kind: "refuse" };
const sized = (lengthBytes: number): FramingVerdict => ({ kind: "sized", lengthBytes });

const length = (value: string): Field => ["content-length", value];
const coding = (value: string): Field => ["transfer-encoding", value];

const rows: readonly (readonly [why: string, fields: readonly Field[], want: FramingVerdict])[] = [
  ["6.3 neither field", [["host", "a"]], NO_BODY],
  ["6.3 no fields at all", [], NO_BODY],
  ["6.2 a length", [["host", "a"], length("5")], sized(5)],
  ["6.2 a length of zero is no body", [length("0")], NO_BODY],
  ["6.2 zeros in front are digits", [length("005")], sized(5)],
  ["6.2 the largest length we can count", [length("9007199254740991")], sized(2 ** 53 - 1)],
  ["6.1 chunked", [coding("chunked")], CHUNKED],
  ["6.1 codings are case-insensitive", [coding("Chunked")], CHUNKED],
  [
    "5.1 names are case-insensitive",
    [
      ["Content-Length", "5"],
      ["TRANSFER-ENCODING", "chunked"],
    ],
    REFUSE,
  ],

  ["6.3 both", [length("5"), coding("chunked")], REFUSE],
  ["6.3 both, though the length is zero", [length("0"), coding("chunked")], REFUSE],
  ["6.3 two lengths", [length("5"), length("6")], REFUSE],
  ["6.3 two lengths that agree", [length("5"), length("5")], REFUSE],
  ["6.3 two lengths in one field", [length("5, 5")], REFUSE],
  ["6.3 two lengths, far apart", [length("5"), ["x", "y"], length("5")], REFUSE],
  ["6.3 no digits", [length("")], REFUSE],
  ["6.3 a sign", [length("+5")], REFUSE],
  ["6.3 a negative length", [length("-5")], REFUSE],
  ["6.3 hexadecimal", [length("0x5")], REFUSE],
  ["6.3 an exponent", [length("1e2")], REFUSE],
  ["6.3 a fraction", [length("5.0")], REFUSE],
  ["6.3 a space in front", [length(" 5")], REFUSE],
  ["6.3 a line end behind", [length("5\n")], REFUSE],
  ["6.3 digits of another script", [length("٥")], REFUSE],
  ["6.3 one more than we can count", [length("9007199254740992")], REFUSE],
  ["6.3 digits without end", [length("9".repeat(400))], REFUSE],
  ["6.1 two codings", [coding("chunked"), coding("chunked")], REFUSE],
  ["6.1 two codings in one field", [coding("gzip, chunked")], REFUSE],
  ["6.1 chunked twice in one field", [coding("chunked, chunked")], REFUSE],
  ["6.1 not chunked", [coding("identity")], REFUSE],
  ["6.1 no coding", [coding("")], REFUSE],
  ["6.1 a parameter", [coding("chunked;x=1")], REFUSE],
  ["6.1 a vertical tab in front", [coding("\vchunked")], REFUSE],
  ["6.1 a letter that only lower-cases to ours", [coding("chun\u212aed")], REFUSE],
];

describe("judgeFraming", () => {
  for (const [why, fields, want] of rows) {
    test(`${why} (${JSON.stringify(fields)})`, () => expect(judgeFraming(fields)).toEqual(want));
  }

  test("never throws, and believes only one field", () => {
    const name = fc.constantFrom("content-length", "transfer-encoding", "Content-Length", "host");
    const value = fc.oneof(fc.string(), fc.nat().map(String), fc.constant("chunked"));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (fields) => {
        const framing = fields.filter(([key]) => key !== "host");
        const verdict = judgeFraming(fields);
        if (framing.length === 0) expect(verdict).toEqual(NO_BODY);
        if (framing.length > 1) expect(verdict).toEqual(REFUSE);
      }),
    );
  });
});
