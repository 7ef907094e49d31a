/** Fear: a picture of another pool. */
import { expect, test } from "vitest";
import { ChunkPool } from "../../../engine/chunks/chunk-pool.js";
import { mapPool } from "../../../engine/watch/pool-map.js";

const file = { id: 1, sizeBytes: 1_000 };

test("shows each slot as it is", () => {
  const pool = new ChunkPool(new Uint8Array(40), 10);
  const [cached, pinned] = [0, 1].map((chunk) => pool.claim(file, chunk, 1)) as [number, number];
  pool.finishLoading(cached);
  pool.pin(pinned);
  pool.finishLoading(pinned);
  const loading = pool.claim(file, 2, 1);
  pool.pin(loading);
  expect(mapPool(pool)).toEqual({ slots: 4, chunkBytes: 10, slotsPerCell: 1, cells: "cplf" });
});

test("shows the busiest of those that share a cell, and the rest at the end", () => {
  const slots = 2 * 4096 + 1;
  const pool = new ChunkPool(new Uint8Array(slots), 1);
  for (let chunk = 0; chunk < 4; chunk++)
    pool.finishLoading(pool.claim({ id: 1, sizeBytes: 9 }, chunk, 1));
  pool.pin(1);
  const { slotsPerCell, cells } = mapPool(pool);
  expect(slotsPerCell).toBe(3);
  expect(cells).toHaveLength(Math.ceil(slots / 3));
  expect(cells.slice(0, 3)).toBe("pcf");
});
