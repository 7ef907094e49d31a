import { describe, expect, test } from "vitest";
import { FAULTS, type FaultCode, faultOf } from "../../protocol/faults.js";
import { reasonOf } from "../../protocol/status.js";

const errnoRows: readonly (readonly [
  why: string,
  errno: string,
  want: FaultCode,
  status: number,
])[] = [
  ["no such file", "ENOENT", "FILE_MISSING", 404],
  ["a file used as a directory", "ENOTDIR", "FILE_MISSING", 404],
  ["a directory used as a file", "EISDIR", "FILE_MISSING", 404],
  ["a name no file can have", "ENAMETOOLONG", "FILE_MISSING", 404],
  ["a name this file system cannot hold", "EILSEQ", "FILE_MISSING", 404],
  ["a socket in the tree", "ENXIO", "FILE_MISSING", 404],
  ["not readable by us", "EACCES", "FILE_FORBIDDEN", 403],
  ["not permitted to us", "EPERM", "FILE_FORBIDDEN", 403],
  ["a link that is not to be followed", "ELOOP", "FILE_FORBIDDEN", 403],
  ["out of descriptors is busy, not missing", "EMFILE", "NO_DESCRIPTORS", 503],
  ["the machine is out of descriptors", "ENFILE", "NO_DESCRIPTORS", 503],
  ["out of memory", "ENOMEM", "NO_MEMORY", 503],
  ["try again", "EAGAIN", "READERS_BUSY", 503],
  ["a network disk that does not answer", "ETIMEDOUT", "READ_TIMED_OUT", 503],
  ["a broken disk", "EIO", "DISK_FAILED", 500],
  ["an errno nobody listed", "EWHATEVER", "DISK_FAILED", 500],
  ["no errno at all", "", "DISK_FAILED", 500],
  ["a name objects have", "constructor", "DISK_FAILED", 500],
];

describe("faultOf", () => {
  for (const [why, errno, want, status] of errnoRows) {
    test(`${why} (${errno})`, () => {
      expect(faultOf(errno)).toBe(want);
      expect(FAULTS[want].status).toBe(status);
    });
  }
});

describe("FAULTS", () => {
  const statusRows: readonly (readonly [section: string, code: FaultCode, status: number])[] = [
    ["15.5.1", "BAD_PATH", 400],
    ["15.5.1", "BAD_HOST", 400],
    ["15.5.1", "BAD_FRAMING", 400],
    ["15.5.4", "OUTSIDE_ROOT", 403],
    ["15.5.5", "FILE_HIDDEN", 404],
    ["15.5.6", "METHOD_NOT_ALLOWED", 405],
    ["15.5.13", "PRECONDITION_FAILED", 412],
    ["15.5.14", "CONTENT_TOO_LARGE", 413],
    ["15.5.17", "RANGE_NOT_SATISFIABLE", 416],
    ["15.5.20", "MISDIRECTED", 421],
    ["15.6.1", "SERVER_BUG", 500],
    ["15.6.2", "UNKNOWN_METHOD", 501],
    ["15.6.4", "SHUTTING_DOWN", 503],
  ];
  for (const [section, code, status] of statusRows) {
    test(`${section} ${code} is ${status}`, () => expect(FAULTS[code].status).toBe(status));
  }

  const all = Object.entries(FAULTS);

  test("10.2.3 busy faults say when to try again, others never", () => {
    for (const [code, { status, retryAfterSec }] of all) {
      expect([code, retryAfterSec !== undefined]).toEqual([code, status === 503]);
    }
  });

  test("RFC 9112 6.3 a connection whose next request cannot be found is closed", () => {
    const closing = all.filter(([, { closes }]) => closes === true).map(([code]) => code);
    expect(closing.sort()).toEqual(["BAD_FRAMING", "CONTENT_TOO_LARGE", "SHUTTING_DOWN"]);
  });

  test("a fault of ours is an error in the log, a client's never is", () => {
    const loud = all.filter(([, { log }]) => log === "error").map(([code]) => code);
    expect(loud.sort()).toEqual(["DISK_FAILED", "NO_MEMORY", "READ_TIMED_OUT", "SERVER_BUG"]);
  });

  test("words hold no path, no errno, no markup", () => {
    for (const [, { says }] of all) expect(says).toMatch(/^[A-Z][A-Za-z ,']+\.( [A-Z][a-z ]+\.)?$/);
  });

  test("every status has a reason phrase", () => {
    for (const [, { status }] of all) expect(reasonOf(status)).not.toBe("");
  });

  test("a hidden file reads like none, and a link out of the root like a closed file", () => {
    const shown = (code: FaultCode) => [FAULTS[code].status, FAULTS[code].says];
    expect(shown("FILE_HIDDEN")).toEqual(shown("FILE_MISSING"));
    expect(shown("OUTSIDE_ROOT")).toEqual(shown("FILE_FORBIDDEN"));
  });
});
