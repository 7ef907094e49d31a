/**
 * What the admin port shows of the machine: the report, the metrics, and the live picture.
 *
 * Everything handed out is a snapshot, but the histograms of `metrics`: they are to be read at once.
 */
import type { DownloadTotals } from "../../metrics/downloads.js";
import type { HistoryMessage, NowMessage } from "../../metrics/live.js";
import { classMetricsOf, type MachineMetrics, readProcess } from "../../metrics/machine-metrics.js";
import type { SlowOperation, UnderWay } from "../../metrics/operations.js";
import type { Report } from "../../metrics/report.js";
import type { Field } from "../../protocol/head.js";
import { readVersion } from "../commands/command-line.js";
import { type Machine, sentBytesOf } from "../process/machine.js";
import type { EffectiveSetting } from "../settings/config.js";
import type { Config } from "../settings/settings.js";
import type { Certificates } from "../tls/certificates.js";
import type { Listener } from "../transport/exchange.js";
import { mapPool } from "../watch/pool-map.js";
import { createReport } from "../watch/reporter.js";
import type { RootCheck } from "../watch/root-check.js";
import type { AdminSource, LiveSource } from "./admin-source.js";
import { historyOf } from "./history.js";
import { SECONDS_LOOKED_AT, unreadyReasons } from "./readiness.js";

export interface MachineSourceParts {
  readonly machine: Machine;
  readonly config: Config;
  /** As they are now: a reload changes them. */
  readonly settings: () => readonly EffectiveSetting[];
  readonly root: RootCheck;
  /** Undefined where nothing is served by TLS. */
  readonly certificates: Certificates | undefined;
  /** Undefined before it listens, and when it has stopped to. */
  readonly listener: () => Listener | undefined;
}

/** More than anybody reads; `limit`less lists would hold up the loop. */
const MOST_UNDER_WAY = 1000;
const ALL = Number.POSITIVE_INFINITY;

/** What a page can show. */
const MOST_ROWS = 20;

export class MachineSource implements AdminSource, LiveSource {
  readonly #parts: MachineSourceParts;

  constructor(parts: MachineSourceParts) {
    this.#parts = parts;
  }

  report(): Report {
    const { machine, config } = this.#parts;
    return createReport({
      ...machine,
      isMeasuring: config.metrics,
      files: machine.table.stats(),
      workers: [],
    });
  }

  underWay(): readonly UnderWay[] {
    return this.#parts.machine.operations.underWay(MOST_UNDER_WAY);
  }

  slowest(): readonly SlowOperation[] {
    return this.#parts.machine.operations.slowest();
  }

  downloads(): readonly DownloadTotals[] {
    const { downloads } = this.#parts.machine;
    return [...downloads.totals(ALL), downloads.rest];
  }

  settings(): readonly EffectiveSetting[] {
    return this.#parts.settings();
  }

  unready(): readonly string[] {
    const { machine, config, root, listener } = this.#parts;
    return unreadyReasons({
      isListening: listener() !== undefined,
      unreadableRoot: root.unreadable,
      samples: machine.sampler.samples.columns(SECONDS_LOOKED_AT),
      lagBudgetMs: config.readyLagMs,
    });
  }

  metrics(): MachineMetrics {
    const { machine, config } = this.#parts;
    const listener = this.#parts.listener();
    const { counters, disk, downloads, operations, pool, readers, recorder, sampler } = machine;
    const { free, loading, ready, cached, slots } = pool.occupancy();
    const { readers: threads, asleep, waiting } = readers.stats();
    const latest = sampler.samples.latest;
    return {
      version: readVersion(),
      transport: listener?.name ?? "none",
      isReady: this.unready().length === 0,
      process: readProcess(latest === undefined || latest.openFds < 0 ? undefined : latest.openFds),
      counters,
      sentBytes: sentBytesOf(machine),
      classes: config.metrics ? classMetricsOf(recorder.cells()) : [],
      connections: listener?.connections() ?? 0,
      inProgress: operations.inProgress,
      transfers: machine.scheduler.stats(),
      pool: {
        bytes: slots * pool.chunkBytes,
        free,
        loading,
        cached,
        pinned: ready - cached,
        evictions: pool.evictions,
      },
      files: machine.table.stats(),
      disk,
      readers: { busy: Math.max(0, threads - asleep), idle: asleep, jobsWaiting: waiting },
      loop: { lag: sampler.loop.lag, utilization: latest?.loopUtilization },
      downloads: downloads.sums,
      workers: { running: 1, restarts: 0, rows: [] },
      tls: this.#parts.certificates?.figures(),
    };
  }

  explain(path: string, fields: readonly Field[]): Promise<unknown> {
    return this.#parts.machine.front.explain(path, fields);
  }

  // --- the live picture ---

  history(): HistoryMessage {
    return historyOf(this.#parts.machine.sampler.samples.columns());
  }

  /** To be called when there is a sample. */
  now(): NowMessage {
    const { operations, downloads, pool, sampler } = this.#parts.machine;
    return {
      type: "now",
      isMeasuring: this.#parts.config.metrics,
      sample: sampler.samples.latest!,
      pool: mapPool(pool),
      underWay: operations.underWay(MOST_ROWS),
      slowest: operations.slowest().slice(0, MOST_ROWS),
      downloads: downloads.totals(MOST_ROWS),
      unready: this.unready(),
      workers: [],
    };
  }

  everySecond(run: () => void): () => void {
    return this.#parts.machine.sampler.everySecond(run);
  }
}
