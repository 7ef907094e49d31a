/** Fear: looking at memory ends the process when no descriptor is left. */
import { expect, test } from "vitest";
import { readMemory } from "../../metrics/memory.js";

const refused = (): never => {
  throw new Error("EMFILE: too many open files, uv_resident_set_memory");
};

test("without a descriptor the heap is told, and the resident size as it was", () => {
  const before = readMemory();
  const after = readMemory(refused);
  expect(after.rss).toBe(before.rss);
  for (const field of ["heapTotal", "heapUsed", "external"] as const) {
    expect(after[field], field).toBeGreaterThan(before[field] / 2);
    expect(after[field], field).toBeLessThan(before[field] * 2);
  }
});
