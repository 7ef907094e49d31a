import { describe, expect, test } from "vitest";
import { Cursor, type Part } from "../../../engine/chunks/cursor.js";
import { createFile, extent, type FakeFile, literal } from "./fakes.js";

const TEN = createFile(1, 10);
const CHUNK = 4; // chunks of TEN: 0..3, 4..7, 8..9

type Row = readonly [why: string, parts: readonly Part<FakeFile>[], pieces: readonly number[]];
const rows: readonly Row[] = [
  ["cuts a whole file at chunk borders", [extent(TEN)], [4, 4, 2]],
  ["starts a range within a chunk", [extent(TEN, 3, 6)], [1, 3]],
  ["ends a range at a chunk border", [extent(TEN, 4, 7)], [4]],
  ["sends one byte when first and last are both zero", [extent(TEN, 0, 0)], [1]],
  ["never cuts a literal", [literal(1, 2, 3, 4, 5, 6)], [6]],
  ["steps over parts of no bytes", [literal(), extent(TEN, 5, 4), literal(1), literal()], [1]],
  ["goes back within a file", [extent(TEN, 8, 9), literal(1), extent(TEN, 0, 0)], [2, 1, 1]],
];

describe("cursor", () => {
  test.each(rows)("%s", (_, parts, pieces) => {
    const cursor = new Cursor(parts);
    const seen: number[] = [];
    while (cursor.part !== undefined) {
      seen.push(cursor.pieceBytes(CHUNK));
      cursor.advance(cursor.pieceBytes(CHUNK));
    }
    expect(seen).toEqual(pieces);
    expect(cursor.remainingBytes).toBe(0);
    expect(cursor.sentBytes).toBe(cursor.totalBytes);
  });

  const bugs: readonly (readonly [why: string, parts: readonly Part<FakeFile>[]])[] = [
    ["no parts", []],
    ["parts of no bytes only", [literal(), extent(TEN, 0, -1)]],
    ["an extent past the end of its file", [extent(TEN, 0, 10)]],
    ["an extent before the start of its file", [extent(TEN, -1, 3)]],
    ["an extent that ends before it starts", [extent(TEN, 5, 3)]],
  ];
  test.each(bugs)("refuses %s: a bug of the caller", (_, parts) => {
    expect(() => new Cursor(parts)).toThrow(RangeError);
  });
});
