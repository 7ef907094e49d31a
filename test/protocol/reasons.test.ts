/** Fear: an operator is told a reason that is not the one the answer was given for. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createErrorPages } from "../../protocol/error-page.js";
import { whyCoding } from "../../protocol/negotiation.js";
import { judgeRange, whyIgnored } from "../../protocol/ranges.js";
import { reasonsFor } from "../../protocol/reasons.js";
import { type Ask, type Policy, type Representation, respond } from "../../protocol/respond.js";

const NOW_MS = Date.UTC(2026, 0, 1);
const MODIFIED = "Mon, 01 Jan 2024 00:00:00 GMT";
const EARLIER = "Sun, 31 Dec 2023 23:59:59 GMT";

const FILE: Representation = {
  sizeBytes: 100,
  modifiedMs: Date.UTC(2024, 0, 1),
  etag: '"ours"',
  mediaType: "text/plain",
  fields: [],
};
const WEAK: Representation = { ...FILE, etag: 'W/"ours"' };
const CODED: Representation = { ...FILE, fields: [["Content-Encoding", "br"]] };
const DATELESS: Representation = { ...FILE, modifiedMs: 0 };

const POLICY: Policy = {
  maxRanges: 20,
  createBoundary: () => "boundary",
  errorPages: createErrorPages([]),
};

const asked = (fields: Partial<Ask>): Ask => ({
  method: "GET",
  range: "",
  ifRange: "",
  accept: "",
  ifMatch: "",
  ifNoneMatch: "",
  ifModifiedSince: "",
  ifUnmodifiedSince: "",
  ...fields,
});

const reasons = (fields: Partial<Ask>, file = FILE): string[] =>
  reasonsFor(asked(fields), file, POLICY, NOW_MS);

/** Single bytes that do not touch, so many that their heads cost more than any small file. */
const DEAR = `bytes=${Array.from({ length: 17 }, (_, n) => `${2 * n}-${2 * n}`).join(",")}`;

describe("the reason", () => {
  const rows: readonly (readonly [
    why: string,
    fields: Partial<Ask>,
    want: readonly string[],
    file?: Representation,
  ])[] = [
    ["nothing was asked", {}, []],
    ["a tag is ours", { ifMatch: '"ours"' }, ['If-Match names our tag ("ours")']],
    [
      "a tag is not ours",
      { ifMatch: '"x"', ifNoneMatch: "*" },
      ['If-Match names no tag that is strongly equal to ours ("ours"): 412'],
    ],
    [
      "ours is weak",
      { ifMatch: 'W/"ours"' },
      ['If-Match names no tag that is strongly equal to ours (W/"ours"): 412'],
      WEAK,
    ],
    [
      "a tag silences a date",
      { ifMatch: '"ours"', ifUnmodifiedSince: EARLIER },
      ['If-Match names our tag ("ours")', "If-Unmodified-Since is not looked at beside If-Match"],
    ],
    [
      "it was modified since",
      { ifUnmodifiedSince: EARLIER },
      [`If-Unmodified-Since is before our Last-Modified (${MODIFIED}): 412`],
    ],
    [
      "it was not modified since",
      { ifUnmodifiedSince: MODIFIED, ifModifiedSince: MODIFIED },
      [
        `If-Unmodified-Since is not before our Last-Modified (${MODIFIED})`,
        `If-Modified-Since is not before our Last-Modified (${MODIFIED}): 304`,
      ],
    ],
    [
      "it is newer",
      { ifModifiedSince: EARLIER },
      [`If-Modified-Since is before our Last-Modified (${MODIFIED})`],
    ],
    [
      "there is no date of ours",
      { ifModifiedSince: MODIFIED },
      ["If-Modified-Since has no Last-Modified to be compared with"],
      DATELESS,
    ],
    [
      "a range is not looked at after a 304",
      { ifNoneMatch: '"ours"', range: "bytes=0-1" },
      ['If-None-Match names our tag ("ours"): 304'],
    ],
    ["one range", { range: "bytes=90-" }, ["Range selects bytes 90 to 99 of 100"]],
    [
      "several ranges, merged",
      { range: "bytes=0-4,5-9,20-20" },
      ["Range selects bytes 0 to 9, 20 to 20 of 100, merged"],
    ],
    ["parts cost too much", { range: DEAR }, ["Range is ignored: its parts would cost more"]],
    [
      "a coding has no several ranges",
      { range: "bytes=0-0,5-5" },
      ["Range is ignored: it has 2 members, and 1 are honored at most"],
      CODED,
    ],
    [
      "If-Range wants a strong tag",
      { range: "bytes=0-0", ifRange: 'W/"ours"' },
      [`Range is ignored: If-Range is not strongly equal to ours (W/"ours", ${MODIFIED})`],
      WEAK,
    ],
    [
      "a range is for GET",
      { method: "HEAD", range: "bytes=0-0" },
      ["Range is ignored: it is for GET alone"],
    ],
    ["If-Range holds", { range: "bytes=0-0", ifRange: MODIFIED }, ["Range selects bytes 0 to 0"]],
  ];
  for (const [why, fields, want, file] of rows) {
    test(why, () => {
      const got = reasons(fields, file);
      expect(got).toHaveLength(want.length);
      want.forEach((one, at) => {
        expect(got[at]).toContain(one);
      });
    });
  }
});

