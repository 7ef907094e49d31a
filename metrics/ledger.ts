/**
 * What several processes have counted and measured, added up from what they shipped.
 *
 * Nothing is ever taken off it: it does not fall when a process dies, and a new one starts from where
 * it is. What happens between two calls of `second` is kept beside the sums, for the samplers.
 */
import { Counters } from "./counters.js";
import { DiskRecorder } from "./disk-recorder.js";
import type { Downloads } from "./downloads.js";
import { createHistogram, type Histogram, type Percentiles, percentilesOf } from "./histogram.js";
import { addRise, type Rise } from "./histogram-rise.js";
import { PHASES } from "./phases.js";
import { type Cell, createCell } from "./request-recorder.js";
import { type CellRise, DISK_TIMES, type OtherSums, type Shipment, SUMS } from "./shipment.js";
import { Slowest } from "./slowest.js";

export class Ledger {
  readonly counters = new Counters();
  readonly disk = new DiskRecorder();
  /** Lag of every event loop. */
  readonly lag = createHistogram();
  readonly slowest = new Slowest();
  readonly downloads: Downloads;
  readonly #otherSums = { sentBytes: 0, evictions: 0, cpuUserUs: 0, cpuSystemUs: 0 };
  readonly #cells = new Map<string, Cell>();
  readonly #second = { total: createHistogram(), lag: createHistogram() };

  constructor(downloads: Downloads) {
    this.downloads = downloads;
  }

  get otherSums(): OtherSums {
    return this.#otherSums;
  }

  /** Every class that had a request. */
  cells(): readonly Cell[] {
    return [...this.#cells.values()];
  }

  add(shipment: Shipment): void {
    const { sums, answersByClass, cells, disk, lag, downloads, slow } = shipment;
    for (const name of SUMS) {
      if (name in this.#otherSums) this.#otherSums[name as keyof OtherSums] += sums[name];
      else this.counters[name as Exclude<typeof name, keyof OtherSums>] += sums[name];
    }
    answersByClass.forEach((count, statusClass) => {
      this.counters.answersByClass[statusClass]! += count;
    });
    for (const rise of cells) this.#addCell(rise);
    for (const name of DISK_TIMES) addIfAny(this.disk[name], disk[name]);
    addIfAny(this.lag, lag);
    addIfAny(this.#second.lag, lag);
    this.downloads.add(downloads);
    for (const operation of slow) this.slowest.add(operation);
  }

  /** What was added since the last call: requests from head to last byte, and lags. */
  second(): { readonly total: Percentiles; readonly lag: Percentiles } {
    const { total, lag } = this.#second;
    const figures = { total: percentilesOf(total), lag: percentilesOf(lag) };
    total.reset();
    lag.reset();
    return figures;
  }

  #addCell({ sizeClass, statusClass, ...rise }: CellRise): void {
    const cell = this.#cellOf(sizeClass, statusClass);
    addIfAny(cell.total, rise.total);
    addIfAny(this.#second.total, rise.total);
    addIfAny(cell.firstByte, rise.firstByte);
    for (const phase of PHASES) {
      addIfAny(cell.phases[phase], rise.phases[phase]);
      cell.phaseMs[phase] += rise.phaseMs[phase];
    }
  }

  #cellOf(sizeClass: number, statusClass: number): Cell {
    const key = `${sizeClass} ${statusClass}`;
    const cell = this.#cells.get(key) ?? createCell(sizeClass, statusClass);
    this.#cells.set(key, cell);
    return cell;
  }
}

function addIfAny(histogram: Histogram, rise: Rise | undefined): void {
  if (rise !== undefined) addRise(histogram, rise);
}
