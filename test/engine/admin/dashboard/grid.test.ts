/** Fear: slots that fall off the map, or a map that pushes everything else away. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { layOut } from "../../../../engine/admin/dashboard/page/grid.js";

const rows: readonly (readonly [why: string, count: number, width: number, want: object])[] = [
  ["one slot", 1, 1000, { columns: 1, rows: 1, pitch: 22 }],
  ["a small pool is one row", 16, 1356, { columns: 16, rows: 1, pitch: 22 }],
  ["the default pool fills a desk", 256, 1356, { columns: 64, rows: 4, pitch: 21 }],
  ["the default pool on a phone", 256, 326, { columns: 26, rows: 10, pitch: 12 }],
  ["a large pool", 4096, 1356, { columns: 205, rows: 20, pitch: 6 }],
  ["more than fits grows downward", 4096, 326, { columns: 81, rows: 51, pitch: 4 }],
  ["a place narrower than a cell", 3, 2, { columns: 1, rows: 3, pitch: 4 }],
];
for (const [why, count, width, want] of rows) {
  test(`${why} (${count} in ${width})`, () => {
    expect(layOut(count, width)).toEqual(want);
  });
}

test("has a place for every cell, none wider than the room", () => {
  const count = fc.integer({ min: 1, max: 5000 });
  const width = fc.integer({ min: 4, max: 2000 });
  fc.assert(
    fc.property(count, width, (cells, room) => {
      const { columns, rows: lines, pitch } = layOut(cells, room);
      expect(columns * lines).toBeGreaterThanOrEqual(cells);
      expect(columns * (lines - 1)).toBeLessThan(cells);
      expect(columns * pitch).toBeLessThanOrEqual(room);
      expect(pitch).toBeGreaterThanOrEqual(4);
      expect(pitch).toBeLessThanOrEqual(22);
      if (pitch > 4) expect(lines * pitch).toBeLessThanOrEqual(120);
    }),
  );
});
