/** Puts the report together from those who know. */
import type { Counters } from "../../metrics/counters.js";
import type { DiskRecorder } from "../../metrics/disk-recorder.js";
import type { Downloads } from "../../metrics/downloads.js";
import { type Histogram, merge, percentilesOf } from "../../metrics/histogram.js";
import type { LoopWatch } from "../../metrics/loop-watch.js";
import { PHASES, type Phase } from "../../metrics/phases.js";
import type { ClassReport, Report } from "../../metrics/report.js";
import type { Cell, RequestRecorder } from "../../metrics/request-recorder.js";
import type { Samples } from "../../metrics/samples.js";
import { SIZE_CLASSES } from "../../metrics/size-classes.js";
import { readVersion } from "../commands/command-line.js";
import type { Operations } from "../operations/operations.js";

export interface ReportSources {
  readonly isMeasuring: boolean;
  readonly recorder: Pick<RequestRecorder, "cells">;
  readonly disk: DiskRecorder;
  readonly counters: Counters;
  readonly sampler: {
    readonly loop: Pick<LoopWatch, "lag">;
    readonly samples: Pick<Samples, "latest">;
  };
  readonly operations: Pick<Operations, "underWay" | "slowest">;
  readonly downloads: Pick<Downloads, "totals">;
  readonly files: Report["files"];
  /** Empty where one process does everything. */
  readonly workers: Report["workers"];
}

/** Enough for whoever reads; `/operations.json` and `/downloads.json` have more. */
const MOST_UNDER_WAY = 100;
const MOST_DOWNLOADS = 100;

/** Cost: some milliseconds when every class has had requests; percentiles are walked for. */
export function createReport(sources: ReportSources): Report {
  const { recorder, disk, counters, sampler, operations, downloads } = sources;
  return {
    version: readVersion(),
    pid: process.pid,
    atMs: Date.now(),
    uptimeMs: Math.round(process.uptime() * 1000),
    isMeasuring: sources.isMeasuring,
    counters,
    latency: reportClasses(recorder.cells()),
    disk: {
      openQueue: percentilesOf(disk.openQueue),
      open: percentilesOf(disk.open),
      readQueue: percentilesOf(disk.readQueue),
      read: percentilesOf(disk.read),
    },
    loopLag: percentilesOf(sampler.loop.lag),
    now: sampler.samples.latest,
    files: sources.files,
    underWay: operations.underWay(MOST_UNDER_WAY),
    slowest: operations.slowest(),
    downloads: downloads.totals(MOST_DOWNLOADS),
    workers: sources.workers,
  };
}

function reportClasses(cells: readonly Cell[]): Report["latency"] {
  const bySize = SIZE_CLASSES.map(({ name }, at) => ({
    sizeClass: name,
    cells: cells.filter(({ sizeClass }) => sizeClass === at),
  })).filter((one) => one.cells.length > 0);
  const rows = bySize.map((one) => ({ sizeClass: one.sizeClass, ...summarize(one.cells) }));
  return rows.length < 2 ? rows : [...rows, { sizeClass: "all", ...summarize(cells) }];
}

/** Histograms are merged, then asked: percentiles of percentiles mean nothing. */
function summarize(cells: readonly Cell[]): Omit<ClassReport, "sizeClass"> {
  const merged = (of: (cell: Cell) => Histogram) => percentilesOf(merge(cells.map(of)));
  const phaseMs = (phase: Phase): number =>
    cells.reduce((sum, cell) => sum + cell.phaseMs[phase], 0);
  const allMs = PHASES.reduce((sum, phase) => sum + phaseMs(phase), 0);
  const share = (phase: Phase): number => (allMs === 0 ? 0 : phaseMs(phase) / allMs);
  return {
    firstByte: merged((cell) => cell.firstByte),
    total: merged((cell) => cell.total),
    phases: forEachPhase((phase) => merged((cell) => cell.phases[phase])),
    shares: forEachPhase(share),
  };
}

const forEachPhase = <T>(make: (phase: Phase) => T): Record<Phase, T> => ({
  queue: make("queue"),
  disk: make("disk"),
  loop: make("loop"),
  drain: make("drain"),
});
