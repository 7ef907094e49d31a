/** Fear: one dead mount that holds up all others, or a line that grows without end. */
import { describe, expect, test } from "vitest";
import { JOBS } from "../../fs/job-records.js";
import {
  type Call,
  type Kind,
  MOST_IN_A_LINE,
  MOST_OPENS,
  ReaderLines,
  STUCK_MS,
} from "../../fs/reader-lines.js";

const PATIENCE_MS = 30_000;

function createLines(readers: number, shared: readonly Kind[] = ["open"]) {
  const lines = new ReaderLines(readers);
  const clock = { ms: 0 };
  for (const kind of shared) lines.share(kind, true, clock.ms);
  /** What is at the readers, by root and name, and what has been begun in all. */
  const atReaders = new Map<string, Call>();
  const begun: string[] = [];
  const givenUp: string[] = [];
  let asked = 0;
  const call = (kind: Kind, on: string | bigint, called: string): boolean => {
    const one: Call = {
      kind,
      on,
      askedMs: clock.ms,
      begin: () => {
        atReaders.set(called, one);
        begun.push(called);
      },
      giveUp: () => givenUp.push(called),
    };
    return lines.enter(one);
  };
  const ask = (root: string, name = String(asked++)): boolean => call("open", root, root + name);
  const read = (device: bigint, name = String(asked++)): boolean =>
    call("read", device, `${device}/${name}`);
  const askTimes = (times: number, root: string): number =>
    Array.from({ length: times }, () => ask(root)).filter((isIn) => isIn).length;
  const leave = (called: string): void => {
    const one = atReaders.get(called)!;
    atReaders.delete(called);
    lines.leave(one, clock.ms);
  };
  const countOf = (on: string | bigint): number =>
    [...atReaders.values()].filter((one) => one.on === on).length;
  const wait = (ms: number): void => {
    clock.ms += ms;
    lines.sweep(clock.ms, PATIENCE_MS);
  };
  return { lines, clock, atReaders, begun, givenUp, ask, askTimes, read, leave, countOf, wait };
}

describe("of several roots", () => {
  test.each([
    [16, [8, 4, 2, 1]],
    [8, [4, 2, 1]],
    [4, [2, 1]],
    [3, [2]],
    [2, [1]],
  ])("and %i readers those that are stuck have %j of them, and one is left", (readers, most) => {
    const { countOf, ask, askTimes, wait } = createLines(readers);
    const dead = most.map((_, at) => `/dead-${at}`);
    for (const root of dead) askTimes(readers + 3, root);
    wait(STUCK_MS);
    for (const root of dead) askTimes(readers + 3, root);
    expect(dead.map(countOf)).toEqual(most);
    expect([ask("/other"), countOf("/other")]).toEqual([true, 1]);
  });

  test("no more are begun than there are readers: what waits for one can be given up", () => {
    const { atReaders, ask, lines, wait, givenUp } = createLines(4);
    for (let at = 0; at < 20; at++) ask(`/host-${at}`);
    expect([atReaders.size, lines.waiting]).toEqual([4, 16]);
    wait(PATIENCE_MS);
    expect([givenUp.length, lines.waiting]).toEqual([16, 0]);
  });

  test("whoever waits has a reader when it is free, each root in turn and in the order it was asked", () => {
    const { lines, begun, ask, leave } = createLines(4);
    for (const root of ["/a", "/b"]) for (const name of "1234") ask(root, name);
    ask("/c", "1");
    expect(begun.splice(0)).toEqual(["/a1", "/a2", "/b1", "/c1"]);
    leave("/c1");
    expect(begun.splice(0)).toEqual([]); // /a and /b have as many as they would leave
    leave("/a1");
    expect(begun.splice(0)).toEqual(["/a3"]);
    leave("/b1");
    expect(begun.splice(0)).toEqual(["/b2"]);
    for (const one of ["/a2", "/a3", "/b2"]) leave(one);
    expect(begun).toEqual(["/a4", "/b3", "/b4"]);
    expect(lines.waiting).toBe(0);
  });

  test("a root of which nothing is at a reader comes before one that has some", () => {
    const { begun, ask, leave } = createLines(2);
    for (const root of ["/a", "/b", "/a", "/c"]) ask(root, "");
    expect(begun).toEqual(["/a", "/b"]);
    leave("/b");
    expect(begun.at(-1)).toBe("/c");
  });

  test("one fills its own line and no other", () => {
    const { askTimes } = createLines(4);
    expect(askTimes(5000, "/a")).toBe(2 + MOST_IN_A_LINE);
    expect(askTimes(5000, "/b")).toBe(1 + MOST_IN_A_LINE);
  });

  test("all together have no more under way than is bearable, however many they are", () => {
    const { ask, leave } = createLines(16);
    const isIn = Array.from({ length: MOST_OPENS + 9 }, (_, at) => ask(`/host-${at}`, ""));
    expect(isIn.filter((one) => one)).toHaveLength(MOST_OPENS);
    expect(ask("/host-1")).toBe(false);
    leave("/host-1");
    expect([ask("/new"), ask("/newer")]).toEqual([true, false]);
  });
});

