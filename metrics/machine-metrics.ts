/**
 * What is counted and measured of a running server, as plain numbers and histograms of whole
 * microseconds. All counts and histograms are since the start. Does not know who reads it.
 */
import type { Counters } from "./counters.js";
import { type Histogram, merge } from "./histogram.js";
import { readMemory } from "./memory.js";
import type { Phase } from "./phases.js";
import type { Cell } from "./request-recorder.js";
import { SIZE_CLASSES, type SizeClassName } from "./size-classes.js";
import type { WorkerRow } from "./worker-row.js";

/** Requests of one size class that have ended. */
export interface ClassMetrics {
  readonly sizeClass: SizeClassName;
  /** By status class: index 2 counts 2xx. Index 0: those whose client left before a head. */
  readonly endedByStatus: readonly number[];
  readonly total: Histogram;
  readonly firstByte: Histogram;
  readonly phases: Readonly<Record<Phase, Histogram>>;
}

/** Sums over all paths. Where there is a store they outlive the process. */
interface DownloadSums {
  readonly completed: number;
  readonly aborted: number;
  readonly ranged: number;
  readonly bytes: number;
  readonly inProgress: number;
}

/** What the operating system says of the process, or of all that serve together. */
export interface ProcessFigures {
  readonly startedAtMs: number;
  readonly cpuUserUs: number;
  readonly cpuSystemUs: number;
  readonly rssBytes: number;
  readonly heapTotalBytes: number;
  readonly heapUsedBytes: number;
  /** Memory of objects outside the heap, the slab included. */
  readonly externalBytes: number;
  /** Undefined where it cannot be known. */
  readonly openFds: number | undefined;
}

/** Files that are open, and what is remembered of paths. */
export interface FileFigures {
  /** Descriptors of files that are served, those of pages that list folders included. */
  readonly openFiles: number;
  readonly mostOpenFiles: number;
  /** Of those that are open, small files for which memory has no room. */
  readonly keptOpenFiles: number;
  /** Of small files in memory. */
  readonly bodyBytes: number;
  readonly mostBodyBytes: number;
  /** Paths that lead to something. */
  readonly entries: number;
  /** Paths known to lead to nothing. */
  readonly absent: number;
}

/** Certificates and their renewal. */
export interface TlsFigures {
  /** Those new connections are served with, by the first name each is for. */
  readonly certificates: readonly { readonly name: string; readonly notAfterMs: number }[];
  /** Looks that found something new, and it was taken. */
  readonly renewals: number;
  /** Looks that found something unfit. */
  readonly refusals: number;
}

export interface MachineMetrics {
  readonly version: string;
  /** Name of the transport that listens. */
  readonly transport: string;
  readonly isReady: boolean;
  readonly process: ProcessFigures;
  readonly counters: Counters;
  /** Body bytes taken by sockets. */
  readonly sentBytes: number;
  /** One for each size class, those without a request too; none where requests are not measured. */
  readonly classes: readonly ClassMetrics[];
  readonly connections: number;
  /** Requests whose answer has not gone out to its last byte. */
  readonly inProgress: number;
  /** Transfers in each phase of the scheduler. */
  readonly transfers: {
    readonly ready: number;
    readonly inLine: number;
    readonly reading: number;
    readonly pushing: number;
    readonly blocked: number;
  };
  readonly pool: {
    readonly bytes: number;
    /** Slots: each is in one of these states. Cached: holds a chunk, and may be evicted. */
    readonly free: number;
    readonly loading: number;
    readonly cached: number;
    readonly pinned: number;
    readonly evictions: number;
  };
  readonly files: FileFigures;
  /** The readers' jobs: the wait for a reader, and the system calls. */
  readonly disk: {
    readonly openQueue: Histogram;
    readonly open: Histogram;
    readonly readQueue: Histogram;
    readonly read: Histogram;
  };
  readonly readers: { readonly busy: number; readonly idle: number; readonly jobsWaiting: number };
  readonly loop: {
    readonly lag: Histogram;
    /** Share of the last second it was busy, 0 to 1; undefined before the first is over. */
    readonly utilization: number | undefined;
  };
  readonly downloads: DownloadSums;
  readonly workers: {
    /** Processes that serve. */
    readonly running: number;
    /** How often one was started in place of one that had died. */
    readonly restarts: number;
    /** Empty where one process does everything. */
    readonly rows: readonly WorkerRow[];
  };
  /** Undefined where nothing is served by TLS. */
  readonly tls: TlsFigures | undefined;
}

/** One for each size class: histograms of its cells are merged. */
export const classMetricsOf = (cells: readonly Cell[]): ClassMetrics[] =>
  SIZE_CLASSES.map(({ name }, at) => ({
    sizeClass: name,
    ...mergeCells(cells.filter(({ sizeClass }) => sizeClass === at)),
  }));

function mergeCells(cells: readonly Cell[]): Omit<ClassMetrics, "sizeClass"> {
  const endedByStatus = [0, 0, 0, 0, 0, 0];
  for (const { statusClass, total } of cells) endedByStatus[statusClass]! += total.totalCount;
  const merged = (of: (cell: Cell) => Histogram): Histogram =>
    cells.length === 1 ? of(cells[0]!) : merge(cells.map(of));
  return {
    endedByStatus,
    total: merged(({ total }) => total),
    firstByte: merged(({ firstByte }) => firstByte),
    phases: {
      queue: merged(({ phases }) => phases.queue),
      disk: merged(({ phases }) => phases.disk),
      loop: merged(({ phases }) => phases.loop),
      drain: merged(({ phases }) => phases.drain),
    },
  };
}

/** Cost: three system calls and a walk over the heap's spaces, some 20 µs. */
export function readProcess(openFds: number | undefined): ProcessFigures {
  const { user, system } = process.cpuUsage();
  const { rss, heapTotal, heapUsed, external } = readMemory();
  return {
    startedAtMs: performance.timeOrigin,
    cpuUserUs: user,
    cpuSystemUs: system,
    rssBytes: rss,
    heapTotalBytes: heapTotal,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    openFds,
  };
}
