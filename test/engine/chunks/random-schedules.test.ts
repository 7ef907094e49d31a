/**
 * Random schedules against the slow way: a body is its bytes, one by one, and nothing else matters.
 *
 * 1. chaos   transfers start, drain, leave; reads end well or badly, in any order; time passes; what is
 *            at hand is asked for beside them
 * 2. calm    every client reads, every read ends well
 * 3. check   what arrived is what the slow way says, everybody was told once, nothing is held
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { READ_CHANGED, READ_FAILED, READ_OK } from "../../../engine/chunks/chunk-reader.js";
import type { Part } from "../../../engine/chunks/cursor.js";
import type { Outcome } from "../../../engine/chunks/transfer.js";
import { bytesOf, createFile, extent, type FakeFile, FakeSink, literal, World } from "./fakes.js";

const FILES = [createFile(1, 95), createFile(2, 40), createFile(3, 7), createFile(4, 200)];

const anyPart: fc.Arbitrary<Part<FakeFile>> = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => literal(...bytes)), weight: 1 },
  {
    arbitrary: fc.tuple(fc.constantFrom(...FILES), fc.nat(), fc.nat()).map(([file, a, b]) => {
      const first = a % file.sizeBytes;
      return extent(file, first, first - 1 + (b % (file.sizeBytes - first + 1)));
    }),
    weight: 3,
  },
);
const anyBody = fc
  .array(anyPart, { minLength: 1, maxLength: 4 })
  .filter((parts) => bytesOf(parts).length > 0);

const anyOutcome = fc.constantFrom(READ_OK, READ_OK, READ_OK, READ_OK, READ_CHANGED, READ_FAILED);
const anyStep = fc.oneof(
  fc.record({
    do: fc.constant("start" as const),
    parts: anyBody,
    room: fc.nat(60),
    who: fc.nat(3),
  }),
  fc.record({
    do: fc.constant("ask at hand" as const),
    parts: anyBody,
    times: fc.integer({ min: 1, max: 12 }), // often, and the chunk is worth bringing in
  }),
  fc.record({ do: fc.constant("drain" as const), which: fc.nat(), room: fc.nat(40) }),
  fc.record({ do: fc.constant("leave" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("leave during offer" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("read" as const), which: fc.nat(), outcome: anyOutcome }),
  fc.record({ do: fc.constant("tick" as const) }),
  fc.record({ do: fc.constant("tick" as const) }),
  fc.record({ do: fc.constant("remember" as const), memory: fc.nat(7) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.nat(12_000) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Journey {
  readonly sink: FakeSink;
  readonly want: readonly number[];
  readonly told: Outcome[];
  hasLeft: boolean;
}

class Schedule {
  readonly world: World;
  readonly journeys: Journey[] = [];
  readonly #slots: number;

  constructor(slots: number, maxReadsPerFile: number, chunkBytes = 10) {
    this.#slots = slots;
    this.world = new World({ slots, maxReadsPerFile, chunkBytes });
  }

  run(step: Step): void {
    const { pending } = this.world.disk;
    if (step.do === "start") this.#start(step.parts, step.room, step.who);
    else if (step.do === "tick") this.world.tick();
    else if (step.do === "pass") this.world.pass(step.ms);
    else if (step.do === "ask at hand") this.#askAtHand(step.parts, step.times);
    else if (step.do === "remember") this.world.disk.isInMemory = kernelThatHas(step.memory);
    else if (step.do === "read") {
      if (pending.length > 0) pending.splice(step.which % pending.length, 1)[0]!.end(step.outcome);
    } else this.#disturb(step);
    this.check();
  }

  /** Whatever happens, pins fit the slots and nobody is told twice. */
  check(): void {
    const { free, loading, ready, pinned } = this.world.pool.occupancy();
    expect(free + loading + ready).toBe(this.#slots);
    expect(pinned).toBeLessThanOrEqual(loading + ready);
    for (const { told, sink } of this.journeys) {
      expect(told.length).toBe(sink.isOver ? 1 : 0);
    }
  }

  /** Returns whether everybody is done within so many rounds of reads, ticks and drains. */
  calm(mostRounds: number): boolean {
    for (let left = mostRounds; left > 0; left--) {
      if (this.journeys.every(({ told }) => told.length > 0)) return true;
      this.world.disk.endAll();
      this.world.tick();
      for (const { sink } of this.journeys) if (!sink.isOver) sink.drain(10);
      this.check();
    }
    return false;
  }

  #start(parts: readonly Part<FakeFile>[], room: number, who: number): void {
    const sink = new FakeSink(`client ${who}`, room);
    sink.repeatedBytes = who === 0 ? 6 : 0;
    const journey: Journey = { sink, want: bytesOf(parts), told: [], hasLeft: false };
    this.journeys.push(journey);
    this.world.start(parts, sink, (outcome) => journey.told.push(outcome));
  }

  #askAtHand(parts: readonly Part<FakeFile>[], times: number): void {
    const want = bytesOf(parts);
    for (let n = 0; n < times; n++) {
      const bytes = this.world.scheduler.atHand(parts);
      if (bytes !== undefined) expect([...bytes]).toEqual(want);
    }
  }

  #disturb(step: Extract<Step, { which: number }>): void {
    const live = this.journeys.filter(({ sink }) => !sink.isOver);
    const journey = live[step.which % Math.max(1, live.length)];
    if (journey === undefined) return;
    const leave = () => {
      journey.hasLeft = true;
      journey.sink.leave();
    };
    if (step.do === "drain") journey.sink.drain(step.room);
    else if (step.do === "leave") leave();
    else journey.sink.duringOffer = leave;
  }
}

