import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHref, toHtml } from "../../protocol/names.js";

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(..."<>&\"'/\\%?#: .a\u202e\u0000\n\ud800") }),
);

describe("a name as text", () => {
  const rows: readonly (readonly [why: string, name: string, want: string])[] = [
    ["a plain name", "index.html", "index.html"],
    ["markup is text", "<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"],
    ["an entity is text", "a&amp;b", "a&amp;amp;b"],
    ["quotes cannot leave an attribute", `"'`, "&quot;&#39;"],
    ["a right-to-left override is spelled out", "photo\u202egpj.exe", "photo[U+202E]gpj.exe"],
    ["a line break is spelled out", "a\nb", "a[U+000A]b"],
    ["an isolate is spelled out", "\u2066", "[U+2066]"],
    ["a zero-width space is spelled out", "a\u200bb", "a[U+200B]b"],
    ["a hidden tag is spelled out", "a\u{e0041}", "a[U+E0041]"],
    ["right-to-left letters stay", "تقرير.pdf", "تقرير.pdf"],
    ["joined emoji stay joined", "👩‍💻", "👩‍💻"],
    ["a lone surrogate becomes U+FFFD", "a\ud800", "a\ufffd"],
  ];
  test.each(rows)("%s", (_why, name, want) => expect(toHtml(name)).toBe(want));

  test("no name leaves markup, quotes or controls behind", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(toHtml(name)).not.toMatch(
          /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)|[\p{Cc}\p{Cs}\u202a-\u202e]/u,
        );
      }),
    );
  });
});

describe("a name as a link", () => {
  const rows: readonly (readonly [
    why: string,
    name: string,
    isDirectory: boolean,
    want: string,
  ])[] = [
    ["a plain name", "index.html", false, "./index.html"],
    ["a folder ends with a slash", "docs", true, "./docs/"],
    ["a query, a fragment and an escape", "a b?#%.txt", false, "./a%20b%3F%23%25.txt"],
    ["a scheme is a name", "javascript:alert(1)", false, "./javascript%3Aalert(1)"],
    ["a colon alone", "a:b", false, "./a%3Ab"],
    ["a slash is part of the name", "a/b", false, "./a%2Fb"],
    ["an apostrophe", "it's", false, "./it%27s"],
    ["a lone surrogate becomes U+FFFD", "\ud800", false, "./%EF%BF%BD"],
  ];
  test.each(rows)("%s", (_why, name, isDirectory, want) =>
    expect(toHref(name, isDirectory)).toBe(want),
  );

  test("every link decodes back to the name, and a browser finds it in this folder", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        fc.pre(!/^\.{0,2}$/.test(name)); // no directory lists these
        const href = toHref(name, false);
        expect(href).toMatch(/^\.\/[\w.~!*()%-]+$/);
        expect(decodeURIComponent(href.slice(2))).toBe(name.toWellFormed());
        expect(new URL(href, "http://host/dir/").href).toBe(`http://host/dir/${href.slice(2)}`);
      }),
    );
  });
});
