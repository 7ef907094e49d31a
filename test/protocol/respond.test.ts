import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Answer } from "../../protocol/answer.js";
import { formatHttpDate } from "../../protocol/dates.js";
import { createErrorPages } from "../../protocol/error-page.js";
import type { Field } from "../../protocol/head.js";
import {
  type Ask,
  describeMethods,
  notModifiedHead,
  type Policy,
  type Representation,
  respond,
  validatorsOf,
  wholeHead,
} from "../../protocol/respond.js";

const MODIFIED_SEC = 784111777;
const THEN = formatHttpDate(MODIFIED_SEC);
const EARLIER = formatHttpDate(MODIFIED_SEC - 1);
const NOW_MS = (MODIFIED_SEC + 3600) * 1000 + 250;

const GET: Ask = {
  method: "GET",
  range: "",
  ifRange: "",
  ifMatch: "",
  ifNoneMatch: "",
  ifModifiedSince: "",
  ifUnmodifiedSince: "",
  accept: "",
};

/** Bytes 0 to 9, so a slice reads back as its own offsets. */
const FILE = "0123456789";
const file: Representation = {
  sizeBytes: FILE.length,
  modifiedMs: MODIFIED_SEC * 1000 + 999,
  etag: '"a"',
  mediaType: "text/plain",
  fields: [
    ["Cache-Control", "no-cache"],
    ["Vary", "Accept-Encoding"],
    ["Content-Language", "en"],
    ["Access-Control-Allow-Origin", "*"],
    ["X-Content-Type-Options", "nosniff"],
  ],
};

const policy: Policy = {
  maxRanges: 4,
  createBoundary: () => "cut",
  errorPages: createErrorPages([["X-Content-Type-Options", "nosniff"]]),
};

const answerTo = (
  ask: Partial<Ask>,
  change: Partial<Representation> = {},
  nowMs = NOW_MS,
): Answer => respond({ ...GET, ...ask }, { ...file, ...change }, policy, nowMs);

const bodyOf = ({ body }: Answer): string =>
  body
    .map((part) =>
      part.kind === "literal" ? `${part.bytes}` : FILE.slice(part.first, part.last + 1),
    )
    .join("");
const namesOf = ({ head }: Answer): string[] => head.fields.map(([name]) => name);
const fieldOf = ({ head }: Answer, name: string): string | undefined =>
  head.fields.find(([key]) => key === name)?.[1];

const DESCRIPTION = [
  "Last-Modified",
  "ETag",
  "Content-Type",
  "Accept-Ranges",
  "Cache-Control",
  "Vary",
  "Content-Language",
  "Access-Control-Allow-Origin",
  "X-Content-Type-Options",
];
/** RFC 9110 sections 15.3.7 and 15.4.5, and what a browser checks. */
const IDENTITY = ["ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"];

type Row = readonly [why: string, ask: Partial<Ask>, status: number, body: string];

const rows: readonly Row[] = [
  ["15.3.1 a plain GET", {}, 200, FILE],
  ["9.3.2 HEAD is answered like GET", { method: "HEAD" }, 200, FILE],
  ["14.2 Range means nothing to HEAD", { method: "HEAD", range: "bytes=0-1" }, 200, FILE],
  ["14.2 also when it could not be satisfied", { method: "HEAD", range: "bytes=99-" }, 200, FILE],
  ["15.3.7 one range", { range: "bytes=2-4" }, 206, "234"],
  ["15.3.7 a suffix", { range: "bytes=-3" }, 206, "789"],
  ["14.2 a unit we do not know", { range: "items=0-1" }, 200, FILE],
  ["13.1.5 If-Range with our tag", { range: "bytes=2-4", ifRange: '"a"' }, 206, "234"],
  ["13.1.5 If-Range with another tag", { range: "bytes=2-4", ifRange: '"b"' }, 200, FILE],
  ["13.1.5 If-Range with a weak tag", { range: "bytes=2-4", ifRange: 'W/"a"' }, 200, FILE],
  ["13.1.5 If-Range with our date", { range: "bytes=2-4", ifRange: THEN }, 206, "234"],
  ["13.1.5 If-Range with another date", { range: "bytes=2-4", ifRange: EARLIER }, 200, FILE],
  ["13.1.5 If-Range alone", { ifRange: '"b"' }, 200, FILE],
  [
    "13.1.5 If-Range with a tag of an older file hides a 416",
    { range: "bytes=99-", ifRange: '"b"' },
    200,
    FILE,
  ],
  ["13.1.2 the client has it", { ifNoneMatch: '"a"' }, 304, ""],
  ["13.1.3 the client has it, by date", { ifModifiedSince: THEN }, 304, ""],
  ["13.1.2 HEAD, and the client has it", { method: "HEAD", ifNoneMatch: '"a"' }, 304, ""],
  ["13.2.2 304 comes before 416", { ifNoneMatch: '"a"', range: "bytes=99-" }, 304, ""],
  ["13.2.2 304 comes before 206", { ifNoneMatch: '"a"', range: "bytes=0-1" }, 304, ""],
  ["13.1.2 the client has another", { ifNoneMatch: '"b"', range: "bytes=0-1" }, 206, "01"],
];

