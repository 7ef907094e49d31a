/**
 * What one process has counted and measured since it last told, as plain data for another process.
 *
 *   recorder, disk, lag, counters, downloads ── Shipper.take ──▶ Shipment ──▶ Ledger.add
 *
 * Only what has risen is in it. Nothing is told twice or left out, so the ledger that adds up every
 * shipment never falls, and what a killed process had told is kept: all that is lost with it is what
 * it has not told yet.
 */
import type { Counters } from "./counters.js";
import type { DiskRecorder } from "./disk-recorder.js";
import type { Downloads, DownloadTotals } from "./downloads.js";
import type { Histogram } from "./histogram.js";
import { type Rise, RiseWatch } from "./histogram-rise.js";
import type { SlowOperation } from "./operations.js";
import { PHASES, type Phase } from "./phases.js";
import type { Cell, RequestRecorder } from "./request-recorder.js";

/** Plain counts that only rise: those of `Counters`, and what the machine counts elsewhere. */
export const SUMS = [
  "bytesAtHand",
  "bodiesSent",
  "clientsGone",
  "clientsStalled",
  "filesChanged",
  "readsFailed",
  "readsTimedOut",
  "staleSiblings",
  /** Body bytes taken by sockets. */
  "sentBytes",
  /** Chunks that made room for others. */
  "evictions",
  // Time on a processor, microseconds.
  "cpuUserUs",
  "cpuSystemUs",
] as const;
export type Sums = Readonly<Record<(typeof SUMS)[number], number>>;
/** Those that `Counters` does not have. */
export type OtherSums = Omit<Sums, keyof Counters>;

export const DISK_TIMES = ["openQueue", "open", "readQueue", "read"] as const;

/** Undefined is no rise. */
export interface CellRise {
  readonly sizeClass: number;
  readonly statusClass: number;
  readonly total: Rise | undefined;
  readonly firstByte: Rise | undefined;
  readonly phases: Readonly<Record<Phase, Rise | undefined>>;
  /** Milliseconds in each phase, all requests together. */
  readonly phaseMs: Readonly<Record<Phase, number>>;
}

export interface Shipment {
  readonly sums: Sums;
  /** As in `Counters`. */
  readonly answersByClass: readonly number[];
  /** Those that had a request. */
  readonly cells: readonly CellRise[];
  readonly disk: Readonly<Record<(typeof DISK_TIMES)[number], Rise | undefined>>;
  readonly lag: Rise | undefined;
  /** Counts alone: `inProgress` is 0 in each. */
  readonly downloads: readonly DownloadTotals[];
  /** Slow operations that have ended. */
  readonly slow: readonly SlowOperation[];
}

export interface ShipperParts {
  readonly recorder: Pick<RequestRecorder, "cells">;
  readonly disk: DiskRecorder;
  readonly lag: Histogram;
  readonly counters: Counters;
  readonly downloads: Downloads;
  /** The slowest of the last hour, the same objects as long as they are kept. */
  readonly slowest: () => readonly SlowOperation[];
  /** Since the start. */
  readonly otherSums: () => OtherSums;
}

/**
 * Rows of downloads in one shipment. The loop is held for them, 1 µs a row and as much again where they
 * are read. Smaller: a process that serves more paths a second than this lags behind with its counts,
 * until it is asked for all of them: see `pending`.
 */
const MOST_DOWNLOADS = 2000;

const noRises = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

export class Shipper {
  readonly #parts: ShipperParts;
  readonly #cells = new Map<Cell, CellWatch>();
  readonly #disk: Readonly<Record<(typeof DISK_TIMES)[number], RiseWatch>>;
  readonly #lag: RiseWatch;
  readonly #told = new WeakSet<SlowOperation>();
  #sums: Sums = noRises(SUMS);
  #answersByClass: readonly number[] = [];

