/** Fear: whoever guesses names fills the lane with his guesses, and hot files fall off it. */
import fs from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../../engine/explain/explain-ask.js";
import { ExpressLane, type TargetNames } from "../../../engine/express/express-lane.js";
import { type PreparedFile, prepareMiss } from "../../../engine/prepared.js";
import {
  createFileTicket,
  createMissTicket,
  type FileTicket,
  type MissTicket,
} from "../../../engine/ticket.js";
import { type Ask, type Ready, readyOf } from "../../../engine/transport/exchange.js";
import type { Entry } from "../../../fs/entries.js";
import type { OpenFile } from "../../../fs/open-file.js";
import { createAnswer } from "../../../protocol/answer.js";
import { buildHead } from "../../../protocol/head.js";
import { Folder } from "../../support/folder.js";
import { answerTo, shareInProcess } from "../../support/in-process.js";

const MISSES = 8_192;
const TICKETS = 65_536;
const SPELLINGS = 32;

const page = createAnswer(buildHead(404, [["Content-Type", "text/plain"]]), [
  { kind: "literal", bytes: Buffer.from("nothing") },
]);
const miss = (): MissTicket => createMissTicket([], prepareMiss(page));
/** Stands for a file: the lane asks only whether it is a miss. */
const file = (keep = (): void => {}): FileTicket => {
  const prepared = { keep, whole: page.head } as unknown as PreparedFile;
  return createFileTicket([], { prepared, source: {} as Entry, download: undefined });
};

const names = (path: string, acceptEncoding = ""): TargetNames => ({
  host: "",
  path,
  origin: "",
  acceptEncoding,
});

const NO_PARTS = { answer: () => undefined, whole: () => undefined, isFor: () => false };

function createLane() {
  const settings = { variesByHost: false, variesByOrigin: false };
  const table = { isFresh: () => true, hold: () => {}, release: () => {} };
  const lane = new ExpressLane(table, NO_PARTS, settings, () => 0);
  return {
    miss: (path: string) => lane.remember(names(path), path, miss(), false),
    file: (path: string, isNegotiated = false, keep?: () => void) =>
      lane.remember(names(path), path, file(keep), isNegotiated),
    knows: (path: string) => lane.find(names(path)) !== undefined,
    spell: (path: string, acceptEncoding: string) =>
      lane.remember(names(path, acceptEncoding), path, file(), true),
    knowsSpelling: (path: string, acceptEncoding: string) =>
      lane.find(names(path, acceptEncoding)) !== undefined,
  };
}

describe("of names that lead nowhere", () => {
  test("so many are remembered, the oldest forgotten first", () => {
    const lane = createLane();
    for (let n = 0; n < MISSES; n++) lane.miss(`/${n}`);
    expect(lane.knows("/0")).toBe(true);
    lane.miss("/one more");
    expect(lane.knows("/0")).toBe(false);
    expect(["/1", `/${MISSES - 1}`, "/one more"].map(lane.knows)).toEqual([true, true, true]);
  });

  test("one that is asked for again is one", () => {
    const lane = createLane();
    lane.miss("/first");
    for (let n = 0; n < 2 * MISSES; n++) lane.miss("/again");
    expect(lane.knows("/first")).toBe(true);
  });

  test.each([false, true])("one that became a file stays, negotiated: %s", (isNegotiated) => {
    const lane = createLane();
    lane.miss("/new");
    lane.file("/new", isNegotiated);
    for (let n = 0; n < 2 * MISSES; n++) lane.miss(`/${n}`);
    expect(lane.knows("/new")).toBe(true);
  });

  test("a hundred thousand push no file off the lane", () => {
    const lane = createLane();
    lane.file("/hot");
    for (let n = 0; n < 100_000; n++) lane.miss(`/${n}`);
    expect(lane.knows("/hot")).toBe(true);
    expect(lane.knows("/99999")).toBe(true);
  });
});

