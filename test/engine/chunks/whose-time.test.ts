/** Fear: time booked to the wrong one. What is booked to nobody is the event loop's. */
import { describe, expect, test } from "vitest";
import { READ_FAILED } from "../../../engine/chunks/chunk-reader.js";
import type { Transfer } from "../../../engine/chunks/transfer.js";
import { createFile, extent, type FakeFile, FakeSink, literal, World } from "./fakes.js";

const bookedBy = ({ queueMs, diskMs, drainMs }: Transfer<FakeFile>) => ({
  queueMs,
  diskMs,
  drainMs,
});

describe("the time of a transfer", () => {
  test("is split by what it waited for", () => {
    const world = new World({ slots: 1 });
    const [first, second] = [createFile(1, 10), createFile(2, 10)];
    world.start([extent(first)], new FakeSink("other"));
    const sink = new FakeSink("a", 4);
    const transfer = world.start([extent(second)], sink);
    world.nowMs += 100; // in line: the only slot is loading
    world.disk.end();
    world.nowMs += 20; // still in line: the chunk that came is not used yet
    world.tick();
    world.nowMs += 3_000; // at the disk
    world.disk.end();
    world.nowMs += 5; // ready: the event loop has not got to it
    world.tick();
    world.nowMs += 700; // the socket took 4 of 10
    sink.drain();
    world.tick();
    expect(world.ended).toEqual(["other sent", "a sent"]);
    expect(bookedBy(transfer)).toEqual({ queueMs: 120, diskMs: 3_000, drainMs: 700 });
    expect([transfer.sentBytes, transfer.totalBytes]).toEqual([10, 10]);
  });

  test("inside the socket is booked to nobody", () => {
    const world = new World();
    const sink = new FakeSink("a");
    sink.duringOffer = () => (world.nowMs += 3);
    const transfer = world.start([literal(1)], sink);
    expect(bookedBy(transfer)).toEqual({ queueMs: 0, diskMs: 0, drainMs: 0 });
  });

  test("tells when the first byte was taken, and not when it was offered in vain", () => {
    const world = new World();
    const sink = new FakeSink("a", 0);
    const transfer = world.start([literal(1, 2)], sink);
    expect(transfer.firstTakenMs).toBe(-1);
    world.nowMs += 50;
    sink.drain(1);
    world.tick();
    world.nowMs += 50;
    sink.drain();
    world.tick();
    expect(transfer.firstTakenMs).toBe(1_050);
  });
});

