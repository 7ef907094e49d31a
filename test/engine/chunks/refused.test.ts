/** Fear: over TLS, what was refused is not offered again as it was, and the answer never goes on. */
import { expect, test } from "vitest";
import { bytesOf, createFile, extent, FakeSink, literal, World } from "./fakes.js";

const FILE = createFile(1, 350); // chunks of 100
const PARTS = [literal(1, 2, 3), extent(FILE, 10, 19), literal(4, 5), extent(FILE, 110, 119)];
const TOTAL = bytesOf(PARTS).length;

/** All of it was in memory when it was offered, and the socket took little of it. */
function refuse(room: number, repeatedBytes: number) {
  const world = new World({ chunkBytes: 100, slots: 4 });
  world.disk.isInMemory = () => true;
  const sink = new FakeSink("a", room);
  sink.repeatedBytes = repeatedBytes;
  const transfer = world.start(PARTS, sink);
  expect(sink.offers).toEqual([TOTAL]);
  world.disk.isInMemory = () => false; // the kernel needs it for something else
  return { world, sink, transfer };
}

test.each([0, 2, 7, 14, 20])("gathered bytes of which %i were taken are offered again", (room) => {
  const { world, sink } = refuse(room, 16);
  sink.drain();
  world.settle();
  expect(sink.offers[1]).toBe(Math.min(16, TOTAL - room));
  expect(sink.received).toEqual(bytesOf(PARTS));
  expect(world.isIdle()).toBe(true);
});

test("as often as they are refused", () => {
  const { world, sink } = refuse(0, 16);
  for (let n = 0; n < 3; n++) {
    sink.drain(0);
    world.settle();
  }
  expect(sink.offers).toEqual([TOTAL, 16, 16, 16]);
  sink.drain();
  world.settle();
  expect(sink.received).toEqual(bytesOf(PARTS));
});

test("no more of them are kept than have to be", () => {
  expect(refuse(0, 16).transfer.kept).toHaveLength(16);
  expect(refuse(0, 0).transfer.kept).toBeUndefined();
});

test("nothing is kept of what was taken as a whole, though more comes behind it", () => {
  const world = new World({ chunkBytes: 100, slots: 4 });
  world.disk.isInMemory = () => true;
  const sink = new FakeSink("a");
  sink.repeatedBytes = 16;
  const parts = [...PARTS, extent(createFile(2, 350), 10, 19)];
  world.start(parts, sink);
  world.settle();
  expect(sink.offers).toEqual([TOTAL, 10]);
  expect(sink.received).toEqual(bytesOf(parts));
});
