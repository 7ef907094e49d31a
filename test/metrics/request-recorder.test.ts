/** Fear: a request that is counted twice, not at all, or among its unlikes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHistogram, percentilesOf, toUs } from "../../metrics/histogram.js";
import { type Measured, RequestRecorder } from "../../metrics/request-recorder.js";
import { SIZE_CLASSES, sizeClassOf } from "../../metrics/size-classes.js";

const measured = (some: Partial<Measured>): Measured => ({
  status: 200,
  promisedBytes: 100,
  firstByteMs: 1,
  totalMs: 4,
  queueMs: 1,
  diskMs: 1,
  loopMs: 1,
  drainMs: 1,
  ...some,
});

describe("a size class", () => {
  const rows: readonly (readonly [bytes: number, name: string])[] = [
    [0, "none"],
    [1, "to 4 KiB"],
    [4096, "to 4 KiB"],
    [4097, "to 64 KiB"],
    [65_536, "to 64 KiB"],
    [65_537, "to 1 MiB"],
    [1_048_577, "to 64 MiB"],
    [67_108_865, "larger"],
    [Number.MAX_SAFE_INTEGER, "larger"],
  ];
  for (const [bytes, name] of rows) {
    test(`of ${bytes} bytes`, () => expect(SIZE_CLASSES[sizeClassOf(bytes)]!.name).toBe(name));
  }
});

describe("a request of the main road", () => {
  test("is counted in the cell of its size and status, in each histogram once", () => {
    const recorder = new RequestRecorder();
    recorder.ended(measured({ status: 404, promisedBytes: 5000 }));
    const [cell, ...others] = recorder.cells();
    expect(others).toEqual([]);
    expect(cell).toMatchObject({ sizeClass: 2, statusClass: 4 });
    const { total, firstByte, phases } = cell!;
    const all = [total, firstByte, ...Object.values(phases)];
    expect(all.map(({ totalCount }) => totalCount)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(cell!.phaseMs).toEqual({ queue: 1, disk: 1, loop: 1, drain: 1 });
  });

  test("has no first byte when none went out", () => {
    const recorder = new RequestRecorder();
    recorder.ended(measured({ firstByteMs: -1 }));
    expect(recorder.cells()[0]!.firstByte.totalCount).toBe(0);
  });

  test("whose first byte went out at once has one", () => {
    const recorder = new RequestRecorder();
    recorder.ended(measured({ firstByteMs: 0 }));
    expect(recorder.cells()[0]!.firstByte.totalCount).toBe(1);
  });

  test("whose client left before an answer has a place too", () => {
    const recorder = new RequestRecorder();
    recorder.ended(measured({ status: 0, promisedBytes: 0 }));
    expect(recorder.cells()[0]).toMatchObject({ sizeClass: 0, statusClass: 0 });
  });
});

describe("a request of the express lane", () => {
  test("took its time on the loop, and waited for nothing else", () => {
    const recorder = new RequestRecorder();
    recorder.express(200, 1024, 0.25);
    recorder.express(200, 1024, 0.5);
    const [{ total, firstByte, phases, phaseMs } = fail()] = recorder.cells();
    expect([total.totalCount, firstByte.totalCount, phases.loop.totalCount]).toEqual([2, 2, 2]);
    expect([phases.queue, phases.disk, phases.drain].map((one) => one.totalCount)).toEqual([
      2, 2, 2,
    ]);
    expect([phases.queue, phases.disk, phases.drain].map((one) => one.maxValue)).toEqual([0, 0, 0]);
    expect(percentilesOf(total).p50Us).toBe(250);
    expect(phaseMs.loop).toBeCloseTo(0.75, 2);
    expect([phaseMs.queue, phaseMs.disk, phaseMs.drain]).toEqual([0, 0, 0]);
  });

  test("is counted where quick ones end and longer ones begin", () => {
    const recorder = new RequestRecorder();
    for (const tookMs of [1.023, 1.024, 1.025]) recorder.express(200, 10, tookMs);
    expect(recorder.cells()[0]!.total.totalCount).toBe(3);
  });

  test("is counted once however often anybody looks", () => {
    const recorder = new RequestRecorder();
    recorder.express(200, 10, 1);
    recorder.cells();
    recorder.cells();
    recorder.express(200, 10, 1);
    const [{ total, phases } = fail()] = recorder.cells();
    expect([total.totalCount, phases.queue.totalCount, phases.loop.totalCount]).toEqual([2, 2, 2]);
    expect(recorder.second().total.count).toBe(2);
  });
});

test("a second tells what happened since the last one, and its percentiles are its own", () => {
  const recorder = new RequestRecorder();
  recorder.express(200, 1000, 900);
  recorder.second();
  recorder.express(200, 1000, 2);
  recorder.ended(measured({ status: 503, totalMs: 8, diskMs: 5 }));
  const { total, phaseMs } = recorder.second();
  expect(total.count).toBe(2);
  expect(total.maxUs).toBeLessThan(9_000);
  expect(phaseMs.disk).toBe(5);
  expect(phaseMs.loop).toBeCloseTo(3, 1);
  expect(recorder.second()).toMatchObject({
    total: { count: 0, maxUs: 0 },
  });
});

test("says what one histogram says that was told all of it, whichever road they took", () => {
  const step = fc.record({
    isExpress: fc.boolean(),
    status: fc.constantFrom(200, 206, 304, 404, 503),
    bytes: fc.constantFrom(0, 100, 5_000, 100_000, 5_000_000),
    totalMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
    looks: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recorder = new RequestRecorder();
      const all = createHistogram();
      for (const { isExpress, status, bytes, totalMs, looks } of steps) {
        if (isExpress) recorder.express(status, bytes, totalMs);
        else recorder.ended(measured({ status, promisedBytes: bytes, totalMs }));
        all.recordValue(toUs(totalMs));
        if (looks) recorder.cells();
      }
      expect(recorder.second().total).toEqual(percentilesOf(all));
      const counts = recorder.cells().map(({ total }) => total.totalCount);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(steps.length);
    }),
  );
});

function fail(): never {
  throw new Error("no cell");
}
