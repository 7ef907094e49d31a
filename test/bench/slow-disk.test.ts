/** The slow disk is slow to readers, and has nothing ready for those who would not wait. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPO_ROOT } from "../../bench/places.js";
import { buildSlowDisk, type Preload, READ_DELAY_MS } from "../../bench/preload.js";

/** Opens by a raw system call, as openat2(2) has to be, and reads without waiting, then waiting. */
const READ_TWICE = `
  const koffi = require("koffi"), fs = require("node:fs");
  const system = koffi.load(null);
  const open = system.func("syscall", "int64", ["int64", "int", "str", "void *", "size_t"]);
  const read = system.func("preadv2", "int64", ["int", "void *", "int", "int64", "int"]);
  const bytes = Buffer.allocUnsafeSlow(16), vector = new BigUint64Array([koffi.address(bytes), 16n]);
  console.log(JSON.stringify(process.argv.slice(1).map((path) => {
    const fd = Number(open(437, -100, path, koffi.address(new BigUint64Array(3)), 24));
    const got = Number(read(fd, koffi.address(vector), 1, 0, 8));
    const now = got < 0 ? -koffi.errno() : got;
    const startMs = performance.now();
    const later = fs.readSync(fd, bytes, 0, 16, 0);
    return { now, later, waitedMs: performance.now() - startMs };
  })));`;

let folder: string;
let disk: Preload;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  for (const name of ["hot", "cold"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "file"), "bytes");
  }
  disk = buildSlowDisk(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a cold file is refused to preadv2 with RWF_NOWAIT, and then takes its time", ({ skip }) => {
  if ("missing" in disk) return skip();
  const paths = ["hot", "cold"].map((name) => join(folder, name, "file"));
  const { stdout } = spawnSync(process.execPath, ["-e", READ_TWICE, ...paths], {
    cwd: REPO_ROOT,
    env: { ...process.env, LD_PRELOAD: disk.library },
    encoding: "utf8",
  });
  const [hot, cold] = JSON.parse(stdout);
  expect(hot.later).toBe(5);
  expect([5, -constants.errno.EOPNOTSUPP]).toContain(hot.now); // tmpfs cannot be asked so
  expect(cold).toMatchObject({ now: -constants.errno.EAGAIN, later: 5 });
  expect(cold.waitedMs).toBeGreaterThanOrEqual(READ_DELAY_MS);
});