describe("a read", () => {
  const readAfter = (startedMs: number, endedMs: number) => {
    const world = new World();
    const transfer = world.start([extent(createFile(1, 10))], new FakeSink("a"));
    world.nowMs += 100;
    world.disk.pending.shift()!.end(0, startedMs, endedMs);
    world.settle();
    return bookedBy(transfer);
  };
  const rows: readonly (readonly [
    why: string,
    startedMs: number,
    endedMs: number,
    want: object,
  ])[] = [
    ["the disk had it all the time", 1_000, 1_100, { queueMs: 0, diskMs: 100, drainMs: 0 }],
    ["it waited for a reader first", 1_060, 1_100, { queueMs: 60, diskMs: 40, drainMs: 0 }],
    ["the loop came late for it", 1_000, 1_010, { queueMs: 0, diskMs: 10, drainMs: 0 }],
    ["somebody else had asked for it before", 900, 1_020, { queueMs: 0, diskMs: 20, drainMs: 0 }],
    ["it was over before it was waited for", 900, 950, { queueMs: 0, diskMs: 0, drainMs: 0 }],
  ];
  for (const [why, startedMs, endedMs, want] of rows) {
    test(`is split: ${why}`, () => expect(readAfter(startedMs, endedMs)).toEqual(want));
  }

  test("is the disk's as a whole when the client leaves before it ends", () => {
    const world = new World();
    const sink = new FakeSink("a");
    const transfer = world.start([extent(createFile(1, 10))], sink);
    world.nowMs += 100;
    sink.leave();
    expect(bookedBy(transfer)).toEqual({ queueMs: 0, diskMs: 100, drainMs: 0 });
  });

  const givenUp: readonly (readonly [how: string, end: (world: World, sink: FakeSink) => void])[] =
    [
      ["whose client left", (_world, sink) => sink.leave()],
      ["that took too long", (world) => world.scheduler.sweep()],
    ];
  for (const [how, end] of givenUp) {
    const bookedAfter = (startedMs: number) => {
      const world = new World({ readTimeoutMs: 100 });
      const sink = new FakeSink("a");
      const transfer = world.start([extent(createFile(1, 10))], sink);
      world.disk.pending[0]!.startedMs = startedMs;
      world.nowMs += 100;
      end(world, sink);
      expect(world.ended).toHaveLength(1);
      return bookedBy(transfer);
    };
    test(`${how} is the line's when no reader had started with it`, () => {
      expect(bookedAfter(Infinity)).toEqual({ queueMs: 100, diskMs: 0, drainMs: 0 });
    });
    test(`${how} is the disk's from when a reader started with it`, () => {
      expect(bookedAfter(1_040)).toEqual({ queueMs: 40, diskMs: 60, drainMs: 0 });
    });
  }

  test("that fails is booked too, once", () => {
    const world = new World();
    const transfer = world.start([extent(createFile(1, 10))], new FakeSink("a"));
    world.nowMs += 100;
    world.disk.pending.shift()!.end(READ_FAILED, 1_040, 1_090);
    expect(world.ended).toEqual(["a read failed"]);
    expect(bookedBy(transfer)).toEqual({ queueMs: 40, diskMs: 50, drainMs: 0 });
  });

  test("that was booked leaves the next one to be booked, also when the client leaves in it", () => {
    const world = new World({ slots: 1 });
    const sink = new FakeSink("a");
    const transfer = world.start([extent(createFile(1, 20))], sink);
    world.nowMs += 100;
    world.disk.end();
    world.tick();
    world.nowMs += 30;
    sink.leave();
    expect(transfer.diskMs).toBe(130);
  });

  test("does not count for the next one", () => {
    const world = new World({ slots: 1 });
    const transfer = world.start([extent(createFile(1, 20))], new FakeSink("a"));
    for (let left = 2; left > 0; left--) {
      world.nowMs += 100;
      world.disk.end();
      world.tick();
    }
    expect(world.ended).toEqual(["a sent"]);
    expect(transfer.diskMs).toBe(200);
  });
});

describe("a loop that got to nothing", () => {
  test("takes its part of a wait for the client", () => {
    const world = new World();
    const sink = new FakeSink("a", 1);
    const transfer = world.start([literal(1, 2)], sink);
    world.nowMs += 500;
    world.stalledMs = 400;
    sink.drain();
    world.tick();
    expect(transfer.drainMs).toBe(100);
  });

  test("takes no more than the whole wait", () => {
    const world = new World();
    const sink = new FakeSink("a", 1);
    const transfer = world.start([literal(1, 2)], sink);
    world.nowMs += 50;
    world.stalledMs = 400;
    sink.drain();
    world.tick();
    expect(transfer.drainMs).toBe(0);
  });

  test("takes its part of a wait for a slot", () => {
    const world = new World({ slots: 1 });
    world.start([extent(createFile(1, 10))], new FakeSink("other"));
    const transfer = world.start([extent(createFile(2, 10))], new FakeSink("a"));
    world.nowMs += 500;
    world.stalledMs = 400;
    world.disk.end();
    world.tick();
    expect(transfer.queueMs).toBe(100);
  });
});

describe("what is under way at the disk", () => {
  test("is told with its age, its length and who waits", () => {
    const world = new World({ slots: 1 });
    const [first, second] = [createFile(1, 14), createFile(2, 5)];
    world.start([extent(first, 10, 13)], new FakeSink("a"));
    world.start([extent(first, 10, 13)], new FakeSink("b"));
    world.disk.pending[0]!.startedMs = 1_005;
    world.nowMs += 10;
    world.start([extent(second)], new FakeSink("c"));
    expect([...world.scheduler.reads()]).toEqual([
      { file: first, chunk: 1, lengthBytes: 4, sinceMs: 1_000, startedMs: 1_005, waiters: 2 },
      { file: second, chunk: 0, lengthBytes: 5, sinceMs: 1_010, startedMs: Infinity, waiters: 1 },
    ]);
    world.settle();
    expect([...world.scheduler.reads()]).toEqual([]);
  });
});
