/**
 * One reader thread: blocking system calls, one job after the other, nothing else.
 *
 * open   open, fstat, where does the descriptor really lie, then the whole file if it is small
 * read   pread into the slab, then fstat: are its bytes what they were?
 * close  close
 *
 * Facts come from the descriptor that is read, never from a second look-up by path. Owns: nothing
 * between two jobs but the resolved name of each root. Does not know HTTP, caches or who asked.
 */
import fs from "node:fs";
import { constants } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { sharedMs } from "./clock.js";
import { containmentNow, containmentOf } from "./containment.js";
import {
  F_ENDED_MS,
  F_ERRNO,
  F_FD,
  F_FLAGS,
  F_LENGTH,
  F_OBSERVED_MS,
  F_OFFSET,
  F_OP,
  F_RESULT,
  F_ROOT_CHARS,
  F_SIBLINGS,
  F_SIZE,
  F_SLAB_OFFSET,
  F_STARTED_MS,
  I_CTIME_NS,
  I_DEV,
  I_INO,
  I_MTIME_NS,
  JobRecords,
} from "./job-records.js";
import {
  OP_CLOSE,
  OP_OPEN,
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_IRREGULAR,
  OPEN_OUTSIDE,
  OPEN_UNCHANGED,
  READ_DONE,
  READ_FILE_CHANGED,
  READ_REFUSED,
  SIBLING_SUFFIXES,
  WITH_KNOWN,
  WITH_SIBLINGS,
} from "./jobs.js";
import type { ReaderData } from "./reader-threads.js";
import { type Lane, ReaderEnd } from "./ring.js";

const data = workerData as ReaderData;
const ring = new ReaderEnd(data.ring);
const jobs = new JobRecords(data.jobs);
const slabBytes = new Uint8Array(data.slab);
const BIGINT = { bigint: true } as const;
const NO_THROW = { throwIfNoEntry: false } as const;

// A missing file is an everyday answer: an exception without a stack costs a third of one with.
Error.stackTraceLimit = 0;

/** Never blocks on a FIFO, never makes a terminal ours. Links are judged by `containmentOf`. */
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

/** A file that is rewritten while we read it whole is read again, this often, then left to chunks. */
const TORN_READS = 3;

parentPort?.postMessage("ready");
work();

function work(): void {
  let lastJobUs = 0;
  for (;;) {
    const claim = ring.take(lastJobUs);
    if (claim < 0) return;
    const job = claim >> 1;
    const startedMs = sharedMs();
    jobs.set(job, F_STARTED_MS, startedMs); // before the job: the loop looks while it lasts
    run(job);
    const endedMs = sharedMs();
    jobs.set(job, F_ENDED_MS, endedMs);
    lastJobUs = (endedMs - startedMs) * 1000;
    ring.publish(job, (claim & 1) as Lane);
  }
}

function run(job: number): void {
  const op = jobs.get(job, F_OP);
  if (op === OP_OPEN) open(job);
  else if (op === OP_CLOSE) close(job);
  else read(job);
}

// --- open ---

function open(job: number): void {
  const path = jobs.path(job);
  let fd = -1;
  try {
    lookForSiblings(job, path);
    if ((jobs.get(job, F_FLAGS) & WITH_KNOWN) !== 0 && isUnchanged(job, path)) {
      jobs.set(job, F_RESULT, OPEN_UNCHANGED);
      return;
    }
    jobs.set(job, F_OBSERVED_MS, Date.now());
    fd = fs.openSync(path, OPEN_FLAGS);
    jobs.set(job, F_RESULT, look(job, fd, path));
  } catch (error) {
    fail(job, OPEN_FAILED, error);
  }
  if (fd >= 0 && jobs.get(job, F_RESULT) !== OPEN_FILE) closeQuietly(fd);
}

/** Cost: one stat by path for each suffix; a missing one costs 2 µs. */
function lookForSiblings(job: number, path: string): void {
  let found = 0;
  if ((jobs.get(job, F_FLAGS) & WITH_SIBLINGS) !== 0) {
    SIBLING_SUFFIXES.forEach((suffix, at) => {
      if (exists(path + suffix)) found |= 1 << at;
    });
  }
  jobs.set(job, F_SIBLINGS, found);
}

/** A sibling that cannot be looked at (its name too long, a link in a circle) is no sibling. */
function exists(path: string): boolean {
  try {
    return fs.statSync(path, NO_THROW) !== undefined;
  } catch {
    return false;
  }
}

/**
 * The same file may lie outside by now: its folder was moved, and a link leads there.
 *
 * Cost: one stat by path, which also tells a replaced file and a moved link, and a readlink for each name
 * on the way. No descriptor: a known file is served also when there is none.
 */