describe("a root that is stuck", () => {
  test("is told at once that no more is taken, and so is who waited for it", () => {
    const { ask, askTimes, givenUp, lines, wait } = createLines(4);
    askTimes(5, "/dead");
    wait(STUCK_MS - 1);
    expect([ask("/dead"), givenUp]).toEqual([true, []]);
    wait(1);
    expect([ask("/dead"), givenUp.length, lines.waiting]).toEqual([false, 4, 0]);
    expect(ask("/other")).toBe(true);
  });

  test("leaves the room that is common to all, however often it is asked for", () => {
    const { ask, askTimes, leave, wait } = createLines(16);
    const dead = Array.from({ length: 4 }, (_, at) => `/dead-${at}`);
    for (let round = 0; round < 9; round++) {
      for (const root of dead) askTimes(MOST_OPENS, root);
      wait(STUCK_MS);
      expect(ask("/other", "")).toBe(true);
      leave("/other");
    }
  });

  test("is not alone: eight that die at once leave a reader, and soon room to wait", () => {
    const { atReaders, ask, wait } = createLines(16);
    const dead = Array.from({ length: 8 }, (_, at) => `/dead-${at}`);
    for (let times = 0; times < 2 * MOST_IN_A_LINE; times++) for (const root of dead) ask(root);
    wait(STUCK_MS);
    expect([atReaders.size, ask("/other"), atReaders.size]).toEqual([15, true, 16]);
  });

  test("is one while its oldest is not back, whatever else comes back", () => {
    const { ask, leave, wait } = createLines(4);
    for (const name of "12") ask("/a", name);
    wait(STUCK_MS / 2);
    leave("/a2");
    ask("/a", "3");
    wait(STUCK_MS / 2);
    expect(ask("/a", "4")).toBe(false);
    leave("/a1");
    expect([ask("/a", "5"), ask("/a", "6")]).toEqual([true, true]);
  });
});

describe("a root that is the only one", () => {
  test("has as many at the readers as they can be given, and is never stuck", () => {
    const { atReaders, askTimes, givenUp, wait } = createLines(16, []);
    expect(askTimes(2 * MOST_OPENS, "/")).toBe(MOST_OPENS);
    expect(atReaders.size).toBe(JOBS);
    wait(PATIENCE_MS - 1);
    expect(givenUp).toHaveLength(0);
  });

  test("makes room for others when there are others, and has it all when there are none", () => {
    const { lines, clock, atReaders, ask, askTimes, leave, countOf } = createLines(16, []);
    askTimes(JOBS, "/one");
    lines.share("open", true, clock.ms);
    ask("/other", "");
    for (const one of [...atReaders.keys()].slice(0, JOBS - 15)) leave(one);
    expect([countOf("/one"), countOf("/other")]).toEqual([15, 1]);
    askTimes(9, "/one");
    expect([countOf("/one"), lines.waiting]).toEqual([15, 9]);
    lines.share("open", false, clock.ms);
    expect([countOf("/one"), lines.waiting]).toEqual([24, 0]);
  });
});

