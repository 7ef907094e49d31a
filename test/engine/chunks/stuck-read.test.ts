import { describe, expect, test } from "vitest";
import { READ_CHANGED, READ_FAILED, READ_OK } from "../../../engine/chunks/chunk-reader.js";
import { createFile, extent, FakeSink, World } from "./fakes.js";

const STUCK = createFile(1, 100);
const SOUND = createFile(2, 35);
const TIMEOUT_MS = 10_000;

/** Time passes, and every read but those of STUCK ends at once. */
function passWithStuck(world: World, ms: number): void {
  for (let left = ms; left > 0; left -= 1_000) {
    world.pass(Math.min(left, 1_000));
    while (world.disk.pending.some(({ file }) => file !== STUCK) || world.deferred.length > 0) {
      world.disk.endAll(({ file }) => file !== STUCK);
      world.tick();
    }
  }
}

describe("a read that never returns", () => {
  test("ends everybody who waits for it, at its deadline and not before", () => {
    const world = new World();
    world.start([extent(STUCK)], new FakeSink("a"));
    world.start([extent(STUCK)], new FakeSink("b"));
    passWithStuck(world, TIMEOUT_MS - 1_000);
    expect(world.ended).toEqual([]);
    passWithStuck(world, 1_000);
    expect(world.ended).toEqual(["a read timed out", "b read timed out"]);
  });

  test("keeps its slot, unpinned, until it returns, and then gives it back", () => {
    const world = new World({ slots: 2 });
    world.start([extent(STUCK)], new FakeSink("a"));
    passWithStuck(world, TIMEOUT_MS);
    expect(world.pool.occupancy()).toMatchObject({ free: 1, loading: 1, pinned: 0 });
    expect(world.scheduler.stats().loads).toMatchObject({ abandoned: 1, timedOut: 1 });
    world.disk.end();
    expect(world.pool.occupancy()).toMatchObject({ free: 2, loading: 0 });
    expect(world.isIdle()).toBe(true);
  });

  test.each([READ_OK, READ_CHANGED, READ_FAILED] as const)(
    "may return late with outcome %i",
    (outcome) => {
      const world = new World();
      world.start([extent(STUCK)], new FakeSink("a"));
      passWithStuck(world, TIMEOUT_MS);
      world.disk.end(outcome);
      world.start([extent(STUCK)], new FakeSink("b"));
      world.settle();
      expect(world.ended).toEqual(["a read timed out", "b sent"]);
      expect(world.isIdle()).toBe(true);
    },
  );

  test("refuses its file at once while it is out, without a read", () => {
    const world = new World();
    world.start([extent(STUCK)], new FakeSink("a"));
    passWithStuck(world, TIMEOUT_MS);
    world.start([extent(STUCK)], new FakeSink("same chunk"));
    world.start([extent(STUCK, 50)], new FakeSink("other chunk"));
    expect(world.ended.slice(1)).toEqual([
      "same chunk read timed out",
      "other chunk read timed out",
    ]);
    expect(world.disk.asked).toEqual(["1:0"]);
    expect(world.scheduler.stats().loads.refused).toBe(2);
  });

  test("refuses it also when it took along all others that its file had", () => {
    const world = new World({ slots: 1 });
    world.start([extent(STUCK)], new FakeSink("a"));
    world.start([extent(STUCK, 50)], new FakeSink("in line"));
    passWithStuck(world, TIMEOUT_MS);
    world.start([extent(STUCK, 50)], new FakeSink("b"));
    expect(world.ended).toEqual(["a", "in line", "b"].map((who) => `${who} read timed out`));
    world.disk.end();
    expect(world.isIdle()).toBe(true);
  });

  test("does not refuse the chunks of its file that are in the pool", () => {
    const world = new World();
    world.start([extent(STUCK, 0, 9)], new FakeSink("early"));
    world.settle();
    world.start([extent(STUCK, 10)], new FakeSink("a"));
    passWithStuck(world, TIMEOUT_MS);
    world.start([extent(STUCK, 0, 9)], new FakeSink("late"));
    expect(world.ended).toEqual(["early sent", "a read timed out", "late sent"]);
  });

  test("is no reason to read ahead in its file", () => {
    const world = new World({ slots: 16 });
    world.start([extent(STUCK, 0, 9)], new FakeSink("early"));
    world.settle();
    world.start([extent(STUCK, 50)], new FakeSink("a"));
    passWithStuck(world, TIMEOUT_MS);
    const readsBefore = world.disk.asked.length;
    world.start([extent(STUCK, 0, 40)], new FakeSink("late", 10));
    expect(world.disk.asked).toHaveLength(readsBefore);
  });

  test("opens its file again when it returns, though other reads of it are still out", () => {
    const world = new World();
    world.start([extent(STUCK, 0, 9)], new FakeSink("a"));
    world.nowMs += 5_000;
    world.start([extent(STUCK, 50, 59)], new FakeSink("b"));
    passWithStuck(world, 5_000);
    world.disk.end();
    world.start([extent(STUCK, 0, 9)], new FakeSink("c"));
    world.settle();
    expect(world.ended).toEqual(["a read timed out", "b sent", "c sent"]);
  });

  test("may be overdue together with loads in line that it takes along", () => {
    const world = new World({ slots: 1 });
    world.start([extent(STUCK)], new FakeSink("a"));
    world.start([extent(STUCK, 50)], new FakeSink("b"));
    world.nowMs += TIMEOUT_MS;
    world.scheduler.sweep();
    expect(world.ended).toEqual(["a read timed out", "b read timed out"]);
  });

  test("takes along whoever stands in line for the same file, permit or no permit", () => {
    const world = new World({ slots: 1, maxReadsPerFile: 2 });
    for (const [n, first] of [0, 20, 40].entries()) {
      world.start([extent(STUCK, first)], new FakeSink(`${n}`));
      world.nowMs += 10; // so that only the first is overdue when the sweep comes
    }
    world.nowMs += TIMEOUT_MS - 30;
    world.scheduler.sweep();
    expect(world.ended).toEqual(["0 read timed out", "1 read timed out", "2 read timed out"]);
    expect(world.disk.asked).toEqual(["1:0"]);
    expect(world.scheduler.stats().loads).toMatchObject({ abandoned: 1, timedOut: 3 });
    world.disk.end();
    expect(world.isIdle()).toBe(true);
  });

  test("takes along a piece that stands in line behind a load without a slot, and reads it not", () => {
    const world = new World({ slots: 1, maxReadsPerFile: 2, chunkBytes: 100 });
    const file = createFile(1, 350);
    world.disk.canTell = true;
    for (const [first, last] of [
      [0, 99],
      [100, 199],
      [220, 229],
    ] as const) {
      world.start([extent(file, first, last)], new FakeSink(`${first}`));
      world.nowMs += 10; // so that only the first is overdue when the sweep comes
    }
    world.nowMs += TIMEOUT_MS - 30;
    world.scheduler.sweep();
    expect(world.disk.asked).toEqual(["1:0"]);
    world.disk.end();
    expect(world.ended).toEqual(["0", "100", "220"].map((who) => `${who} read timed out`));
    expect(world.isIdle()).toBe(true);
  });

  test("costs no other file more than its slot", () => {
    const world = new World({ slots: 2, maxReadsPerFile: 1 });
    world.start([extent(STUCK)], new FakeSink("stuck"));
    world.start([extent(STUCK, 50)], new FakeSink("stuck too"));
    for (let n = 0; n < 5; n++) world.start([extent(SOUND)], new FakeSink(`sound ${n}`));
    passWithStuck(world, 1_000);
    expect(world.ended.sort()).toEqual([0, 1, 2, 3, 4].map((n) => `sound ${n} sent`));
  });

  test("of readahead closes its file too, though nobody waits for it yet", () => {
    const world = new World({ slots: 16 });
    const sink = new FakeSink("a", 10);
    world.start([extent(STUCK)], sink);
    world.disk.end();
    world.tick(); // takes all of chunk 0, so chunks 1 and 2 are read ahead
    sink.leave();
    passWithStuck(world, TIMEOUT_MS);
    world.start([extent(STUCK, 50)], new FakeSink("b"));
    expect(world.ended).toEqual(["a gone", "b read timed out"]);
  });

  test("gives a load that waited for its slot the whole time at the disk", () => {
    const world = new World({ slots: 1 });
    world.start([extent(SOUND, 0, 5)], new FakeSink("first"));
    world.start([extent(STUCK)], new FakeSink("second"));
    world.pass(TIMEOUT_MS - 1_000);
    world.disk.end();
    world.tick();
    world.pass(TIMEOUT_MS - 1_000);
    expect(world.ended).toEqual(["first sent"]);
    world.pass(1_000);
    expect(world.ended).toEqual(["first sent", "second read timed out"]);
  });
});

