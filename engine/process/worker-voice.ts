/**
 * The voice of a worker: what it tells the supervisor of its figures, unasked and asked.
 *
 *   sampler ── each second ──▶ news ──▶ send
 *   question ──▶ answer
 *
 * Owns: what has been told. Knows no channel: how messages travel is the worker's.
 */
import type { MachineMetrics } from "../../metrics/machine-metrics.js";
import { readMemory } from "../../metrics/memory.js";
import { type OtherSums, Shipper } from "../../metrics/shipment.js";
import { SECONDS_LOOKED_AT, unreadyReasons } from "../admin/readiness.js";
import type { Config } from "../settings/settings.js";
import type { Listener } from "../transport/exchange.js";
import { mapPool } from "../watch/pool-map.js";
import type { RootCheck } from "../watch/root-check.js";
import { type Machine, sentBytesOf } from "./machine.js";
import type { Answer, Question, SecondNews, WorkerSecond } from "./worker-talk.js";

export interface VoiceParts {
  readonly machine: Machine;
  readonly config: Pick<Config, "readyLagMs">;
  readonly root: Pick<RootCheck, "unreadable">;
  /** Undefined before it listens, and when it has stopped to. */
  readonly listener: () => Listener | undefined;
}

export interface Voice {
  /** Rejects when the question cannot be answered: a bug. */
  answer(question: Question): Promise<Answer>;
  /**
   * Sends news each second, until the result is called; for one listener. Cost: the loop
   * is held for 0.3 ms a second when idle, 1.5 ms with four kinds of answers in it, and 3.5 ms with
   * twelve kinds and 2,000 paths, the writing of the message included.
   */
  onSecond(send: (news: SecondNews) => void): () => void;
  /**
   * Sends what has not been told yet: last words, when the sampler has stopped, and before figures are
   * asked for. Cost: as of a second, for each 2,000 paths; there are ten times as many at most.
   */
  tellAll(): void;
}

export function createVoice(parts: VoiceParts): Voice {
  const { machine } = parts;
  const { recorder, disk, counters, downloads, operations, sampler } = machine;
  const shipper = new Shipper({
    recorder,
    disk,
    lag: sampler.loop.lag,
    counters,
    downloads,
    slowest: () => operations.slowest(),
    otherSums: () => otherSumsOf(machine),
  });
  let send: ((news: SecondNews) => void) | undefined;
  const tell = (second?: WorkerSecond): void => send?.({ shipment: shipper.take(), second });
  const tellAll = (): void => {
    for (let left = shipper.pending; left > 0; left--) tell();
  };
  return {
    tellAll,
    onSecond(to) {
      send = to;
      return sampler.everySecond(() => tell(secondOf(parts)));
    },
    async answer(question) {
      if (question.kind === "explain") {
        const { path, fields } = question;
        return { kind: "explain", explanation: await machine.front.explain(path, fields) };
      }
      if (question.kind === "look") return look(machine, question);
      tellAll();
      return { kind: "settle", downloading: downloads.sums.inProgress };
    },
  };
}

function otherSumsOf(machine: Machine): OtherSums {
  const { user, system } = process.cpuUsage();
  return {
    sentBytes: sentBytesOf(machine),
    evictions: machine.pool.evictions,
    cpuUserUs: user,
    cpuSystemUs: system,
  };
}

function secondOf({ machine, config, root, listener }: VoiceParts): WorkerSecond {
  const { sampler, scheduler, table } = machine;
  return {
    sample: sampler.samples.latest!,
    transfers: transfersOf(scheduler.stats()),
    files: table.stats(),
    heapTotalBytes: readMemory().heapTotal,
    startedAtMs: performance.timeOrigin,
    transport: listener()?.name,
    unready: unreadyReasons({
      isListening: true,
      unreadableRoot: root.unreadable,
      samples: sampler.samples.columns(SECONDS_LOOKED_AT),
      lagBudgetMs: config.readyLagMs,
    }),
  };
}

const transfersOf = (stats: MachineMetrics["transfers"]): MachineMetrics["transfers"] => ({
  ready: stats.ready,
  inLine: stats.inLine,
  reading: stats.reading,
  pushing: stats.pushing,
  blocked: stats.blocked,
});

const look = (
  { pool, operations, downloads }: Machine,
  { mostRows, mostCells }: Extract<Question, { kind: "look" }>,
): Answer => ({
  kind: "look",
  pool: mapPool(pool, mostCells),
  underWay: operations.underWay(mostRows),
  downloading: downloads.inProgress(mostRows),
});
