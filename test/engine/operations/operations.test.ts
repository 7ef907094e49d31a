/** Fear: a request that is under way for ever, or one that ends twice. */
import { beforeEach, describe, expect, test } from "vitest";
import { READING } from "../../../engine/chunks/phase.js";
import type { Caller } from "../../../engine/operations/access-line.js";
import { Operations } from "../../../engine/operations/operations.js";
import type { Look } from "../../../fs/checks.js";
import { Counters } from "../../../metrics/counters.js";
import { Downloads } from "../../../metrics/downloads.js";
import type { SlowOperation, UnderWay } from "../../../metrics/operations.js";
import { RequestRecorder } from "../../../metrics/request-recorder.js";

const SLOW_MS = 100;
const WALL_MS = 1_700_000_000_000;
let nowMs = 0;
let recorder: RequestRecorder;
let operations: Operations;
let timesBusy = 0;
let told: (SlowOperation | UnderWay)[] = [];
let looks: Look[] = [];
let lines: unknown[] = [];

const begin = (target = "/a", caller?: Caller) =>
  operations.begin({ method: "GET", target, client: "::1", startMs: nowMs, caller });

beforeEach(() => {
  nowMs = 1_000;
  timesBusy = 0;
  told = [];
  looks = [];
  lines = [];
  recorder = new RequestRecorder();
  operations = new Operations({
    recorder,
    counters: new Counters(),
    accessLog: { write: (...line: unknown[]) => lines.push(line) } as never,
    table: { looks: () => looks.values() as never },
    scheduler: { reads: () => [].values() as never },
    slowMs: SLOW_MS,
    onBusy: () => {
      timesBusy++;
    },
    onSlow: (operation) => told.push(operation),
    nowMs: () => nowMs,
    wallMs: () => WALL_MS,
  });
});

