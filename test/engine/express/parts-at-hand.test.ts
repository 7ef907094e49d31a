/** Fear: a part is answered at once that should have been weighed, or its rest comes from elsewhere. */
import { describe, expect, test } from "vitest";
import type { Part } from "../../../engine/chunks/cursor.js";
import { PartsAtHand } from "../../../engine/express/parts-at-hand.js";
import { prepareFile } from "../../../engine/prepared.js";
import { viewOf } from "../../../fs/bytes.js";
import { OpenFile } from "../../../fs/open-file.js";
import { contentRange } from "../../../protocol/multipart.js";
import type { Policy } from "../../../protocol/respond.js";

const SIZE = 1_000_000;
const MOST = 128 * 1024;

function createFile(body?: Buffer): OpenFile {
  const sizeBytes = body?.length ?? SIZE;
  const changedNs = 1_700_000_000_000_000_000n;
  const identity = { dev: 1n, ino: 2n, sizeBytes, mtimeNs: changedNs, ctimeNs: changedNs };
  const file = new OpenFile("/a.bin", identity, body, 1_800_000_000_000);
  file.fd = body === undefined ? 3 : -1;
  return file;
}

/** Of a file, where each byte is the lowest of its offset. */
const bytesOf = (parts: readonly Part<OpenFile>[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      part.kind === "literal"
        ? part.bytes
        : Buffer.from(Array.from({ length: part.last + 1 - part.first }, (_, n) => part.first + n)),
    ),
  );

const POLICY: Policy = {
  maxRanges: 4,
  createBoundary: () => "cut",
  errorPages: () => {
    throw new Error("there is no error");
  },
};

/** @param isAtHand does a look into memory find the bytes? */
function answer(range: string, file = createFile(), isAtHand = true) {
  const asked: [first: number, last: number][] = [];
  const scheduler = {
    atHand: (parts: readonly Part<OpenFile>[]) => {
      for (const part of parts) if (part.kind === "extent") asked.push([part.first, part.last]);
      return isAtHand ? bytesOf(parts) : undefined;
    },
    wholeAtHand: (file: OpenFile) =>
      isAtHand
        ? bytesOf([{ kind: "extent", file, first: 0, last: file.sizeBytes - 1 }])
        : undefined,
  };
  const parts = new PartsAtHand(scheduler, POLICY);
  const guise = { mediaType: "text/plain", coding: "identity", fields: [] } as const;
  const prepared = prepareFile(file, guise);
  const whole = () => parts.whole(prepared, file, undefined);
  return { parts, asked, whole, ready: parts.answer(range, prepared, file, undefined) };
}

describe("a small file that is kept open", () => {
  const createOpen = (sizeBytes: number, isKeptOpen = true): OpenFile => {
    const { identity } = createFile();
    return new OpenFile(
      "/a.bin",
      { ...identity, sizeBytes },
      undefined,
      1_800_000_000_000,
      isKeptOpen,
    );
  };
  const wholeOf = (file: OpenFile, isAtHand = true) => answer("", file, isAtHand).whole();

  test.each([1, 100, MOST])("of %i bytes is sent whole", (sizeBytes) => {
    const ready = wholeOf(createOpen(sizeBytes));
    expect([ready?.head.status, ready?.body?.byteLength]).toEqual([200, sizeBytes]);
  });

  test("takes the main road when it is large, empty, not at hand, or not small at all", () => {
    expect(wholeOf(createOpen(MOST + 1))).toBeUndefined();
    expect(wholeOf(createOpen(0))).toBeUndefined();
    expect(wholeOf(createOpen(100), false)).toBeUndefined();
    expect(wholeOf(createOpen(100, false))).toBeUndefined();
  });

  test("what a socket does not take comes from the file", () => {
    const file = createOpen(100);
    const { parts, whole } = answer("", file);
    const ready = whole()!;
    expect(parts.restOf(ready, 30, 0)).toEqual([{ kind: "extent", file, first: 30, last: 99 }]);
    expect(parts.restOf({ ...ready }, 30, 0)).toBeUndefined();
  });
});

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
    expect(asked).toEqual([[first, last]]);
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

describe("several parts at hand", () => {
  test("are what the main road would send", () => {
    const { ready, asked } = answer("bytes=0-1,5-6,-2");
    expect(asked).toEqual([
      [0, 1],
      [5, 6],
      [SIZE - 2, SIZE - 1],
    ]);
    expect(ready?.head.status).toBe(206);
    expect(ready?.head.fields).toContainEqual([
      "Content-Type",
      "multipart/byteranges; boundary=cut",
    ]);
    const text = Buffer.from(viewOf(ready!.body!)).toString("latin1");
    expect(text).toBe(
      "\r\n--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/1000000\r\n\r\n\x00\x01" +
        "\r\n--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-6/1000000\r\n\r\n\x05\x06" +
        "\r\n--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes 999998-999999/1000000\r\n\r\n>?" +
        "\r\n--cut--\r\n",
    );
  });

  test("that are one are sent as one", () => {
    const { ready, asked } = answer("bytes=0-1,2-3");
    expect(asked).toEqual([[0, 3]]);
    expect(ready?.head.fields).toContainEqual(["Content-Range", `bytes 0-3/${SIZE}`]);
  });

  test("of a file that is in memory whole are cut from it", () => {
    const body = Buffer.from("0123456789".repeat(100));
    const { ready, asked } = answer("bytes=0-1,5-6", createFile(body));
    expect(asked).toEqual([]);
    expect(Buffer.from(viewOf(ready!.body!)).toString()).toMatch(
      /\r\n\r\n01\r\n--cut\r\n[\s\S]*\r\n\r\n56\r\n--cut--/,
    );
  });

  test.each([0, 1, 30, 70, 72, 73, 74, 100, 150])(
    "after %i bytes the rest is the rest",
    (taken) => {
      for (const repeated of [0, 1, 50, 1000]) {
        const { parts, ready } = answer("bytes=0-1,5-6");
        const rest = parts.restOf(ready!, taken, repeated);
        const body = Buffer.from(viewOf(ready!.body!));
        expect(bytesOf(rest!)).toEqual(body.subarray(taken));
        const [first] = rest!;
        const again = Buffer.from(body.subarray(taken, taken + repeated));
        if (repeated === 0) continue;
        viewOf(ready!.body!).fill(0); // what was lent is written over soon
        expect(first).toEqual({ kind: "literal", bytes: again });
      }
    },
  );
});

describe("takes the main road:", () => {
  test.each([
    ["a large part", `bytes=0-${MOST}`],
    ["the rest of a large file", "bytes=1-"],
    ["more parts than are honored", "bytes=0-1,5-6,9-10,13-14,17-18"],
    ["parts that are large together", `bytes=0-${MOST - 2},${MOST}-${MOST + 1}`],
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
    const rest = { kind: "extent", file, first: 130, last: 199 };
    expect(parts.restOf(ready!, 30, 0)).toEqual([rest]);
  });

  test("of bytes that stay comes from them", () => {
    const { parts, ready } = answer("bytes=2-7", createFile(Buffer.from("0123456789")));
    expect(parts.restOf(ready!, 2, 0)).toEqual([{ kind: "literal", bytes: Buffer.from("4567") }]);
  });

  test("of an answer of another kind is not known here", () => {
    const { parts, ready } = answer("bytes=100-199");
    expect(parts.restOf({ ...ready! }, 3, 0)).toBeUndefined();
  });
});