function isUnchanged(job: number, path: string): boolean {
  const isSame = hasIdentity(job, fs.statSync(path, BIGINT));
  return isSame && containmentNow(rootOf(job, path), path) === "inside";
}

/** As `isSameFile`. */
function hasIdentity(job: number, stat: fs.BigIntStats): boolean {
  return (
    stat.ctimeNs === jobs.getWide(job, I_CTIME_NS) &&
    stat.ino === jobs.getWide(job, I_INO) &&
    stat.dev === jobs.getWide(job, I_DEV) &&
    hasSameBytes(job, stat)
  );
}

/** As `hasSameBytes` of open-file.ts. */
function hasSameBytes(job: number, { mtimeNs, size }: fs.BigIntStats): boolean {
  return mtimeNs === jobs.getWide(job, I_MTIME_NS) && Number(size) === jobs.get(job, F_SIZE);
}

/** Cost: fstat, one readlink of /proc, and for a small file read, fstat. */
function look(job: number, fd: number, path: string): number {
  const stat = fs.fstatSync(fd, BIGINT);
  if (!isInside(job, fd, path)) return OPEN_OUTSIDE;
  if (stat.isDirectory()) return describe(job, fd, stat, OPEN_DIRECTORY);
  if (!stat.isFile()) return OPEN_IRREGULAR;
  if (landWhole(job, fd, stat)) return OPEN_BODY;
  return describe(job, fd, fs.fstatSync(fd, BIGINT), OPEN_FILE);
}

function isInside(job: number, fd: number, path: string): boolean {
  return containmentOf(rootOf(job, path), fd, path) === "inside";
}

function rootOf(job: number, path: string): string {
  return path.slice(0, jobs.get(job, F_ROOT_CHARS));
}

function describe(job: number, fd: number, stat: fs.BigIntStats, result: number): number {
  jobs.set(job, F_FD, fd);
  jobs.set(job, F_SIZE, Number(stat.size));
  jobs.setWide(job, I_DEV, stat.dev);
  jobs.setWide(job, I_INO, stat.ino);
  jobs.setWide(job, I_MTIME_NS, stat.mtimeNs);
  jobs.setWide(job, I_CTIME_NS, stat.ctimeNs);
  return result;
}

/** Reads a small file whole into the landing buffer; false when it is too large or never holds still. */
function landWhole(job: number, fd: number, first: fs.BigIntStats): boolean {
  let before = first;
  for (let attempt = 0; attempt < TORN_READS; attempt++) {
    const size = Number(before.size);
    if (size > jobs.landingBytes) return false;
    const isFull = fill(fd, jobs.landing(job), size, 0) === size;
    describe(job, -1, before, OPEN_BODY);
    const after = fs.fstatSync(fd, BIGINT);
    if (isFull && hasIdentity(job, after)) return true;
    before = after;
  }
  return false;
}

// --- read ---

/** Reads until `length` bytes are there or the file ends. Returns the bytes read. */
function fill(fd: number, into: Uint8Array, length: number, position: number): number {
  let filled = 0;
  while (filled < length) {
    const got = fs.readSync(fd, into, filled, length - filled, position + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/**
 * Cost: one pread as a rule, one fstat. The fstat comes last: a writer moves mtime before it copies
 * its bytes, so bytes read under an unmoved mtime are bytes of the file we know.
 */
function read(job: number): void {
  const fd = jobs.get(job, F_FD);
  const start = jobs.get(job, F_SLAB_OFFSET);
  const length = jobs.get(job, F_LENGTH);
  try {
    const target = slabBytes.subarray(start, start + length);
    const filled = fill(fd, target, length, jobs.get(job, F_OFFSET));
    const isSame = filled === length && hasSameBytes(job, fs.fstatSync(fd, BIGINT));
    jobs.set(job, F_RESULT, isSame ? READ_DONE : READ_FILE_CHANGED);
  } catch (error) {
    fail(job, READ_REFUSED, error);
  }
}

// --- close, and what went wrong ---

function close(job: number): void {
  closeQuietly(jobs.get(job, F_FD));
}

/** The kernel frees the descriptor whatever close says. */
function closeQuietly(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {}
}

/** An error without errno is not the system's but Node's, such as a path with a NUL in it. */
function fail(job: number, result: number, error: unknown): void {
  const { errno = -constants.errno.EIO } = error as NodeJS.ErrnoException;
  jobs.set(job, F_RESULT, result);
  jobs.set(job, F_ERRNO, errno);
}
