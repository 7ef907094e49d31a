/** What the kernel has in memory is taken at once; what it has not goes by way of the disk. */
import { describe, expect, test } from "vitest";
import { bytesOf, createFile, extent, FakeSink, literal, World } from "./fakes.js";

const FILE = createFile(1, 35); // chunks of 10: three whole ones and a short one
const OTHER = createFile(2, 35);

function createWarmKernel(slots = 8): World {
  const world = new World({ slots });
  world.disk.isInMemory = () => true;
  return world;
}

describe("a chunk that is wanted whole", () => {
  test("is taken at once, kept, and shared by the next who comes", () => {
    const world = createWarmKernel();
    const sinks = [new FakeSink("a"), new FakeSink("b")];
    for (const sink of sinks) world.start([extent(FILE)], sink);
    world.settle();
    for (const { received } of sinks) expect(received).toEqual(bytesOf([extent(FILE)]));
    expect(world.disk.takenNow).toEqual(["1:0+10", "1:10+10", "1:20+10", "1:30+5"]);
    expect(world.disk.asked).toEqual([]);
    expect(world.isIdle()).toBe(true);
  });

  test("is counted apart from what readers bring, and is a hit for the next who comes", () => {
    const world = createWarmKernel();
    const chunk = extent(FILE, 0, 9);
    world.start([chunk], new FakeSink("a"));
    expect(world.scheduler.stats()).toMatchObject({ hits: 0, loads: { atOnce: 1, reads: 0 } });
    world.start([chunk], new FakeSink("b"));
    expect(world.scheduler.stats()).toMatchObject({ hits: 1, loads: { atOnce: 1, reads: 0 } });
  });

  test("waits for the disk when the kernel has not all of it", () => {
    const world = new World();
    world.disk.isInMemory = (_, first) => first !== 10;
    const sink = new FakeSink("a");
    world.start([extent(FILE)], sink);
    world.tick();
    expect(world.disk.asked).toEqual(["1:10"]);
    expect(sink.takenBytes).toBe(10);
    world.settle();
    expect(sink.received).toEqual(bytesOf([extent(FILE)]));
  });

  test("is passed on without being kept when no slot is to be had", () => {
    const world = createWarmKernel(1);
    world.disk.isInMemory = (file) => file === OTHER;
    world.start([extent(FILE)], new FakeSink("holds the slot"));
    const sink = new FakeSink("a");
    world.start([extent(OTHER)], sink);
    world.tick();
    expect(sink.received).toEqual(bytesOf([extent(OTHER)]));
    expect(world.disk.asked).toEqual(["1:0"]);
  });
});

describe("a piece of a chunk", () => {
  test("is read alone, and nothing is kept of it", () => {
    const world = createWarmKernel();
    const sink = new FakeSink("a");
    world.start([extent(FILE, 12, 16)], sink);
    expect(sink.received).toEqual(bytesOf([extent(FILE, 12, 16)]));
    expect(world.disk.takenNow).toEqual(["1:12+5"]);
    expect(world.pool.occupancy().ready).toBe(0);
  });

  test("brings its chunk in when as much was taken piecemeal as the chunk has", () => {
    const world = createWarmKernel();
    const ask = () => world.start([extent(FILE, 12, 16)], new FakeSink("a"));
    for (let time = 0; time < 3; time++) ask();
    expect(world.disk.takenNow).toEqual(["1:12+5", "1:10+10"]);
    expect(world.pool.occupancy().ready).toBe(1);
  });

  test("leaves with its neighbors in one offer, and their file is looked at once", () => {
    const world = createWarmKernel();
    const parts = [literal(1, 2), extent(FILE, 3, 5), literal(3), extent(FILE, 18, 22)];
    const sink = new FakeSink("a");
    world.start(parts, sink);
    expect(sink.received).toEqual(bytesOf(parts));
    expect(sink.offers).toEqual([11]);
  });

  test("of another file leaves with the next offer", () => {
    const world = createWarmKernel();
    const parts = [extent(FILE, 3, 5), extent(OTHER, 1, 2), literal(3)];
    const sink = new FakeSink("a");
    world.start(parts, sink);
    world.settle();
    expect(sink.received).toEqual(bytesOf(parts));
    expect(sink.offers).toEqual([3, 3]);
  });
});

describe("a file that changed", () => {
  const bodies = [
    ["whole", [extent(FILE)]],
    ["in one piece", [extent(FILE, 2, 5)]],
    ["in pieces", [literal(1), extent(FILE, 2, 5), literal(1)]],
  ] as const;
  test.each(bodies)("gets no byte out (%s)", (_, parts) => {
    const world = createWarmKernel();
    world.disk.changed.add(FILE);
    const sink = new FakeSink("a");
    world.start(parts, sink);
    world.settle();
    expect(world.ended).toEqual(["a changed"]);
    expect(sink.takenBytes).toBe(0);
    expect(world.isIdle()).toBe(true);
  });
});

describe("readahead", () => {
  test("is not asked for while the kernel has what comes", () => {
    const world = createWarmKernel();
    world.disk.isInMemory = (_, first) => first < 20;
    world.start([extent(FILE)], new FakeSink("a", 15));
    expect(world.disk.asked).toEqual([]);
  });

  test("leaves alone what the kernel has again behind a gap", () => {
    const world = new World();
    world.disk.isInMemory = (_, first) => first < 10 || first >= 20;
    world.start([extent(createFile(5, 90))], new FakeSink("a"));
    world.tick();
    world.disk.end();
    world.settle();
    expect(world.disk.asked).toEqual(["5:10"]);
    expect(world.ended).toEqual(["a sent"]);
  });

  test("goes on where the kernel ends", () => {
    const world = new World();
    world.disk.isInMemory = (_, first) => first < 10;
    world.start([extent(createFile(5, 90))], new FakeSink("a"));
    world.tick();
    world.disk.end();
    world.tick();
    expect(world.disk.asked).toEqual(["5:10", "5:20", "5:30"]);
  });
});

test("a client that was slow costs no more than it may take", () => {
  const MIB = 1024 * 1024;
  const world = new World({ slots: 1, chunkBytes: MIB });
  world.disk.isInMemory = () => true;
  const sink = new FakeSink("slow", 10, false);
  world.start([extent(createFile(6, MIB))], sink);
  world.start([extent(createFile(7, MIB))], new FakeSink("takes the slot", Infinity, false));
  sink.drain(5);
  world.tick();
  expect(world.disk.takenNow.at(-1)).toBe(`6:10+${256 * 1024}`);
});
