/**
 * The supervisor: keeps so many workers at work.
 *
 *   slot 1 | worker 1 |  dead, the next one in 200 ms
 *   slot 2 | worker 3 |  listening          worker 2 retires: it was here before the last reload
 *
 * 1. start    all at once; one that does not come to listen is a failed start
 * 2. mend     a worker that died is followed by another, sooner the longer it had been at work
 * 3. watch    one that has not said anything for long is told of, and later killed
 * 4. change   in place, all at once; or slot by slot, the new one first
 * 5. stop     all at once
 *
 * Owns: processes, and who takes whose place. Does not know what is measured or kept.
 */
import { readOpenFiles } from "../../fs/machine-facts.js";
import type { Log } from "../log.js";
import type { Config } from "../settings/settings.js";
import { shareOf } from "../settings/shares.js";
import type { Site } from "../settings/site.js";
import { showMs } from "../settings/units.js";
import type { ForkWorker } from "./fork-worker.js";
import type { Order } from "./messages.js";
import type { Left } from "./worker.js";
import { WorkerProcess } from "./worker-process.js";
import type { SecondNews } from "./worker-talk.js";

/** What all workers are to serve with. */
export interface Plan {
  /** The port is one that can be had: with 0, each would take another. */
  readonly config: Config;
  readonly site: Site;
  /** How many, 1 or more. */
  readonly workers: number;
}

export interface SupervisorParts {
  readonly fork: ForkWorker;
  readonly log: Log;
  /** Not one worker is left, and it is not for want of trying. */
  readonly onHopeless: (reason: string) => void;
  readonly onNews: (worker: WorkerProcess, news: SecondNews) => void;
  readonly onDeath: (worker: WorkerProcess) => void;
  /** One of several listening sockets on the port is about to close. */
  readonly onClosing: () => void;
}

/**
 * A worker that dies is followed by another after this; one that dies again at once, after twice as
 * long. Shorter: a broken disk or a bad build costs a core in restarts. Longer: connections of a
 * machine with one worker are refused meanwhile.
 */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 10_000;

/** A worker that served for so long did not die of its start. */
const STEADY_MS = 10_000;

/** Instant deaths in a row in one slot, 6 s in all: then it is said to be hopeless. */
const MOST_DEATHS = 6;

const TICK_MS = 1000;
/** Seconds without a word. Its loop is held up: what it serves waits, and may still come. */
const SILENT_TICKS = 5;
/** It serves nobody any more, but the kernel goes on giving it connections. */
const STUCK_TICKS = 30;

/** After the time for a drain: to close what is open. */
const GRACE_MS = 5000;

interface Slot {
  worker: WorkerProcess | undefined;
  instantDeaths: number;
  timer: NodeJS.Timeout | undefined;
}

export class Supervisor {
  readonly #parts: SupervisorParts;
  #plan: Plan;
  readonly #slots: Slot[] = [];
  /** Of descriptors, and each worker's too. It takes one to be told. */
  readonly #limit = readOpenFiles();
  /** All that run, those that retire among them. */
  readonly #live = new Set<WorkerProcess>();
  /** Workers started in place of one that had died. */
  restarts = 0;
  #isStopping = false;
  #ticker: NodeJS.Timeout | undefined;

  constructor(plan: Plan, parts: SupervisorParts) {
    this.#plan = plan;
    this.#parts = parts;
  }

