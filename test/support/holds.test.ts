/** What the byte tests stand on: a byte that is wrong, missing or elsewhere is noticed, wherever it is. */
import { expect, test } from "vitest";
import { type Content, holds, MIB } from "./folder.js";

/** Ten bytes, two islands. */
const SPARSE: Content = {
  sizeBytes: 10,
  islands: [
    [2, Buffer.from("ab")],
    [6, Buffer.from("c")],
  ],
};
const PLAIN = Buffer.from("\0\0ab\0\0c\0\0\0");

const contents: readonly (readonly [what: string, content: Content])[] = [
  ["a string", String(PLAIN)],
  ["a buffer", PLAIN],
  ["a file with holes", SPARSE],
];
test.each(contents)(
  "%s holds each of its stretches, and no other byte in its place",
  (_, content) => {
    for (let first = 0; first <= PLAIN.length; first++) {
      for (let end = first; end <= PLAIN.length; end++) {
        const bytes = Buffer.from(PLAIN.subarray(first, end));
        expect(holds(content, first, bytes), `${first} to ${end}`).toBe(true);
        for (let at = 0; at < bytes.length; at++) {
          bytes[at]! ^= 1;
          expect(holds(content, first, bytes), `${first} to ${end}, not ${first + at}`).toBe(false);
          bytes[at]! ^= 1;
        }
      }
    }
  },
);

test.each(contents)("%s holds nothing beyond its end", (_, content) => {
  expect(holds(content, 9, Buffer.from("\0\0"))).toBe(false);
});

test("a hole longer than what zeros are compared with is looked at to its end", () => {
  const hole: Content = { sizeBytes: 3 * MIB, islands: [] };
  const bytes = Buffer.alloc(2.5 * MIB);
  expect(holds(hole, 0, bytes)).toBe(true);
  bytes[bytes.length - 1] = 1;
  expect(holds(hole, 0, bytes)).toBe(false);
});
