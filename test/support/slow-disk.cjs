/**
 * A disk whose speed depends on the name of the file, for `NODE_OPTIONS=--require`: reads are
 * made to wait, as a system call would, in whatever thread they happen. No hook in the program.
 *
 *   slow-...   every read takes SLOW_DISK_MS
 *   stuck-...  no read of its second half ever returns; of a file of up to 64 KiB, none at all
 *   bad-...    every read fails
 */
"use strict";
const fs = require("node:fs");
const { basename } = require("node:path");

const SLOW_MS = Number(process.env["SLOW_DISK_MS"] ?? 200);
const SMALL_BYTES = 64 * 1024;
const never = new Int32Array(new SharedArrayBuffer(4));

const nameOf = (fd) => basename(fs.readlinkSync(`/proc/self/fd/${fd}`));

function isStuck(fd, position) {
  const { size } = fs.fstatSync(fd);
  return size <= SMALL_BYTES || position >= size / 2;
}

const { readSync } = fs;
fs.readSync = (fd, buffer, offset, length, position) => {
  const name = nameOf(fd);
  if (name.startsWith("slow-")) Atomics.wait(never, 0, 0, SLOW_MS);
  if (name.startsWith("stuck-") && isStuck(fd, position)) Atomics.wait(never, 0, 0);
  if (name.startsWith("bad-")) throw Object.assign(new Error("EIO"), { errno: -5, code: "EIO" });
  return readSync(fd, buffer, offset, length, position);
};
