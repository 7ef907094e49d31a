import { expect, test } from "vitest";
import { SIBLING_SUFFIXES } from "../../fs/jobs.js";
import { canHaveSiblings } from "../../fs/sidecars.js";
import { SIBLINGS } from "../../protocol/negotiation.js";

test("siblings: the disk and the wire count them in the same order", () => {
  expect(SIBLINGS.map(({ suffix }) => suffix)).toEqual([...SIBLING_SUFFIXES]);
});

const rows: readonly (readonly [why: string, path: string, want: boolean])[] = [
  ["text", "/a/notes.txt", true],
  ["a script", "/a/app.js", true],
  ["a vector image", "/a/logo.svg", true],
  ["a picture, compressed already", "/a/photo.jpg", false],
  ["an archive", "/a/app.tar.gz", false],
  ["a file of no known type, which may well be text", "/a/LICENSE", true],
];
for (const [why, path, want] of rows) {
  test(`siblings: ${want ? "are" : "are not"} looked for beside ${why} (${path})`, () => {
    expect(canHaveSiblings(path)).toBe(want);
  });
}
