/** Fear: a read that waits for a disk on the event loop, or bytes that are not the file's. */
import fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { CachedReads } from "../../fs/cached-reads.js";
import { Kernel } from "../../fs/kernel.js";
import type { FileIdentity } from "../../fs/reader-pool.js";
import { canForget, forget } from "../support/forget.js";
import {
  hasMemoryFolders,
  memoryFolder,
  nextTick,
  put,
  tempFolder,
} from "../support/temp-folder.js";

const PAGE = 4096;
const CONTENT = Buffer.from(
  Array.from({ length: 5 * PAGE }, (_, at) => (at * 7 + (at >> 8)) % 256),
);

const slab = new Uint8Array(new SharedArrayBuffer(64 * 1024));
const kernel = Kernel.load()!;
const cached = new CachedReads(kernel, slab.buffer);
let path = "";
let file: { fd: number; identity: FileIdentity };

const identityOf = (fd: number): FileIdentity => {
  const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(fd, { bigint: true });
  return { dev, ino, sizeBytes: Number(size), mtimeNs, ctimeNs };
};

beforeEach(() => {
  const folder = tempFolder();
  put(folder, "file", CONTENT);
  path = join(folder, "file");
  const fd = fs.openSync(path, "r+");
  file = { fd, identity: identityOf(fd) };
  slab.fill(0);
});
afterEach(() => fs.closeSync(file.fd));

describe("what is in memory", () => {
  test("lands where it belongs, and nothing beside it", () => {
    expect(cached.read(file, 100, 5000, 300)).toBe(true);
    expect(Buffer.from(slab.subarray(300, 5300)).equals(CONTENT.subarray(100, 5100))).toBe(true);
    expect(slab.subarray(0, 300).every((byte) => byte === 0)).toBe(true);
    expect(slab.subarray(5300).every((byte) => byte === 0)).toBe(true);
  });

  test("is not what lies beyond the end", () => {
    expect(cached.read(file, CONTENT.length - 10, 11, 0)).toBe(false);
  });

  test("is not what a descriptor that is closed led to", () => {
    expect(cached.read({ ...file, fd: 999_999 }, 0, 10, 0)).toBe(false);
  });
});

test.skipIf(!canForget)(
  "what the kernel has to fetch is refused, and had once it was",
  async () => {
    await vi.waitUntil(() => {
      forget(path);
      return !cached.read(file, 0, CONTENT.length, 0);
    });
    fs.readSync(file.fd, Buffer.alloc(CONTENT.length), 0, CONTENT.length, 0);
    expect(cached.read(file, 0, CONTENT.length, 0)).toBe(true);
  },
);

test.skipIf(!hasMemoryFolders)("a file system in memory has all of it there", () => {
  const fd = fs.openSync(put(memoryFolder(), "file", CONTENT), "r");
  onTestFinished(() => fs.closeSync(fd));
  const there = { fd, identity: identityOf(fd) };
  expect(cached.read(there, 100, 5000, 300)).toBe(true);
  expect(Buffer.from(slab.subarray(300, 5300)).equals(CONTENT.subarray(100, 5100))).toBe(true);
  expect(cached.isAtHand(there, 0, CONTENT.length)).toBe(true);
  expect(cached.canRead(there)).toBe(true);

  const asked = vi.spyOn(kernel, "readCached");
  expect(cached.read(there, 200, 5000, 300)).toBe(true);
  expect(Buffer.from(slab.subarray(300, 5300)).equals(CONTENT.subarray(200, 5200))).toBe(true);
  expect(cached.read(there, CONTENT.length - 10, 11, 0)).toBe(false);
  expect(asked).not.toHaveBeenCalled(); // what it was asked once it needs no more
  asked.mockRestore();
});

test("another that cannot tell is asked once", () => {
  const fd = fs.openSync("/proc/version", "r");
  onTestFinished(() => fs.closeSync(fd));
  const there = { fd, identity: identityOf(fd) };
  expect(cached.canRead(there)).toBe(true);
  expect(cached.read(there, 0, 1, 0)).toBe(false);
  expect(cached.canRead(there)).toBe(false);
});

describe("what seems to be in memory", () => {
  test("has its first and its last byte there", () => {
    expect(cached.isAtHand(file, 100, 5000)).toBe(true);
    expect(cached.isAtHand(file, CONTENT.length - 1, 1)).toBe(true);
  });

  test("does not begin or end beyond the file", () => {
    expect(cached.isAtHand(file, CONTENT.length, 1)).toBe(false);
    expect(cached.isAtHand(file, 100, CONTENT.length)).toBe(false);
  });

  test.skipIf(!canForget)("is not what the kernel has to fetch", async () => {
    await vi.waitUntil(() => {
      forget(path);
      return !cached.isAtHand(file, 0, CONTENT.length);
    });
  });
});

describe("a file is unchanged", () => {
  test("while nobody wrote to it", () => {
    expect(cached.isUnchanged(file)).toBe(true);
  });

  test.each([
    ["other permissions", () => fs.chmodSync(path, 0o600)],
    ["one more name", () => fs.linkSync(path, `${path}.link`)],
    ["another name", () => fs.renameSync(path, `${path}.old`)],
    ["no name any more", () => fs.rmSync(path)],
  ])("while it only has %s", async (_, change) => {
    await nextTick();
    change();
    expect(identityOf(file.fd).ctimeNs).not.toBe(file.identity.ctimeNs);
    expect(cached.isUnchanged(file)).toBe(true);
  });

  test("no more when its time moved by a nanosecond", () => {
    const later = { ...file.identity, mtimeNs: file.identity.mtimeNs + 1n };
    expect(cached.isUnchanged({ ...file, identity: later })).toBe(false);
  });

  test("no more when it was written to, or is shorter under the same time", () => {
    const { atimeMs, mtimeMs } = fs.statSync(path);
    fs.ftruncateSync(file.fd, 10);
    expect(cached.isUnchanged(file)).toBe(false);
    fs.utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
    const { mtimeNs } = fs.fstatSync(file.fd, { bigint: true });
    expect(cached.isUnchanged({ ...file, identity: { ...file.identity, mtimeNs } })).toBe(false);
  });

  test("no more when its descriptor was closed", () => {
    expect(cached.isUnchanged({ ...file, fd: 999_999 })).toBe(false);
  });
});
