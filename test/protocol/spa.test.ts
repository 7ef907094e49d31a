import fc from "fast-check";
import { expect, test } from "vitest";
import { isAppRoute } from "../../protocol/spa.js";

const rows: readonly (readonly [
  why: string,
  method: string,
  path: string,
  accept: string,
  want: boolean,
])[] = [
  ["a route that a browser opens", "GET", "/settings/profile", "text/html,*/*;q=0.8", true],
  ["a route that is only asked about", "HEAD", "/settings", "*/*", true],
  ["a route without Accept", "GET", "/settings", "", true],
  ["writing is not reading", "POST", "/settings", "text/html", false],
  ["a method is case-sensitive, RFC 9110 9.1", "get", "/settings", "text/html", false],
  ["a missing script is missing", "GET", "/assets/index-BwXyZ12a.js", "*/*", false],
  [
    "a missing style sheet is missing, even to a browser tab",
    "GET",
    "/app.css",
    "text/html",
    false,
  ],
  ["an extension in capitals", "GET", "/IMG_0001.JPG", "text/html", false],
  ["a digit before the letters of an extension", "GET", "/a.7z", "text/html", false],
  ["a page's own extension", "GET", "/about.html", "text/html", true],
  ["a page's old extension, in capitals", "GET", "/about.HTM", "text/html", true],
  ["a version is no extension", "GET", "/docs/v1.2", "text/html", true],
  ["a long last word is no extension", "GET", "/say.thirteenchars", "text/html", true],
  ["twelve characters are one", "GET", "/a.twelvecharss", "text/html", false],
  ["a space is not in an extension", "GET", "/search/a.b c", "text/html", true],
  ["an extension of a folder is not the name's", "GET", "/v1.x/page", "text/html", true],
  ["a trailing dot is no extension", "GET", "/wait.", "text/html", true],
  ["a well-known path belongs to machines", "GET", "/.well-known/acme-challenge/x", "*/*", false],
  ["a hidden folder holds no route", "GET", "/.git/HEAD", "*/*", false],
  ["a scanner finds nothing", "GET", "/.env", "*/*", false],
  ["a call for data", "GET", "/users/1", "application/json", false],
  ["an image element", "GET", "/avatar/1", "image/avif,image/*,*/*;q=0.8", false],
  ["the root", "GET", "/", "text/html", true],
];
test.each(rows)("single-page app: %s", (_why, method, path, accept, want) => {
  expect(isAppRoute({ method, path, accept })).toBe(want);
});

test("single-page app: no name with a script's or style's extension gets the page, whatever precedes it", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom("js", "css", "mjs", "map", "woff2"),
      (name, extension) => {
        expect(
          isAppRoute({ method: "GET", path: `/${name}.${extension}`, accept: "text/html" }),
        ).toBe(false);
      },
    ),
  );
});
