import { expect, test } from "vitest";
import { Piecemeal } from "../../../engine/chunks/piecemeal.js";

test("a chunk is worth bringing in when all its bytes were taken, and is counted anew then", () => {
  const piecemeal = new Piecemeal(8, 100);
  const takes = Array.from({ length: 8 }, () => piecemeal.take(1, 7, 30));
  expect(takes).toEqual([false, false, false, true, false, false, false, true]);
});

test("chunks and files are counted apart", () => {
  const piecemeal = new Piecemeal(64, 100);
  const chunks = Array.from({ length: 8 }, (_, n) => [1 + (n % 4), n] as const);
  for (const [file, chunk] of chunks) expect(piecemeal.take(file, chunk, 60)).toBe(false);
  expect(chunks.some(([file, chunk]) => piecemeal.take(file, chunk, 60))).toBe(true);
});

test("what nobody asks for any more is forgotten: one that takes its place begins at nothing", () => {
  const piecemeal = new Piecemeal(1, 100); // four places
  for (let chunk = 0; chunk < 100; chunk++) expect(piecemeal.take(1, chunk, 99)).toBe(false);
});

test("files beyond the range of its keys may share a count, and nothing breaks", () => {
  const piecemeal = new Piecemeal(4, 100);
  expect(piecemeal.take(2 ** 40, 2 ** 32 - 1, 100)).toBe(true);
});
