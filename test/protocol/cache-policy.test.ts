import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cacheControlFor, NO_STORE } from "../../protocol/cache-policy.js";

const OTHERWISE = "public, max-age=600";
const FOREVER = "public, max-age=31536000, immutable";

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  eot: "application/vnd.ms-fontobject",
  html: "text/html; charset=utf-8",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  mjs: "text/javascript",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  wasm: "application/wasm",
  woff2: "font/woff2",
  xhtml: "application/xhtml+xml",
  zip: "application/zip",
};
const typeOf = (path: string): string =>
  TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
const policyOf = (path: string): string =>
  cacheControlFor({ path, place: path, mediaType: typeOf(path) }, OTHERWISE);

describe("kept for a year: the name carries a hash of the content, RFC 8246", () => {
  const rows: readonly (readonly [maker: string, path: string])[] = [
    ["webpack, hash of 8", "/app.3f9a1c2b.js"],
    ["webpack, default hash of 20", "/main.8e0d62a03d5dbd0b7d3e.js"],
    ["webpack, an asset named by hash alone", "/8e0d62a03d5dbd0b7d3e.png"],
    ["webpack, with a chunk infix", "/static/js/2.3f9a1c2b.chunk.js"],
    ["webpack, a source map", "/static/js/main.3f9a1c2b.chunk.js.map"],
    ["webpack, media with MD5", "/static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg"],
    ["webpack, a style sheet with 12", "/chunk.abc123def456.css"],
    ["webpack, letters before digits", "/app.abcd1234.js"],
    ["webpack, digits before letters", "/app.1234abcd.js"],
    ["Parcel", "/index.8f2a3c4d.css"],
    ["esbuild", "/main-5HJMQK2V.js"],
    ["esbuild, a hash without a digit", "/chunk-UQVZBAPT.js"],
    ["esbuild, a picture", "/logo-5HJMQK2V.png"],
    ["Vite", "/assets/index-BwXyZ12a.js"],
    ["Vite, out of its folder", "/index-BwXyZ12a.js"],
    ["Vite, a picture", "/assets/logo-D4a8Xk2m.svg"],
    ["Vite, a font", "/assets/inter-C3kF9_xx.woff2".replace("_", "a")],
    ["Vite, a hash without a digit", "/assets/index-DIwrGTda.css"],
    ["Vite, a hash with a dash", "/assets/index-C_x-9aBc.js"],
    ["Vite, a source map", "/assets/index-BwXyZ12a.js.map"],
    ["Astro", "/_astro/index.BwXyZ12a.js"],
    ["Astro, below a base path, camel case", "/docs/_astro/page.DiwrgTda.css"],
    ["Nuxt, a hash alone", "/_nuxt/DkQ3xyz_.js"],
    ["Nuxt, a hash alone that looks typed", "/_nuxt/Bfqxrt42.js"],
    ["Nuxt, with a name", "/_nuxt/entry.3f9a1c2b.js"],
    ["Next, a chunk", "/_next/static/chunks/webpack-9e1c0b2a4f6d8e3b.js"],
    ["Next, a manifest without a hash", "/_next/static/xYz/_buildManifest.js"],
    ["SvelteKit, a whole folder", "/_app/immutable/entry/start.js"],
    ["Gatsby", "/component---src-pages-index-js-3f9a1c2b4d5e6f708192.js"],
    ["Django", "/static/app.55e7cbb9ba48.css"],
    ["Rails", `/assets/application-${"3f9a1c2b".repeat(8)}.js`],
    ["Hugo, SHA-512", `/style.min.${"3f9a1c2b".repeat(16)}.css`],
    ["minified after hashing", "/lib.3f9a1c2b4d.min.js"],
    ["a WebAssembly module", "/engine-3f9a1c2b.wasm"],
    ["a font with a hash of 16", "/inter.3f9a1c2b4d5e6f70.eot"],
    ["a film", "/intro-3f9a1c2b.mp4"],
    ["a worker", "/assets/parse.worker-BwXyZ12a.js"],
  ];
  test.each(rows)("%s: %s", (_maker, path) => expect(policyOf(path)).toBe(FOREVER));
});

