/** Fear: a run of half an hour that ends for want of room, or on a disk that nobody meant. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSystemOf, whyNoDisk, whyNoPlace } from "../../bench/fixture-place.js";
import { GIB, MIB } from "../../bench/fixtures.js";
import { builtFile } from "../../bench/places.js";

const SMALL = { path: "a.bin", sizeBytes: 1 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("room for what is small, and nothing is left of the question", () => {
  expect(whyNoPlace(folder, [SMALL])).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test("a file that is larger than the disk is told before it is written", () => {
  const why = whyNoPlace(folder, [SMALL, { path: "b.bin", sizeBytes: 2 ** 60 }]);
  expect(why).toMatch(
    /^No room for the fixtures in .*: 107374\d{4}\.\d GiB wanted, [\d.]+ GiB free/,
  );
});

test("small files take whole blocks, each path once, and those beside them too", () => {
  const { bsize } = statfsSync(folder);
  const wanted = (blocks: number) => `: ${((blocks * bsize) / GIB).toFixed(1)} GiB wanted`;
  const huge = { path: "huge", sizeBytes: 2 ** 60 };
  const many = Array.from({ length: 1e5 }, (_, at) => ({ path: `${at}`, sizeBytes: 1 }));
  const hugeBlocks = (2 ** 60 + 256 * MIB) / bsize;
  expect(whyNoPlace(folder, [huge, ...many, ...many])).toContain(wanted(hugeBlocks + 1e5));
  const sidecars = { ...huge, hasSidecars: true };
  expect(whyNoPlace(folder, [sidecars])).toContain(wanted(hugeBlocks + (2 * 2 ** 60) / bsize));
});

test("what lies in memory is no slow disk", ({ skip }) => {
  expect(whyNoDisk("/proc")).toBeUndefined();
  if (!fileSystemOf("/dev/shm").startsWith("tmpfs")) return skip();
  expect(whyNoDisk("/dev/shm")).toEqual({
    missing: "files on tmpfs come from no disk: --fixtures DIR puts them on one",
  });
});

test.each([
  ["no such folder", () => join(folder, "none"), "ENOENT"],
  ["a file", () => join(folder, "file"), "ENOTDIR"],
  ["where nobody may write", () => "/proc", "(ENOENT|EACCES)"],
])("refused at the start: %s", (_, path, why) => {
  writeFileSync(join(folder, "file"), "");
  const args = [
    builtFile("main.js"),
    "--only",
    "hot-1k",
    "--against",
    "none",
    "--fixtures",
    path(),
  ];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toMatch(new RegExp(`^No place for the fixtures in ${path()}: ${why}.*\\n$`));
});

test("the file system is that of the nearest mount", () => {
  expect(fileSystemOf("/proc/self")).toBe("proc (proc)");
  if (existsSync("/dev/shm")) expect(fileSystemOf("/dev/shm")).toMatch(/^tmpfs \(/);
  // A chroot is not told what its own root lies on.
  const isRootTold = /^\S+ \S+ \S+ \S+ \/ /m.test(readFileSync("/proc/self/mountinfo", "utf8"));
  expect(fileSystemOf(folder)).toMatch(isRootTold ? /^\w+ \(.+\)$/ : /^(unknown|\w+ \(.+\))$/);
});