  constructor(parts: ShipperParts) {
    const { disk, lag } = parts;
    this.#parts = parts;
    this.#lag = new RiseWatch(lag);
    this.#disk = {
      openQueue: new RiseWatch(disk.openQueue),
      open: new RiseWatch(disk.open),
      readQueue: new RiseWatch(disk.readQueue),
      read: new RiseWatch(disk.read),
    };
  }

  /** So many calls of `take` tell all there is now: at least 1, and one more for each 2,000 paths. */
  get pending(): number {
    return Math.max(1, Math.ceil(this.#parts.downloads.pending / MOST_DOWNLOADS));
  }

  /** What has risen since the last call. Nobody remembers it: it must be sent. */
  take(): Shipment {
    const { recorder, downloads } = this.#parts;
    return {
      sums: this.#takeSums(),
      answersByClass: this.#takeAnswers(),
      cells: recorder.cells().flatMap((cell) => this.#watchOf(cell).take() ?? []),
      disk: {
        openQueue: this.#disk.openQueue.take(),
        open: this.#disk.open.take(),
        readQueue: this.#disk.readQueue.take(),
        read: this.#disk.read.take(),
      },
      lag: this.#lag.take(),
      downloads: downloads.handOver(MOST_DOWNLOADS).map((row) => ({ ...row, inProgress: 0 })),
      slow: this.#takeSlow(),
    };
  }

  #watchOf(cell: Cell): CellWatch {
    const watch = this.#cells.get(cell) ?? new CellWatch(cell);
    this.#cells.set(cell, watch);
    return watch;
  }

  #takeSums(): Sums {
    const { counters, otherSums } = this.#parts;
    const now: Sums = { ...counters, ...otherSums() };
    const before = this.#sums;
    const entries = SUMS.map((name) => [name, now[name]] as const);
    this.#sums = Object.fromEntries(entries) as Sums;
    const rises = entries.map(([name, count]) => [name, count - before[name]]);
    return Object.fromEntries(rises) as Sums;
  }

  #takeAnswers(): readonly number[] {
    const before = this.#answersByClass;
    this.#answersByClass = [...this.#parts.counters.answersByClass];
    return this.#answersByClass.map((count, at) => count - (before[at] ?? 0));
  }

  #takeSlow(): readonly SlowOperation[] {
    const news = this.#parts.slowest().filter((one) => !this.#told.has(one));
    for (const one of news) this.#told.add(one);
    return news;
  }
}

class CellWatch {
  readonly #cell: Cell;
  readonly #total: RiseWatch;
  readonly #firstByte: RiseWatch;
  readonly #phases: Readonly<Record<Phase, RiseWatch>>;
  #phaseMs = noRises(PHASES);

  /** `recorder.cells()` gives the same cells each time. */
  constructor(cell: Cell) {
    this.#cell = cell;
    this.#total = new RiseWatch(cell.total);
    this.#firstByte = new RiseWatch(cell.firstByte);
    this.#phases = {
      queue: new RiseWatch(cell.phases.queue),
      disk: new RiseWatch(cell.phases.disk),
      loop: new RiseWatch(cell.phases.loop),
      drain: new RiseWatch(cell.phases.drain),
    };
  }

  /** Undefined when no request of the cell has ended. */
  take(): CellRise | undefined {
    const total = this.#total.take();
    if (total === undefined) return undefined;
    const { sizeClass, statusClass, phaseMs } = this.#cell;
    const before = this.#phaseMs;
    this.#phaseMs = { ...phaseMs };
    return {
      sizeClass,
      statusClass,
      total,
      firstByte: this.#firstByte.take(),
      phases: {
        queue: this.#phases.queue.take(),
        disk: this.#phases.disk.take(),
        loop: this.#phases.loop.take(),
        drain: this.#phases.drain.take(),
      },
      phaseMs: {
        queue: phaseMs.queue - before.queue,
        disk: phaseMs.disk - before.disk,
        loop: phaseMs.loop - before.loop,
        drain: phaseMs.drain - before.drain,
      },
    };
  }
}
