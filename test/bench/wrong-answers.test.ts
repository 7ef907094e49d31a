/** A server that answers wrongly is disqualified with a message, and is never timed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Ask, Cell, Load } from "../../bench/cell.js";
import { checkAsks } from "../../bench/check.js";
import { divideCores } from "../../bench/cores.js";
import { writeFixtures } from "../../bench/fixtures.js";
import { type Bench, measure } from "../../bench/measure.js";
import type { Outcome } from "../../bench/sample.js";
import type { Contender } from "../../bench/servers/contender.js";
import { answerOf, type StubServer, startStub } from "./support.js";

const FILE = { path: "a.bin", sizeBytes: 3000 };
let root: string;
let bytes: string;
let stub: StubServer | undefined;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "bench-test-"));
  writeFixtures(root, [FILE]);
  bytes = readFileSync(join(root, FILE.path), "latin1");
});
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => stub?.close());

const WHOLE: Ask = {
  method: "GET",
  target: "/a.bin",
  headers: {},
  status: 200,
  body: { kind: "file", path: FILE.path },
};
const PART: Ask = {
  ...WHOLE,
  status: 206,
  body: { kind: "slice", slice: { path: FILE.path, first: 5, last: 9 } },
  answerHeaders: { "content-range": "bytes 5-9/3000" },
};
const PARTS: Ask = {
  ...WHOLE,
  status: 206,
  body: {
    kind: "parts",
    slices: [
      { path: FILE.path, first: 0, last: 1 },
      { path: FILE.path, first: 7, last: 8 },
    ],
  },
};

async function verdictOn(answer: string, ask: Ask) {
  stub = await startStub(async () => answer);
  return checkAsks(stub, root, [ask]);
}

const flip = (text: string, at: number) =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);

function multipart(...parts: string[]): string {
  const body = `${parts.map((part) => `--B\r\nContent-Range: x\r\n\r\n${part}\r\n`).join("")}--B--\r\n`;
  return answerOf(206, body, "Content-Type: multipart/byteranges; boundary=B\r\n");
}

test("right bytes are fit, whole, in part and in parts", async () => {
  expect(await verdictOn(answerOf(200, bytes), WHOLE)).toMatchObject({ kind: "fit" });
  const range = answerOf(206, bytes.slice(5, 10), "Content-Range: bytes 5-9/3000\r\n");
  expect(await verdictOn(range, PART)).toMatchObject({ kind: "fit" });
  const both = multipart(bytes.slice(0, 2), bytes.slice(7, 9));
  expect(await verdictOn(both, PARTS)).toMatchObject({ kind: "fit" });
});

const wrong: readonly (readonly [why: string, answer: () => string, ask: Ask, says: string])[] = [
  ["one bit of the last byte", () => answerOf(200, flip(bytes, 2999)), WHOLE, "at byte 2999"],
  ["a byte too few", () => answerOf(200, bytes.slice(0, -1)), WHOLE, "body of 2999 bytes"],
  ["a byte too many", () => answerOf(200, `${bytes}x`), WHOLE, "body of 3001 bytes"],
  ["an empty body", () => answerOf(200, ""), WHOLE, "body of 0 bytes"],
  ["another status", () => answerOf(503, bytes), WHOLE, "status 503, wanted 200"],
  [
    "the neighbors of a range",
    () => answerOf(206, bytes.slice(6, 11), "Content-Range: bytes 5-9/3000\r\n"),
    PART,
    "at byte 0",
  ],
  ["a range without its header", () => answerOf(206, bytes.slice(5, 10)), PART, "content-range"],
  ["a part too few", () => multipart(bytes.slice(0, 2)), PARTS, "1 parts, wanted 2"],
  [
    "a wrong second part",
    () => multipart(bytes.slice(0, 2), bytes.slice(8, 10)),
    PARTS,
    "part 2: body differs",
  ],
];
for (const [why, answer, ask, says] of wrong) {
  test(`disqualified: ${why}`, async () => {
    const verdict = await verdictOn(answer(), ask);
    expect(verdict).toMatchObject({ kind: "disqualified", why: expect.stringContaining(says) });
  });
}

test("disqualified: nobody answers at all", async () => {
  const gone = await startStub(async () => "");
  await gone.close();
  expect(await checkAsks(gone, root, [WHOLE])).toMatchObject({ kind: "disqualified" });
});

/** A real process, as the bench starts any server, that answers the right length and wrong bytes. */
const createLiar = (honestAnswers: number): Contender => ({
  name: "liar",
  family: "liar",
  missing: () => undefined,
  version: () => "1",
  plan: (site) => ({
    command: process.execPath,
    args: [
      "-e",
      `let left = ${honestAnswers};
       const file = require("node:fs").readFileSync("${site.root}/${FILE.path}");
       require("node:http").createServer((q, r) => r.end(left-- > 0 ? file : Buffer.alloc(3000)))
         .listen(${site.port}, "${site.host}")`,
    ],
  }),
  abstains: {},
});

async function outcomeOf(liar: Contender, load: Load, durationSec: number): Promise<Outcome> {
  const tempDir = mkdtempSync(join(tmpdir(), "bench-test-"));
  const missing = { missing: "not in this test" };
  const bench: Bench = {
    root,
    tempDir,
    workers: 1,
    cores: divideCores(1),
    warmUpSec: durationSec,
    durationSec,
    slowDisk: missing,
    narrowSockets: missing,
  };
  const cell: Cell = {
    name: "whole",
    title: "whole",
    load,
    fixtures: [FILE],
    asks: () => [WHOLE],
    judgedBy: ["cpuUsPerRequest"],
    floor: undefined,
  };
  try {
    return await measure(cell, liar, bench);
  } finally {
    rmSync(tempDir, { recursive: true });
  }
}

const CAUGHT = {
  kind: "disqualified",
  why: "GET /a.bin: body differs from the file at byte 0",
};

test("a liar is started, caught and not timed: no generator runs, no figure exists", async () => {
  // Were it timed, this test would run out of its time.
  expect(await outcomeOf(createLiar(0), { kind: "closed", connections: 1 }, 60)).toEqual(CAUGHT);
}, 20_000);

test("one that begins to lie under load is caught after it, and no figure is left", async () => {
  const load = { kind: "closed-raw", connections: 1 } as const;
  expect(await outcomeOf(createLiar(10), load, 0.3)).toEqual(CAUGHT);
}, 20_000);
