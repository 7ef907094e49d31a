/**
 * What requests took, by the class of their body's size and of their status.
 *
 * 1. express   a request of the express lane: one addition
 * 2. ended     any other: its total, its first byte and its four phases
 * 3. fold      what the express lane recorded goes where it belongs: its first byte is its end, and
 *              it waited for nothing but the loop
 * 4. second    what happened since the last call, for the samplers
 *
 * Owns: the histograms and sums of time since the start. Reporting is elsewhere.
 */
import {
  createHistogram,
  type Histogram,
  type Percentiles,
  percentilesOf,
  toUs,
} from "./histogram.js";
import { PHASES, type Phase, type PhaseTimes } from "./phases.js";
import { SIZE_CLASSES, sizeClassOf } from "./size-classes.js";

/** A request that has ended. */
export interface Measured extends PhaseTimes {
  /** 0 when the client left before there was an answer. */
  readonly status: number;
  /** Body bytes the head promised: its size class. */
  readonly promisedBytes: number;
  /** From its head to the first byte of the answer; negative when none went out. */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** What is known of the requests of one size class and one status class. */
export interface Cell {
  readonly sizeClass: number;
  /** 1 to 5; 0 when the client left before there was an answer. */
  readonly statusClass: number;
  readonly firstByte: Histogram;
  readonly total: Histogram;
  readonly phases: Readonly<Record<Phase, Histogram>>;
  /** Milliseconds in each phase, all requests together. */
  readonly phaseMs: Record<Phase, number>;
}

/** What happened between two calls of `second`. */
export interface SecondFigures {
  readonly total: Percentiles;
  readonly phaseMs: Readonly<Record<Phase, number>>;
}

const STATUS_CLASSES = 6;

/**
 * A hot file takes some ten microseconds: such requests are counted in a plain row first, since to
 * find its place in a histogram costs one of them 0.1 µs, and a row has a place for each. Larger:
 * folding in looks at more places, 4 KiB a cell now.
 */
const QUICK_US = 1024;

export class RequestRecorder {
  readonly #cells: (OpenCell | undefined)[] = new Array(SIZE_CLASSES.length * STATUS_CLASSES);
  readonly #second = createHistogram();
  #phaseMsBefore: Readonly<Record<Phase, number>> = noTime();

  /**
   * Cost: one addition and some comparisons; no allocation.
   *
   * @param bytes of the body
   */
  express(status: number, bytes: number, tookMs: number): void {
    const cell = this.#cellFor(status, bytes);
    const us = toUs(tookMs);
    if (us < QUICK_US) cell.quick[us]!++;
    else cell.express.recordValue(us);
  }

  /** Cost: three counts in histograms and one for each phase it waited in, 80 ns each; no allocation. */
  ended(request: Measured): void {
    const cell = this.#cellFor(request.status, request.promisedBytes);
    const totalUs = toUs(request.totalMs);
    cell.total.recordValue(totalUs);
    this.#second.recordValue(totalUs);
    if (request.firstByteMs >= 0) cell.firstByte.recordValue(toUs(request.firstByteMs));
    this.#phase(cell, "queue", request.queueMs);
    this.#phase(cell, "disk", request.diskMs);
    this.#phase(cell, "loop", request.loopMs);
    this.#phase(cell, "drain", request.drainMs);
  }

  /** Every class that had a request, up to now. */
  cells(): readonly Cell[] {
    this.#fold();
    return this.#cells.filter((cell) => cell !== undefined);
  }

  /** Call it about once a second. */
  second(): SecondFigures {
    const phaseMs = noTime();
    for (const cell of this.cells()) {
      for (const phase of PHASES) phaseMs[phase] += cell.phaseMs[phase];
    }
    const figures = {
      total: percentilesOf(this.#second),
      phaseMs: difference(phaseMs, this.#phaseMsBefore),
    };
    this.#phaseMsBefore = phaseMs;
    this.#second.reset();
    return figures;
  }

  #cellFor(status: number, bytes: number): OpenCell {
    const statusClass = Math.floor(status / 100);
    const sizeClass = sizeClassOf(bytes);
    const at = sizeClass * STATUS_CLASSES + statusClass;
    return this.#cells[at] ?? this.#open(at, sizeClass, statusClass);
  }

  /** Most requests wait for few of the four: a zero is counted by the way, and folded in later. */
  #phase(cell: OpenCell, phase: Phase, ms: number): void {
    const us = toUs(ms);
    if (us === 0) {
      cell.zeros[phase]++;
      return;
    }
    cell.phases[phase].recordValue(us);
    cell.phaseMs[phase] += ms;
  }

  // --- now and then ---

  #open(at: number, sizeClass: number, statusClass: number): OpenCell {
    const cell = {
      ...createCell(sizeClass, statusClass),
      quick: new Uint32Array(QUICK_US),
      express: createHistogram(),
      zeros: noTime(),
    };
    this.#cells[at] = cell;
    return cell;
  }

  #fold(): void {
    for (const cell of this.#cells) {
      if (cell === undefined) continue;
      foldQuick(cell);
      if (cell.express.totalCount > 0) this.#foldExpress(cell);
      foldZeros(cell);
    }
  }

  #foldExpress({ express, phases, zeros, phaseMs, ...cell }: OpenCell): void {
    for (const histogram of [this.#second, cell.total, cell.firstByte, phases.loop]) {
      histogram.add(express);
    }
    for (const phase of ["queue", "disk", "drain"] as const) zeros[phase] += express.totalCount;
    phaseMs.loop += (express.mean * express.totalCount) / 1000;
    express.reset();
  }
}

/** A cell, and what has not been folded in yet. */
interface OpenCell extends Cell {
  /** Requests of the express lane, by the microseconds they took. */
  readonly quick: Uint32Array;
  /** Those that took longer, and what was folded in of the others. */
  readonly express: Histogram;
  /** How many requests did not wait in a phase. */
  readonly zeros: Record<Phase, number>;
}

function foldQuick({ quick, express }: OpenCell): void {
  for (let us = 0; us < QUICK_US; us++) {
    if (quick[us] === 0) continue;
    express.recordValueWithCount(us, quick[us]!);
    quick[us] = 0;
  }
}

function foldZeros({ zeros, phases }: OpenCell): void {
  for (const phase of PHASES) {
    if (zeros[phase] > 0) phases[phase].recordValueWithCount(0, zeros[phase]);
    zeros[phase] = 0;
  }
}

/** An empty one. */
export const createCell = (sizeClass: number, statusClass: number): Cell => ({
  sizeClass,
  statusClass,
  firstByte: createHistogram(),
  total: createHistogram(),
  phases: {
    queue: createHistogram(),
    disk: createHistogram(),
    loop: createHistogram(),
    drain: createHistogram(),
  },
  phaseMs: noTime(),
});

const noTime = (): Record<Phase, number> => ({ queue: 0, disk: 0, loop: 0, drain: 0 });

const difference = (
  now: Readonly<Record<Phase, number>>,
  before: Readonly<Record<Phase, number>>,
): Record<Phase, number> => ({
  queue: now.queue - before.queue,
  disk: now.disk - before.disk,
  loop: now.loop - before.loop,
  drain: now.drain - before.drain,
});