describe("a request", () => {
  test("is told of when it is the only one", () => {
    const [first, second] = [begin(), begin()];
    operations.end(first, "sent");
    const third = begin();
    expect(timesBusy).toBe(1);
    for (const one of [second, third]) operations.end(one, "sent");
    begin();
    expect(timesBusy).toBe(2);
  });

  test("is under way until it ends, and is measured once however often it ends", () => {
    const operation = begin();
    expect(operations.inProgress).toBe(1);
    operation.answered(200, 5);
    operation.sent(5, nowMs);
    operations.end(operation, "sent");
    operations.end(operation, "gone");
    expect(operations.inProgress).toBe(0);
    expect(recorder.cells().map(({ total }) => total.totalCount)).toEqual([1]);
  });

  test("has phases that add up to its age", () => {
    const operation = begin();
    nowMs += 3;
    operation.looks(nowMs);
    nowMs += 40;
    operation.looked(nowMs, { askedMs: 0, startedMs: 1_013, endedMs: 1_033 });
    nowMs += 7;
    const times = operation.times(nowMs);
    expect(times).toEqual({ queueMs: 10, diskMs: 20, loopMs: 20, drainMs: 0 });
  });

  test("that waits for a look which others asked for waited from when it came", () => {
    const operation = begin();
    operation.looks(nowMs);
    nowMs += 5;
    operation.looked(nowMs, { askedMs: 0, startedMs: 500, endedMs: 1_005 });
    expect(operation.times(nowMs)).toMatchObject({ queueMs: 0, diskMs: 5, loopMs: 0 });
  });

  test("that was never answered by a reader waited for the disk all the time", () => {
    const operation = begin();
    operation.looks(nowMs);
    nowMs += 50;
    expect(operation.show(nowMs)).toMatchObject({ phase: "lookup", diskMs: 50, loopMs: 0 });
    operation.looked(nowMs);
    expect(operation.show(nowMs)).toMatchObject({ phase: "turn", diskMs: 50, loopMs: 0 });
  });

  test("that ends while it waits for a look is measured as it was told before", () => {
    const operation = begin();
    nowMs += 3;
    operation.looks(nowMs);
    nowMs += 9_000;
    const told = operation.times(nowMs);
    expect(told).toEqual({ queueMs: 0, diskMs: 9_000, loopMs: 3, drainMs: 0 });
    expect(operation.measure(nowMs)).toMatchObject({ totalMs: 9_003, ...told });
  });

  test("that waits for a reader waits in a line until one starts", () => {
    const operation = begin();
    let startedMs = Number.POSITIVE_INFINITY;
    operation.looks(nowMs, () => startedMs);
    nowMs += 50;
    expect(operation.times(nowMs)).toMatchObject({ queueMs: 50, diskMs: 0 });
    startedMs = nowMs;
    nowMs += 30;
    expect(operation.times(nowMs)).toMatchObject({ queueMs: 50, diskMs: 30 });
    operation.looked(nowMs);
    expect(operation.times(nowMs)).toMatchObject({ queueMs: 50, diskMs: 30, loopMs: 0 });
  });

  test("whose body waits for a reader stands in a line until one starts", () => {
    const operation = begin();
    let startedMs = Number.POSITIVE_INFINITY;
    const load = { startedMs: () => startedMs };
    const booked = { queueMs: 0, diskMs: 0, drainMs: 0, sentBytes: 0 };
    operation.follow({ ...booked, phase: READING, phaseSinceMs: nowMs, load } as never);
    nowMs += 50;
    expect(operation.show(nowMs)).toMatchObject({ phase: "queue", queueMs: 50, diskMs: 0 });
    startedMs = nowMs;
    nowMs += 30;
    expect(operation.show(nowMs)).toMatchObject({ phase: "disk", queueMs: 50, diskMs: 30 });
  });

  test("is written to the access log with what was really sent", () => {
    const caller = { client: "192.0.2.1" } as Caller;
    const operation = begin("/a", caller);
    operation.answered(200, 1000);
    operation.sent(400, nowMs);
    nowMs += 12;
    operations.end(operation, "gone");
    expect(lines).toEqual([[caller, 200, 400, 12, "gone"]]);
  });

  test("without a caller is not: there is no log", () => {
    operations.end(begin(), "sent");
    expect(lines).toEqual([]);
  });
});

describe("a download", () => {
  test("is in progress with its request, and counted when that ends", () => {
    const downloads = new Downloads(10);
    const operation = begin();
    operation.downloads(downloads.counterOf("/a"), true);
    expect(downloads.totals(9)).toMatchObject([{ inProgress: 1, completed: 0 }]);
    operation.answered(206, 10);
    operation.sent(10, nowMs);
    operations.end(operation, "sent");
    expect(downloads.totals(9)).toMatchObject([
      { inProgress: 0, completed: 1, ranged: 1, bytes: 10, lastMs: WALL_MS },
    ]);
  });

  test("that starts over is in progress once", () => {
    const downloads = new Downloads(10);
    const operation = begin();
    operation.downloads(downloads.counterOf("/a"), false);
    operation.startOver();
    operation.downloads(downloads.counterOf("/a"), false);
    operations.end(operation, "gone");
    expect(downloads.totals(9)).toMatchObject([{ inProgress: 0, completed: 0, aborted: 1 }]);
  });

  test("that starts over and then is none is counted nowhere", () => {
    const downloads = new Downloads(10);
    const operation = begin();
    operation.downloads(downloads.counterOf("/a"), false);
    operation.startOver();
    operations.end(operation, "sent");
    expect(downloads.totals(9)).toEqual([]);
  });
});

