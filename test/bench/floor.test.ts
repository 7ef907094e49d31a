/** The floor answers rightly in each of its ways, or the bench would compare with nonsense. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ask, FloorKind } from "../../bench/cell.js";
import { createCells, QUICK_SCALE } from "../../bench/cells.js";
import { checkAsks } from "../../bench/check.js";
import { divideCores } from "../../bench/cores.js";
import { writeFixtures } from "../../bench/fixtures.js";
import { FLOOR } from "../../bench/servers/floor.js";
import { launch } from "../../bench/servers/launch.js";

const SMALL = { path: "a/1.bin", sizeBytes: 3000 };
const OTHER = { path: "a/2.bin", sizeBytes: 10_240 };
const LARGE = { path: "large.bin", sizeBytes: 1_000_000 };
let folder: string;
let root: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  root = join(folder, "root");
  writeFixtures(root, [SMALL, OTHER, LARGE]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const whole = ({ path }: { path: string }): Ask => ({
  method: "GET",
  target: `/${path}`,
  headers: {},
  status: 200,
  body: { kind: "file", path },
});

function part(first: number, last: number): Ask {
  const { path, sizeBytes } = LARGE;
  return {
    ...whole(LARGE),
    headers: { Range: `bytes=${first}-${last}` },
    status: 206,
    body: { kind: "slice", slice: { path, first, last } },
    answerHeaders: { "content-range": `bytes ${first}-${last}/${sizeBytes}` },
  };
}

const unchanged: Ask = { ...whole(SMALL), status: 304, body: { kind: "none" } };
const headOnly: Ask = {
  ...whole(SMALL),
  method: "HEAD",
  body: { kind: "none" },
  answerHeaders: { "content-length": "3000" },
};
const missing: Ask = { ...whole({ path: "gone" }), status: 404, body: { kind: "any" } };

const rows: readonly (readonly [what: string, kind: FloorKind, asks: readonly Ask[]])[] = [
  ["a small file", "constant", [whole(SMALL)]],
  ["a large file", "constant", [whole(LARGE)]],
  ["a 304", "constant", [unchanged]],
  ["a head alone", "constant", [headOnly]],
  ["a miss", "constant", [missing]],
  ["files from memory, now and again", "kept", [whole(SMALL), whole(OTHER), whole(SMALL), missing]],
  ["files it opens", "opened", [whole(SMALL), whole(OTHER), whole(SMALL), missing]],
  ["slices", "sliced", [part(0, 65_535), part(123, 123), part(999_000, 999_999)]],
];

test.each(rows)("the floor sends %s", async (_, kind, asks) => {
  const around = { root, tempDir: folder, workers: 1, serverCores: divideCores(1).server };
  const ways = { hasAccessLog: false, hasDefaultTrust: false, settings: {} };
  const server = await launch(FLOOR, around, { ...ways, floor: { kind, firstAsk: asks[0]! } });
  try {
    expect(await checkAsks(server, root, asks)).toMatchObject({ kind: "fit" });
  } finally {
    await server.stop();
  }
});

test("cells of many answers have a floor that gives each of them", () => {
  const floors = createCells(QUICK_SCALE).filter(({ floor }) => floor === "constant");
  for (const { name, asks } of floors) expect([name, asks().length]).toEqual([name, 1]);
});
