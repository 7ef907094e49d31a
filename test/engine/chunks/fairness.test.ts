import { describe, expect, test } from "vitest";
import type { Part } from "../../../engine/chunks/cursor.js";
import { createFile, extent, type FakeFile, FakeSink, World } from "./fakes.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const LARGE = createFile(1, 8 * MIB);
const TICK_BYTES = 2 * MIB;

/** A pool that holds all of LARGE, so that only turns decide who gets what. */
function createWarmWorld(chunkBytes: number): World {
  const world = new World({ slots: (16 * MIB) / chunkBytes, chunkBytes });
  world.warm(LARGE);
  return world;
}

/** Bytes a client got, in however many transfers. */
const sum = (sinks: readonly FakeSink[]) =>
  sinks.reduce((total, sink) => total + sink.takenBytes, 0);

/** Starts a download that is followed by another like it, for ever. */
function startForEver(world: World, client: string, sinks: FakeSink[]): void {
  const sink = new FakeSink(client, Infinity, false);
  sinks.push(sink);
  world.start([extent(LARGE)], sink, () => startForEver(world, client, sinks));
}

describe("shares", () => {
  const chunkSizes = [
    ["as large as a quantum", MIB],
    ["smaller than a quantum", 256 * KIB],
    ["larger than a quantum", 4 * MIB],
    ["that do not divide a quantum", 384 * KIB],
  ] as const;
  test.each(chunkSizes)("one of two clients gets half, with chunks %s", (_, chunkBytes) => {
    const world = createWarmWorld(chunkBytes);
    const many: FakeSink[] = [];
    const single: FakeSink[] = [];
    for (let n = 0; n < 50; n++) startForEver(world, "many", many);
    startForEver(world, "single", single);
    for (let tick = 0; tick < 200; tick++) world.tick();
    const all = sum(many) + sum(single);
    expect(sum(single) / all).toBeGreaterThan(0.45);
    expect(sum(single) / all).toBeLessThan(0.55);
  });

  test("an address that starts transfer after transfer gets no more by their first pushes", () => {
    const world = createWarmWorld(MIB);
    const many: FakeSink[] = [];
    const single: FakeSink[] = [];
    startForEver(world, "many", many);
    startForEver(world, "single", single);
    for (let start = 0; start < 400; start++) {
      const sink = new FakeSink("many", Infinity, false);
      many.push(sink);
      world.start([extent(LARGE, 0, 2 * MIB - 1)], sink);
      if (start % 2 === 0) world.tick();
    }
    const all = sum(many) + sum(single);
    expect(sum(single) / all).toBeGreaterThan(0.45);
  });

  test("an address that made a thousand first pushes waits 16 rounds, not a thousand", () => {
    const world = createWarmWorld(MIB);
    const bulk = new FakeSink("busy", 0, false);
    world.start([extent(LARGE)], bulk);
    for (let n = 0; n < 1_000; n++) {
      world.start([extent(LARGE, 0, MIB - 1)], new FakeSink("busy", Infinity, false));
    }
    startForEver(world, "other", []);
    bulk.drain();
    for (let tick = 0; tick < 6; tick++) world.tick(); // two turns a tick, and "other" has most
    expect(bulk.takenBytes).toBe(0);
    for (let tick = 6; tick < 10; tick++) world.tick();
    expect(bulk.takenBytes).toBeGreaterThan(0);
  });

  test("the transfers of one client take turns", () => {
    const world = createWarmWorld(MIB);
    const sinks = Array.from({ length: 4 }, () => new FakeSink("one", Infinity, false));
    for (const sink of sinks) world.start([extent(LARGE)], sink);
    for (let tick = 0; tick < 6; tick++) world.tick();
    const got = sinks.map(({ takenBytes }) => takenBytes);
    expect(Math.max(...got) - Math.min(...got)).toBeLessThanOrEqual(2 * MIB);
  });
});

