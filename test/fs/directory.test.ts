/** Fear: a listing shows what could not be served, or hides what could. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { readFolder } from "../../fs/directory.js";
import { isNameable, type RootedPath, toRooted, toWire } from "../../fs/paths.js";
import { put, tempFolder } from "../support/temp-folder.js";

const ROOT = "" as RootedPath;
const at = (path: string): RootedPath => path as RootedPath;
const MANY = 1000;

function namesIn(root: string, path = ROOT): string[] {
  const read = readFolder(root, path, MANY);
  if (read.kind !== "read") throw new Error(`not read: ${JSON.stringify(read)}`);
  return read.entries.map(({ name }) => name).toSorted();
}

describe("an entry", () => {
  test("is a file with its size and time, or a folder with its time", () => {
    const root = tempFolder();
    const file = put(root, "sub/ten.txt", "0123456789");
    fs.utimesSync(file, 1_600_000_000.7009, 1_600_000_000.7009);
    fs.mkdirSync(join(root, "sub/below"));
    fs.utimesSync(join(root, "sub/below"), 1, 1);

    const read = readFolder(root, at("sub"), MANY);
    expect(read).toEqual({
      kind: "read",
      entries: expect.arrayContaining([
        { name: "ten.txt", isDirectory: false, sizeBytes: 10, modifiedMs: 1_600_000_000_700 },
        { name: "below", isDirectory: true, sizeBytes: 0, modifiedMs: 1000 },
      ]),
    });
  });

  const NAMES = ["a b", "100%", "%2f", "ü", "u\u0308", "☃", "#?&", "<b>", "~", "...", "-", "'"];
  test.each(NAMES)("is shown when its name can be asked for: %j", (name) => {
    const root = tempFolder();
    put(root, name, "");
    const isHidden = name.startsWith(".");
    expect(namesIn(root)).toEqual(isHidden ? [] : [name]);
  });

  test.each(["\n", "\x7f", "a\\b", "\u0085"])(
    "is left out when no URL may hold its name: %j",
    (name) => {
      const root = tempFolder();
      put(root, name, "");
      expect(namesIn(root)).toEqual([]);
    },
  );

  test("is left out when its name is no UTF-8, and does not pass for another", () => {
    const root = tempFolder();
    put(root, "bad\ufffd", "");
    fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), "");
    expect(namesIn(root)).toEqual(["bad\ufffd"]);
  });

  test("is left out when it is hidden; .well-known is not, at the root alone", () => {
    const root = tempFolder();
    for (const name of [".git/x", ".env", ".well-known/a", "sub/.well-known/a", "sub/b"]) {
      put(root, name, "");
    }
    put(root, ".well-known/.secret", "");
    expect(namesIn(root)).toEqual([".well-known", "sub"]);
    expect(namesIn(root, at("sub"))).toEqual(["b"]);
    expect(namesIn(root, at(".well-known"))).toEqual(["a"]);
  });

  test("is left out when it is neither a file nor a folder", () => {
    const root = tempFolder();
    execFileSync("mkfifo", [join(root, "pipe")]);
    fs.symlinkSync("pipe", join(root, "to-pipe"));
    put(root, "file", "");
    expect(namesIn(root)).toEqual(["file"]);
  });
});

describe("a link", () => {
  test("is shown as what it leads to", () => {
    const root = tempFolder();
    put(root, "deep/file", "12345");
    fs.symlinkSync("deep/file", join(root, "to-file"));
    fs.symlinkSync("deep", join(root, "to-folder"));
    fs.symlinkSync("to-file", join(root, "to-link"));

    const read = readFolder(root, ROOT, MANY);
    const entries = read.kind === "read" ? read.entries : [];
    const seen = entries.map(({ name, isDirectory, sizeBytes }) => [name, isDirectory, sizeBytes]);
    expect(seen.toSorted()).toEqual([
      ["deep", true, 0],
      ["to-file", false, 5],
      ["to-folder", true, 0],
      ["to-link", false, 5],
    ]);
  });

  test("is left out when it leads out of the root, nowhere, or in a circle", () => {
    const root = tempFolder();
    const outside = tempFolder();
    put(outside, "file", "");
    fs.mkdirSync(`${root}-next`);
    try {
      put(`${root}-next`, "file", "");
      const targets = [`${outside}/file`, outside, "/etc/passwd", "nowhere", "circle", ".."];
      for (const [n, target] of targets.entries()) fs.symlinkSync(target, join(root, `link-${n}`));
      fs.symlinkSync(`${root}-next/file`, join(root, "to-neighbor"));
      fs.symlinkSync("circle", join(root, "circle"));
      expect(namesIn(root)).toEqual([]);
    } finally {
      fs.rmSync(`${root}-next`, { recursive: true });
    }
  });

  test("may be the root itself", () => {
    const release = tempFolder();
    put(release, "file", "");
    fs.symlinkSync("file", join(release, "to-file"));
    const root = join(tempFolder(), "current");
    fs.symlinkSync(release, root);
    expect(namesIn(root)).toEqual(["file", "to-file"]);
  });
});

describe("a folder", () => {
  test("that is empty has no entries", () => {
    expect(namesIn(tempFolder())).toEqual([]);
  });

  test("outside of the root is not read", () => {
    const root = tempFolder();
    fs.symlinkSync(tempFolder(), join(root, "out"));
    expect(readFolder(root, at("out"), MANY)).toEqual({ kind: "outside" });
  });

  test.each([
    ["is not there", "missing", "ENOENT"],
    ["is a file", "file", "ENOTDIR"],
    ["lies below a file", "file/below", "ENOTDIR"],
  ])("that %s fails by name", (_why, path, errno) => {
    const root = tempFolder();
    put(root, "file", "");
    expect(readFolder(root, at(path), MANY)).toEqual({ kind: "failed", errno });
  });

  test("has to fit the bound, hidden entries not counted", () => {
    const root = tempFolder();
    for (const name of ["a", "b", "c", ".hidden"]) put(root, name, "");
    expect(readFolder(root, ROOT, 3).kind).toBe("read");
    expect(readFolder(root, ROOT, 2)).toEqual({ kind: "crowded" });
  });

  test("of several batches is read to its end", () => {
    const root = tempFolder();
    for (let n = 0; n < 2500; n++) put(root, `file-${n}`, "");
    const read = readFolder(root, ROOT, 10_000);
    const names = read.kind === "read" ? read.entries.map(({ name }) => name) : [];
    expect(new Set(names).size).toBe(2500);
    expect(names).toHaveLength(2500);
  });

  test("is not read in part where descriptors run out on the way", () => {
    const root = tempFolder();
    put(root, "file", "");
    fs.symlinkSync("file", join(root, "link"));
    const { openSync } = fs;
    const open = vi.spyOn(fs, "openSync").mockImplementation((path, flags) => {
      if (String(path).endsWith("/link")) throw Object.assign(new Error(), { code: "EMFILE" });
      return openSync(path, flags);
    });
    expect(readFolder(root, ROOT, MANY)).toEqual({ kind: "failed", errno: "EMFILE" });
    open.mockRestore();
  });

  test("leaves no descriptor open, whatever becomes of it", () => {
    const root = tempFolder();
    put(root, "file", "");
    fs.symlinkSync("/etc/passwd", join(root, "out"));
    fs.symlinkSync("file", join(root, "in"));
    const before = fs.readdirSync("/proc/self/fd").length;
    for (let n = 0; n < 20; n++) {
      for (const path of ["", "file", "missing", "out"]) readFolder(root, at(path), MANY);
      readFolder(root, ROOT, 0);
    }
    expect(fs.readdirSync("/proc/self/fd").length).toBe(before);
  });
});

test("what may be named is what may be asked for", () => {
  const names = ["a", ".a", "..", "...", ".well-known", "a\\b", "a\nb", "%", "a b", "ü", "-"];
  for (const name of names) {
    for (const parent of ["", "sub"]) {
      const wire = toWire((parent === "" ? name : `${parent}/${name}`) as RootedPath, false);
      const isRooted = toRooted(wire).kind === "rooted";
      expect([parent, name, isNameable(name, parent === "")]).toEqual([parent, name, isRooted]);
    }
  }
});
