/** Fear: one dead mount that holds up all others, or a line that grows without end. */
import { describe, expect, test } from "vitest";
import { JOBS } from "../../fs/job-records.js";
import { MOST_IN_A_LINE, MOST_UNDER_WAY, OpenLines } from "../../fs/open-lines.js";

function createLines(readers: number, hasManyRoots: boolean) {
  const lines = new OpenLines(readers, hasManyRoots);
  const begun: string[] = [];
  const givenUp: string[] = [];
  const ask = (root: string, name = "", askedMs = 0): boolean =>
    lines.enter({
      root,
      askedMs,
      begin: () => begun.push(root + name),
      giveUp: () => givenUp.push(root + name),
    });
  const askTimes = (times: number, root: string): number =>
    Array.from({ length: times }, () => ask(root)).filter((isIn) => isIn).length;
  return { lines, begun, givenUp, ask, askTimes };
}

describe("of several roots", () => {
  test.each([
    [16, 14],
    [4, 2],
    [3, 1],
    [2, 1],
  ])("and %i readers one has at most %i opens at them, and holds up no other", (readers, most) => {
    const { lines, begun, ask, askTimes } = createLines(readers, true);
    askTimes(most + 3, "/dead");
    expect([begun.length, lines.waiting]).toEqual([most, 3]);
    expect(ask("/other")).toBe(true);
    expect(begun.at(-1)).toBe("/other");
  });

  test("each goes on when one of its own is back, in the order it was asked", () => {
    const { lines, begun, ask } = createLines(3, true);
    for (const root of ["/a", "/b"]) for (const name of "123") ask(root, name);
    expect(begun).toEqual(["/a1", "/b1"]);
    for (const root of ["/b", "/b", "/a", "/b", "/a", "/a"]) lines.leave(root);
    expect(begun).toEqual(["/a1", "/b1", "/b2", "/b3", "/a2", "/a3"]);
    expect(lines.waiting).toBe(0);
  });

  test("one that is stuck fills its own line and no other", () => {
    const { askTimes, lines } = createLines(3, true);
    expect(askTimes(5000, "/dead")).toBe(1 + MOST_IN_A_LINE);
    expect(askTimes(5000, "/other")).toBe(1 + MOST_IN_A_LINE);
    lines.leave("/dead");
    expect(askTimes(5, "/dead")).toBe(1);
  });

  test("all together have no more under way than is bearable, however many they are", () => {
    const { ask, lines } = createLines(16, true);
    const isIn = Array.from({ length: MOST_UNDER_WAY + 9 }, (_, at) => ask(`/host-${at}`));
    expect(isIn.filter((one) => one)).toHaveLength(MOST_UNDER_WAY);
    expect(ask("/host-1")).toBe(false);
    lines.leave("/host-1");
    expect([ask("/new"), ask("/newer")]).toEqual([true, false]);
  });
});

test("a root that is the only one has as many at the readers as they can be given", () => {
  const { begun, askTimes } = createLines(2, false);
  expect(askTimes(2 * MOST_UNDER_WAY, "/")).toBe(MOST_UNDER_WAY);
  expect(begun).toHaveLength(JOBS);
});

test("what has waited too long is given up, and makes room", () => {
  const { lines, begun, givenUp, ask } = createLines(3, true);
  ["1", "2", "3", "4"].forEach((name, at) => void ask("/a", name, at));
  ask("/b", "1", 0);
  lines.giveUp(2);
  expect(givenUp).toEqual(["/a2", "/a3"]);
  expect(lines.waiting).toBe(1);
  lines.leave("/a");
  lines.leave("/a");
  expect(begun).toEqual(["/a1", "/b1", "/a4"]);
  lines.giveUp(9);
  expect(givenUp).toHaveLength(2);
});
