/** Fear: a place that can be written to is refused, or one that cannot is found after the start. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { whyNoFile, whyNoFolder } from "../../fs/writable.js";
import { put, tempFolder } from "../support/temp-folder.js";

const isRoot = process.geteuid?.() === 0;
const NOWHERE = "its folder does not exist";

function link(folder: string, target: string): string {
  fs.symlinkSync(target, join(folder, "link"));
  return join(folder, "link");
}

function pipe(folder: string): string {
  execFileSync("mkfifo", [join(folder, "pipe")]);
  return join(folder, "pipe");
}

type Row = readonly [
  what: string,
  make: (folder: string) => string,
  noFile: string | undefined,
  noFolder: string | undefined,
];
const rows: readonly Row[] = [
  ["a folder", (folder) => folder, "is a folder", undefined],
  ["a file", (folder) => put(folder, "file", ""), undefined, "is not a folder"],
  ["a pipe that nobody reads", pipe, undefined, "is not a folder"],
  ["nothing yet", (folder) => join(folder, "new"), undefined, undefined],
  ["nothing, in no folder", (folder) => join(folder, "no", "new"), NOWHERE, NOWHERE],
  [
    "a place below a file",
    (folder) => join(put(folder, "file", ""), "new"),
    "leads through something that is not a folder",
    "leads through something that is not a folder",
  ],
  [
    "a link to nothing yet, wherever that is",
    (folder) => link(folder, "no/new"),
    undefined,
    undefined,
  ],
];

describe("what a place has against", () => {
  test.each(rows)("a file, and a folder: %s", (_, make, noFile, noFolder) => {
    const path = make(tempFolder());
    expect([whyNoFile(path), whyNoFolder(path)]).toEqual([noFile, noFolder]);
  });

  test.skipIf(isRoot)("both, where this user may not write", () => {
    const folder = tempFolder();
    const file = put(folder, "file", "");
    fs.chmodSync(file, 0o400);
    fs.chmodSync(folder, 0o500);
    onTestFinished(() => fs.chmodSync(folder, 0o700));
    const denied = "may not be written by this user";
    expect(whyNoFile(file)).toBe(denied);
    expect(whyNoFile(join(folder, "new"))).toBe(denied);
    expect(whyNoFolder(folder)).toBe(denied);
    expect(whyNoFolder(join(folder, "new"))).toBe(denied);
  });
});
