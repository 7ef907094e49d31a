import { describe, expect, test } from "vitest";
import { createFile, extent, FakeSink, World } from "./fakes.js";

const HOT = createFile(1, 60); // six chunks
const HUGE = createFile(2, 20_000); // two thousand

/** Two visits each: the first brings a chunk, the second makes it worth keeping. */
function createWorldWithHot(): World {
  const world = new World({ slots: 16 });
  world.warm(HOT);
  world.warm(HOT);
  return world;
}

const hotLeft = (world: World) =>
  [0, 1, 2, 3, 4, 5].filter((chunk) => world.pool.find(HOT, chunk) >= 0).length;

describe("one pass over a file far larger than the pool", () => {
  test("leaves what is hot where it is", () => {
    const world = createWorldWithHot();
    world.start([extent(HUGE)], new FakeSink("scanner", Infinity, false));
    world.settle();
    expect(world.ended).toEqual(["scanner sent"]);
    expect(hotLeft(world)).toBe(6);
  });

  test("leaves it also when the client stops and resumes within every chunk", () => {
    const world = createWorldWithHot();
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
    const world = createWorldWithHot();
    for (let id = 10; id < 20; id++) {
      world.start([extent(createFile(id, 2_000))], new FakeSink("scanner", Infinity, false));
      world.settle();
      world.start([extent(HOT)], new FakeSink("regular", Infinity, false));
      world.settle();
    }
    expect(world.disk.asked.filter((read) => read.startsWith("1:"))).toEqual([]);
  });

  test("reads every chunk of it once", () => {
    const world = createWorldWithHot();
    world.start([extent(HUGE)], new FakeSink("scanner", Infinity, false));
    world.settle();
    expect(world.disk.asked).toHaveLength(2_000);
  });
});
