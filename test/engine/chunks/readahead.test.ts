import { describe, expect, test } from "vitest";
import { READ_FAILED, READ_OK } from "../../../engine/chunks/chunk-reader.js";
import { createFile, extent, FakeSink, World } from "./fakes.js";

describe("readahead", () => {
  const LONG = createFile(1, 200);

  test("asks for the next two chunks once a push was taken in full", () => {
    const world = new World({ slots: 16 });
    world.start([extent(LONG)], new FakeSink("a"));
    expect(world.disk.asked).toEqual(["1:0"]);
    world.disk.end();
    world.tick();
    expect(world.disk.asked).toEqual(["1:0", "1:10", "1:20"]);
    expect(world.scheduler.stats().loads).toMatchObject({ readaheads: 2, coalesced: 1 });
  });

  test("never asks for a chunk beyond the part", () => {
    const world = new World({ slots: 16 });
    world.start([extent(LONG, 0, 12)], new FakeSink("a"));
    world.settle();
    expect(world.disk.asked).toEqual(["1:0", "1:10"]);
  });

  test("starts again with each part, wherever in the file it lies", () => {
    const world = new World({ slots: 16 });
    world.start([extent(LONG, 100, 119), extent(LONG, 0, 39)], new FakeSink("a"));
    for (let n = 0; n < 3; n++) {
      world.disk.end();
      world.tick();
    }
    expect(world.disk.asked.slice(0, 4)).toEqual(["1:100", "1:110", "1:0", "1:10"]);
    expect(world.scheduler.stats().loads).toMatchObject({ reads: 5, readaheads: 4 });
  });

  test("reads every chunk once", () => {
    const world = new World({ slots: 32 });
    world.start([extent(LONG)], new FakeSink("a"));
    world.settle();
    expect(world.disk.asked).toHaveLength(20);
  });

  test("goes on behind a chunk that is there", () => {
    const chunkBytes = 128 * 1024; // pieces that are not gathered
    const world = new World({ slots: 16, chunkBytes });
    const file = createFile(1, 4 * chunkBytes);
    world.start(
      [extent(file, chunkBytes, 2 * chunkBytes - 1)],
      new FakeSink("brings it", Infinity, false),
    );
    world.settle();
    world.disk.asked.length = 0;
    world.start([extent(file)], new FakeSink("a", chunkBytes + 1, false));
    world.disk.end();
    world.tick();
    expect(world.disk.asked).toEqual(["1:0", `1:${2 * chunkBytes}`]);
  });

  test("asks for no chunk a second time: one that failed waits until somebody needs it", () => {
    const world = new World({ slots: 16 });
    world.start([extent(LONG)], new FakeSink("a"));
    world.disk.end();
    world.tick();
    world.disk.end(READ_FAILED, ({ offset }) => offset === 20);
    world.disk.end();
    world.tick();
    expect(world.disk.asked).toEqual(["1:0", "1:10", "1:20", "1:30", "1:20"]);
  });

  test("takes no permit of a file that has only one", () => {
    const world = new World({ slots: 16, maxReadsPerFile: 1 });
    world.start([extent(LONG)], new FakeSink("a"));
    world.settle();
    expect(world.ended).toEqual(["a sent"]);
    expect(world.scheduler.stats().loads.readaheads).toBe(0);
  });

  test("leaves the last permit of a file to who waits", () => {
    const world = new World({ slots: 16, maxReadsPerFile: 2 });
    world.start([extent(LONG)], new FakeSink("a"));
    world.disk.end();
    world.tick();
    expect(world.disk.asked).toEqual(["1:0", "1:10"]);
    world.start([extent(LONG, 100)], new FakeSink("b"));
    expect(world.disk.asked).toEqual(["1:0", "1:10", "1:100"]);
  });

  test("fills a quarter of the slots at most before somebody comes for them", () => {
    const world = new World({ slots: 8 });
    for (const id of [1, 2]) {
      world.start([extent(createFile(id, 200))], new FakeSink(`${id}`));
      world.disk.end(READ_OK, ({ offset }) => offset === 0);
      world.tick(); // reads ahead, and comes for the first of what was read
    }
    expect(world.disk.asked).toEqual(["1:0", "1:10", "1:20", "2:0", "2:10"]);
  });

  test("does not take a slot while somebody stands in line for one", () => {
    const world = new World({ slots: 4 });
    for (let id = 1; id <= 6; id++) {
      world.start([extent(createFile(id, 200))], new FakeSink(`${id}`));
    }
    world.disk.end();
    world.tick();
    expect(world.disk.asked).toEqual(["1:0", "2:0", "3:0", "4:0", "5:0"]);
    expect(world.scheduler.stats().loads.readaheads).toBe(0);
  });
});
