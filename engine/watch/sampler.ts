/**
 * The samplers: what the machine looks like each second, on a tick of their own.
 *
 *   every 20 ms   the event loop's lag; each second while there are no requests, since nobody waits
 *   every second  a sample, into the ring of the last ten minutes
 *
 * Nothing here runs when a request does. Owns: the two timers and the ring. What there is to see is
 * given in.
 */
import { performance } from "node:perf_hooks";
import { countOpenFds } from "../../fs/open-fds.js";
import type { Counters } from "../../metrics/counters.js";
import { LoopWatch } from "../../metrics/loop-watch.js";
import { readMemory } from "../../metrics/memory.js";
import type { RequestRecorder } from "../../metrics/request-recorder.js";
import { type Sample, Samples } from "../../metrics/samples.js";

/** What the server looks like at this moment: see `Sample`. */
export type Gauges = Pick<
  Sample,
  | "inProgress"
  | "connections"
  | "slabBytes"
  | "slotsFree"
  | "slotsLoading"
  | "slotsCached"
  | "slotsPinned"
  | "readers"
  | "readersBusy"
  | "jobsWaiting"
  | "transfersInLine"
>;

export interface SamplerParts {
  readonly recorder: RequestRecorder;
  readonly counters: Counters;
  readonly gauges: () => Gauges;
  /** Body bytes that sockets took since the start, those of transfers under way included. */
  readonly sentBytes: () => number;
  /** The event loop got to nothing for so long, and has just come back. */
  readonly onStall: (ms: number) => void;
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

/**
 * Between two looks at the clock. Shorter: the loop wakes up more often. Longer: stalls shorter than this
 * are seen by chance only, and noticed late.
 */
const LAG_PERIOD_MS = 20;
export const SAMPLE_PERIOD_MS = 1000;
/** The same where nothing is under way: an idle server took 1.2% of a core, nearly all to wake up. */
const QUIET_LAG_PERIOD_MS = SAMPLE_PERIOD_MS;

export class Sampler {
  readonly samples = new Samples();
  readonly loop: LoopWatch;
  readonly #parts: SamplerParts;
  #lagTimer: NodeJS.Timeout | undefined;
  #isQuiet = false;
  #sampleTimer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #openFds = 0;
  #answersByClass: readonly number[] = [];
  #aborted = 0;
  #sentBytes = 0;
  #utilization = performance.eventLoopUtilization();

  constructor(parts: SamplerParts) {
    const { nowMs, onStall } = parts;
    this.#parts = parts;
    this.loop = new LoopWatch({
      periodMs: LAG_PERIOD_MS,
      nowMs,
      afterEvents: setImmediate,
      onStall,
    });
  }

  /** Starts when the server is on the air: what starting it took is nobody's wait. */
  start(): void {
    this.loop.expect();
    this.#watchLag(LAG_PERIOD_MS);
    this.#sampleTimer = setInterval(() => this.#sample(), SAMPLE_PERIOD_MS).unref();
  }

  /** Somebody waits from now on, and wants to know for what. Cost: a comparison, as a rule. */
  wake(): void {
    if (!this.#isQuiet) return;
    this.#isQuiet = false;
    clearTimeout(this.#lagTimer);
    this.#tick();
  }

  /** Calls back each second, when its figures are in, until the result is called. */
  everySecond(run: () => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  stop(): void {
    clearTimeout(this.#lagTimer);
    clearInterval(this.#sampleTimer);
  }

  #watchLag(periodMs: number): void {
    this.#lagTimer = setTimeout(() => this.#tick(), periodMs).unref();
  }

  #tick(): void {
    const nextInMs = this.#isQuiet ? QUIET_LAG_PERIOD_MS : LAG_PERIOD_MS;
    this.loop.tick(nextInMs);
    this.#watchLag(nextInMs);
  }

  /** Requests on the express lane wake nobody: they are over before anything could hold them up. */
  #rest({ requests, inProgress }: Pick<Sample, "requests" | "inProgress">): void {
    if (requests > 0 || inProgress > 0) this.wake();
    else this.#isQuiet = true;
  }

  #sample(): void {
    const { recorder, gauges, wallMs } = this.#parts;
    const { total, phaseMs } = recorder.second();
    const lag = this.loop.second();
    const { rss, heapUsed, external } = readMemory();
    const sample: Sample = {
      atMs: wallMs(),
      ...this.#endedSince(),
      aborted: this.#abortedSince(),
      sentBytes: this.#sentSince(),
      p50Us: total.p50Us,
      p90Us: total.p90Us,
      p99Us: total.p99Us,
      p999Us: total.p999Us,
      maxUs: total.maxUs,
      queueMs: phaseMs.queue,
      diskMs: phaseMs.disk,
      loopMs: phaseMs.loop,
      drainMs: phaseMs.drain,
      loopLagP50Us: lag.p50Us,
      loopLagP99Us: lag.p99Us,
      loopLagMaxUs: lag.maxUs,
      loopUtilization: this.#utilizationSince(),
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      openFds: this.#openFds,
      ...gauges(),
    };
    this.samples.add(sample);
    this.#rest(sample);
    for (const run of this.#listeners) run();
    void countOpenFds().then((count) => {
      this.#openFds = count;
    });
  }

  /** They are counted whether they are measured or not. */
  #endedSince(): Pick<Sample, "requests" | "serverErrors"> {
    const before = this.#answersByClass;
    this.#answersByClass = [...this.#parts.counters.answersByClass];
    const ended = this.#answersByClass.map((count, at) => count - (before[at] ?? 0));
    return { requests: ended.reduce((sum, count) => sum + count, 0), serverErrors: ended[5]! };
  }

  #abortedSince(): number {
    const { clientsGone, clientsStalled } = this.#parts.counters;
    const before = this.#aborted;
    this.#aborted = clientsGone + clientsStalled;
    return this.#aborted - before;
  }

  #sentSince(): number {
    const before = this.#sentBytes;
    this.#sentBytes = this.#parts.sentBytes();
    return this.#sentBytes - before;
  }

  #utilizationSince(): number {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(this.#utilization, before).utilization;
  }
}
