import { describe, expect, test } from "vitest";
import { bytesOf, createFile, extent, FakeSink, literal, World } from "./fakes.js";

const FILE = createFile(1, 35);
const KIB = 1024;
const MIB = 1024 * KIB;

describe("what start does at once", () => {
  test("sends a body of ready chunks before it returns", () => {
    const world = new World();
    world.warm(FILE);
    const sink = new FakeSink("a");
    const parts = [literal(1, 2), extent(FILE, 5, 24), literal(), extent(FILE, 0, 0)];
    world.start(parts, sink);
    expect(sink.received).toEqual(bytesOf(parts));
    expect(world.ended).toEqual(["a sent"]);
    expect(world.tick()).toBe(false);
  });

  test("stops at the first chunk that is missing, and goes on in a tick", () => {
    const world = new World();
    const sink = new FakeSink("a");
    world.start([literal(1, 2), extent(FILE)], sink);
    expect(sink.received).toEqual([1, 2]);
    world.disk.end();
    expect(sink.received).toEqual([1, 2]); // the disk's answer pushes to nobody
    world.tick();
    expect(sink.takenBytes).toBe(12);
  });

  test("sends a quantum and no more", () => {
    const file = createFile(1, 4 * MIB);
    const world = new World({ slots: 16, chunkBytes: 256 * KIB });
    world.warm(file);
    const sink = new FakeSink("a", Infinity, false);
    world.start([extent(file)], sink);
    expect(sink.takenBytes).toBe(MIB);
  });

  test("cuts a chunk larger than a quantum", () => {
    const file = createFile(1, 2 * MIB);
    const world = new World({ slots: 1, chunkBytes: 2 * MIB });
    world.warm(file);
    const sink = new FakeSink("a", Infinity, false);
    world.start([extent(file)], sink);
    expect(sink.offers).toEqual([MIB]);
    world.settle();
    expect(sink.offers).toEqual([MIB, MIB]);
  });

  test("never cuts a chunk to fit the rest of a quantum", () => {
    const file = createFile(1, 4 * MIB);
    const world = new World({ slots: 4, chunkBytes: MIB });
    world.warm(file);
    const sink = new FakeSink("a", Infinity, false);
    world.start([extent(file, 400 * KIB)], sink);
    world.settle();
    expect(sink.offers).toEqual([624 * KIB, MIB, MIB, MIB]);
  });

  test("bounds the parts of one turn, however small they are", () => {
    const world = new World();
    const sink = new FakeSink("a");
    world.start(
      Array.from({ length: 10_000 }, () => literal(7)),
      sink,
    );
    // A quantum of 1 MiB at 16 KiB for a push, and 64 parts in each.
    expect(sink.offers).toHaveLength(64);
    expect(sink.offers[0]).toBe(64);
    world.settle();
    expect(world.ended).toEqual(["a sent"]);
  });

  test("counts nothing in when the parts are a bug of the caller", () => {
    const world = new World();
    expect(() => world.start([literal()], new FakeSink("a"))).toThrow(RangeError);
    expect(() => world.start([extent(FILE, 0, 35)], new FakeSink("a"))).toThrow(RangeError);
    expect(world.isIdle()).toBe(true);
  });

  test("lets the owner start the next transfer when told that one ended", () => {
    const world = new World();
    world.warm(FILE);
    const second = new FakeSink("b");
    world.start([extent(FILE)], new FakeSink("a"), () => world.start([extent(FILE)], second));
    expect(world.ended).toEqual(["a sent", "b sent"]);
  });
});
