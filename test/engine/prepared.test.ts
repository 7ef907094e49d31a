/** Fear: heads that are kept keep memory of others that are not. */
import { describe, expect, test } from "vitest";
import { prepareFile, prepareMiss } from "../../engine/prepared.js";
import { OpenFile } from "../../fs/open-file.js";
import { createAnswer } from "../../protocol/answer.js";
import { buildHead } from "../../protocol/head.js";

const NOW_MS = 1_800_000_000_000;

function prepare() {
  const changedNs = 1_700_000_000_000_000_000n;
  const identity = { dev: 1n, ino: 2n, sizeBytes: 5, mtimeNs: changedNs, ctimeNs: changedNs };
  const file = new OpenFile("/a.txt", identity, Buffer.from("a"), NOW_MS);
  return prepareFile(file, { mediaType: "text/plain", coding: "identity", fields: [] }, NOW_MS);
}

const isAlone = (bytes: Buffer): boolean => bytes.buffer.byteLength === bytes.length;

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
    expect(String(headOnly.alone!.lines)).toBe(`${said}\r\nContent-Length: 5`);
    for (const lines of [whole.lines, unchanged.head.lines, headOnly.alone!.lines]) {
      expect(isAlone(lines)).toBe(true);
    }
  });
});

test("the head of a miss has memory of its own", () => {
  const page = { kind: "literal", bytes: Buffer.from("nothing") } as const;
  const { ready, headOnly } = prepareMiss(createAnswer(buildHead(404, [["X", "y"]]), [page]));
  expect(isAlone(ready.head.lines)).toBe(true);
  expect(isAlone(headOnly.alone!.lines)).toBe(true);
  expect(String(ready.head.lines)).toBe("404 Not Found\r\nX: y");
});
