/** Fear: a hot file falls off the express lane for the way an honest client writes its name. */
import { describe, expect, test } from "vitest";
import { isUsualSpelling } from "../../../engine/express/usual-spelling.js";
import { decodedPath } from "../../../engine/finder.js";
import { toRooted } from "../../../fs/paths.js";

function isUsual(wire: string): boolean {
  const place = toRooted(wire);
  if (place.kind !== "rooted") throw new Error(`${wire} is refused`);
  return isUsualSpelling(wire, decodedPath(place));
}

describe("usual is", () => {
  test.each([
    ["the root", "/"],
    ["a plain name", "/assets/app-BwXyZ12a.js"],
    ["a folder", "/docs/"],
    ["a name whose signs a browser leaves bare", "/[slug]/@2x,a+b=c;(1)!$&'*:|.png"],
    [
      "the same, escaped by encodeURIComponent",
      "/%5Bslug%5D/%402x%2Ca%2Bb%3Dc%3B(1)!%24%26'*%3A%7C",
    ],
    ["the same, escaped by encodeURI", "/%5Bslug%5D/@2x,a+b=c;(1)!$&'*:%7C.png"],
    ["the same, escaped by Python", "/%5Bslug%5D/%402x%2Ca%2Bb%281%29%21%24%26%27%2A%3A"],
    ["a space and umlauts, by a browser", "/%C3%9Cber%20uns%20(1).html"],
    ["a space and umlauts, in lower case", "/%c3%9cber%20uns%20(1).html"],
    ["a face", "/%F0%9F%98%80.png"],
    ["a percent sign", "/100%25.txt"],
    ["a question mark and a hash sign", "/what%3F/%23one"],
    ["a folder by who typed it, a file by who wrote the link", "/docs%20(v1)/img%20%281%29.png"],
    ["a sign that is bare in the folder and escaped in the file", "/Q&A/a%20%26%20b.html"],
    ["a tilde, as it was written once", "/%7Ejoe/cv.pdf"],
  ])("%s: %s", (_, wire) => {
    expect(isUsual(wire)).toBe(true);
  });
});

describe("unusual is", () => {
  test.each([
    ["a doubled slash", "/docs//a.txt"],
    ["a doubled slash at the end", "/docs//"],
    ["a doubled slash alone", "//"],
    ["an escape nobody needs", "/%61.txt"],
    ["the same sign, escaped and bare", "/a@b%40c"],
    ["both cases of letters in escapes", "/%C3%9C%c3%9c"],
    ["both cases in one escape", "/%cA%b0"],
    ["an escaped dot", "/a%2Etxt"],
  ])("%s: %s", (_, wire) => {
    expect(isUsual(wire)).toBe(false);
  });
});