describe("respond", () => {
  for (const [why, ask, status, body] of rows) {
    test(`${why} (${JSON.stringify(ask)})`, () => {
      const answer = answerTo(ask);
      expect(answer.head.status).toBe(status);
      expect(bodyOf(answer)).toBe(body);
      expect(answer.lengthBytes).toBe(body.length);
    });
  }

  test("15.5.13 a failed precondition is an error page", () => {
    const answer = answerTo({ ifMatch: '"b"', range: "bytes=99-" });
    expect(answer.head.statusLine).toBe("412 Precondition Failed");
    expect(fieldOf(answer, "Cache-Control")).toBe("no-store");
    expect(bodyOf(answer)).toContain("<h1>Precondition Failed</h1>");
  });

  test("15.5.17 an unsatisfiable range is an error page that tells the size", () => {
    const answer = answerTo({ range: "bytes=10-", accept: "application/json" });
    expect(answer.head.status).toBe(416);
    expect(fieldOf(answer, "Content-Range")).toBe("bytes */10");
    expect(bodyOf(answer)).toBe('{"status":416,"error":"Range Not Satisfiable"}\n');
    expect(answer.lengthBytes).toBe(47);
  });

  test("an empty file is whole, whatever was asked of it", () => {
    for (const range of ["", "bytes=0-", "bytes=-1", "bytes=0-0,2-2"]) {
      const answer = answerTo({ range }, { sizeBytes: 0 });
      expect([answer.head.status, answer.lengthBytes, answer.body]).toEqual([200, 0, []]);
    }
  });
});

describe("the fields", () => {
  test("15.3.1 of a 200", () => {
    const answer = answerTo({});
    expect(namesOf(answer)).toEqual(DESCRIPTION);
    expect(fieldOf(answer, "Content-Type")).toBe("text/plain");
    expect(fieldOf(answer, "Last-Modified")).toBe(THEN);
    expect(fieldOf(answer, "ETag")).toBe('"a"');
    expect(fieldOf(answer, "Accept-Ranges")).toBe("bytes");
  });

  test("9.3.2 HEAD has the head and the length of GET", () => {
    const [get, head] = [answerTo({}), answerTo({ method: "HEAD" })];
    expect(head.head).toEqual(get.head);
    expect(head.lengthBytes).toBe(get.lengthBytes);
  });

  test("15.3.7.1 of a 206: all of a 200 and where the part belongs", () => {
    const answer = answerTo({ range: "bytes=2-4" });
    expect(namesOf(answer)).toEqual(["Content-Range", ...DESCRIPTION]);
    expect(fieldOf(answer, "Content-Range")).toBe("bytes 2-4/10");
  });

  test("15.3.7 of a 206 to If-Range: the same, since caches look for the date they sent", () =>
    expect(answerTo({ range: "bytes=2-4", ifRange: THEN }).head).toEqual(
      answerTo({ range: "bytes=2-4" }).head,
    ));

  test("15.3.7.2 of a multipart: its own type, and no Content-Range in the head", () => {
    const answer = answerTo({ range: "bytes=-1,0-1" });
    expect(namesOf(answer)).toEqual(DESCRIPTION);
    expect(fieldOf(answer, "Content-Type")).toBe("multipart/byteranges; boundary=cut");
    expect(bodyOf(answer)).toBe(
      "\r\n--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes 9-9/10\r\n\r\n9\r\n" +
        "--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--cut--\r\n",
    );
    expect(answer.lengthBytes).toBe(bodyOf(answer).length);
  });

  test("15.3.7 of a multipart to If-Range: the same", () =>
    expect(answerTo({ range: "bytes=-1,0-1", ifRange: THEN })).toEqual(
      answerTo({ range: "bytes=-1,0-1" }),
    ));

  test("15.4.5 of a 304: what finds and refreshes a stored answer, nothing that describes it", () => {
    const more: readonly Field[] = [
      ...file.fields,
      ["expires", THEN],
      ["Content-Location", "/a.en"],
      ["Content-Encoding", "br"],
      ["Content-Disposition", "inline"],
    ];
    const answer = answerTo({ ifNoneMatch: "*" }, { fields: more });
    expect(namesOf(answer)).toEqual([...IDENTITY, "expires", "Content-Location"]);
  });

  test("15.4.5 of a 304 without a tag: the date", () => {
    const answer = answerTo({ ifModifiedSince: THEN }, { etag: "" });
    expect(namesOf(answer)).toEqual(["Last-Modified", ...IDENTITY.slice(1)]);
  });

  test("8.8.3 a file without a tag has no ETag", () =>
    expect(namesOf(answerTo({}, { etag: "" }))).not.toContain("ETag"));

  test("6 of the known mistakes: every 200 and 206 is open for ranges", () => {
    expect(fieldOf(answerTo({}), "Accept-Ranges")).toBe("bytes");
    expect(fieldOf(answerTo({ range: "bytes=0-0" }), "Accept-Ranges")).toBe("bytes");
  });
});

