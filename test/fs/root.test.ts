/** Fear: a server that starts, and serves nothing or the wrong folder. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { judgeRoot } from "../../fs/root.js";
import { put, tempFolder } from "../support/temp-folder.js";

const isRoot = process.geteuid?.() === 0;

const rows: readonly (readonly [
  why: string,
  make: (folder: string) => string,
  complaint: string,
])[] = [
  ["is not there", (folder) => join(folder, "gone"), "does not exist"],
  ["is a file", (folder) => put(folder, "file", ""), "is not a folder"],
  [
    "lies below a file",
    (folder) => join(put(folder, "file", ""), "x"),
    "leads through something that is not a folder",
  ],
  ["is a link to itself", (folder) => linkTo(folder, "link"), "is a link that leads in a circle"],
  ["is a link to nothing", (folder) => linkTo(folder, "gone"), "does not exist"],
];

function linkTo(folder: string, target: string): string {
  fs.symlinkSync(target, join(folder, "link"));
  return join(folder, "link");
}

describe("a root is refused when it", () => {
  for (const [why, make, complaint] of rows) {
    test(why, () => {
      const path = make(tempFolder());
      const said = `root ${JSON.stringify(path)} ${complaint}`;
      expect(judgeRoot(path)).toEqual({ kind: "refused", complaint: said });
    });
  }

  test.skipIf(isRoot)("may not be looked into", () => {
    const folder = tempFolder();
    fs.chmodSync(folder, 0o300);
    onTestFinished(() => fs.chmodSync(folder, 0o700));
    expect(judgeRoot(folder)).toMatchObject({ kind: "refused" });
  });

  test("has a name no folder can have, and the system's words say so", () => {
    expect(judgeRoot(`/${"n".repeat(300)}`)).toMatchObject({
      complaint: expect.stringContaining("ENAMETOOLONG"),
    });
  });
});

describe("a root", () => {
  test("is taken as it is given when it is absolute", () => {
    const path = tempFolder();
    expect(judgeRoot(path)).toEqual({ kind: "root", path });
  });
  test("is made absolute", () => expect(judgeRoot(".")).toMatchObject({ path: process.cwd() }));
  test("loses a slash at its end", () => {
    const path = tempFolder();
    expect(judgeRoot(`${path}/`)).toEqual({ kind: "root", path });
  });
  test("that is a link stays one, so that it can be switched", () => {
    const folder = tempFolder();
    fs.mkdirSync(join(folder, "r1"));
    const path = linkTo(folder, "r1");
    expect(judgeRoot(path)).toEqual({ kind: "root", path });
  });
});