describe("not kept: the name only looks like it carries a hash", () => {
  const rows: readonly (readonly [why: string, path: string])[] = [
    ["no hash at all", "/app.js"],
    ["a date", "/report-20241122.pdf"],
    ["a date in a script's name", "/app-20241122.js"],
    ["digits that base32 has not", "/app-PAGE0189.js"],
    ["a number of the digits that base32 has", "/app-23456723.js"],
    ["a number", "/photo-12345678.jpg"],
    ["a longer number", "/photo-1234567890123456.jpg"],
    ["a version", "/jquery-3.7.1.min.js"],
    ["a version with a suffix", "/bootstrap-5.3.0-alpha1.min.css"],
    ["a word", "/my-document.pdf"],
    ["a word of eight letters", "/app-settings.js"],
    ["a word of eight letters in a bundler's folder", "/assets/app-settings.js"],
    ["a word with a capital in a bundler's folder", "/assets/app-Settings.js"],
    ["a word of eight hex letters", "/steak-deadbeef.js"],
    ["a word with a year", "/menu-cafe2024.png"],
    ["a year with a word", "/hero-2024Sale.jpg"],
    ["a numbered picture", "/photo-Beach001.jpg"],
    ["camel case with a number", "/hero-heroTop1.png"],
    ["a shouted word", "/photo-ORIGINAL.jpg"],
    ["a shouted word with a number", "/photo-BEACH234.jpg"],
    ["camel case", "/src/Forms-TextArea.js"],
    ["camel case as the whole name", "/assets/TextArea.js"],
    ["words with a dash", "/assets/My-Class.js"],
    ["a picture with a month and a year", "/assets/holiday-May-2024.jpg"],
    ["a picture in camel case", "/assets/bg-darkMode.png"],
    ["a script with a month and a year", "/holiday-May-2024.js"],
    ["a mixed name of eight that stands alone", "/Q3xyzAb9.js"],
    ["a hash of seven", "/app.3f9a1c2.js"],
    ["a hash of nine", "/app.3f9a1c2b4.js"],
    ["a hash that is not at the end", "/3f9a1c2b-app.js"],
    ["a hash without a mark before it", "/app3f9a1c2b.js"],
    ["a UUID", "/photo-550e8400-e29b-41d4-a716-44665544000a.jpg"],
    ["a UUID alone", "/550e8400-e29b-41d4-a716-44665544000a.png"],
    ["a UUID in capitals", "/550E8400-E29B-41D4-A716-44665544000a.png"],
    ["a MongoDB id", "/uploads/507f1f77bcf86cd799439011.jpg"],
    ["a UUID without dashes", "/avatars/550e8400e29b41d4a716446655440000.png"],
    ["a UUID without dashes, by time", "/avatars/user-0190f3c2a1b27c3d8e4f5a6b7c8d9e0f.png"],
    ["the short number of a thing", "/avatars/3f9a1c2b.png"],
    ["the address of a device", "/devices/00a0c914c829.svg"],
    ["data by the address of a device", "/devices/00a0c914c829.json"],
    ["data by number", "/users/3f9a1c2b.json"],
    ["data with what may be a hash", "/data/config.3f9a1c2b.json"],
    ["data in capitals", "/MANIFEST.json"],
    ["data in capitals, in a folder", "/data/METADATA.json"],
    ["numbered data in a bundler's folder", "/assets/Chapter1.json"],
    ["data with a mark, in a bundler's folder", "/assets/tilemaps/Level_01.json"],
    ["a script in capitals", "/js/SETTINGS.js"],
    ["a script in capitals and a number", "/js/VERSION2.js"],
    ["a script in capitals behind a dot", "/js/app.PRODUCTS.js"],
    ["a script of a hex word and a number", "/js/decade10.js"],
    ["a numbered script in a bundler's folder", "/assets/Chapter1.js"],
    ["a numbered word in a bundler's folder", "/assets/app-Version2.js"],
    ["a picture with a day", "/img/flyer-5May2025.jpg"],
    ["a picture with another day", "/img/menu-1Jan2024.png"],
    ["a film and its lines", "/video/promo-1080pWeb.mp4"],
    ["a film and fewer lines", "/video/promo-720pHigh.mp4"],
    ["a picture and its scale", "/img/logo-2xRetina.png"],
    ["camel case behind a dot, in a bundler's folder", "/assets/js/jquery.scrollTo.min.js"],
    ["the same in another", "/static/js/trait.ToString.js"],
    ["no words at all behind a dot", "/assets/js/jquery.DIwrGTda.js"],
    ["camel case behind a dash, in a bundler's folder", "/assets/css/theme-darkMode.css"],
    ["the same of a script", "/static/js/app-mainPage.js"],
    ["an abbreviation behind a dash", "/assets/app-loadJSON.js"],
    ["an abbreviation in front", "/assets/app-PDFMaker.js"],
    ["a month and a year in a bundler's folder", "/assets/release-May-2024.js"],
    ["a release, which may be built again", "/tool-3f9a1c2b.zip"],
    ["a document", "/paper-3f9a1c2b4d5e6f708192.pdf"],
    ["Nuxt's pointer to the latest build", "/_nuxt/builds/latest.json"],
    ["Nuxt's build by UUID", "/_nuxt/builds/meta/550e8400-e29b-41d4-a716-44665544000a.json"],
    ["SvelteKit's version", "/_app/version.json"],
    ["a hash in a folder's name only", "/3f9a1c2b/app.js"],
    ["the extension is no hash", "/app.3f9a1c2b"],
    ["a name without a stem", "/.js"],
  ];
  test.each(rows)("%s: %s", (_why, path) => expect(policyOf(path)).toBe(OTHERWISE));
});

