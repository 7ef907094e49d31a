import { describe, expect, test } from "vitest";
import { createFile, extent, FakeSink, World } from "./fakes.js";

const FILE = createFile(1, 35);
const files = (count: number) => Array.from({ length: count }, (_, n) => createFile(n + 1, 10));

describe("many who want the same chunk", () => {
  test("share one read, before it has a slot and after", () => {
    const world = new World({ slots: 1 });
    const other = createFile(9, 10);
    world.start([extent(other)], new FakeSink("other"));
    for (let n = 0; n < 10; n++) world.start([extent(FILE, 0, 9)], new FakeSink("in line"));
    world.disk.end();
    world.tick();
    for (let n = 0; n < 10; n++) world.start([extent(FILE, 0, 9)], new FakeSink("at disk"));
    world.settle();
    expect(world.disk.asked).toEqual(["9:0", "1:0"]);
    expect(world.scheduler.stats().loads).toMatchObject({ reads: 2, coalesced: 19 });
    expect(world.ended).toHaveLength(21);
  });

  test("keep it in the pool until each had its first push", () => {
    const world = new World({ slots: 1 });
    const sinks = Array.from({ length: 5 }, (_, n) => new FakeSink(`${n}`, 4));
    for (const sink of sinks) world.start([extent(FILE, 0, 9)], sink);
    world.start([extent(createFile(2, 10))], new FakeSink("next"));
    world.disk.end();
    expect(world.disk.pending).toHaveLength(0); // "next" may not have the slot yet
    world.tick();
    expect(sinks.map(({ takenBytes }) => takenBytes)).toEqual([4, 4, 4, 4, 4]);
    expect(world.disk.pending).toHaveLength(1);
  });
});

describe("more clients than slots", () => {
  test("are all served, in the order they came", () => {
    const world = new World({ slots: 2 });
    const all = files(20);
    for (const file of all) world.start([extent(file)], new FakeSink(`client ${file.id}`));
    expect(world.scheduler.stats().loads.waitingForSlot).toBe(18);
    world.settle();
    expect(world.ended).toEqual(all.map(({ id }) => `client ${id} sent`));
    expect(world.scheduler.stats().loads.waitingForSlot).toBe(0);
  });

  test("do not let the latest take a slot before the line", () => {
    const world = new World({ slots: 1 });
    const late = () => world.start([extent(createFile(3, 10))], new FakeSink("c"));
    world.start([extent(createFile(1, 10))], new FakeSink("a"), late);
    world.start([extent(createFile(2, 10))], new FakeSink("b"));
    world.settle();
    expect(world.ended).toEqual(["a sent", "b sent", "c sent"]);
  });

  test("make progress even when every chunk is evicted between two pushes", () => {
    const world = new World({ slots: 1 });
    const sinks = Array.from({ length: 8 }, (_, n) => new FakeSink(`${n}`, 3));
    for (const sink of sinks) world.start([extent(createFile(Number(sink.client), 35))], sink);
    for (let round = 0; round < 200 && world.ended.length < 8; round++) {
      world.disk.endAll();
      world.tick();
      for (const sink of sinks) if (!sink.isOver) sink.drain(3);
    }
    expect(world.ended).toHaveLength(8);
  });
});

describe("one file with many readers", () => {
  test("has no more reads out than it may", () => {
    const world = new World({ slots: 8, maxReadsPerFile: 2 });
    const file = createFile(1, 60);
    for (let chunk = 0; chunk < 6; chunk++) {
      world.start([extent(file, chunk * 10, chunk * 10 + 9)], new FakeSink(`${chunk}`));
    }
    expect(world.disk.asked).toEqual(["1:0", "1:10"]);
    world.disk.end();
    expect(world.disk.asked).toEqual(["1:0", "1:10", "1:20"]);
    world.settle();
    expect(world.ended).toEqual([0, 1, 2, 3, 4, 5].map((n) => `${n} sent`));
    expect(world.isIdle()).toBe(true);
  });

  test("does not keep another file waiting", () => {
    const world = new World({ slots: 8, maxReadsPerFile: 1 });
    world.start([extent(createFile(1, 20), 0, 9)], new FakeSink("a"));
    world.start([extent(createFile(1, 20), 10)], new FakeSink("b"));
    world.start([extent(createFile(2, 20))], new FakeSink("c"));
    expect(world.disk.pending.map(({ file }) => file.id)).toContain(2);
  });
});
