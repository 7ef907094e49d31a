import fs from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Scratch } from "../../fs/scratch.js";
import { tempFolder } from "../support/temp-folder.js";

function openScratch(folder: string): Scratch {
  const scratch = new Scratch(folder);
  onTestFinished(() => scratch.discard());
  return scratch;
}

test("has no name, and is nobody else's to read", () => {
  const folder = tempFolder();
  const { fd } = openScratch(folder);
  expect(fs.readdirSync(folder)).toEqual([]);
  const { mode, nlink, uid } = fs.fstatSync(fd);
  expect([mode & 0o777, nlink, uid]).toEqual([0o600, 0, process.getuid?.()]);
});

test("holds what was written, in order, and says how much that is", () => {
  const scratch = openScratch(tempFolder());
  const pieces = [
    Buffer.from("one, "),
    Buffer.alloc(0),
    Buffer.alloc(100_000, "x"),
    Buffer.from("end"),
  ];
  for (const piece of pieces) scratch.write(piece);
  const { sizeBytes } = scratch.identity();
  const bytes = Buffer.alloc(sizeBytes + 1);
  expect(fs.readSync(scratch.fd, bytes, 0, bytes.length, 0)).toBe(sizeBytes);
  expect(bytes.subarray(0, sizeBytes)).toEqual(Buffer.concat(pieces));
});

test("goes on where the disk took only a part", () => {
  const scratch = openScratch(tempFolder());
  const write = fs.writeSync as (...args: unknown[]) => number;
  vi.spyOn(fs, "writeSync").mockImplementation(((
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
  ) => write(fd, bytes, offset, Math.min(length, 4))) as typeof fs.writeSync);
  onTestFinished(() => void vi.restoreAllMocks());
  scratch.write(Buffer.from("0123456789"));
  const bytes = Buffer.alloc(20);
  const length = fs.readSync(scratch.fd, bytes, 0, bytes.length, 0);
  expect(String(bytes.subarray(0, length))).toBe("0123456789");
});

test("has the identity that whoever reads it will see", () => {
  const scratch = openScratch(tempFolder());
  scratch.write(Buffer.from("x"));
  const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(scratch.fd, { bigint: true });
  expect(scratch.identity()).toEqual({ dev, ino, sizeBytes: Number(size), mtimeNs, ctimeNs });
});

test("is another file each time", () => {
  const folder = tempFolder();
  const [one, other] = [openScratch(folder), openScratch(folder)];
  one.write(Buffer.from("one"));
  expect(other.identity().sizeBytes).toBe(0);
});

test("is gone when discarded", () => {
  const scratch = new Scratch(tempFolder());
  scratch.discard();
  expect(() => scratch.identity()).toThrow("EBADF");
});

test("cannot be made where there is no folder, and says so by errno", () => {
  const nowhere = join(tempFolder(), "missing");
  expect(() => new Scratch(nowhere)).toThrow(expect.objectContaining({ code: "ENOENT" }));
});
