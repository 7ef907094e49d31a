import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatHttpDate } from "../../protocol/dates.js";
import {
  ifRangeHolds,
  judgePreconditions,
  type Preconditions,
  type PreconditionVerdict,
  type Validators,
} from "../../protocol/preconditions.js";

const MODIFIED_SEC = 784111777;
const NOW_MS = (MODIFIED_SEC + 3600) * 1000;
const THEN = formatHttpDate(MODIFIED_SEC);
const EARLIER = formatHttpDate(MODIFIED_SEC - 1);
const LATER = formatHttpDate(MODIFIED_SEC + 1);

const strong: Validators = { etag: '"a"', modifiedSec: MODIFIED_SEC };
const weak: Validators = { etag: 'W/"a"', modifiedSec: MODIFIED_SEC };
const untagged: Validators = { etag: "", modifiedSec: MODIFIED_SEC };
const undated: Validators = { etag: '"a"', modifiedSec: undefined };

const NONE: Preconditions = {
  ifMatch: "",
  ifNoneMatch: "",
  ifModifiedSince: "",
  ifUnmodifiedSince: "",
};

type Row = readonly [
  why: string,
  ask: Partial<Preconditions>,
  file: Validators,
  want: PreconditionVerdict,
];

const rows: readonly Row[] = [
  ["13.2.2 no condition", {}, strong, "proceed"],

  ["13.1.1 If-Match holds", { ifMatch: '"a"' }, strong, "proceed"],
  ["13.1.1 If-Match holds for one of a list", { ifMatch: '"x", "a"' }, strong, "proceed"],
  ["13.1.1 If-Match: * holds for whatever exists", { ifMatch: "*" }, strong, "proceed"],
  ["13.1.1 If-Match: * holds without a tag", { ifMatch: "*" }, untagged, "proceed"],
  ["13.1.1 If-Match fails on another tag", { ifMatch: '"b"' }, strong, "failed"],
  ["13.1.1 If-Match is strong: W/ asked (nginx #716)", { ifMatch: 'W/"a"' }, strong, "failed"],
  [
    "13.1.1 If-Match is strong: W/ on both sides (nginx #716)",
    { ifMatch: 'W/"a"' },
    weak,
    "failed",
  ],
  ["13.1.1 If-Match is strong: W/ held", { ifMatch: '"a"' }, weak, "failed"],
  ["13.1.1 If-Match fails when there is no tag", { ifMatch: '"a"' }, untagged, "failed"],
  ["13.1.1 If-Match fails when it cannot be read", { ifMatch: "a" }, strong, "failed"],

  ["13.1.4 unmodified since that second", { ifUnmodifiedSince: THEN }, strong, "proceed"],
  ["13.1.4 unmodified since later", { ifUnmodifiedSince: LATER }, strong, "proceed"],
  ["13.1.4 modified since earlier", { ifUnmodifiedSince: EARLIER }, strong, "failed"],
  ["13.1.4 no date is no condition", { ifUnmodifiedSince: "yesterday" }, strong, "proceed"],
  ["13.1.4 no modification date, no condition", { ifUnmodifiedSince: EARLIER }, undated, "proceed"],
  [
    "13.1.4 If-Match silences If-Unmodified-Since (nginx does not)",
    { ifMatch: '"a"', ifUnmodifiedSince: EARLIER },
    strong,
    "proceed",
  ],
  [
    "13.2.2 If-Match fails though unmodified",
    { ifMatch: '"b"', ifUnmodifiedSince: LATER },
    strong,
    "failed",
  ],

  ["13.1.2 If-None-Match: the client has it", { ifNoneMatch: '"a"' }, strong, "not-modified"],
  ["13.1.2 one of a list (h2o reads one)", { ifNoneMatch: '"x", "a"' }, strong, "not-modified"],
  ["13.1.2 * (h2o does not know it)", { ifNoneMatch: "*" }, strong, "not-modified"],
  ["13.1.2 * without a tag", { ifNoneMatch: "*" }, untagged, "not-modified"],
  [
    "13.1.2 weak: W/ asked (h2o compares strongly)",
    { ifNoneMatch: 'W/"a"' },
    strong,
    "not-modified",
  ],
  ["13.1.2 weak: W/ held", { ifNoneMatch: '"a"' }, weak, "not-modified"],
  ["13.1.2 weak: W/ on both sides", { ifNoneMatch: 'W/"a"' }, weak, "not-modified"],
  ["13.1.2 the client has another", { ifNoneMatch: '"b"' }, strong, "proceed"],
  ["13.1.2 a comma inside a tag", { ifNoneMatch: '"x,"a"' }, strong, "proceed"],
  ["13.1.2 no tag here", { ifNoneMatch: '""' }, untagged, "proceed"],

  ["13.1.3 unmodified since that second", { ifModifiedSince: THEN }, strong, "not-modified"],
  ["13.1.3 unmodified since later", { ifModifiedSince: LATER }, strong, "not-modified"],
  ["13.1.3 modified since earlier", { ifModifiedSince: EARLIER }, strong, "proceed"],
  ["13.1.3 no date is no condition", { ifModifiedSince: "0" }, strong, "proceed"],
  ["13.1.3 no modification date, no condition", { ifModifiedSince: LATER }, undated, "proceed"],
  [
    "13.1.3 RFC 850 and asctime dates count",
    { ifModifiedSince: "Sunday, 06-Nov-94 08:49:37 GMT" },
    strong,
    "not-modified",
  ],
  [
    "13.1.3 If-None-Match silences If-Modified-Since (nginx #652)",
    { ifNoneMatch: '"b"', ifModifiedSince: THEN },
    strong,
    "proceed",
  ],
  [
    "13.1.3 also when the tag matches and the date does not (nginx #652)",
    { ifNoneMatch: '"a"', ifModifiedSince: EARLIER },
    strong,
    "not-modified",
  ],

  [
    "13.2.2 If-Match is asked before If-None-Match",
    { ifMatch: '"b"', ifNoneMatch: '"a"' },
    strong,
    "failed",
  ],
  [
    "13.2.2 If-Unmodified-Since is asked before If-Modified-Since",
    { ifUnmodifiedSince: EARLIER, ifModifiedSince: LATER },
    strong,
    "failed",
  ],
  [
    "13.2.2 both tag conditions hold their say",
    { ifMatch: '"a"', ifNoneMatch: '"a"' },
    strong,
    "not-modified",
  ],
];

