import { describe, expect, test } from "vitest";
import { createFile, extent, FakeSink, literal, World } from "./fakes.js";

const FILE = createFile(1, 35);
const OTHER = createFile(2, 35);

/** Brings a transfer of FILE to where the row says, in a pool of one slot. */
type Row = readonly [where: string, bring: (world: World, sink: FakeSink) => void];
const rows: readonly Row[] = [
  ["waits for the disk", (world, sink) => world.start([extent(FILE)], sink)],
  [
    "shares a read",
    (world, sink) => {
      world.start([extent(FILE, 0, 5)], new FakeSink("other"));
      world.start([extent(FILE)], sink);
    },
  ],
  [
    "stands in line for a slot",
    (world, sink) => {
      world.start([extent(OTHER, 0, 5)], new FakeSink("other"));
      world.start([extent(FILE)], sink);
    },
  ],
  [
    "stands in its file's line for a permit",
    (world, sink) => {
      world.start([extent(FILE, 10, 15)], new FakeSink("other"));
      world.start([extent(FILE)], sink);
    },
  ],
  [
    "waits for its turn with a pin",
    (world, sink) => {
      world.start([extent(FILE)], sink);
      world.disk.end();
    },
  ],
  [
    "is blocked",
    (world, sink) => {
      sink.room = 2;
      world.start([extent(FILE)], sink);
      world.disk.end();
      world.tick();
    },
  ],
  [
    "is about to be offered bytes in its first turn",
    (world, sink) => {
      sink.duringOffer = () => sink.leave();
      world.start([literal(1, 2), extent(FILE)], sink);
    },
  ],
  [
    "is about to be offered bytes in a tick",
    (world, sink) => {
      sink.duringOffer = () => sink.leave();
      world.start([extent(FILE)], sink);
      world.settle();
    },
  ],
  [
    "takes the last byte",
    (world, sink) => {
      sink.duringOffer = () => sink.leave();
      world.start([literal(1)], sink);
    },
  ],
];

describe("a client that leaves", () => {
  test.each(rows)("leaves nothing behind when it %s", (_, bring) => {
    const world = new World({ slots: 1, maxReadsPerFile: 1 });
    const sink = new FakeSink("leaver");
    bring(world, sink);
    sink.leave();
    sink.leave();
    expect(world.ended.filter((end) => end.startsWith("leaver"))).toEqual(["leaver gone"]);
    world.settle();
    expect(world.ended.filter((end) => end === "other sent").length).toBe(world.ended.length - 1);
    expect(world.isIdle()).toBe(true);

    world.start([extent(OTHER)], new FakeSink("next"));
    world.settle();
    expect(world.ended).toContain("next sent");
  });

  test("takes a load that nobody else waits for out of the line", () => {
    const world = new World({ slots: 1 });
    world.start([extent(OTHER, 0, 5)], new FakeSink("other"));
    const sink = new FakeSink("leaver");
    world.start([extent(FILE)], sink);
    sink.leave();
    world.settle();
    expect(world.disk.asked).toEqual(["2:0"]);
  });

  test("leaves its load to those who share it", () => {
    const world = new World({ slots: 1 });
    world.start([extent(OTHER, 0, 5)], new FakeSink("other"));
    const sink = new FakeSink("leaver");
    world.start([extent(FILE)], sink);
    world.start([extent(FILE)], new FakeSink("stayer"));
    sink.leave();
    world.settle();
    expect(world.ended).toEqual(["leaver gone", "other sent", "stayer sent"]);
  });

  test("leaves the chunk it had asked for to the next", () => {
    const world = new World();
    const sink = new FakeSink("leaver");
    world.start([extent(FILE)], sink);
    sink.leave();
    world.disk.end();
    world.start([extent(FILE, 0, 5)], new FakeSink("next"));
    expect(world.ended).toEqual(["leaver gone", "next sent"]);
  });
});