describe("an encoded representation", () => {
  const encoded: Partial<Representation> = {
    etag: '"a-br"',
    fields: [...file.fields, ["Content-Encoding", "br"]],
  };

  test("9 of the known mistakes: ranges and length are those of the encoded bytes", () => {
    const answer = answerTo({ range: "bytes=8-99" }, encoded);
    expect(fieldOf(answer, "Content-Range")).toBe("bytes 8-9/10");
    expect(fieldOf(answer, "Content-Encoding")).toBe("br");
  });

  test("is never sent in several parts", () => {
    for (const name of ["Content-Encoding", "content-encoding"]) {
      const fields: readonly Field[] = [[name, "br"]];
      expect(answerTo({ range: "bytes=0-1,4-5" }, { fields }).head.status).toBe(200);
    }
    expect(answerTo({ range: "bytes=0-1,4-5" }).head.status).toBe(206);
  });
});

describe("a refusal", () => {
  const fields: readonly Field[] = [
    ["Cache-Control", "max-age=60"],
    ["Access-Control-Allow-Origin", "https://a.test"],
    ["access-control-expose-headers", "Content-Range"],
    ["X-Own", "1"],
    ["Vary", "Accept-Encoding, Origin"],
  ];
  test.each([
    ["412", { ifMatch: '"other"' }],
    ["416", { range: "bytes=10-" }],
  ])(
    "of a representation may be read by whoever may read that, and depends on as much: %s",
    (status, ask) => {
      const { head } = answerTo(ask, { fields });
      expect(head.statusLine.slice(0, 3)).toBe(status);
      expect(head.fields).toEqual(expect.arrayContaining([fields[1], fields[2], fields[4]]));
      expect(head.fields).toContainEqual(["Vary", "Accept"]);
      expect(head.fields).toContainEqual(["Cache-Control", "no-store"]);
      expect(head.fields).not.toContainEqual(fields[0]);
      expect(head.fields).not.toContainEqual(fields[3]);
    },
  );
});

describe("Last-Modified", () => {
  const dateRows: readonly (readonly [
    why: string,
    modifiedMs: number,
    want: number | undefined,
  ])[] = [
    ["8.8.2 whole seconds, rounded down", 5_999, 5],
    ["8.8.2 now", NOW_MS, MODIFIED_SEC + 3600],
    ["a stamp of a reproducible build is no date", 0, undefined],
    ["nor is the one Nix writes", 1_999, undefined],
    ["the second after it is", 2_000, 2],
    ["nothing before the epoch is", -5_000, undefined],
  ];
  for (const [why, modifiedMs, want] of dateRows) {
    test(why, () => {
      expect(validatorsOf({ ...file, modifiedMs }).modifiedSec).toBe(want);
      const sent = fieldOf(answerTo({}, { modifiedMs }), "Last-Modified");
      expect(sent).toBe(want === undefined ? undefined : formatHttpDate(want));
    });
  }

  test("13.1.3 a file without a date is never unmodified", () =>
    expect(answerTo({ ifModifiedSince: THEN }, { modifiedMs: 0 }).head.status).toBe(200));

  test("8.8.2.2 a date in the second of the change resumes nothing", () => {
    const ask = { range: "bytes=0-1", ifRange: THEN };
    expect(answerTo(ask, {}, MODIFIED_SEC * 1000 + 999).head.status).toBe(200);
    expect(answerTo(ask, {}, MODIFIED_SEC * 1000 + 1000).head.status).toBe(206);
  });
});

describe("heads built once", () => {
  test("are those of respond", () => {
    expect(wholeHead(file)).toEqual(answerTo({}).head);
    expect(notModifiedHead(file)).toEqual(answerTo({ ifNoneMatch: "*" }).head);
  });
});

test("9.3.7 OPTIONS is told the methods, without a body", () => {
  const answer = describeMethods([["Access-Control-Max-Age", "7200"]]);
  expect(answer.head.statusLine).toBe("204 No Content");
  expect(answer.head.fields).toEqual([
    ["Allow", "GET, HEAD, OPTIONS"],
    ["Access-Control-Max-Age", "7200"],
  ]);
  expect([answer.body, answer.lengthBytes]).toEqual([[], 0]);
});

test("whatever a client sends: an answer, its length that of its body, never of a piece we lack", () => {
  const field = fc.oneof(
    fc.constantFrom("", "*", '"a"', 'W/"a"', '"b"', THEN, EARLIER, "bytes=0-1", "bytes=-1,0-0"),
    fc.string({ unit: "binary" }),
  );
  const asks = fc.record<Ask>({
    method: fc.constantFrom("GET", "HEAD"),
    range: field,
    ifRange: field,
    ifMatch: field,
    ifNoneMatch: field,
    ifModifiedSince: field,
    ifUnmodifiedSince: field,
    accept: field,
  });
  fc.assert(
    fc.property(asks, (ask) => {
      const answer = respond(ask, file, policy, NOW_MS);
      expect([200, 206, 304, 412, 416]).toContain(answer.head.status);
      expect(bodyOf(answer)).toHaveLength(answer.lengthBytes);
    }),
    { numRuns: 300 },
  );
});
