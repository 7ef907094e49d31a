/** A cell that needs more sockets than this machine allows is left out, and says what it needs. */
import { expect, test } from "vitest";
import type { Cell, Load } from "../../bench/cell.js";
import { whyTooManySockets } from "../../bench/measure.js";

const cellWith = (load: Load): Cell => ({
  name: "cell",
  title: "cell",
  load,
  fixtures: [],
  asks: () => [],
  judgedBy: [],
  floor: undefined,
});
const CROWD = cellWith({ kind: "closed", connections: 1000 });
const READERS = cellWith({ kind: "slow-readers", readers: 5000, bytesPerSec: 1, target: "/" });

test("1,000 connections do not fit 1,024 descriptors: a server opens other files too", () => {
  expect(whyTooManySockets(CROWD, 1024)).toContain("ulimit -n 1500");
  expect(whyTooManySockets(CROWD, 1500)).toBeUndefined();
});

test("slow readers count as connections", () => {
  expect(whyTooManySockets(READERS, 4096)).toContain("ulimit -n 5500");
  expect(whyTooManySockets(READERS, Number.POSITIVE_INFINITY)).toBeUndefined();
});
