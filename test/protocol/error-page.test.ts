import { describe, expect, test } from "vitest";
import type { Answer } from "../../protocol/answer.js";
import { createErrorPages } from "../../protocol/error-page.js";
import { FAULTS, type FaultCode } from "../../protocol/faults.js";
import type { Field } from "../../protocol/head.js";

const NOSNIFF: Field = ["X-Content-Type-Options", "nosniff"];
const pages = createErrorPages([NOSNIFF]);
const codes = Object.keys(FAULTS) as FaultCode[];

const textOf = ({ body }: Answer): string =>
  body.map((part) => (part.kind === "literal" ? part.bytes.toString() : "?")).join("");
const fieldOf = ({ head }: Answer, name: string): string | undefined =>
  head.fields.find(([key]) => key === name)?.[1];

describe("the page", () => {
  for (const code of codes) {
    test(`${code} is correct HTML with the words of the table`, () => {
      const answer = pages(code, "text/html");
      const { status, says } = FAULTS[code];
      const reason = answer.head.statusLine.slice(4);
      const text = textOf(answer);
      expect(answer.head.status).toBe(status);
      expect(fieldOf(answer, "Content-Type")).toBe("text/html; charset=utf-8");
      expect(text).toMatch(/^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">/);
      expect(text).toContain(`<title>${status} ${reason}</title>`);
      expect(text).toContain(`<h1>${reason}</h1>\n<p>${says}</p>`);
      expect(openTags(text)).toEqual([]);
    });
  }

  test("loads nothing and runs nothing", () => {
    const answer = pages("FILE_MISSING", "");
    expect(textOf(answer)).not.toMatch(/<script|<link|<img|@import|javascript:|\son\w+=/i);
    expect(textOf(answer)).not.toMatch(/url\((?!"data:)/);
    expect(fieldOf(answer, "Content-Security-Policy")).toContain("default-src 'none';");
  });

  test("fits a small screen and the dark", () => {
    const text = textOf(pages("FILE_MISSING", ""));
    expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(text).toContain('<meta name="color-scheme" content="light dark">');
  });

  test("its colors can be read: WCAG AA asks for a contrast of 4.5", () => {
    const palettes = textOf(pages("FILE_MISSING", "")).split("@media", 2);
    for (const palette of palettes) {
      const [ink, paper, accent] = ["ink", "paper", "accent"].map((name) => colorIn(palette, name));
      expect(contrast(ink!, paper!)).toBeGreaterThan(4.5);
      expect(contrast(accent!, paper!)).toBeGreaterThan(4.5);
    }
  });

  test("is small: head and body fit the 16 KiB that leave in one send, many times over", () => {
    for (const code of codes) {
      const { head, lengthBytes } = pages(code, "");
      expect(head.lines.length + lengthBytes).toBeLessThan(4096);
    }
  });
});

describe("the answer", () => {
  test("12.5.1 programs get JSON", () => {
    const answer = pages("FILE_MISSING", "application/json");
    expect(fieldOf(answer, "Content-Type")).toBe("application/json");
    expect(textOf(answer)).toBe('{"status":404,"error":"Not Found"}\n');
  });

  test("14 of the known mistakes: an error is never kept by a cache", () => {
    for (const code of codes) {
      for (const accept of ["", "application/json"]) {
        expect(fieldOf(pages(code, accept), "Cache-Control")).toBe("no-store");
        expect(fieldOf(pages(code, accept), "Vary")).toBe("Accept");
      }
    }
  });

  test("15.5.6 a 405 says what is allowed, and only a 405", () => {
    for (const code of codes) {
      const want = FAULTS[code].status === 405 ? "GET, HEAD, OPTIONS" : undefined;
      expect(fieldOf(pages(code, ""), "Allow")).toBe(want);
    }
  });

  test("10.2.3 a busy server says when to come back", () => {
    expect(fieldOf(pages("READERS_BUSY", ""), "Retry-After")).toBe("2");
    expect(fieldOf(pages("FILE_MISSING", ""), "Retry-After")).toBeUndefined();
  });

  test("carries the fields of every answer", () => {
    for (const code of codes) expect(fieldOf(pages(code, ""), NOSNIFF[0])).toBe(NOSNIFF[1]);
  });

  test("carries fields of its own on top, and forgets them", () => {
    const own: Field = ["Content-Range", "bytes */10"];
    const answer = pages("RANGE_NOT_SATISFIABLE", "", [own]);
    expect(answer.head.fields.at(-1)).toEqual(own);
    expect(fieldOf(answer, "Vary")).toBe("Accept");
    expect(textOf(answer)).toBe(textOf(pages("RANGE_NOT_SATISFIABLE", "")));
    expect(fieldOf(pages("RANGE_NOT_SATISFIABLE", ""), "Content-Range")).toBeUndefined();
  });

  test("is built once: the same fault is the same object", () => {
    expect(pages("FILE_MISSING", "")).toBe(pages("FILE_MISSING", "*/*"));
    expect(pages("FILE_MISSING", "", [])).toBe(pages("FILE_MISSING", ""));
  });

  test("cannot be told apart for hidden and missing, outside and forbidden", () => {
    expect(pages("FILE_HIDDEN", "")).toEqual(pages("FILE_MISSING", ""));
    expect(pages("OUTSIDE_ROOT", "")).toEqual(pages("FILE_FORBIDDEN", ""));
  });

  test("a field that cannot go on the wire is refused at start", () =>
    expect(() => createErrorPages([["X", "a\nb"]])).toThrow());
});

/** Tags opened and not closed, by a walk over the text; meta has no end. */
function openTags(text: string): string[] {
  const open: string[] = [];
  for (const [, slash, name] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)/g)) {
    if (name === "meta") continue;
    if (slash === "") open.push(name!);
    else if (open.pop() !== name) return [`</${name}> closes nothing`];
  }
  return open;
}

const colorIn = (palette: string, name: string): string =>
  new RegExp(`--${name}:(#[0-9a-f]{6})`).exec(palette)![1]!;

/** WCAG 2.2, "contrast ratio" and "relative luminance". */
function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
