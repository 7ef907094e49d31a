/** Fear: a small range of a large cold file costs the disk, or the pool, many times what it is long. */
import { describe, expect, test } from "vitest";
import {
  READ_CHANGED,
  READ_FAILED,
  type ReadOutcome,
} from "../../../engine/chunks/chunk-reader.js";
import { bytesOf, createFile, extent, FakeSink, World, type WorldOptions } from "./fakes.js";

const FILE = createFile(1, 350); // chunks of 100: three whole ones and a short one
const PIECE = extent(FILE, 120, 129);

/** A cold disk whose kernel can tell what it has in memory. */
function createCold(options: WorldOptions = {}): World {
  const world = new World({ chunkBytes: 100, ...options });
  world.disk.canTell = true;
  return world;
}

function ask(world: World, part = PIECE, client = "a"): FakeSink {
  const sink = new FakeSink(client);
  world.start([part], sink);
  return sink;
}

describe("a small piece of a chunk", () => {
  test("is read alone, sent, and not kept", () => {
    const world = createCold();
    const sink = ask(world);
    expect(world.disk.asked).toEqual(["1:120"]);
    expect(world.pool.occupancy()).toMatchObject({ loading: 0, ready: 0 });
    world.settle();
    expect(sink.received).toEqual(bytesOf([PIECE]));
    expect(world.disk.askedBytes).toBe(10);
    expect(world.pool.occupancy().ready).toBe(0);
    expect(world.scheduler.stats().loads).toMatchObject({ reads: 1, fetched: 1 });
    expect(world.isIdle()).toBe(true);
  });

  test("does not wait for another piece of its chunk", () => {
    const world = createCold();
    const other = extent(FILE, 150, 159);
    const sinks = [ask(world), ask(world, other, "b")];
    expect(world.disk.asked).toEqual(["1:120", "1:150"]);
    world.settle();
    expect(sinks.map(({ received }) => received)).toEqual([bytesOf([PIECE]), bytesOf([other])]);
  });

  test("waits for a permit of its file, and takes it over", () => {
    const world = createCold({ maxReadsPerFile: 1 });
    const sinks = [ask(world), ask(world, extent(FILE, 0, 4), "b")];
    expect(world.disk.asked).toEqual(["1:120"]);
    expect(world.scheduler.stats()).toMatchObject({ inLine: 1, reading: 1 });
    world.settle();
    expect(world.disk.asked).toEqual(["1:120", "1:0"]);
    expect(sinks.map(({ takenBytes }) => takenBytes)).toEqual([10, 5]);
  });

  test("brings its chunk in when as much was taken piecemeal as the chunk has", () => {
    const world = createCold();
    for (let n = 0; n < 9; n++) {
      ask(world, extent(FILE, 100 + n * 10, 109 + n * 10));
      world.settle();
    }
    expect(world.disk.askedBytes).toBe(90);
    ask(world, extent(FILE, 190, 199));
    world.settle();
    expect(world.disk.asked.at(-1)).toBe("1:100");
    expect(world.disk.askedBytes).toBe(190);
  });

  test("brings its chunk in when the kernel lost it at once", () => {
    const world = createCold();
    world.disk.keepsReads = false;
    const sink = ask(world);
    world.settle();
    expect(world.disk.asked).toEqual(["1:120", "1:100"]);
    expect(sink.received).toEqual(bytesOf([PIECE]));
    expect(world.pool.occupancy().ready).toBe(1);
  });

  test("brings its chunk in also when the kernel lost it while the client took nothing", () => {
    const world = createCold();
    world.disk.keepsReads = false;
    const sink = new FakeSink("a", 0);
    world.start([PIECE], sink);
    world.disk.isInMemory = () => true;
    world.settle();
    expect(sink.offers).toEqual([10]);
    world.disk.isInMemory = () => false;
    sink.drain();
    world.settle();
    expect(world.disk.asked).toEqual(["1:120", "1:100"]);
    expect(sink.received).toEqual(bytesOf([PIECE]));
  });

  test("leaves the next piece of the same body as small as it is", () => {
    const world = createCold();
    const parts = [extent(FILE, 10, 19), extent(FILE, 110, 119)];
    const sink = new FakeSink("a");
    world.start(parts, sink);
    world.settle();
    expect(world.disk.asked).toEqual(["1:10", "1:110"]);
    expect(sink.received).toEqual(bytesOf(parts));
  });
});

