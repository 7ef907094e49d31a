import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentDisposition } from "../../protocol/disposition.js";

describe("Content-Disposition, RFC 6266", () => {
  const rows: readonly (readonly [why: string, name: string, want: string])[] = [
    ["plain ASCII is sent once", "report.pdf", 'attachment; filename="report.pdf"'],
    ["spaces and commas need no second form", "a, b.pdf", 'attachment; filename="a, b.pdf"'],
    [
      "other letters get both forms, 8187 3.2",
      "naïve €.txt",
      "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt",
    ],
    [
      "an emoji is one character",
      "😀.txt",
      "attachment; filename=\"_.txt\"; filename*=UTF-8''%F0%9F%98%80.txt",
    ],
    [
      "a quote cannot end the string, 6266 D",
      'a"b.txt',
      "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt",
    ],
    [
      "a percent sign is not an escape, 6266 D",
      "100%41.txt",
      "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt",
    ],
    [
      "what is no attr-char is encoded, 8187 3.2.1",
      "(é)'*.txt",
      "attachment; filename=\"(_)'*.txt\"; filename*=UTF-8''%28%C3%A9%29%27%2A.txt",
    ],
    [
      "only the last segment is offered, 6266 4.3",
      "../../etc/passwd",
      'attachment; filename="passwd"',
    ],
    ["a backslash separates, too", "C:\\dir\\a.txt", 'attachment; filename="a.txt"'],
    [
      "a line break does not reach the wire",
      "a\r\nSet-Cookie: x=1",
      'attachment; filename="a__Set-Cookie: x=1"',
    ],
    [
      "a right-to-left override does not fool the dialog",
      "a\u202egpj.exe",
      'attachment; filename="a_gpj.exe"',
    ],
    [
      "a lone surrogate is replaced",
      "a\ud800",
      "attachment; filename=\"a_\"; filename*=UTF-8''a%EF%BF%BD",
    ],
    ["nothing is no name", "", "attachment"],
    ["a folder is no name", "a/", "attachment"],
    ["a dot is no name", "a/.", "attachment"],
    ["two dots are no name", "..", "attachment"],
    ["spaces are no name", "  ", "attachment"],
  ];
  test.each(rows)("%s", (_why, name, want) => {
    expect(contentDisposition("attachment", name)).toBe(want);
  });

  test("inline names the file for a later save", () => {
    expect(contentDisposition("inline", "a.pdf")).toBe('inline; filename="a.pdf"');
  });
});

/** Reads a field value back by the grammar of RFC 6266 section 4.1; undefined when it breaks it. */
const GRAMMAR =
  /^attachment(?:; filename="([\x20!#-$&-[\]-~]*)"(?:; filename\*=UTF-8''((?:[\w!#$&+.^`|~-]|%[\dA-F]{2})+))?)?$/;

test("Content-Disposition: any name keeps the grammar, and a tame one comes back whole", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const read = GRAMMAR.exec(contentDisposition("attachment", name));
      expect(read).not.toBeNull();
      const isTame = !/[\p{C}\u2028-\u202f\s/\\]|^\.{0,2}$/u.test(name);
      if (isTame) expect(decodeURIComponent(read?.[2] ?? read?.[1] ?? "")).toBe(name);
    }),
    { numRuns: 1000 },
  );
});
