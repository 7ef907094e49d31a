/**
 * What the admin port shows of a supervisor and its workers, as of one server.
 *
 *   workers ── news ──▶ ledger    counts and histograms since the start: they outlive a worker
 *                  └──▶ frames    one sample a second of all of them: the live picture
 *   workers ◀─ question           what is under way now; a worker that does not answer is left out
 *
 * Owns: the sums and the samples. The supervisor says who there is, and when one is gone.
 */
import { countOpenFds } from "../../fs/open-fds.js";
import type { Downloads, DownloadTotals } from "../../metrics/downloads.js";
import { Ledger } from "../../metrics/ledger.js";
import type { HistoryMessage, NowMessage } from "../../metrics/live.js";
import {
  classMetricsOf,
  type FileFigures,
  type MachineMetrics,
  type ProcessFigures,
  readProcess,
} from "../../metrics/machine-metrics.js";
import { readMemory } from "../../metrics/memory.js";
import type { SlowOperation, UnderWay } from "../../metrics/operations.js";
import type { Report } from "../../metrics/report.js";
import { Samples } from "../../metrics/samples.js";
import type { Field } from "../../protocol/head.js";
import { readVersion } from "../commands/command-line.js";
import type { Look, SecondNews, Settled, WorkerSecond } from "../process/worker-talk.js";
import type { EffectiveSetting } from "../settings/config.js";
import { MOST_CELLS } from "../watch/pool-map.js";
import { createReport } from "../watch/reporter.js";
import { SAMPLE_PERIOD_MS } from "../watch/sampler.js";
import type { AdminSource, LiveSource } from "./admin-source.js";
import { Frames } from "./fleet-frames.js";
import { addInProgress, joinMaps, joinUnderWay } from "./fleet-look.js";
import { fleetUnready } from "./fleet-readiness.js";
import { type Resources, sumOfKnown, sumSamples } from "./fleet-sample.js";
import { historyOf } from "./history.js";
import { type WorkerLink, WorkerLinks } from "./worker-links.js";

export interface FleetParts {
  /** Those that run now; each has an id of its own. */
  readonly workers: () => readonly WorkerLink[];
  /** So many there should be. */
  readonly expected: number;
  /** How often a worker was started in place of one that had died. */
  readonly restarts: () => number;
  /** Where their downloads are added up. */
  readonly downloads: Downloads;
  /** Undefined where nothing is served by TLS. */
  readonly tls: () => MachineMetrics["tls"];
  readonly settings: () => readonly EffectiveSetting[];
  /** `SLUICE_METRICS`. */
  readonly isMeasuring: () => boolean;
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

/** More than anybody reads. */
const MOST_UNDER_WAY = 1000;
const ALL = Number.POSITIVE_INFINITY;
/** What a page can show. */
const MOST_ROWS = 20;

/** A worker that is so late has a loop that is held up: the report must not wait for it. */
const ANSWER_MS = 1000;
/** The live picture is sooner left without it than late. */
const LIVE_ANSWER_MS = 300;

export class FleetSource implements AdminSource, LiveSource {
  readonly #parts: FleetParts;
  readonly #links: WorkerLinks;
  readonly #ledger: Ledger;
  readonly #frames = new Frames((seconds) => this.#closeSecond(seconds));
  readonly #samples = new Samples();
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #framesSinceTick = 0;
  #ownFds = 0;
  /** Since when there are fewer workers than there should be. */
  #shortSinceMs: number | undefined;
  #looks: ReadonlyMap<number, Look> = new Map();
  #isLooking = false;

  /** The timer keeps no process alive. */
  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#links = new WorkerLinks(parts);
    this.#ledger = new Ledger(parts.downloads);
    this.#shortSinceMs = parts.nowMs();
    this.#timer = setInterval(() => this.#tick(), SAMPLE_PERIOD_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  // --- what the supervisor tells ---

  /** Every news of a worker, also what comes when it has died. */
  heard(worker: number, news: SecondNews): void {
    if (news.second !== undefined) this.#frames.makeRoom(worker);
    this.#ledger.add(news.shipment);
    this.#links.note(worker, news);
    if (news.second !== undefined) this.#frames.take(worker, news.second);
  }

  died(worker: number): void {
    this.#links.forget(worker);
    this.#frames.forget(worker);
  }

  // --- what is asked ---

