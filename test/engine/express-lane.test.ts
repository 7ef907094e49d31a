/** Fear: whoever guesses names fills the lane with his guesses, and hot files fall off it. */
import { describe, expect, test } from "vitest";
import { ExpressLane, type TargetNames } from "../../engine/express-lane.js";
import { prepareMiss } from "../../engine/prepared.js";
import type { Ticket } from "../../engine/ticket.js";
import { createAnswer } from "../../protocol/answer.js";
import { buildHead } from "../../protocol/head.js";

const MISSES = 8_192;

const page = createAnswer(buildHead(404, [["Content-Type", "text/plain"]]), [
  { kind: "literal", bytes: Buffer.from("nothing") },
]);
const miss = (): Ticket => ({
  witnesses: [],
  prepared: prepareMiss(page),
  source: undefined,
  download: undefined,
});
/** Stands for a file: the lane asks only whether it is a miss. */
const file = (): Ticket => ({ ...miss(), prepared: { kind: "file" } as Ticket["prepared"] });

const names = (path: string): TargetNames => ({ host: "", path, origin: "", acceptEncoding: "" });

function createLane() {
  const settings = { variesByHost: false, variesByOrigin: false };
  const lane = new ExpressLane({ isFresh: () => true }, settings, () => 0);
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
