/**
 * For `NODE_OPTIONS=--require`: a disk that has died. Reads of a file named `dead-...` wait in a system
 * call that no thread can be called back from, and so does one thread of libuv's pool in each process, as
 * when a root on that disk is asked about; from SIGURG on all of them do, and no descriptor is left.
 * DEAD_DISK_PIPE is a named pipe that nobody writes to.
 *
 * Says so when a process exits by itself, and is not killed.
 */
"use strict";
const fs = require("node:fs");
const { basename } = require("node:path");
const { isMainThread } = require("node:worker_threads");

const { read, readSync } = fs;
const pipe = fs.openSync(process.env["DEAD_DISK_PIPE"], "r+");
const buffer = Buffer.alloc(1);

function takeAllDescriptors() {
  try {
    for (;;) fs.openSync("/dev/null", "r");
  } catch {} // EMFILE
}

/** So many threads libuv's pool has. */
const POOL_THREADS = 4;
const waitForEver = () => read(pipe, buffer, 0, 1, null, () => {});

if (isMainThread) {
  waitForEver();
  process.on("SIGURG", () => {
    for (let more = 0; more < POOL_THREADS; more++) waitForEver();
    takeAllDescriptors();
    fs.writeSync(1, `process ${process.pid} has neither thread nor descriptor\n`);
  });
  process.on("exit", () => fs.writeSync(1, `process ${process.pid} exits by itself\n`));
}

fs.readSync = (fd, ...rest) => {
  const isDead = basename(fs.readlinkSync(`/proc/self/fd/${fd}`)).startsWith("dead-");
  return isDead ? readSync(pipe, buffer) : readSync(fd, ...rest);
};