describe("reads of several devices", () => {
  test("leave readers to each other: a device that does not answer has half of them", () => {
    const { lines, atReaders, read, countOf, leave } = createLines(16, ["read"]);
    for (let at = 0; at < 40; at++) read(1n);
    expect([countOf(1n), lines.waiting]).toEqual([8, 32]);
    for (let at = 0; at < 9; at++) read(2n);
    expect([countOf(2n), lines.waiting]).toEqual([4, 37]);
    for (const one of [...atReaders.keys()].filter((name) => name.startsWith("2/"))) leave(one);
    expect([countOf(1n), countOf(2n), lines.waiting]).toEqual([8, 4, 33]);
  });

  test("and opens of a root that does not answer leave a reader, too", () => {
    const { askTimes, read, countOf, ask, leave } = createLines(16, ["open", "read"]);
    askTimes(20, "/dead");
    for (let at = 0; at < 20; at++) read(1n);
    expect([countOf("/dead"), countOf(1n)]).toEqual([8, 4]);
    for (const name of ["a", "b", "c"]) ask("/alive", name);
    for (const name of ["a", "b", "c"]) read(2n, name);
    expect([countOf("/alive"), countOf(2n)]).toEqual([2, 1]);
    leave("/alivea");
    expect([countOf("/alive"), countOf(2n)]).toEqual([2, 1]);
    for (const one of ["/aliveb", "/alivec", "2/a", "2/b", "2/c"]) leave(one);
    expect([countOf("/dead"), countOf(1n)]).toEqual([8, 4]);
  });

  test("that are stuck go on waiting until they have waited for too long", () => {
    const { givenUp, read, wait } = createLines(2, ["read"]);
    for (const name of ["a", "b"]) read(1n, name);
    wait(PATIENCE_MS - 1);
    expect([read(1n, "c"), givenUp]).toEqual([true, []]);
    wait(1);
    expect(givenUp).toEqual(["1/b"]);
  });

  test("when the second one comes, leave an open its reader, however many of the first are stuck", () => {
    const { lines, clock, ask, read, countOf } = createLines(16, ["open"]);
    for (let at = 0; at < 2 * JOBS; at++) read(1n);
    expect([countOf(1n), lines.waiting]).toEqual([JOBS, JOBS]);
    lines.share("read", true, clock.ms);
    expect([ask("/other"), countOf("/other")]).toEqual([true, 1]);
  });

  test("are never refused, however many opens are under way", () => {
    const { askTimes, read } = createLines(4, ["open", "read"]);
    for (let at = 0; at < 9; at++) askTimes(MOST_IN_A_LINE, `/host-${at}`);
    expect([askTimes(1, "/one-more"), read(1n)]).toEqual([0, true]);
  });

  test("are not counted while there is but one: opens have their readers", () => {
    const { ask, read, countOf } = createLines(4, ["open"]);
    for (let at = 0; at < 9; at++) read(1n);
    for (let at = 0; at < 9; at++) ask("/a");
    expect([countOf(1n), countOf("/a")]).toEqual([9, 2]);
  });
});

test("what has waited too long is given up, and makes room", () => {
  const { lines, clock, begun, givenUp, ask, leave } = createLines(2);
  for (const name of "1234") {
    ask("/a", name);
    clock.ms++;
  }
  lines.sweep(10, 8);
  expect(givenUp).toEqual(["/a2", "/a3"]);
  expect(lines.waiting).toBe(1);
  leave("/a1");
  expect(begun).toEqual(["/a1", "/a4"]);
  lines.sweep(90, 8);
  expect(givenUp).toHaveLength(2);
});