/** A kernel that has some pieces in memory and others not: 0 none, 7 nearly all. */
const kernelThatHas = (memory: number) => (file: FakeFile, first: number, lengthBytes: number) =>
  (file.id * 5 + first * 3 + lengthBytes) % 7 < memory;

const schedules = fc.record({
  slots: fc.integer({ min: 1, max: 6 }),
  maxReadsPerFile: fc.integer({ min: 1, max: 3 }),
  chunkBytes: fc.constantFrom(10, 40, 100),
  canTell: fc.boolean(),
  keepsReads: fc.boolean(),
  memory: fc.nat(7),
  steps: fc.array(anyStep, { maxLength: 80, size: "max" }),
});

test("every body arrives byte by byte as the slow way says, and nothing is held at the end", () => {
  fc.assert(
    fc.property(schedules, ({ slots, maxReadsPerFile, chunkBytes, memory, steps, ...disk }) => {
      const schedule = new Schedule(slots, maxReadsPerFile, chunkBytes);
      Object.assign(schedule.world.disk, { ...disk, isInMemory: kernelThatHas(memory) });
      for (const step of steps) schedule.run(step);
      const bytesAtMost = schedule.journeys.reduce((sum, { want }) => sum + want.length, 0);
      expect(schedule.calm(20 + bytesAtMost), "starved").toBe(true);

      for (const { sink, want, told, hasLeft } of schedule.journeys) {
        expect(told).toHaveLength(1);
        expect(sink.received).toEqual(want.slice(0, sink.received.length));
        expect(told[0] === "sent").toBe(sink.received.length === want.length && !hasLeft);
        expect(told[0] === "gone").toBe(hasLeft);
      }
      schedule.world.settle();
      expect(schedule.world.isIdle()).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test("with a sound disk and clients that read, everybody gets everything", () => {
  const patient = fc.record({
    slots: fc.integer({ min: 1, max: 4 }),
    bodies: fc.array(anyBody, { minLength: 1, maxLength: 25 }),
  });
  fc.assert(
    fc.property(patient, ({ slots, bodies }) => {
      const schedule = new Schedule(slots, 2);
      bodies.forEach((parts, n) => {
        schedule.run({ do: "start", parts, room: n % 7, who: n % 4 });
      });
      const bytes = bodies.reduce((sum, parts) => sum + bytesOf(parts).length, 0);
      expect(schedule.calm(20 + bytes), "starved").toBe(true);
      expect(schedule.journeys.map(({ told }) => told[0])).toEqual(bodies.map(() => "sent"));
      expect(schedule.journeys.map(({ sink }) => sink.received)).toEqual(bodies.map(bytesOf));
    }),
    { numRuns: 100 },
  );
});
