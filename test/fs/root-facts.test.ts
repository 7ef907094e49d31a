/** Fear: an unreadable file that is found by visitors only, or a look that never ends. */
import fs from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { isWritableFolder, readRootFacts } from "../../fs/root-facts.js";
import { put, tempFolder } from "../support/temp-folder.js";

/** Root may read everything: here only what everybody may is permitted. */
function accessOfEverybody(path: fs.PathLike, mode = 0): void {
  if ((fs.statSync(path).mode & mode) === mode) return;
  throw Object.assign(new Error("denied"), { code: "EACCES" });
}
beforeEach(() => {
  const spy = vi.spyOn(fs, "accessSync").mockImplementation(accessOfEverybody);
  return () => spy.mockRestore();
});

test("finds what cannot be read, and nothing that nobody can ask for", () => {
  const root = tempFolder();
  for (const name of ["index.html", "a/b/secret", "a/open", "shut/file", ".git/secret", "x/.y"]) {
    put(root, name, "");
    fs.chmodSync(join(root, name), name.endsWith("secret") || name === "x/.y" ? 0o600 : 0o644);
  }
  put(root, ".well-known/secret", "");
  fs.chmodSync(join(root, ".well-known/secret"), 0o600);
  fs.chmodSync(join(root, "shut"), 0o744); // readable, but nothing in it can be reached
  fs.symlinkSync("/nowhere", join(root, "link"));
  const { unreadable, ...others } = readRootFacts(root, "index.html");
  expect([...unreadable].sort()).toEqual([".well-known/secret", "a/b/secret", "shut"]);
  expect(others).toEqual({
    path: root,
    fileSystem: fs.statfsSync(root).type,
    seen: 9, // index.html, .well-known and its file, a, a/b, two files below, shut, x
    hasMore: false,
    index: "readable",
  });
});

test.each([
  ["as many as may be seen", 3, false],
  ["one more", 2, true],
])("ends after its measure: %s", (_, most, hasMore) => {
  const root = tempFolder();
  for (const name of ["a", "b", "c"]) put(root, name, "");
  expect(readRootFacts(root, "index.html", most)).toMatchObject({ seen: most, hasMore });
});

test("tells a missing index from one that cannot be read", () => {
  const root = tempFolder();
  put(root, "secret.html", "");
  fs.chmodSync(join(root, "secret.html"), 0o600);
  expect(readRootFacts(root, "secret.html").index).toBe("unreadable");
  expect(readRootFacts(root, "missing.html").index).toBe("missing");
});

test("a folder to write to may be missing itself, but not what it is to be made in", () => {
  const root = tempFolder();
  fs.chmodSync(root, 0o777);
  fs.mkdirSync(join(root, "shut"), 0o755);
  expect(isWritableFolder(root)).toBe(true);
  expect(isWritableFolder(join(root, "new"))).toBe(true);
  expect(isWritableFolder(join(root, "new/deeper"))).toBe(false);
  expect(isWritableFolder(join(root, "shut"))).toBe(false);
});