describe("a chunk is read whole", () => {
  test("for a piece of more than a quarter of it", () => {
    const world = createCold();
    ask(world, extent(FILE, 120, 144));
    ask(world, extent(FILE, 220, 245));
    expect(world.disk.asked).toEqual(["1:120", "1:200"]);
  });

  test("for a piece that is longer than what is fetched, however large the chunk is", () => {
    const world = createCold({ slots: 1, chunkBytes: 2 * 1024 * 1024 });
    ask(world, extent(createFile(2, 2 * 1024 * 1024), 10, 10 + 256 * 1024));
    expect(world.disk.asked).toEqual(["2:0"]);
  });

  test("where nobody can tell what the kernel has", () => {
    const world = createCold();
    world.disk.canTell = false;
    ask(world);
    expect(world.disk.asked).toEqual(["1:100"]);
  });

  test("when it is on its way for somebody else", () => {
    const world = createCold();
    ask(world, extent(FILE, 100, 199));
    const sink = ask(world, PIECE, "b");
    expect(world.disk.asked).toEqual(["1:100"]);
    world.settle();
    expect(sink.received).toEqual(bytesOf([PIECE]));
  });
});

describe("a fetch that goes wrong", () => {
  test.each<[string, ReadOutcome]>([
    ["changed", READ_CHANGED],
    ["read failed", READ_FAILED],
  ])("ends its transfer: %s", (why, outcome) => {
    const world = createCold();
    ask(world);
    world.disk.end(outcome);
    expect(world.ended).toEqual([`a ${why}`]);
    expect(world.isIdle()).toBe(true);
  });

  test("and does not return holds no slot, and its file refuses until it does", () => {
    const world = createCold();
    ask(world);
    world.pass(10_000);
    expect(world.ended).toEqual(["a read timed out"]);
    expect(world.pool.occupancy().loading).toBe(0);
    ask(world, extent(FILE, 0, 9), "b");
    expect(world.ended.at(-1)).toBe("b read timed out");

    world.disk.end();
    const sink = ask(world, extent(FILE, 0, 9), "c");
    world.settle();
    expect(sink.takenBytes).toBe(10);
    expect(world.isIdle()).toBe(true);
  });

  test("is given up beside another of its file, each at its time", () => {
    const world = createCold();
    ask(world);
    world.pass(4_000);
    ask(world, extent(FILE, 0, 4), "b");
    world.pass(6_000);
    expect(world.ended).toEqual(["a read timed out"]);
    world.pass(4_000);
    expect(world.ended).toEqual(["a read timed out", "b read timed out"]);
    world.settle();
    expect(world.isIdle()).toBe(true);
  });

  test("is no fetch that was overdue in line: at the disk it has all its time", () => {
    const world = createCold({ slots: 1, maxReadsPerFile: 1 });
    world.start([extent(createFile(2, 100))], new FakeSink("other"));
    world.start([extent(FILE, 0, 99)], new FakeSink("whole"));
    const sink = ask(world);
    world.nowMs += 10_000;
    world.scheduler.sweep();
    expect(world.ended).toEqual(["other read timed out", "whole read timed out"]);
    world.settle();
    expect(sink.received).toEqual(bytesOf([PIECE]));
    expect(world.isIdle()).toBe(true);
  });

  test("or is not wanted any more leaves nothing behind", () => {
    const world = createCold({ maxReadsPerFile: 1 });
    const sinks = [ask(world), ask(world, extent(FILE, 0, 4), "b")];
    for (const sink of sinks) sink.leave();
    world.settle();
    expect(world.ended).toEqual(["a gone", "b gone"]);
    expect(world.disk.asked).toEqual(["1:120"]);
    expect(world.isIdle()).toBe(true);
  });
});