describe("a tick", () => {
  test("is bounded in bytes and defers the rest", () => {
    const world = createWarmWorld(MIB);
    const sinks = Array.from({ length: 20 }, (_, n) => new FakeSink(`${n}`, Infinity, false));
    for (const sink of sinks) world.start([extent(LARGE)], sink);
    const before = sum(sinks);
    world.tick();
    expect(sum(sinks) - before).toBe(TICK_BYTES);
    expect(world.deferred).toHaveLength(1);
  });

  test("is bounded in pushes when sockets take next to nothing", () => {
    const world = createWarmWorld(MIB);
    const sinks = Array.from({ length: 1_000 }, (_, n) => new FakeSink(`${n}`, 1, false));
    for (const sink of sinks) world.start([extent(LARGE)], sink);
    for (const sink of sinks) sink.drain(1);
    world.tick();
    const offers = sinks.reduce((total, sink) => total + sink.offers.length, 0);
    expect(offers - 1_000).toBe(128); // a tick of 2 MiB at 16 KiB for a push
    world.settle();
    expect(sum(sinks)).toBe(2_000);
  });

  test("runs once more only when somebody is left", () => {
    const world = createWarmWorld(MIB);
    world.start([extent(LARGE)], new FakeSink("a", Infinity, false));
    world.settle();
    expect(world.tick()).toBe(false);
  });
});

describe("a turn", () => {
  /** Bytes of the first turn of a body, beside a kernel that has LARGE in memory. */
  function firstTurn(parts: readonly Part<FakeFile>[], whileOffered?: (world: World) => void) {
    const world = new World({ slots: 32, chunkBytes: 256 * KIB });
    world.warm(HOT);
    world.disk.isInMemory = (file) => file === LARGE;
    const sink = new FakeSink("a", Infinity, false);
    sink.duringOffer = () => whileOffered?.(world);
    world.start(parts, sink);
    return sink.takenBytes;
  }
  const HOT = createFile(2, 4 * MIB);
  const hot = extent(HOT);
  const chunk = extent(LARGE, 0, 256 * KIB - 1);
  const pieces = [0, 1, 2, 3, 4].map((n) => extent(LARGE, n * 256 * KIB, n * 256 * KIB + 99_999));

  const rows: readonly (readonly [why: string, parts: readonly Part<FakeFile>[], want: number])[] =
    [
      ["what the pool has costs what it is long", [hot], MIB],
      ["a chunk that was brought in on the way costs twice as much", [extent(LARGE)], MIB / 2],
      ["so does a piece that was read on the way", [...pieces, hot], 500_000],
      ["what comes behind it costs what it is long again", [chunk, hot], 768 * KIB],
    ];
  test.each(rows)("%s", (_, parts, want) => expect(firstTurn(parts)).toBe(want));

  test("is not charged for what another reads in the middle of it", () => {
    const other = (world: World) => world.start([chunk], new FakeSink("b", Infinity, false));
    expect(firstTurn([hot], other)).toBe(MIB);
  });
});

describe("the express lane", () => {
  test("lets a transfer about to end go before those that started earlier", () => {
    const world = createWarmWorld(MIB);
    const bulk = Array.from({ length: 20 }, (_, n) => new FakeSink(`${n}`, Infinity, false));
    for (const sink of bulk) world.start([extent(LARGE)], sink);
    const small = new FakeSink("small", 0, false);
    world.start([extent(LARGE, 0, 64 * KIB - 1)], small);
    small.drain();
    world.tick();
    expect(world.ended).toEqual(["small sent"]);
  });

  test("leaves half of every tick to the others, however many are about to end", () => {
    const world = createWarmWorld(64 * KIB);
    const small = Array.from({ length: 128 }, (_, n) => new FakeSink(`${n}`, 0, false));
    for (const sink of small) world.start([extent(LARGE, 0, 64 * KIB - 1)], sink);
    const bulk = new FakeSink("bulk", Infinity, false);
    world.start([extent(LARGE)], bulk);
    for (const sink of small) sink.drain();
    const before = bulk.takenBytes;
    world.tick();
    expect(bulk.takenBytes - before).toBe(TICK_BYTES / 2);
    expect(sum(small)).toBe(TICK_BYTES / 2);
  });

  test("takes the whole tick when nobody else wants it", () => {
    const world = createWarmWorld(64 * KIB);
    const small = Array.from({ length: 128 }, (_, n) => new FakeSink(`${n}`, 0, false));
    for (const sink of small) world.start([extent(LARGE, 0, 64 * KIB - 1)], sink);
    for (const sink of small) sink.drain();
    world.tick();
    expect(sum(small)).toBe(TICK_BYTES);
  });

  test("gives each client its share of it", () => {
    const world = createWarmWorld(64 * KIB);
    const many = Array.from({ length: 50 }, () => new FakeSink("many", 0, false));
    const single = new FakeSink("single", 0, false);
    for (const sink of [...many, single]) world.start([extent(LARGE, 0, 64 * KIB - 1)], sink);
    for (const sink of [...many, single]) sink.drain();
    world.tick();
    expect(world.ended).toContain("single sent");
  });
});
