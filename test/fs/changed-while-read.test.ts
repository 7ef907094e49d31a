/** Fear: bytes of two versions in one body, or facts of one version on the bytes of another. */
import fs from "node:fs";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { OPEN_BODY, OPEN_FILE, READ_DONE, READ_FILE_CHANGED } from "../../fs/jobs.js";
import { threads, until } from "../support/gate.js";
import { identityOf, SMALL_BYTES, sharePool } from "../support/pool.js";
import { nextTick, put, tempFolder } from "../support/temp-folder.js";

vi.mock("node:worker_threads", async (original) =>
  (await import("../support/gate.js")).gatedThreads(original),
);

const { open, read } = sharePool();
const { gate } = threads;

beforeEach(() => {
  gate.close();
  onTestFinished(() => gate.open());
});

/** Rewrites the file in place, so that its modification time is surely another one. */
function rewrite(path: string, text: string, second: number): void {
  fs.writeFileSync(path, text);
  fs.utimesSync(path, second, second);
}

describe("a small file that is rewritten while it is read whole", () => {
  test("arrives as its new version, with the facts of that", async () => {
    const path = put(tempFolder(), "f", "old");
    const opening = open(path);
    await until(() => gate.arrived() === 1);
    rewrite(path, "new", 1);
    gate.open();
    const opened = await opening;
    expect(opened).toMatchObject({ result: OPEN_BODY, identity: identityOf(path) });
    expect(String(opened.body)).toBe("new");
  });

  test("arrives as its new version when its time was set back", async () => {
    const path = put(tempFolder(), "f", "old");
    fs.utimesSync(path, 1, 1);
    await nextTick();
    const opening = open(path);
    await until(() => gate.arrived() === 1);
    rewrite(path, "new", 1);
    gate.open();
    expect(await opening).toMatchObject({ result: OPEN_BODY, identity: identityOf(path) });
  });

  test("arrives as its new version when that is shorter", async () => {
    const path = put(tempFolder(), "f", "long and old");
    const opening = open(path);
    await until(() => gate.arrived() === 1);
    rewrite(path, "new", 1);
    gate.open();
    const opened = await opening;
    expect(opened).toMatchObject({ result: OPEN_BODY, identity: identityOf(path) });
    expect(String(opened.body)).toBe("new");
  });

  test("arrives open when its new version is large", async () => {
    const path = put(tempFolder(), "f", "old");
    const opening = open(path);
    await until(() => gate.arrived() === 1);
    rewrite(path, "n".repeat(SMALL_BYTES + 1), 1);
    gate.open();
    expect(await opening).toMatchObject({ result: OPEN_FILE, identity: identityOf(path) });
  });

  test("and is shorter than its facts say lends no bytes of another", async () => {
    const root = tempFolder();
    gate.open();
    await open(put(root, "other", "secret"));
    gate.answer("finds nothing");
    onTestFinished(() => gate.answer("reads"));
    const opened = await open(put(root, "f", "public"));
    expect(opened).toMatchObject({ result: OPEN_FILE, body: undefined });
  });

  test("was seen before it was opened, and not when it had been read", async () => {
    const path = put(tempFolder(), "f", "old");
    const beforeMs = Date.now();
    const opening = open(path);
    await until(() => gate.arrived() === 1);
    const openMs = Date.now();
    await nextTick();
    gate.open();
    const { observedMs } = await opening;
    expect(observedMs).toBeGreaterThanOrEqual(beforeMs);
    expect(observedMs).toBeLessThanOrEqual(openMs);
  });

  test("again and again arrives open, as it is at last", async () => {
    const path = put(tempFolder(), "f", "v0");
    const opening = open(path);
    for (let version = 1; version <= 3; version++) {
      await until(() => gate.arrived() === version);
      rewrite(path, `v${version}`, version);
      gate.allow(1);
    }
    expect(await opening).toMatchObject({ result: OPEN_FILE, identity: identityOf(path) });
  });
});

describe("a large file that changes during a read", () => {
  const changes: readonly (readonly [why: string, change: (path: string) => void])[] = [
    ["rewritten", (path) => rewrite(path, "n".repeat(2 * SMALL_BYTES), 1)],
    ["cut short", (path) => fs.truncateSync(path, 10)],
    ["longer", (path) => fs.appendFileSync(path, "!")],
  ];
  for (const [why, change] of changes) {
    test(`is not taken for the old one when it is ${why}`, async () => {
      const path = put(tempFolder(), "f", "o".repeat(2 * SMALL_BYTES));
      const reading = read(await open(path), 0, 100);
      await until(() => gate.arrived() === 1);
      change(path);
      gate.open();
      expect(await reading).toBe(READ_FILE_CHANGED);
    });
  }

  test("is read to its end though the system hands out its bytes late", async () => {
    const path = put(tempFolder(), "f", "o".repeat(2 * SMALL_BYTES));
    const reading = read(await open(path), 0, 100);
    await until(() => gate.arrived() === 1);
    gate.open();
    expect(await reading).toBe(READ_DONE);
  });
});