describe("of what clients may write as they like", () => {
  const site = new Folder({ "a b.png": "picture", "app.js": "script", "app.js.gz": "packed" });
  afterAll(() => site.remove());
  const env = { SLUICE_REVALIDATE_MS: "3600000" };
  const shared = shareInProcess({ root: fs.realpathSync(site.path), env });

  const askFor = (target: string, acceptEncoding = ""): ExplainedAsk =>
    new ExplainedAsk(target, [["Accept-Encoding", acceptEncoding]]);

  /** Whether a target is known after the main road and the first look have seen it. */
  async function isKept(ask: ExplainedAsk): Promise<boolean> {
    const { server } = shared();
    for (let n = 0; n < 3; n++) if (server.express(ask) === undefined) await answerTo(server, ask);
    return server.peek(ask) === "answers";
  }

  test.each([
    ["a file as browsers ask for it", "/a%20b.png", true],
    ["a doubled slash", "//a%20b.png", false],
    ["an escape nobody needs", "/%61%20b.png", false],
    ["a miss", "/no%20such", true],
    ["a long miss", `/${"no/".repeat(170)}`, true],
    ["a longer one", `/${"no/".repeat(171)}`, false],
  ])("a target is kept in its usual spelling, while that is short: %s", async (_, path, want) => {
    expect(await isKept(askFor(path))).toBe(want);
  });

  test("so is a spelling of Accept-Encoding", async () => {
    const longest = "gzip".padEnd(128, ", br");
    expect(await isKept(askFor("/app.js", longest))).toBe(true);
    expect(await isKept(askFor("/app.js", `${longest},`))).toBe(false);
    expect(await isKept(askFor("/app.js", "gzip, deflate, br, zstd"))).toBe(true);
  });

  test("spellings of Accept-Encoding count among the tickets", () => {
    const lane = createLane();
    for (let n = 0; n < TICKETS / SPELLINGS; n++) {
      for (let m = 0; m < SPELLINGS; m++) lane.spell(`/${n}`, `a${m}`);
    }
    expect(lane.knowsSpelling("/0", "a0")).toBe(true);
    lane.file("/one");
    expect(lane.knowsSpelling("/0", "a0")).toBe(false);
    for (let n = 0; n < SPELLINGS - 1; n++) lane.file(`/more/${n}`);
    expect(lane.knowsSpelling("/1", "a0")).toBe(true);
    lane.file("/last");
    expect(lane.knowsSpelling("/1", "a0")).toBe(false);
  });

  test("a target that is asked for again, or anew in another way, is counted once", () => {
    const lane = createLane();
    lane.file("/hot");
    for (let n = 0; n < TICKETS; n++) {
      lane.file("/file");
      lane.spell("/spelled", `${n % 3}`);
      lane.spell("/changes", `${n}`);
      lane.miss(`/${n}`);
    }
    expect(lane.knows("/hot")).toBe(true);
  });

  test("a head that is kept has memory of its own, and one that is not costs no copy", () => {
    const lane = createLane();
    const keep = vi.fn();
    lane.file(`/${"long".repeat(200)}`, false, keep);
    expect(keep).not.toHaveBeenCalled();
    lane.file("/short", false, keep);
    expect(keep).toHaveBeenCalledOnce();
  });

  test("no query stays in memory with the path that was cut from it", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const lane = createLane();
    collect();
    const { heapUsed } = process.memoryUsage();
    for (let n = 0; n < MISSES; n++) {
      const target = Buffer.alloc(16_384, `/a/name/of/some/length/${n}?`).toString("latin1");
      lane.miss(target.slice(0, target.indexOf("?")));
    }
    collect();
    expect(lane.knows("/a/name/of/some/length/0")).toBe(true);
    expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(MISSES * 4_096);
  });
});

