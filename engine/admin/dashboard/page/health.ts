/**
 * The sentence at the top: is it healthy, and who is slow. Pure: no DOM, no clock.
 *
 * 1. unready    the server says itself why it is not ready
 * 2. strained   it is, but something in the last seconds should not be
 * 3. healthy    neither
 */
import type { NowMessage } from "../../../../metrics/live.js";
import type { PhaseTimes } from "../../../../metrics/phases.js";
import type { Sample } from "../../../../metrics/samples.js";
import { countOf, showCount, showShare, showTime } from "./words.js";

export type Level = "healthy" | "strained" | "unready";

export interface Verdict {
  readonly level: Level;
  /** Is it healthy. */
  readonly headline: string;
  /** How fast it is, and what the time of requests goes to. */
  readonly detail: string;
}

/** Seconds that a judgment looks back. Shorter: the sentence flickers. Longer: it is old news. */
export const LOOK_BACK_SEC = 10;

/** Of these, so many make a strain: one bad second is noise. */
const STRAINED_SEC = 3;

/** A loop later than this is felt: a tenth of a second is where people notice, and requests add up. */
const LATE_LOOP_US = 50_000;

const NOT_MEASURED = "Requests are not measured: SLUICE_METRICS is off.";

/** @param recent the last LOOK_BACK_SEC samples at most, the oldest first */
export function judge(now: NowMessage, recent: readonly Sample[]): Verdict {
  const detail = now.isMeasuring ? describe(recent) : NOT_MEASURED;
  if (now.unready.length > 0) {
    return { level: "unready", headline: `Not ready: ${now.unready.join("; ")}.`, detail };
  }
  const strains = findStrains(recent);
  if (strains.length > 0) {
    return { level: "strained", headline: `Ready, but ${strains.join("; ")}.`, detail };
  }
  return { level: "healthy", headline: "Healthy.", detail };
}

function findStrains(recent: readonly Sample[]): string[] {
  const latest = recent.at(-1);
  if (latest === undefined) return [];
  const lasts = (isBad: (sample: Sample) => boolean): boolean =>
    isBad(latest) && recent.filter(isBad).length >= STRAINED_SEC;

  const strains: string[] = [];
  const failed = sum(recent, "serverErrors");
  if (failed > 0) {
    const all = showCount(sum(recent, "requests"));
    strains.push(`${showCount(failed)} of ${all} requests failed in the last ${recent.length} s`);
  }
  if (lasts(({ loopLagP99Us }) => loopLagP99Us > LATE_LOOP_US)) {
    strains.push(`the event loop is ${showTime(latest.loopLagP99Us)} late`);
  }
  if (lasts(hasFullPool)) {
    strains.push(`the pool is full, with ${countOf(latest.transfersInLine, "transfer")} in line`);
  }
  if (lasts(({ readers, readersBusy, jobsWaiting }) => readersBusy >= readers && jobsWaiting > 0)) {
    const jobs = countOf(latest.jobsWaiting, "job");
    strains.push(`all ${countOf(latest.readers, "reader")} are busy, with ${jobs} in line`);
  }
  return strains;
}

/** Cached slots may be taken for others; loading and pinned ones may not. */
const hasFullPool = ({ slotsFree, slotsCached, transfersInLine }: Sample): boolean =>
  slotsFree + slotsCached === 0 && transfersInLine > 0;

function describe(recent: readonly Sample[]): string {
  const latest = recent.findLast(({ requests }) => requests > 0);
  if (latest === undefined) return `No request has ended in the last ${LOOK_BACK_SEC} s.`;
  const times = sumPhases(recent);
  const total = times.queueMs + times.diskMs + times.loopMs + times.drainMs;
  const p99 = `p99 is ${showTime(latest.p99Us)}.`;
  if (total === 0) return p99;
  const [longest, words] = WHERE.toSorted(([a], [b]) => times[b] - times[a])[0]!;
  return `${p99} Requests spend ${showShare(times[longest] / total)} of their time ${words}.`;
}

const WHERE: readonly (readonly [keyof PhaseTimes, words: string])[] = [
  ["drainMs", "on clients taking their bytes"],
  ["diskMs", "on the disk"],
  ["queueMs", "in line for a slot or a reader"],
  ["loopMs", "on the event loop"],
];

/** What requests of these seconds spent in each phase, together. */
export const sumPhases = (samples: readonly Sample[]): PhaseTimes => ({
  queueMs: sum(samples, "queueMs"),
  diskMs: sum(samples, "diskMs"),
  loopMs: sum(samples, "loopMs"),
  drainMs: sum(samples, "drainMs"),
});

const sum = (samples: readonly Sample[], field: keyof Sample): number =>
  samples.reduce((total, sample) => total + sample[field], 0);