describe("what takes long", () => {
  test("is told once, while it still does, and kept when it ends", () => {
    const operation = begin("/long");
    begin("/young");
    nowMs += SLOW_MS - 1;
    operations.sweep();
    expect(told).toEqual([]);
    nowMs += 1;
    operations.sweep();
    operations.sweep();
    operations.end(operation, "sent");
    expect(told).toMatchObject([{ what: "GET /long", ageMs: SLOW_MS }, { what: "GET /young" }]);
    expect(operations.slowest()).toMatchObject([
      { kind: "request", what: "GET /long", tookMs: SLOW_MS, blame: "loop", endedAtMs: WALL_MS },
    ]);
  });

  test("is told when it ends, when nobody had looked before", () => {
    const operation = begin();
    nowMs += SLOW_MS;
    operations.end(operation, "sent");
    expect(told).toMatchObject([{ tookMs: SLOW_MS }]);
  });

  test("of looks at the disk is told at the sweep that finds it first", () => {
    looks = [{ path: "/srv/a", sinceMs: nowMs, startedMs: nowMs, waiters: 2 }];
    nowMs += SLOW_MS + 500;
    operations.sweep();
    nowMs += 1_000;
    operations.sweep();
    expect(told).toMatchObject([{ kind: "open", what: "/srv/a", waiters: 2, ageMs: 600 }]);
  });

  test("of looks at the disk is told though a younger request is under way", () => {
    looks = [{ path: "/srv/a", sinceMs: nowMs, startedMs: nowMs, waiters: 0 }];
    nowMs += SLOW_MS;
    begin("/young");
    operations.sweep();
    expect(told).toMatchObject([{ kind: "open", what: "/srv/a" }]);
  });

  test("for want of a reader is told so", () => {
    looks = [
      { path: "/srv/a", sinceMs: nowMs, startedMs: Number.POSITIVE_INFINITY, waiters: 1 },
      { path: "/srv/b", sinceMs: nowMs, startedMs: nowMs + 40, waiters: 1 },
    ];
    nowMs += SLOW_MS;
    operations.sweep();
    expect(told).toMatchObject([
      { what: "/srv/a", phase: "queue", queueMs: SLOW_MS, diskMs: 0 },
      { what: "/srv/b", phase: "disk", queueMs: 40, diskMs: SLOW_MS - 40 },
    ]);
  });

  const jobs: readonly (readonly [
    why: string,
    startedMs: number,
    endedMs: number,
    blame: string,
  ])[] = [
    ["waited for a reader", 1_180, 1_190, "queue"],
    ["was at the disk", 1_010, 1_190, "disk"],
    ["was not taken in by the loop", 1_010, 1_020, "loop"],
  ];
  for (const [why, startedMs, endedMs, blame] of jobs) {
    test(`of reads that ${why} is kept with its blame`, () => {
      nowMs += 200;
      operations.jobEnded("read", "/srv/a", { askedMs: 1_000, startedMs, endedMs });
      expect(operations.slowest()).toMatchObject([
        { kind: "read", what: "/srv/a", blame, tookMs: 200 },
      ]);
    });
  }

  test("of jobs and stalls is what is no shorter than the limit", () => {
    operations.jobEnded("open", "/a", { askedMs: nowMs - 99, startedMs: nowMs, endedMs: nowMs });
    operations.stalled(SLOW_MS - 1);
    expect(operations.slowest()).toEqual([]);
    operations.stalled(SLOW_MS);
    expect(operations.slowest()).toMatchObject([{ kind: "stall", blame: "loop" }]);
  });
});

test("what is under way is listed with the oldest first, as many as are wanted of each kind", () => {
  for (const target of ["/1", "/2", "/3"]) begin(target);
  looks = [
    { path: "/srv/young", sinceMs: 900, startedMs: 900, waiters: 0 },
    { path: "/srv/old", sinceMs: 100, startedMs: 100, waiters: 1 },
  ];
  expect(operations.underWay(2).map(({ what }) => what)).toEqual([
    "GET /1",
    "GET /2",
    "/srv/old",
    "/srv/young",
  ]);
  expect(operations.underWay(1).map(({ what }) => what)).toEqual(["GET /1", "/srv/old"]);
});
