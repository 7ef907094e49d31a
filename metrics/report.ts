/**
 * The report: everything there is to say about a running server, as plain data.
 *
 * The terminal, the log, the admin port and the dashboard all show this. Does not know who asks.
 */
import type { Counters } from "./counters.js";
import type { DownloadTotals } from "./downloads.js";
import type { Percentiles } from "./histogram.js";
import type { FileFigures } from "./machine-metrics.js";
import type { SlowOperation, UnderWay } from "./operations.js";
import type { Phase } from "./phases.js";
import type { Sample } from "./samples.js";
import type { SizeClassName } from "./size-classes.js";
import type { WorkerRow } from "./worker-row.js";

/** Requests of one size class since the start. */
export interface ClassReport {
  readonly sizeClass: SizeClassName;
  readonly firstByte: Percentiles;
  readonly total: Percentiles;
  readonly phases: Readonly<Record<Phase, Percentiles>>;
  /** The share of all time that was spent in each phase, 0 to 1. */
  readonly shares: Readonly<Record<Phase, number>>;
}

export interface Report {
  readonly version: string;
  readonly pid: number;
  /** Wall clock, milliseconds since the epoch. */
  readonly atMs: number;
  readonly uptimeMs: number;
  /** False: SLUICE_METRICS is off, and what is measured stays empty. */
  readonly isMeasuring: boolean;
  readonly counters: Counters;
  /** Size classes that had a request; the sum of all has the name "all". */
  readonly latency: readonly (Omit<ClassReport, "sizeClass"> & {
    readonly sizeClass: SizeClassName | "all";
  })[];
  /** The reader threads' jobs since the start: waiting for a reader, and the system calls. */
  readonly disk: {
    readonly openQueue: Percentiles;
    readonly open: Percentiles;
    readonly readQueue: Percentiles;
    readonly read: Percentiles;
  };
  readonly loopLag: Percentiles;
  /** The last whole second; undefined before the first is over. */
  readonly now: Sample | undefined;
  readonly files: FileFigures;
  readonly underWay: readonly UnderWay[];
  /** The slowest of the last hour, the slowest first. */
  readonly slowest: readonly SlowOperation[];
  /** The most downloaded first. */
  readonly downloads: readonly DownloadTotals[];
  /** Empty where one process does everything; then `pid` is it, else the supervisor. */
  readonly workers: readonly WorkerRow[];
}