  async report(): Promise<Report> {
    await this.#settle();
    const looks = await this.#links.askAll(lookFor(MOST_UNDER_WAY), ANSWER_MS);
    const { disk, counters, lag, downloads } = this.#ledger;
    return createReport({
      isMeasuring: this.#parts.isMeasuring(),
      recorder: this.#ledger,
      disk,
      counters,
      sampler: { loop: { lag }, samples: this.#samples },
      operations: {
        underWay: (most) => joinUnderWay(looks, most),
        slowest: () => this.#ledger.slowest.list(this.#parts.wallMs()),
      },
      downloads: { totals: (most) => addInProgress(downloads.totals(most), looks, most) },
      files: sumFiles(this.#links.seconds),
      workers: this.#links.rows(),
    });
  }

  async underWay(): Promise<readonly UnderWay[]> {
    const looks = await this.#links.askAll(lookFor(MOST_UNDER_WAY), ANSWER_MS);
    return joinUnderWay(looks, MOST_UNDER_WAY);
  }

  slowest(): readonly SlowOperation[] {
    return this.#ledger.slowest.list(this.#parts.wallMs());
  }

  async downloads(): Promise<readonly DownloadTotals[]> {
    await this.#settle();
    const looks = await this.#links.askAll(lookFor(MOST_UNDER_WAY), ANSWER_MS);
    const { downloads } = this.#ledger;
    return [...addInProgress(downloads.totals(ALL), looks, ALL), downloads.rest];
  }

  settings(): readonly EffectiveSetting[] {
    return this.#parts.settings();
  }

  unready(): readonly string[] {
    const { expected, nowMs } = this.#parts;
    const shortMs = this.#shortSinceMs === undefined ? 0 : nowMs() - this.#shortSinceMs;
    return fleetUnready({ workers: this.#links.facts(), expected, shortMs });
  }

  async metrics(): Promise<MachineMetrics> {
    const settled = await this.#settle();
    const { counters, disk, lag, downloads, otherSums } = this.#ledger;
    const seconds = this.#links.seconds;
    const sum = (of: (second: WorkerSecond) => number): number =>
      seconds.reduce((total, second) => total + of(second), 0);
    return {
      version: readVersion(),
      transport: seconds.find(({ transport }) => transport !== undefined)?.transport ?? "none",
      isReady: this.unready().length === 0,
      process: await this.#processes(seconds),
      counters,
      sentBytes: otherSums.sentBytes,
      classes: this.#parts.isMeasuring() ? classMetricsOf(this.#ledger.cells()) : [],
      connections: sum(({ sample }) => sample.connections),
      inProgress: sum(({ sample }) => sample.inProgress),
      transfers: {
        ready: sum(({ transfers }) => transfers.ready),
        inLine: sum(({ transfers }) => transfers.inLine),
        reading: sum(({ transfers }) => transfers.reading),
        pushing: sum(({ transfers }) => transfers.pushing),
        blocked: sum(({ transfers }) => transfers.blocked),
      },
      pool: {
        bytes: sum(({ sample }) => sample.slabBytes),
        free: sum(({ sample }) => sample.slotsFree),
        loading: sum(({ sample }) => sample.slotsLoading),
        cached: sum(({ sample }) => sample.slotsCached),
        pinned: sum(({ sample }) => sample.slotsPinned),
        evictions: otherSums.evictions,
      },
      files: sumFiles(seconds),
      disk,
      readers: {
        busy: sum(({ sample }) => sample.readersBusy),
        idle: sum(({ sample }) => Math.max(0, sample.readers - sample.readersBusy)),
        jobsWaiting: sum(({ sample }) => sample.jobsWaiting),
      },
      loop: { lag, utilization: this.#samples.latest?.loopUtilization },
      downloads: { ...downloads.sums, inProgress: downloadingIn(settled) },
      tls: this.#parts.tls(),
      workers: {
        running: this.#links.all.length,
        restarts: this.#parts.restarts(),
        rows: this.#links.rows(),
      },
    };
  }

  /** Of one worker: all have the same files and settings. */
  async explain(path: string, fields: readonly Field[]): Promise<unknown> {
    let failure: unknown = new Error("no worker runs");
    for (const link of this.#links.all) {
      try {
        const answer = await link.ask({ kind: "explain", path, fields });
        if (answer.kind === "explain") return answer.explanation;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  // --- the live picture ---

  history(): HistoryMessage {
    return historyOf(this.#samples.columns());
  }

  now(): NowMessage {
    return {
      type: "now",
      isMeasuring: this.#parts.isMeasuring(),
      sample: this.#samples.latest!,
      pool: joinMaps(this.#looks),
      underWay: joinUnderWay(this.#looks, MOST_ROWS),
      slowest: this.slowest().slice(0, MOST_ROWS),
      downloads: addInProgress(this.#ledger.downloads.totals(MOST_ROWS), this.#looks, MOST_ROWS),
      unready: this.unready(),
      workers: this.#links.rows(),
    };
  }

  everySecond(run: () => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  // --- a second ---

  /** A second in which nothing was heard is one as well. */
  #tick(): void {
    if (this.#framesSinceTick === 0) this.#frames.close();
    this.#framesSinceTick = 0;
    const isShort = this.#links.running < this.#parts.expected;
    this.#shortSinceMs = isShort ? (this.#shortSinceMs ?? this.#parts.nowMs()) : undefined;
    void countOpenFds().then((count) => {
      this.#ownFds = count;
    });
  }

  #closeSecond(seconds: readonly WorkerSecond[]): void {
    this.#framesSinceTick++;
    this.#samples.add(
      sumSamples({
        atMs: this.#parts.wallMs(),
        told: seconds.map(({ sample }) => sample),
        standing: this.#links.seconds.map(({ sample }) => sample),
        own: this.#ownResources(),
        ...this.#ledger.second(),
      }),
    );
    if (this.#listeners.size > 0) void this.#showSecond();
  }

  /** The workers are looked at only while somebody watches. */
  async #showSecond(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#looks = await this.#links.askAll(lookFor(MOST_ROWS, this.#cellsEach), LIVE_ANSWER_MS);
    this.#isLooking = false;
    for (const run of this.#listeners) run();
  }

  get #cellsEach(): number {
    return Math.max(1, Math.floor(MOST_CELLS / this.#links.all.length));
  }

  #ownResources(): Resources {
    const { rss, heapUsed, external } = readMemory();
    return {
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      openFds: this.#ownFds,
    };
  }

  // --- sums ---

  /** Until all that answer have told all they know. */
  #settle(): Promise<ReadonlyMap<number, Settled>> {
    return this.#links.askAll({ kind: "settle" }, ANSWER_MS);
  }

  /** The supervisor and its workers, those that have died included where it only rises. */
  async #processes(seconds: readonly WorkerSecond[]): Promise<ProcessFigures> {
    const ownFds = await countOpenFds();
    const own = readProcess(undefined);
    const { cpuUserUs, cpuSystemUs } = this.#ledger.otherSums;
    const sum = (mine: number, of: (second: WorkerSecond) => number): number =>
      seconds.reduce((total, second) => total + of(second), mine);
    const openFds = sumOfKnown([ownFds, ...seconds.map(({ sample }) => sample.openFds)]);
    return {
      startedAtMs: own.startedAtMs,
      cpuUserUs: own.cpuUserUs + cpuUserUs,
      cpuSystemUs: own.cpuSystemUs + cpuSystemUs,
      rssBytes: sum(own.rssBytes, ({ sample }) => sample.rssBytes),
      heapTotalBytes: sum(own.heapTotalBytes, ({ heapTotalBytes }) => heapTotalBytes),
      heapUsedBytes: sum(own.heapUsedBytes, ({ sample }) => sample.heapUsedBytes),
      externalBytes: sum(own.externalBytes, ({ sample }) => sample.externalBytes),
      openFds: openFds < 0 ? undefined : openFds,
    };
  }
}

/** Each worker has its own share of them, and its own memory of paths. */
function sumFiles(seconds: readonly WorkerSecond[]): FileFigures {
  const sum = (of: (files: FileFigures) => number): number =>
    seconds.reduce((total, { files }) => total + of(files), 0);
  return {
    openFiles: sum(({ openFiles }) => openFiles),
    mostOpenFiles: sum(({ mostOpenFiles }) => mostOpenFiles),
    keptOpenFiles: sum(({ keptOpenFiles }) => keptOpenFiles),
    bodyBytes: sum(({ bodyBytes }) => bodyBytes),
    mostBodyBytes: sum(({ mostBodyBytes }) => mostBodyBytes),
    entries: sum(({ entries }) => entries),
    absent: sum(({ absent }) => absent),
  };
}

const downloadingIn = (settled: ReadonlyMap<number, Settled>): number =>
  [...settled.values()].reduce((sum, { downloading }) => sum + downloading, 0);

const lookFor = (mostRows: number, mostCells = 1) =>
  ({ kind: "look", mostRows, mostCells }) as const;
