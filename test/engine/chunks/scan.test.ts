import { describe, expect, test } from "vitest";
import { createFile, extent, FakeSink, World } from "./fakes.js";

const HOT = createFile(1, 60); // six chunks
const HUGE = createFile(2, 20_000); // two thousand

/** Two visits each: the first brings a chunk, the second makes it worth keeping. */
function createWorldWithHot(maxReadsPerFile: number): World {
  const world = new World({ slots: 16, maxReadsPerFile });
  world.warm(HOT);
  world.warm(HOT);
  return world;
}

const hotLeft = (world: World) =>
  [0, 1, 2, 3, 4, 5].filter((chunk) => world.pool.find(HOT, chunk) >= 0).length;

const ways = [
  ["with readahead", 8],
  ["without", 1],
] as const;

describe.each(ways)("one pass over a file far larger than the pool, %s", (_, maxReads) => {
  test("leaves what is hot where it is", () => {
    const world = createWorldWithHot(maxReads);
    world.start([extent(HUGE)], new FakeSink("scanner", Infinity, false));
    world.settle();
    expect(world.ended).toEqual(["scanner sent"]);
    expect(hotLeft(world)).toBe(6);
  });

  test("leaves it also when the client stops and resumes within every chunk", () => {
    const world = createWorldWithHot(maxReads);
    const sink = new FakeSink("scanner", 3, false);
    world.start([extent(HUGE)], sink);
    while (!sink.isOver) {
      world.settle();
      sink.drain(3);
    }
    expect(world.ended).toEqual(["scanner sent"]);
    expect(hotLeft(world)).toBe(6);
  });

  test("leaves it also when ten of them follow each other", () => {
    const world = createWorldWithHot(maxReads);
    for (let id = 10; id < 20; id++) {
      world.start([extent(createFile(id, 2_000))], new FakeSink("scanner", Infinity, false));
      world.settle();
      world.start([extent(HOT)], new FakeSink("regular", Infinity, false));
      world.settle();
    }
    expect(world.disk.asked.filter((read) => read.startsWith("1:"))).toEqual([]);
  });

  test("reads every chunk of it once", () => {
    const world = createWorldWithHot(maxReads);
    world.start([extent(HUGE)], new FakeSink("scanner", Infinity, false));
    world.settle();
    expect(world.disk.asked).toHaveLength(2_000);
  });
});

test("one pass that the kernel has in memory leaves what is hot where it is", () => {
  const world = createWorldWithHot(8);
  world.disk.isInMemory = (file) => file === HUGE;
  const sink = new FakeSink("scanner", 3, false);
  world.start([extent(HUGE)], sink);
  while (!sink.isOver) {
    world.settle();
    sink.drain(3);
  }
  expect(world.disk.asked).toEqual([]);
  expect(hotLeft(world)).toBe(6);
});

test("a chunk of which nothing was taken, of several that were offered, is not kept for that", () => {
  const world = new World({ slots: 2 });
  const [first, second] = [extent(HOT, 0, 4), extent(HOT, 10, 14)];
  for (const part of [first, second]) {
    world.start([part], new FakeSink("brings it"));
    world.settle();
  }
  const sink = new FakeSink("a", 5);
  world.start([first, second], sink);
  expect(sink.offers).toEqual([10]);
  world.start([extent(createFile(3, 10))], new FakeSink("needs a slot"));
  expect(world.pool.find(HOT, 0)).toBeGreaterThanOrEqual(0);
  expect(world.pool.find(HOT, 1)).toBe(-1);
});

test("a chunk that two waited for, in line and at the disk, outlives the pass", () => {
  const world = new World({ slots: 4 });
  const chunk = extent(HOT, 0, 9);
  world.start([extent(createFile(3, 40))], new FakeSink("other"));
  for (let id = 4; id < 7; id++) world.start([extent(createFile(id, 10))], new FakeSink("other"));
  world.start([chunk], new FakeSink("first"));
  world.start([chunk], new FakeSink("second"));
  expect(world.scheduler.stats().loads.waitingForSlot).toBe(1);
  world.settle();
  world.start([extent(HUGE, 0, 999)], new FakeSink("scanner", Infinity, false));
  world.settle();
  expect(world.pool.find(HOT, 0)).toBeGreaterThanOrEqual(0);
});
