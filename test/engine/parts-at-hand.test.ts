/** Fear: a part is answered at once that should have been weighed, or its rest comes from elsewhere. */
import { describe, expect, test } from "vitest";
import { PartsAtHand } from "../../engine/parts-at-hand.js";
import { prepareFile } from "../../engine/prepared.js";
import { OpenFile } from "../../fs/open-file.js";
import { contentRange } from "../../protocol/multipart.js";

const SIZE = 1_000_000;
const MOST = 128 * 1024;

function createFile(body?: Buffer): OpenFile {
  const sizeBytes = body?.length ?? SIZE;
  const identity = { dev: 1n, ino: 2n, sizeBytes, mtimeNs: 1_700_000_000_000_000_000n };
  const file = new OpenFile("/a.bin", identity, body, 1_800_000_000_000);
  file.fd = body === undefined ? 3 : -1;
  return file;
}

/** @param isAtHand does a look into memory find the bytes? */
function answer(range: string, file = createFile(), isAtHand = true) {
  const asked: [first: number, lengthBytes: number][] = [];
  const parts = new PartsAtHand({
    atHand: (_file, first, lengthBytes) => {
      asked.push([first, lengthBytes]);
      return isAtHand ? new Uint8Array(lengthBytes) : undefined;
    },
  });
  const guise = { mediaType: "text/plain", coding: "identity", fields: [] } as const;
  const prepared = prepareFile(file, guise, 1_800_000_000_000);
  return { parts, asked, ready: parts.answer(range, prepared, file, undefined) };
}

describe("a part at hand", () => {
  test.each([
    ["bytes=0-0", 0, 0],
    ["bytes=10-99", 10, 99],
    [`bytes=0-${MOST - 1}`, 0, MOST - 1],
    [`bytes=${SIZE - 5}-`, SIZE - 5, SIZE - 1],
    ["bytes=-5", SIZE - 5, SIZE - 1],
    [`bytes=${SIZE - 2}-${SIZE + 100}`, SIZE - 2, SIZE - 1],
  ])("%s", (range, first, last) => {
    const { ready, asked } = answer(range);
    expect(asked).toEqual([[first, last + 1 - first]]);
    expect(ready?.head.status).toBe(206);
    expect(ready?.head.fields).toContainEqual([
      "Content-Range",
      contentRange({ first, last }, SIZE),
    ]);
    expect(ready?.body).toHaveLength(last + 1 - first);
  });

  test("of a file that is in memory whole is cut from it", () => {
    const body = Buffer.from("0123456789");
    const { ready, asked } = answer("bytes=2-4", createFile(body));
    expect(ready?.body?.toString()).toBe("234");
    expect(asked).toEqual([]);
  });
});

describe("takes the main road:", () => {
  test.each([
    ["a large part", `bytes=0-${MOST}`],
    ["the rest of a large file", "bytes=1-"],
    ["several parts", "bytes=0-1,5-6"],
    ["several parts that are one", "bytes=0-1,2-3"],
    ["what cannot be satisfied", `bytes=${SIZE}-`],
    ["another unit", "lines=0-1"],
    ["nonsense", "bytes=5-1"],
  ])("%s", (_, range) => {
    const { ready, asked } = answer(range);
    expect(ready).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test("a part that is not in memory", () => {
    expect(answer("bytes=0-9", createFile(), false).ready).toBeUndefined();
  });

  test("a part of a file whose descriptor was given up", () => {
    const file = createFile();
    file.fd = -1;
    const { ready, asked } = answer("bytes=0-9", file);
    expect(ready).toBeUndefined();
    expect(asked).toEqual([]);
  });
});

describe("the rest", () => {
  test("of bytes that were lent comes from the file", () => {
    const file = createFile();
    const { parts, ready } = answer("bytes=100-199", file);
    expect(parts.restOf(ready!, 30)).toEqual({ kind: "extent", file, first: 130, last: 199 });
  });

  test("of bytes that stay comes from them", () => {
    const { parts, ready } = answer("bytes=2-7", createFile(Buffer.from("0123456789")));
    expect(parts.restOf(ready!, 2)).toEqual({ kind: "literal", bytes: Buffer.from("4567") });
  });

  test("of an answer of another kind comes from its body", () => {
    const { parts, ready } = answer("bytes=100-199");
    const whole = { ...ready!, body: Buffer.from("whole") };
    expect(parts.restOf(whole, 3)).toEqual({ kind: "literal", bytes: Buffer.from("le") });
  });
});