describe("whatever is asked", () => {
  const tag = fc.constantFrom("", "*", '"ours"', 'W/"ours"', '"x"', "junk");
  const date = fc.constantFrom("", MODIFIED, EARLIER, "junk");
  const range = fc.constantFrom("", "bytes=0-0", "bytes=0-0,9-9", "bytes=100-", "x=1", DEAR);
  const ask = fc.record({
    method: fc.constantFrom("GET" as const, "HEAD" as const),
    range,
    ifRange: fc.oneof(tag, date),
    accept: fc.constant(""),
    ifMatch: tag,
    ifNoneMatch: tag,
    ifModifiedSince: date,
    ifUnmodifiedSince: date,
  });
  const file = fc.constantFrom(FILE, WEAK, CODED, DATELESS, { ...FILE, sizeBytes: 0 });

  test("the last reason names the status that is answered", () => {
    fc.assert(
      fc.property(ask, file, (fields, representation) => {
        const { status } = respond(fields, representation, POLICY, NOW_MS).head;
        const last = reasonsFor(fields, representation, POLICY, NOW_MS).at(-1) ?? "";
        const named = Number(/: (304|412|416)$/.exec(last)?.[1] ?? 200);
        expect(last.startsWith("Range selects bytes") ? 206 : named).toBe(status);
      }),
      { numRuns: 3000 },
    );
  });

  test("a range is ignored for a reason, and only then", () => {
    const piece = fc.constantFrom("bytes=", "BYTES=", "0-1", "5-", "-3", "9-2", ",", "x", " ", "=");
    const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((all) => all.join(""));
    fc.assert(
      fc.property(text, fc.nat(20), fc.integer({ min: 1, max: 3 }), (field, size, max) => {
        const isWhole = judgeRange(field, size, max).kind === "whole";
        expect(whyIgnored(field, size, max) !== "").toBe(isWhole);
      }),
    );
  });
});

describe("why a coding", () => {
  test("weights are those of the client, by any of its names", () => {
    expect(whyCoding("x-gzip;q=0.5, *;q=0.1", ["br", "gzip"])).toBe(
      "Accept-Encoding weighs br 0.1, gzip 0.5, identity 0.1",
    );
  });
  test("there may be nothing to weigh", () => {
    expect(whyCoding("br", [])).toMatch(/no other coding/);
    expect(whyCoding("", ["br"])).toMatch(/has no Accept-Encoding/);
  });
});