describe("a line that does not move", () => {
  test("ends who stands in it when the deadline has passed", () => {
    const world = new World({ slots: 1 });
    world.start([extent(STUCK)], new FakeSink("stuck"));
    world.nowMs += 5_000;
    world.start([extent(SOUND)], new FakeSink("in line"));
    passWithStuck(world, 5_000);
    expect(world.ended).toEqual(["stuck read timed out"]);
    passWithStuck(world, 5_000);
    expect(world.ended).toEqual(["stuck read timed out", "in line read timed out"]);
    expect(world.scheduler.stats().loads).toMatchObject({ waitingForSlot: 0, files: 1 });
  });
});

describe("a read that fails", () => {
  const outcomes = [
    [READ_FAILED, "read failed"],
    [READ_CHANGED, "changed"],
  ] as const;

  test.each(outcomes)("tells all who wait (outcome %i: %s) and frees the slot", (outcome, says) => {
    const world = new World({ slots: 1 });
    world.start([extent(SOUND)], new FakeSink("a"));
    world.start([extent(SOUND)], new FakeSink("b"));
    world.disk.end(outcome);
    expect(world.ended).toEqual([`a ${says}`, `b ${says}`]);
    expect(world.pool.occupancy()).toMatchObject({ free: 1, pinned: 0, files: 0 });
    expect(world.isIdle()).toBe(true);
  });

  test("is tried again by the next who comes, even from inside the bad news", () => {
    const world = new World({ slots: 1 });
    const again = new FakeSink("again");
    world.start([extent(SOUND)], new FakeSink("a"), () => world.start([extent(SOUND)], again));
    world.disk.end(READ_FAILED);
    world.settle();
    expect(world.ended).toEqual(["a read failed", "again sent"]);
  });

  test("lets who is told first make another leave", () => {
    const world = new World();
    const second = new FakeSink("second");
    world.start([extent(SOUND)], new FakeSink("first"), () => second.leave());
    world.start([extent(SOUND)], second);
    world.disk.end(READ_FAILED);
    expect(world.ended).toEqual(["first read failed", "second gone"]);
  });

  test("of readahead is nobody's trouble until somebody needs the chunk", () => {
    const world = new World({ slots: 16 });
    const sink = new FakeSink("a");
    world.start([extent(SOUND)], sink);
    world.disk.end();
    world.tick();
    sink.leave();
    world.disk.end(READ_FAILED);
    world.start([extent(SOUND)], new FakeSink("b"));
    world.settle();
    expect(world.ended).toEqual(["a gone", "b sent"]);
  });
});
