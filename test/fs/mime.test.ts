/** Fear: a page shown as text, a script refused by `nosniff`, or a charset that garbles a document. */
import db from "mime-db";
import { describe, expect, test } from "vitest";
import { contentTypeOf } from "../../fs/mime.js";

const UNKNOWN = "application/octet-stream";

const rows: readonly (readonly [why: string, path: string, want: string])[] = [
  ["a page is UTF-8", "index.html", "text/html; charset=utf-8"],
  ["a page by its short name", "index.htm", "text/html; charset=utf-8"],
  ["a style sheet", "a.css", "text/css; charset=utf-8"],
  ["a script has the one name RFC 9239 keeps", "a.js", "text/javascript; charset=utf-8"],
  ["a module is a script", "a.mjs", "text/javascript; charset=utf-8"],
  ["plain text", "a.txt", "text/plain; charset=utf-8"],
  ["Markdown", "a.md", "text/markdown; charset=utf-8"],
  ["captions", "a.vtt", "text/vtt; charset=utf-8"],
  ["JSON has no charset", "a.json", "application/json"],
  ["a source map is JSON", "a.js.map", "application/json"],
  ["a manifest is JSON too", "a.webmanifest", "application/manifest+json"],
  ["XML says its own charset", "a.xml", "application/xml"],
  ["SVG is XML", "a.svg", "image/svg+xml"],
  ["XHTML is XML", "a.xhtml", "application/xhtml+xml"],
  ["a feed is XML", "a.atom", "application/atom+xml"],
  ["WebAssembly, which is compiled only under this name", "a.wasm", "application/wasm"],
  ["an icon", "favicon.ico", "image/vnd.microsoft.icon"],
  ["a photograph", "a.jpg", "image/jpeg"],
  ["a modern image", "a.avif", "image/avif"],
  ["a font", "a.woff2", "font/woff2"],
  ["a film, though application/mp4 is registered too", "a.mp4", "video/mp4"],
  ["a phone's film, not its sound", "a.3gpp", "video/3gpp"],
  ["a segment of a stream, not TypeScript", "a.ts", "video/mp2t"],
  ["a camera's recording", "a.mts", "video/mp2t"],
  ["a playlist", "a.m3u8", "application/vnd.apple.mpegurl"],
  ["mime-db's own name before Apache's", "a.wav", "audio/wav"],
  ["the registered name before nginx's", "a.bmp", "image/bmp"],
  ["the registered name before Apache's", "a.obj", "model/obj"],
  ["Apache's name before nginx's", "a.ra", "audio/x-pn-realaudio"],
  ["an archive", "a.zip", "application/zip"],
  ["a program is saved, not run", "a.exe", UNKNOWN],
  ["a compressed archive", "a.tgz", "application/gzip"],
  ["Zstandard", "a.zst", "application/zstd"],

  ["only the last extension counts", "a.html.gz", "application/gzip"],
  ["case does not count", "A.HTML", "text/html; charset=utf-8"],
  ["folders do not count", "a.html/b", UNKNOWN],
  ["folders before an extension do no harm", "a.b/c.d/e.css", "text/css; charset=utf-8"],
  ["a name without extension is unknown", "html", UNKNOWN],
  ["a name that ends in a dot is unknown", "a.", UNKNOWN],
  ["nothing is unknown", "", UNKNOWN],
  ["an unlisted extension is unknown", "a.sluice", UNKNOWN],
  ["a name every object has is unknown", "a.constructor", UNKNOWN],
  ["a name every object hides is unknown", "a.__proto__", UNKNOWN],
];
describe("contentTypeOf", () => {
  for (const [why, path, want] of rows) {
    test(`${why} (${path})`, () => expect(contentTypeOf(path)).toBe(want));
  }
});

describe("every extension of the database", () => {
  const types = new Map<string, string[]>();
  for (const [type, { extensions = [] }] of Object.entries(db)) {
    for (const one of extensions) types.set(one, [...(types.get(one) ?? []), type]);
  }
  const all = [...types.keys()].map((extension) => contentTypeOf(`a.${extension}`));
  const mediaType = (contentType: string): string => contentType.split(";")[0]!;

  test("has one of the types that claim it", () => {
    for (const [extension, claims] of types) {
      expect(claims).toContain(mediaType(contentTypeOf(`a.${extension}`)));
    }
  });
  test("has the best attested one, but for the few exceptions of the house", () => {
    const rank = (type: string): number =>
      ["iana", undefined, "apache", "nginx"].indexOf(db[type]?.source);
    for (const [extension, claims] of types) {
      const chosen = mediaType(contentTypeOf(`a.${extension}`));
      expect(rank(chosen)).toBe(Math.min(...claims.map(rank)));
    }
  });
  test("has a value that is safe in a header", () => {
    for (const type of all) expect(type).toMatch(/^[\w.+-]+\/[\w.+-]+(?:; charset=utf-8)?$/);
  });
  test("declares UTF-8 exactly for text that is not XML", () => {
    for (const type of all) {
      const isPlainText = type.startsWith("text/") && !mediaType(type).endsWith("xml");
      expect(type.includes("charset")).toBe(isPlainText);
    }
  });
});
