/** Fear: whoever guesses names fills the lane with his guesses, and hot files fall off it. */
import { describe, expect, test } from "vitest";
import { ExpressLane, type TargetNames } from "../../engine/express-lane.js";
import { prepareMiss } from "../../engine/prepared.js";
import { createTicket, type Ticket } from "../../engine/ticket.js";
import type { Ask, Ready } from "../../engine/transport/exchange.js";
import type { OpenFile } from "../../fs/open-file.js";
import { createAnswer } from "../../protocol/answer.js";
import { buildHead } from "../../protocol/head.js";

const MISSES = 8_192;

const page = createAnswer(buildHead(404, [["Content-Type", "text/plain"]]), [
  { kind: "literal", bytes: Buffer.from("nothing") },
]);
const miss = (): Ticket =>
  createTicket([], { prepared: prepareMiss(page), source: undefined, download: undefined });
/** Stands for a file: the lane asks only whether it is a miss. */
const file = (): Ticket => ({
  ...miss(),
  prepared: { kind: "file", keep: () => {} } as Ticket["prepared"],
});

const names = (path: string): TargetNames => ({ host: "", path, origin: "", acceptEncoding: "" });

const NO_PARTS = { answer: () => undefined, isFor: () => false };

function createLane() {
  const settings = { variesByHost: false, variesByOrigin: false };
  const table = { isFresh: () => true, hold: () => {}, release: () => {} };
  const lane = new ExpressLane(table, NO_PARTS, settings, () => 0);
  return {
    miss: (path: string) => lane.remember(names(path), miss(), false),
    file: (path: string, isNegotiated = false) => lane.remember(names(path), file(), isNegotiated),
    knows: (path: string) => lane.find(names(path)) !== undefined,
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

describe("a part of a file", () => {
  const FILE = { body: undefined } as OpenFile;
  const READY = { head: page.head, body: Buffer.from("part"), download: undefined };

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
      return ready;
    };
    const settings = { variesByHost: false, variesByOrigin: false };
    const lane = new ExpressLane(table, { ...NO_PARTS, answer }, settings, () => 0);
    const source = { known: { kind: "file", file: FILE } } as Ticket["source"];
    lane.remember(names("/a"), { ...file(), source }, false);
    return { lane, heard };
  }

  const askFor = (fields: Record<string, string>): Ask => ({
    method: "GET",
    path: "/a",
    query: "",
    version: "HTTP/1.1",
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