describe("a miss has one look, the first time and ever after", () => {
  const site = new Folder({ "index.html": "home" });
  afterAll(() => site.remove());
  const shared = shareInProcess({ root: fs.realpathSync(site.path) });

  test.each([
    ["", "html"],
    ["*/*", "html"],
    ["text/html", "html"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"],
    ["text/html,application/json", "html"],
    ["image/avif,image/webp,*/*;q=0.8", "html"],
    ["application/json;q=0.5, text/html", "html"],
    ["application/json", "json"],
    ["APPLICATION/JSON", "json"],
    ["application/*", "json"],
    ["text/html;q=0, */*", "json"],
    ["text/html;q=0.5, */*", "json"],
  ])("Accept: %s", async (accept, look) => {
    const { server } = shared();
    const ask = new ExplainedAsk("/none", [["Accept", accept]]);
    const first = String((await answerTo(server, ask)).body);
    const second = server.express(ask)?.body;
    expect(first.startsWith("{") ? "json" : "html").toBe(look);
    if (second !== undefined) expect(String(second)).toBe(first);
    expect(second !== undefined).toBe(look === "html");
  });
});

test("where hosts have roots of their own, a host and a path are two things", () => {
  const settings = { variesByHost: true, variesByOrigin: false };
  const table = { isFresh: () => true, hold: () => {}, release: () => {} };
  const lane = new ExpressLane(table, NO_PARTS, settings, () => 0);
  const of = (host: string, path: string): TargetNames => ({ ...names(path), host });
  const askFor = (host: string, path: string) => new ExplainedAsk(path, [["Host", host]]);
  lane.remember(of("a.test", "/x/y"), "/x/y", miss(), false);
  expect(lane.find(of("a.test", "/x/y"))).toBeDefined();
  expect(lane.answer(askFor("a.test", "/x/y"), 0)).toBeDefined();
  expect(lane.find(of("a.test/x", "/y"))).toBeUndefined();
  expect(lane.answer(askFor("a.test/x", "/y"), 0)).toBeUndefined();
});

test("a file that is not in memory is asked for where small ones are kept open", () => {
  const asked: unknown[] = [];
  const ready = readyOf(page.head, Buffer.from("whole"), undefined);
  const whole = (...all: unknown[]): Ready => {
    asked.push(all);
    return ready;
  };
  const table = { isFresh: () => true, hold: () => {}, release: () => {} };
  const settings = { variesByHost: false, variesByOrigin: false };
  const lane = new ExpressLane(table, { ...NO_PARTS, whole }, settings, () => 0);
  const open = { body: undefined, isKeptOpen: true } as OpenFile;
  const ticket = { ...file(), source: { known: { kind: "file", file: open } } } as FileTicket;
  lane.remember(names("/a"), "/a", ticket, false);
  expect(lane.answer(new ExplainedAsk("/a", []), 0)).toBe(ready);
  expect(asked).toEqual([[ticket.prepared, open, undefined]]);
  expect(lane.answer(new ExplainedAsk("/a", [[":method", "HEAD"]]), 0)).not.toBe(ready);
});

describe("a part of a file", () => {
  const FILE = { body: undefined } as OpenFile;
  const READY = readyOf(page.head, Buffer.from("part"), undefined);

  /** A lane that knows the file `/a`, and whatever is asked of the table and of the parts. */
  function createLaneWithFile(ready: Ready | undefined) {
    const heard: string[] = [];
    const table = {
      isFresh: () => true,
      hold: (file: OpenFile) => heard.push(file === FILE ? "hold" : "hold another"),
      release: (file: OpenFile) => heard.push(file === FILE ? "release" : "release another"),
    };
    const answer = (range: string) => {
      heard.push(range);
      if (range === "a bug") throw new Error(range);
      return ready;
    };
    const settings = { variesByHost: false, variesByOrigin: false };
    const lane = new ExpressLane(table, { ...NO_PARTS, answer }, settings, () => 0);
    const source = { known: { kind: "file", file: FILE } } as FileTicket["source"];
    lane.remember(names("/a"), "/a", { ...file(), source }, false);
    return { lane, heard };
  }

  const askFor = (fields: Record<string, string>): Ask => ({
    method: "GET",
    path: "/a",
    query: "",
    version: "HTTP/1.1",
    isDoubtful: false,
    client: "",
    field: ({ text }) => fields[text] ?? "",
    fields: () => Object.entries(fields),
  });

  test.each([READY, undefined])(
    "is asked for, and the table hears that the file is wanted",
    (ready) => {
      const { lane, heard } = createLaneWithFile(ready);
      expect(lane.answer(askFor({ range: "bytes=0-1" }), 0)).toBe(ready);
      expect(heard).toEqual(["hold", "bytes=0-1", "release"]);
    },
  );

  test("is let go of when whoever answers fails", () => {
    const { lane, heard } = createLaneWithFile(READY);
    const ask = askFor({ range: "a bug" });
    expect(() => lane.answer(ask, 0)).toThrow("a bug");
    expect(heard).toEqual(["hold", "a bug", "release"]);
  });

  test.each([
    ["if-range", '"tag"'],
    ["if-none-match", "*"],
    ["if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"],
    ["if-match", "*"],
    ["if-unmodified-since", "Thu, 01 Jan 2026 00:00:00 GMT"],
    ["content-length", "1"],
    ["transfer-encoding", "chunked"],
  ])("takes the main road with %s", (name, value) => {
    const { lane, heard } = createLaneWithFile(READY);
    expect(lane.answer(askFor({ range: "bytes=0-1", [name]: value }), 0)).toBeUndefined();
    expect(heard).toEqual([]);
  });
});