  /** All processes that serve, or finish what they have begun to. */
  workers(): readonly WorkerProcess[] {
    return [...this.#live];
  }

  /** How many there are to be. */
  get wanted(): number {
    return this.#slots.length;
  }

  /** What is under way in all of them, as far as they have told. */
  left(): Left {
    const parts = this.workers().map(({ left }) => left);
    return {
      transfers: parts.reduce((sum, { transfers }) => sum + transfers, 0),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /**
   * @returns the name of the transport
   * @throws Error whose message is for the operator: then no process is left
   */
  async start(): Promise<string> {
    const workers = Array.from({ length: this.#plan.workers }, (_, at) =>
      this.#begin(this.#plan, at === 0),
    );
    try {
      const [first] = await Promise.all(workers.map(({ listening }) => listening));
      for (const [at, worker] of workers.entries()) this.#put(at, worker);
      this.#ticker = setInterval(() => this.#tick(), TICK_MS);
      return first!;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /** Every worker takes the plan where it stands: nothing is closed. */
  async reload(plan: Plan): Promise<void> {
    this.#plan = plan;
    const order = this.#orderOf(plan);
    await Promise.all(this.workers().map((worker) => worker.reload(order)));
  }

  /**
   * Other workers by the plan, one after the other, each before the one it follows retires.
   *
   * @throws Error whose message is for the operator, when the first of them does not come to listen:
   *   then all is as before; and when it is too late for others
   */
  async replaceAll(plan: Plan): Promise<void> {
    if (this.#isStopping) throw new Error("the server is stopping");
    const first = this.#begin(plan);
    await first.listening;
    this.#plan = plan;
    this.#put(0, first);
    for (let at = 1; at < plan.workers && !this.#isStopping; at++) {
      const worker = this.#begin(plan);
      await worker.listening.catch(() => {}); // mended like any other
      this.#put(at, worker);
    }
    for (const slot of this.#slots.splice(plan.workers)) this.#leave(slot);
  }

  /**
   * Every worker serves with what is new and fit in the files of the certificates.
   *
   * @param digest of that: who has found something else there does not serve with it
   * @throws Error whose message is for the operator: those that cannot go on as before
   */
  async renewCertificates(digest: string): Promise<void> {
    this.#parts.onClosing();
    const failures = await Promise.all(this.workers().map((worker) => worker.renew(digest)));
    const failure = failures.find((one) => one !== "");
    if (failure !== undefined) throw new Error(failure);
  }

  reopenLogs(): void {
    for (const worker of this.#live) worker.reopenLogs();
  }

  /** Resolves when all have ended; those that do not in time are killed. */
  async stop(limitMs: number): Promise<"drained" | "cut"> {
    this.#isStopping = true;
    for (const slot of this.#slots) clearTimeout(slot.timer);
    const workers = this.workers();
    for (const worker of workers) worker.stop(limitMs);
    const grace = setTimeout(() => this.kill(), limitMs + GRACE_MS);
    await Promise.all(workers.map(({ died }) => died));
    clearTimeout(grace);
    clearInterval(this.#ticker);
    return workers.every(({ ending }) => ending === "drained") ? "drained" : "cut";
  }

  /** Ends all of them now. */
  kill(): void {
    this.#isStopping = true;
    clearInterval(this.#ticker);
    for (const slot of this.#slots) clearTimeout(slot.timer);
    for (const worker of this.#live) worker.kill();
  }

  // --- one worker ---

  #begin(plan: Plan, isSpokesman = false): WorkerProcess {
    const worker = new WorkerProcess({
      id: this.#freeId(),
      fork: this.#parts.fork,
      order: this.#orderOf(plan),
      isSpokesman,
      onNews: this.#parts.onNews,
      onDeath: (dead) => this.#bury(dead),
    });
    this.#live.add(worker);
    return worker;
  }

  /** The lowest: it labels metrics, and each number that was ever used would be a series for ever. */
  #freeId(): number {
    const taken = new Set(this.workers().map(({ id }) => id));
    let id = 1;
    while (taken.has(id)) id++;
    return id;
  }

  #orderOf({ config, site, workers }: Plan): Order {
    return { config: shareOf(config, workers, this.#limit), site };
  }

  /** The one that was there before retires; one that has died meanwhile is mended. */
  #put(at: number, worker: WorkerProcess): void {
    const slot = this.#slots[at];
    if (slot !== undefined) this.#leave(slot);
    this.#slots[at] = slotOf(worker);
    if (worker.state === "dead") this.#mend(this.#slots[at]!, worker);
  }

  #leave({ worker, timer }: Slot): void {
    clearTimeout(timer);
    this.#parts.onClosing();
    worker?.retire();
  }

  #bury(dead: WorkerProcess): void {
    this.#live.delete(dead);
    this.#parts.onDeath(dead);
    const slot = this.#slots.find(({ worker }) => worker === dead);
    if (slot !== undefined) this.#mend(slot, dead);
  }

  // --- the slow road: a worker died, or is stuck ---

  #mend(slot: Slot, dead: WorkerProcess): void {
    slot.worker = undefined;
    if (this.#isStopping) return;
    const served = dead.sinceMs === undefined ? 0 : performance.now() - dead.sinceMs;
    slot.instantDeaths = served >= STEADY_MS ? 1 : slot.instantDeaths + 1;
    const isAlone = ![...this.#live].some(({ state }) => state === "listening");
    if (slot.instantDeaths > MOST_DEATHS && isAlone) {
      const reason = `no worker stays alive: ${MOST_DEATHS + 1} ended as soon as they had started, the last because ${dead.reason}`;
      this.kill();
      return this.#parts.onHopeless(reason);
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (slot.instantDeaths - 1), LAST_PAUSE_MS);
    const { error } = this.#parts.log;
    error(`${dead.name} is gone, because ${dead.reason}: another starts in ${showMs(pauseMs)}`);
    slot.timer = setTimeout(() => {
      this.restarts++;
      slot.worker = this.#begin(this.#plan);
    }, pauseMs);
  }

  #tick(): void {
    for (const worker of this.#live) {
      worker.silentTicks++;
      if (worker.silentTicks === SILENT_TICKS) {
        this.#parts.log.warn(`${worker.name} has said nothing for ${SILENT_TICKS}s`);
      }
      if (worker.silentTicks === STUCK_TICKS) {
        this.#parts.log.error(`${worker.name} is stuck, and killed after ${STUCK_TICKS}s`);
        worker.kill();
      }
    }
  }
}

const slotOf = (worker: WorkerProcess): Slot => ({ worker, instantDeaths: 0, timer: undefined });
