/** Fear: bytes that land where copying to them is slow, or beside where they belong. */
import { expect, test } from "vitest";
import { Kernel } from "../../fs/kernel.js";
import { createSlab } from "../../fs/slab.js";

const LENGTH = 1_000_000;

test("begins with a page, and is as long as was asked for", () => {
  const kernel = Kernel.load()!;
  const slab = createSlab(LENGTH, kernel);
  expect(kernel.addressOf(slab) % 4096).toBe(0);
  expect(slab).toHaveLength(LENGTH);
});

test.each([
  [0, 0],
  [16, 4080],
  [4095, 1],
  [2 ** 47 - 16, 16],
])("whose memory begins at %i begins %i bytes further", (address, further) => {
  const slab = createSlab(LENGTH, { addressOf: () => address });
  expect([slab.byteOffset, slab.length]).toEqual([further, LENGTH]);
});

test("is as long where nobody can tell where memory lies", () => {
  expect(createSlab(LENGTH, undefined)).toHaveLength(LENGTH);
});
