/** Fear: what is sent without a transfer is not the file's, or is sent while others wait for it. */
import { describe, expect, test } from "vitest";
import type { Part } from "../../../engine/chunks/cursor.js";
import { bytesOf, createFile, extent, type FakeFile, FakeSink, literal, World } from "./fakes.js";

const FILE = createFile(1, 350); // chunks of 100: three whole ones and a short one

/** A disk of which everything lies in the kernel's memory. */
function createWarm(): World {
  const world = new World({ chunkBytes: 100, slots: 2 });
  world.disk.isInMemory = () => true;
  return world;
}

function createCold(): World {
  const world = new World({ chunkBytes: 100, slots: 2 });
  world.disk.canTell = true;
  return world;
}

const allAtHand = (world: World, parts: readonly Part<FakeFile>[]): number[] | undefined => {
  const bytes = world.scheduler.atHand(parts);
  return bytes && [...bytes];
};

const atHand = (world: World, first: number, last: number): number[] | undefined =>
  allAtHand(world, [extent(FILE, first, last)]);

/** Brings a chunk into the pool, as a transfer that sends it. */
function bring(world: World, chunk: number): void {
  const first = chunk * 100;
  world.start([extent(FILE, first, Math.min(first + 99, FILE.sizeBytes - 1))], new FakeSink("a"));
  world.settle();
}

describe("bytes at hand", () => {
  test("come from the pool, without a read", () => {
    const world = createCold();
    bring(world, 1);
    const asked = [...world.disk.asked];
    expect(atHand(world, 120, 129)).toEqual(bytesOf([extent(FILE, 120, 129)]));
    expect(world.disk.asked).toEqual(asked);
    expect(world.disk.takenNow).toEqual([]);
  });

  test("come from the kernel's memory, and take no slot", () => {
    const world = createWarm();
    expect(atHand(world, 120, 129)).toEqual(bytesOf([extent(FILE, 120, 129)]));
    expect(world.disk.takenNow).toEqual(["1:120+10"]);
    expect(world.pool.occupancy()).toMatchObject({ free: 2 });
  });

  test.each([
    [0, 0],
    [0, 99],
    [99, 99],
    [300, 349],
    [349, 349],
  ])("from %i to %i, in the pool and out of it", (first, last) => {
    const want = bytesOf([extent(FILE, first, last)]);
    expect(atHand(createWarm(), first, last)).toEqual(want);
    const world = createCold();
    bring(world, Math.floor(first / 100));
    expect(atHand(world, first, last)).toEqual(want);
  });

  test("bring their chunk in when as much was taken piecemeal as it has", () => {
    const world = createWarm();
    for (let n = 0; n < 9; n++) atHand(world, 100, 109);
    expect(world.pool.occupancy()).toMatchObject({ ready: 0 });
    expect(atHand(world, 110, 119)).toEqual(bytesOf([extent(FILE, 110, 119)]));
    expect(world.pool.occupancy()).toMatchObject({ ready: 1 });
    expect(atHand(world, 180, 189)).toEqual(bytesOf([extent(FILE, 180, 189)]));
    expect(world.disk.takenNow.at(-1)).toBe("1:100+100");
  });

  test("are counted as a hit of their chunk, which a scan then leaves where it is", () => {
    const world = createCold();
    bring(world, 0);
    const { hits } = world.scheduler.stats();
    atHand(world, 10, 19);
    expect(world.scheduler.stats().hits).toBe(hits + 1);
    for (const chunk of [1, 2]) bring(world, chunk);
    expect(world.pool.findReady(FILE, 0)).toBeGreaterThanOrEqual(0);
  });
});

