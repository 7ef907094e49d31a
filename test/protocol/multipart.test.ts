import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BodyPart } from "../../protocol/answer.js";
import { contentRange, frameParts, multipartType } from "../../protocol/multipart.js";
import type { ByteRange } from "../../protocol/ranges.js";

const TEN = Buffer.from("0123456789");

/** The body as a client sees it. */
const onTheWire = (parts: readonly BodyPart[], file: Buffer): string =>
  parts
    .map((part) =>
      part.kind === "literal" ? part.bytes : file.subarray(part.first, part.last + 1),
    )
    .map((bytes) => bytes.toString("latin1"))
    .join("");

test("14.6 looks like the example of RFC 9110, byte for byte", () => {
  const ranges = [
    { first: 0, last: 1 },
    { first: 7, last: 9 },
  ];
  const parts = frameParts(ranges, "text/plain", 10, "THIS_STRING_SEPARATES");
  expect(onTheWire(parts, TEN)).toBe(
    [
      "", // zsync throws the first line away: Apache and nginx send an empty one
      "--THIS_STRING_SEPARATES",
      "Content-Type: text/plain",
      "Content-Range: bytes 0-1/10",
      "",
      "01",
      "--THIS_STRING_SEPARATES",
      "Content-Type: text/plain",
      "Content-Range: bytes 7-9/10",
      "",
      "789",
      "--THIS_STRING_SEPARATES--",
      "",
    ].join("\r\n"),
  );
});

test("14.4 Content-Range counts from zero and includes both ends", () =>
  expect(contentRange({ first: 0, last: 0 }, 10)).toBe("bytes 0-0/10"));

test("14.6 a part's bytes may hold anything, and are found again by Content-Range alone", () => {
  const range = fc
    .tuple(fc.nat(9), fc.nat(9))
    .map(([a, b]): ByteRange => ({ first: Math.min(a, b), last: Math.max(a, b) }));
  const file = fc.string({
    unit: fc.constantFrom("\r", "\n", "-", "b"),
    minLength: 10,
    maxLength: 10,
  });
  fc.assert(
    fc.property(fc.array(range, { minLength: 2, maxLength: 5 }), file, (ranges, text) => {
      const wire = onTheWire(frameParts(ranges, "a/b", 10, "b"), Buffer.from(text));
      expect(slowlyRead(wire, "b")).toEqual(
        ranges.map(({ first, last }) => [first, last, text.slice(first, last + 1)]),
      );
    }),
  );
});

test("17.15 a part head takes no more than the 256 bytes it is counted for", () => {
  const largest = Number.MAX_SAFE_INTEGER - 1;
  const type = "application/vnd.openxmlformats-officedocument.wordprocessingml.template";
  const ranges = [
    { first: largest, last: largest },
    { first: 0, last: 0 },
  ];
  const parts = frameParts(ranges, type, largest + 1, "b".repeat(30));
  const literal = parts.reduce(
    (sum, part) => sum + (part.kind === "literal" ? part.bytes.length : 0),
    0,
  );
  expect(literal).toBeLessThanOrEqual(2 * 256);
});

describe("multipartType", () => {
  test("14.6 carries the boundary without quotes", () =>
    expect(multipartType("aZ0'+_.-")).toBe("multipart/byteranges; boundary=aZ0'+_.-"));
  test("RFC 2046 5.1.1 takes 70 characters", () =>
    expect(multipartType("b".repeat(70))).toContain("b".repeat(70)));

  const refused: readonly (readonly [why: string, boundary: string])[] = [
    ["none", ""],
    ["71 characters", "b".repeat(71)],
    ["a line end", "b\r\nSet-Cookie: x"],
    ["a line end behind it", "b\n"],
    ["a quote", 'b"'],
    ["a space", "b b"],
    ["a semicolon", "b;q"],
  ];
  for (const [why, boundary] of refused) {
    test(`RFC 2046 5.1.1 refuses ${why}`, () => expect(() => multipartType(boundary)).toThrow());
  }
});

test("a media type cannot end a line in a part head", () => {
  const ranges = [
    { first: 0, last: 0 },
    { first: 2, last: 2 },
  ];
  expect(() => frameParts(ranges, "a/b\r\nX: y", 10, "b")).toThrow();
});

/** The slow way: reads delimiter, lines until an empty one, and as many bytes as the range has. */
function slowlyRead(wire: string, boundary: string): [number, number, string][] {
  const found: [number, number, string][] = [];
  let rest = wire;
  const take = (text: string): void => {
    if (!rest.startsWith(text)) throw new Error(`want ${JSON.stringify(text)}, got ${rest}`);
    rest = rest.slice(text.length);
  };
  take(`\r\n--${boundary}`);
  while (!rest.startsWith("--\r\n")) {
    take("\r\nContent-Type: a/b\r\nContent-Range: bytes ");
    const [head, first, last] = /^(\d+)-(\d+)\/10\r\n\r\n/.exec(rest)!.map(String);
    take(head!);
    const bytes = rest.slice(0, Number(last) - Number(first) + 1);
    take(bytes);
    found.push([Number(first), Number(last), bytes]);
    take(`\r\n--${boundary}`);
  }
  take("--\r\n");
  if (rest !== "") throw new Error(`something behind the end: ${rest}`);
  return found;
}
