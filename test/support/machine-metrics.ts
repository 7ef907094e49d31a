/** Made-up metrics of a machine: every count differs, so that two mixed up are seen. */
import { Counters } from "../../metrics/counters.js";
import { createHistogram, type Histogram } from "../../metrics/histogram.js";
import type { MachineMetrics } from "../../metrics/machine-metrics.js";
import { SIZE_CLASSES } from "../../metrics/size-classes.js";

/** A histogram of these values, whole microseconds. */
export function histogramOf(valuesUs: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of valuesUs) histogram.recordValue(value);
  return histogram;
}

export function createMachineMetrics(changes: Partial<MachineMetrics> = {}): MachineMetrics {
  return {
    version: "1.2.3",
    transport: "node:http",
    isReady: true,
    process: {
      startedAtMs: 1_700_000_000_500,
      cpuUserUs: 1_500_000,
      cpuSystemUs: 250_000,
      rssBytes: 301,
      heapTotalBytes: 302,
      heapUsedBytes: 303,
      externalBytes: 304,
      openFds: 305,
    },
    counters: Object.assign(new Counters(), {
      bytesAtHand: 201_000,
      bodiesSent: 201,
      clientsGone: 202,
      clientsStalled: 203,
      filesChanged: 204,
      readsFailed: 205,
      readsTimedOut: 206,
      staleSiblings: 207,
    }),
    sentBytes: 101,
    classes: SIZE_CLASSES.map(({ name }, at) => ({
      sizeClass: name,
      endedByStatus: [at, 0, 10 + at, 20 + at, 30 + at, 40 + at],
      total: histogramOf([at]),
      firstByte: histogramOf([at, at]),
      phases: {
        queue: histogramOf([1]),
        disk: histogramOf([1, 1]),
        loop: histogramOf([1, 1, 1]),
        drain: histogramOf([1, 1, 1, 1]),
      },
    })),
    connections: 102,
    inProgress: 103,
    transfers: { ready: 111, inLine: 112, reading: 113, pushing: 114, blocked: 115 },
    pool: { bytes: 121, free: 122, loading: 123, cached: 124, pinned: 125, evictions: 126 },
    files: {
      openFiles: 161,
      mostOpenFiles: 162,
      keptOpenFiles: 163,
      bodyBytes: 164,
      mostBodyBytes: 165,
      entries: 166,
      absent: 167,
    },
    disk: {
      openQueue: histogramOf([1]),
      open: histogramOf([1, 1]),
      readQueue: histogramOf([1, 1, 1]),
      read: histogramOf([1, 1, 1, 1]),
    },
    readers: { busy: 131, idle: 132, jobsWaiting: 133 },
    loop: { lag: histogramOf([1, 1, 1, 1, 1]), utilization: 0.25 },
    workers: { running: 1, restarts: 0, rows: [] },
    downloads: { completed: 141, aborted: 142, ranged: 143, bytes: 144, inProgress: 145 },
    tls: {
      certificates: [{ name: "a.example", notAfterMs: 1_800_000_000_000 }],
      renewals: 151,
      refusals: 152,
    },
    ...changes,
  };
}