describe("several pieces at hand", () => {
  const PARTS = [literal(1, 2), extent(FILE, 310, 319), literal(3), extent(FILE, 20, 29)];

  test.each([
    ["a piece in two chunks", [extent(FILE, 95, 104)]],
    ["parts with something between them", PARTS],
  ])("%s, in the pool, out of it and half in it", (_, parts) => {
    const cold = createCold();
    for (const chunk of [0, 1]) bring(cold, chunk);
    const isInPool = parts !== PARTS; // there are two slots
    if (isInPool) expect(allAtHand(cold, parts)).toEqual(bytesOf(parts));
    expect(allAtHand(createWarm(), parts)).toEqual(bytesOf(parts));
    const half = createWarm();
    bring(half, 0);
    expect(allAtHand(half, parts)).toEqual(bytesOf(parts));
  });

  test("count each for its chunk", () => {
    const world = createWarm();
    bring(world, 0);
    const { hits } = world.scheduler.stats();
    for (let n = 0; n < 10; n++) expect(atHand(world, 95, 109)).toBeDefined();
    expect(world.scheduler.stats().hits).toBe(hits + 10);
    expect(world.pool.findReady(FILE, 1)).toBeGreaterThanOrEqual(0); // 10 times 10 were wanted
  });

  test("bring in no chunk that a reader is already bringing, nor one that stands in line", () => {
    const world = new World({ chunkBytes: 100, slots: 2, maxReadsPerFile: 1 });
    world.disk.isInMemory = (_file, at, lengthBytes) => (at % 100) + lengthBytes <= 50;
    world.start([extent(FILE, 0, 99)], new FakeSink("a"));
    world.start([extent(FILE, 100, 199)], new FakeSink("b"));
    expect(world.scheduler.stats()).toMatchObject({ inLine: 1, reading: 1 });
    const parts = [0, 20, 100, 120].map((first) => extent(FILE, first, first + 9));
    for (let n = 0; n < 11; n++) expect(allAtHand(world, parts)).toEqual(bytesOf(parts));
    world.settle();
    expect(world.ended).toEqual(["a sent", "b sent"]);
    expect(world.isIdle()).toBe(true);
  });

  test.each([
    ["one is on the disk", (world: World) => onlyInMemory(world, 310)],
    ["the file has changed", (world: World) => world.disk.changed.add(FILE)],
  ])("are none when %s", (_, change) => {
    const world = createWarm();
    change(world);
    expect(allAtHand(world, PARTS)).toBeUndefined();
    expect(world.pool.occupancy()).toMatchObject({ free: 2 });
  });

  test("are none when they are more than are gathered", () => {
    const world = createWarm();
    const many = Array.from({ length: 65 }, (_, n) => extent(FILE, n, n));
    expect(allAtHand(world, many)).toBeUndefined();
    const large = { kind: "literal", bytes: new Uint8Array(128 * 1024) } as const;
    expect(allAtHand(world, [large, extent(FILE, 0, 0)])).toBeUndefined();
  });

  function onlyInMemory(world: World, offset: number): void {
    world.disk.isInMemory = (_file, at) => at === offset;
  }
});

describe("a small file that is kept open", () => {
  const SMALL = createFile(2, 50);
  const whole = (world: World): number[] | undefined => {
    const bytes = world.scheduler.wholeAtHand(SMALL);
    return bytes && [...bytes];
  };

  test("is read whole each time, and never takes a slot", () => {
    const world = createWarm();
    for (let n = 0; n < 3; n++) expect(whole(world)).toEqual(bytesOf([extent(SMALL, 0, 49)]));
    expect(world.disk.takenNow).toEqual(Array(3).fill("2:0+50"));
    expect(world.pool.occupancy()).toMatchObject({ free: 2 });
  });

  test("is not at hand on a cold disk, nor when it has changed", () => {
    expect(whole(createCold())).toBeUndefined();
    const world = createWarm();
    world.disk.changed.add(SMALL);
    expect(whole(world)).toBeUndefined();
  });
});

describe("there are none", () => {
  test("on a cold disk, and nothing is asked of it", () => {
    const world = createCold();
    expect(atHand(world, 120, 129)).toBeUndefined();
    expect(world.disk.asked).toEqual([]);
  });

  test("while their chunk is on its way: one read is enough", () => {
    const world = createCold();
    world.start([extent(FILE, 0, 99)], new FakeSink("a"));
    world.disk.isInMemory = () => true;
    expect(atHand(world, 0, 9)).toBeUndefined();
    expect(world.disk.takenNow).toEqual([]);
  });

  test("of a file that is no longer what it was", () => {
    const world = createWarm();
    world.disk.changed.add(FILE);
    expect(atHand(world, 0, 9)).toBeUndefined();
    expect(world.pool.occupancy()).toMatchObject({ free: 2 });
  });
});