describe("behind a rewrite, the address and the file have to change with the content", () => {
  const HASHED = "/assets/index-BwXyZ12a.js";
  const rows: readonly (readonly [why: string, path: string, place: string, want: string])[] = [
    ["a plain address of a hashed file", "/widget.js", HASHED, OTHERWISE],
    [
      "a plain address of a folder kept for ever",
      "/next.js",
      "/_next/static/x/start.js",
      OTHERWISE,
    ],
    ["a hashed address of a plain file", HASHED, "/widget.js", OTHERWISE],
    ["a folder kept for ever, of a plain file", "/_next/static/x/a.js", "/a.js", OTHERWISE],
    ["both hashed", `/v2${HASHED}`, HASHED, FOREVER],
    ["a hashed address of a page", HASHED, "/page.html", "no-cache"],
  ];
  test.each(rows)("%s: %s, %s", (_why, path, place, want) =>
    expect(cacheControlFor({ path, place, mediaType: typeOf(place) }, OTHERWISE)).toBe(want),
  );
});

describe("pages are asked for again each time, RFC 9111 5.2.2.4", () => {
  const rows = [
    "/index.html",
    "/page.3f9a1c2b.html",
    "/_next/static/x/page.html",
    "/_app/immutable/a.xhtml",
  ];
  test.each(rows)("%s", (path) => expect(policyOf(path)).toBe("no-cache"));
});

test("errors and stand-ins are not stored, RFC 9111 5.2.2.5", () => {
  expect(NO_STORE).toBe("no-store");
});

test("random digests of each bundler are found nearly always", () => {
  const share = (alphabet: string, chars: number, wrap: (digest: string) => string): number => {
    const digests = fc.sample(
      fc.noBias(
        fc.string({ unit: fc.constantFrom(...alphabet), minLength: chars, maxLength: chars }),
      ),
      { numRuns: 2000, seed: 1 },
    );
    return digests.filter((digest) => policyOf(wrap(digest)) === FOREVER).length / digests.length;
  };
  const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  expect(share("0123456789abcdef", 20, (digest) => `/main.${digest}.js`)).toBeGreaterThan(0.99);
  expect(share("0123456789abcdef", 8, (digest) => `/main.${digest}.js`)).toBeGreaterThan(0.97);
  expect(share("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 8, (digest) => `/a-${digest}.js`)).toBe(1);
  expect(share(base64url, 8, (digest) => `/_astro/a.${digest}.js`)).toBeGreaterThan(0.95);
  // Vite's are left unrecognized where they read like camel case, an abbreviation or a numbered word:
  // people put such names into `/assets/` too, and what they change there nobody could call back.
  expect(share(base64url, 8, (digest) => `/assets/a-${digest}.js`)).toBeGreaterThan(0.85);
});
