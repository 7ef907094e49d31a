import { describe, expect, test } from "vitest";
import { bytesOf, createFile, extent, FakeSink, literal, World } from "./fakes.js";

const FILE = createFile(1, 35);
const pinned = (world: World) => world.pool.occupancy().pinned;

describe("a client that reads slowly", () => {
  test("holds no slot while it is blocked", () => {
    const world = new World({ slots: 1 });
    const slow = Array.from({ length: 100 }, (_, n) => new FakeSink(`slow ${n}`, 3));
    for (const sink of slow) world.start([extent(FILE)], sink);
    world.settle();
    expect(pinned(world)).toBe(0);
    expect(world.scheduler.stats().blocked).toBe(100);

    const other = createFile(2, 10);
    world.start([extent(other)], new FakeSink("fast"));
    world.settle();
    expect(world.ended).toEqual(["fast sent"]);
  });

  test("gets every byte once, whatever its socket takes at a time", () => {
    const world = new World({ slots: 1 });
    const sink = new FakeSink("slow", 0);
    const parts = [literal(1, 2, 3), extent(FILE, 3, 33), literal(4)];
    world.start(parts, sink);
    for (let step = 0; step < 40; step++) {
      world.settle();
      sink.drain(1 + (step % 3));
    }
    world.settle();
    expect(sink.received).toEqual(bytesOf(parts));
    expect(world.ended).toEqual(["slow sent"]);
  });

  test("is marked when it drains, and pushed to in the next tick", () => {
    const world = new World();
    world.warm(FILE);
    const sink = new FakeSink("slow", 0);
    world.start([extent(FILE)], sink);
    const offersBefore = sink.offers.length;
    sink.drain();
    sink.drain();
    expect(sink.offers).toHaveLength(offersBefore);
    expect(world.deferred).toHaveLength(1);
    world.tick();
    expect(world.ended).toEqual(["slow sent"]);
  });

  test("may drain with nothing to do: waiting for a turn, for the disk, or after the end", () => {
    const world = new World();
    const sink = new FakeSink("a");
    world.start([extent(FILE)], sink);
    sink.drain();
    world.disk.end();
    sink.drain();
    world.settle();
    sink.drain();
    expect(world.ended).toEqual(["a sent"]);
    expect(world.tick()).toBe(false);
  });

  test("is read ahead for only while its socket takes everything", () => {
    const world = new World({ slots: 16 });
    const file = createFile(1, 200);
    world.start([extent(file)], new FakeSink("full", 5));
    world.disk.endAll();
    world.tick();
    expect(world.disk.asked).toEqual(["1:0"]);
  });
});

describe("a client that takes nothing", () => {
  const stuckWorld = (room: number) => {
    const world = new World({ sendTimeoutMs: 30_000 });
    world.warm(FILE);
    const sink = new FakeSink("stuck", room);
    world.start([extent(FILE)], sink);
    return { world, sink };
  };

  test("is offered its next bytes again every 4 s, and not before", () => {
    const { world, sink } = stuckWorld(3);
    expect(sink.offers).toHaveLength(1);
    world.pass(3_000);
    expect(sink.offers).toHaveLength(1);
    world.pass(1_000);
    expect(sink.offers).toHaveLength(2);
    world.pass(4_000);
    expect(sink.offers).toHaveLength(3);
  });

  test("is settled as stalled when the deadline has passed, re-offers or not", () => {
    const { world } = stuckWorld(3);
    world.pass(29_000);
    expect(world.ended).toEqual([]);
    world.pass(1_000);
    expect(world.ended).toEqual(["stuck client stalled"]);
    expect(world.isIdle()).toBe(true);
  });

  test("has the whole deadline again after it took one byte", () => {
    const { world, sink } = stuckWorld(3);
    world.pass(29_000);
    sink.drain(1);
    world.tick();
    world.pass(29_000);
    expect(world.ended).toEqual([]);
    world.pass(1_000);
    expect(world.ended).toEqual(["stuck client stalled"]);
  });

  test("does not get more time by draining without taking", () => {
    const { world, sink } = stuckWorld(3);
    for (let second = 0; second < 30; second++) {
      sink.drain(0);
      world.tick();
      world.pass(1_000);
    }
    expect(world.ended).toEqual(["stuck client stalled"]);
  });

  test("is not blamed for the time the disk took", () => {
    const world = new World({ sendTimeoutMs: 2_000 });
    const sink = new FakeSink("a", 10);
    world.start([extent(FILE)], sink);
    world.pass(5_000);
    world.disk.end();
    world.pass(1_000);
    expect(world.scheduler.stats().blocked + world.scheduler.stats().reading).toBe(1);
    expect(world.ended).toEqual([]);
  });

  test("is not offered anything after it was settled", () => {
    const { world, sink } = stuckWorld(0);
    world.pass(30_000);
    sink.drain();
    world.pass(10_000);
    expect(world.ended).toEqual(["stuck client stalled"]);
  });

  test("may be settled by what the owner of another does about it", () => {
    const world = new World({ sendTimeoutMs: 5_000 });
    world.warm(FILE);
    const [first, second] = [new FakeSink("first", 0), new FakeSink("second", 0)];
    world.start([extent(FILE)], first, () => second.leave());
    world.start([extent(FILE)], second);
    world.pass(5_000);
    expect(world.ended).toEqual(["first client stalled", "second gone"]);
  });
});
