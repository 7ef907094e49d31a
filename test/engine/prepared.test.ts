/** Fear: heads that are kept keep memory of others that are not, or say what the next answer does not. */
import { describe, expect, test } from "vitest";
import { prepareFile, prepareMiss } from "../../engine/prepared.js";
import { type Bytes, bareOf, viewOf } from "../../fs/bytes.js";
import { OpenFile } from "../../fs/open-file.js";
import { createAnswer } from "../../protocol/answer.js";
import { formatHttpDate } from "../../protocol/dates.js";
import { buildHead } from "../../protocol/head.js";
import { type Ask, type Policy, type Representation, respond } from "../../protocol/respond.js";

const OBSERVED_MS = 1_800_000_000_000;
const LONG_AGO_NS = 1_700_000_000_000_000_000n;

function open(mtimeNs: bigint): OpenFile {
  const identity = { dev: 1n, ino: 2n, sizeBytes: 5, mtimeNs, ctimeNs: LONG_AGO_NS };
  return new OpenFile("/a.txt", identity, Buffer.from("a"), OBSERVED_MS);
}

const prepare = (mtimeNs = LONG_AGO_NS) =>
  prepareFile(open(mtimeNs), { mediaType: "text/plain", coding: "identity", fields: [] });

const isAlone = (bytes: Bytes): boolean => bareOf(viewOf(bytes)) instanceof ArrayBuffer;

describe("the heads of a file", () => {
  test.each([
    ["before they were built", false],
    ["after", true],
  ])("have memory of their own when it is kept, %s", (_, isBuilt) => {
    const prepared = prepare();
    const said = String(prepare().whole.lines);
    if (isBuilt) expect(isAlone(prepared.whole.lines)).toBe(false);
    prepared.keep();
    prepared.keep();
    const { whole, unchanged, headOnly } = prepared;
    expect(String(whole.lines)).toBe(said);
    expect(String(Buffer.from(viewOf(headOnly.lines)))).toBe(`${said}\r\nContent-Length: 5`);
    for (const lines of [whole.lines, unchanged.head.lines, headOnly.lines]) {
      expect(isAlone(lines)).toBe(true);
    }
  });
});

test("the head of a miss has memory of its own", () => {
  const page = { kind: "literal", bytes: Buffer.from("nothing") } as const;
  const { ready, headOnly } = prepareMiss(createAnswer(buildHead(404, [["X", "y"]]), [page]));
  expect(isAlone(ready.head.lines)).toBe(true);
  expect(isAlone(headOnly.lines)).toBe(true);
  expect(String(ready.head.lines)).toBe("404 Not Found\r\nX: y");
});

describe("a time of modification in the future", () => {
  const TOMORROW_MS = OBSERVED_MS + 86_400_000;
  const OBSERVED = formatHttpDate(OBSERVED_MS / 1000);
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
  const policy: Policy = {
    maxRanges: 1,
    createBoundary: () => "cut",
    errorPages: (code) => {
      throw new Error(code);
    },
  };
  /** An hour after it was looked at. */
  const statusTo = (ask: Partial<Ask>, representation: Representation): number =>
    respond({ ...GET, ...ask }, representation, policy, OBSERVED_MS + 3_600_000).head.status;

  test("is the time the file was looked at, in every head of it and to every question", () => {
    const { representation, whole, lastModified } = prepare(BigInt(TOMORROW_MS) * 1_000_000n);
    expect(lastModified).toBe(OBSERVED);
    expect(whole.fields).toContainEqual(["Last-Modified", OBSERVED]);
    expect(statusTo({ ifUnmodifiedSince: OBSERVED }, representation)).toBe(200);
    expect(statusTo({ ifModifiedSince: OBSERVED }, representation)).toBe(304);
  });
});
