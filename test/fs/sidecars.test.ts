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
  ["a playlist", "/a/live.m3u8", true],
  ["a playlist of sound", "/a/radio.m3u", true],
  ["a script of Node's", "/a/app.cjs", true],
  ["a model", "/a/ship.obj", true],
  ["a model's materials", "/a/ship.mtl", true],
  ["a mesh", "/a/ship.stl", true],
  ["a drawing", "/a/house.dxf", true],
  ["subtitles", "/a/film.srt", true],
  ["other subtitles", "/a/film.vtt", true],
  ["a tile of a map", "/a/14/8800/5373.mvt", true],
  ["a plain font", "/a/sans.ttf", true],
  ["a compressed font", "/a/sans.woff2", false],
  ["the same, older", "/a/sans.woff", false],
  ["sound", "/a/song.flac", false],
  ["a film's segment", "/a/film.m4s", false],
  ["a picture that mime-db says nothing of", "/a/photo.jxl", false],
  ["another", "/a/photo.webp", false],
  ["a compressed archive", "/a/app.tar.xz", false],
  ["another archive", "/a/app.rar", false],
  ["a package", "/a/app.rpm", false],
  ["a document that is an archive", "/a/letter.docm", false],
  ["a document, compressed already", "/a/paper.pdf", false],
  ["a picture, compressed already", "/a/photo.jpg", false],
  ["an archive", "/a/app.tar.gz", false],
  ["a file of no known type, which may well be text", "/a/LICENSE", true],
];
for (const [why, path, want] of rows) {
  test(`siblings: ${want ? "are" : "are not"} looked for beside ${why} (${path})`, () => {
    expect(canHaveSiblings(path)).toBe(want);
  });
}