describe("judgePreconditions", () => {
  for (const [why, ask, file, want] of rows) {
    test(why, () => expect(judgePreconditions({ ...NONE, ...ask }, file, NOW_MS)).toBe(want));
  }

  test("never throws, and proceeds only when no tag was asked or one was given", () => {
    const field = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(field, field, field, field, (ifMatch, ifNoneMatch, since, unmodified) => {
        const ask = { ifMatch, ifNoneMatch, ifModifiedSince: since, ifUnmodifiedSince: unmodified };
        const verdict = judgePreconditions(ask, strong, NOW_MS);
        if (ifMatch !== "" && !ifMatch.includes("*")) expect(verdict).toBe("failed");
      }),
    );
  });
});

describe("ifRangeHolds", () => {
  const at = (sec: number): number => sec * 1000;
  type IfRangeRow = readonly [
    why: string,
    field: string,
    file: Validators,
    nowMs: number,
    want: boolean,
  ];
  const ifRangeRows: readonly IfRangeRow[] = [
    ["13.1.5 absent", "", strong, NOW_MS, true],
    ["13.1.5 our tag", '"a"', strong, NOW_MS, true],
    ["13.1.5 another tag", '"b"', strong, NOW_MS, false],
    ["13.1.5 our tag, called weak", 'W/"a"', strong, NOW_MS, false],
    ["13.1.5 a weak tag never, though equal", 'W/"a"', weak, NOW_MS, false],
    ["13.1.5 our tag was weak", '"a"', weak, NOW_MS, false],
    ["13.1.5 a list is no tag", '"a", "b"', strong, NOW_MS, false],
    ["13.1.5 a star is no tag", "*", strong, NOW_MS, false],
    ["13.1.5 our date", THEN, strong, NOW_MS, true],
    ["13.1.5 our date beside a weak tag", THEN, weak, NOW_MS, true],
    ["13.1.5 our date in another format", "Sun Nov  6 08:49:37 1994", strong, NOW_MS, true],
    ["13.1.5 a later date is not exact (h2o takes it)", LATER, strong, NOW_MS, false],
    ["13.1.5 an earlier date is not exact", EARLIER, strong, NOW_MS, false],
    ["13.1.5 a date and none here", THEN, undated, NOW_MS, false],
    ["13.1.5 neither date nor tag, and none here", "rubbish", undated, NOW_MS, false],
    ["8.8.2.2 the second is not over", THEN, strong, at(MODIFIED_SEC + 1) - 1, false],
    ["8.8.2.2 the second is just over", THEN, strong, at(MODIFIED_SEC + 1), true],
    ["13.1.5 our tag, in that very second", '"a"', strong, at(MODIFIED_SEC), true],
  ];
  for (const [why, field, file, nowMs, want] of ifRangeRows) {
    test(why, () => expect(ifRangeHolds(field, file, nowMs)).toBe(want));
  }
});
