/**
 * A soak: a crowd of clients for as long as one likes, and a verdict on what grew meanwhile.
 *
 * 1. start    the server, and what it serves
 * 2. load     the crowd; a look at the server at regular times
 * 3. rest     the crowd leaves, and nothing of it may stay behind
 * 4. verdict  growth, faults, complaints, leftovers: each is a reason to fail
 */
import { setTimeout as sleep } from "node:timers/promises";
import { MIB } from "../fixtures.js";
import { type Crowd, startCrowd, type Tally } from "./crowd.js";
import { writeSite } from "./site.js";
import { type Look, type Subject, type SubjectOptions, startSubject } from "./subject.js";
import { type Trend, trendOf } from "./trend.js";

export interface SoakPlan extends SubjectOptions {
  /** Of the load, at least 36 looks long. */
  readonly durationSec: number;
  readonly lookEverySec: number;
  /** See startCrowd. */
  readonly honestClients: number;
  readonly onLook?: (look: Look, tally: Tally) => void;
}

export interface SoakResult {
  readonly looks: readonly Look[];
  readonly trends: Readonly<Record<Watched, Trend>>;
  readonly tally: Tally;
  /** When all clients had left. */
  readonly atRest: Look;
  /** Why it fails, one line each; none when it passes. */
  readonly reasons: readonly string[];
}

/**
 * By how much a figure may end up above where it was after warm-up.
 *
 * Smaller: a collector of garbage that comes late fails an honest server; and resident memory takes
 * twenty minutes to find its size: after the first third of seven minutes it grew by 20 and 21 MiB in
 * two builds, after that of an hour by 3. Larger: a leak has to go on for longer before it is seen.
 * `npm run soak` prints what they were.
 */
const MAY_GROW = {
  rss: 32 * MIB,
  heap: 8 * MIB,
  external: 8 * MIB,
  files: 24,
} as const satisfies Partial<Record<keyof Look, number>>;

type Watched = keyof typeof MAY_GROW;
export const WATCHED = Object.keys(MAY_GROW) as readonly Watched[];

/** A library's idle timer ends the last connection long before. */
const REST_LIMIT_MS = 30_000;
const REST_LOOK_MS = 250;

export async function soak(plan: SoakPlan): Promise<SoakResult> {
  const subject = await startSubject(plan);
  try {
    writeSite(subject.root);
    const before = await subject.look();
    const crowd = startCrowd(subject.port, subject.root, plan.honestClients);
    const looks = await watch(subject, crowd, plan);
    await crowd.stop();
    const atRest = await untilAtRest(subject, before);
    const trends = Object.fromEntries(
      WATCHED.map((key) => [key, trendOf(looks.map((look) => ({ ...look, value: look[key] })))]),
    ) as Record<Watched, Trend>;
    const reasons = [
      ...WATCHED.flatMap((key) => growthOf(key, trends[key])),
      ...faultsOf(crowd.tally),
      ...leftOver(before, atRest),
      ...subject.complaints().map((line) => `the server wrote: ${line}`),
    ];
    return { looks, trends, tally: crowd.tally, atRest, reasons };
  } finally {
    await subject.stop();
  }
}

async function watch(subject: Subject, { tally }: Crowd, plan: SoakPlan): Promise<Look[]> {
  const looks: Look[] = [];
  const startMs = performance.now();
  const count = Math.floor(plan.durationSec / plan.lookEverySec);
  for (let at = 1; at <= count; at++) {
    await sleep(Math.max(0, startMs + at * plan.lookEverySec * 1000 - performance.now()));
    const look = await subject.look();
    looks.push(look);
    plan.onLook?.(look, tally);
  }
  return looks;
}

/** The look when all is as before, or the last one when that does not come. */
export async function untilAtRest(subject: Subject, before: Look): Promise<Look> {
  const limitMs = performance.now() + REST_LIMIT_MS;
  let look = await subject.look();
  while (leftOver(before, look).length > 0 && performance.now() < limitMs) {
    await sleep(REST_LOOK_MS);
    look = await subject.look();
  }
  return look;
}

/** What has stayed behind when no client is left, one line each. */
export const leftOver = (before: Look, after: Look): string[] =>
  (["connections", "inProgress", "sockets"] as const)
    .filter((key) => after[key] > before[key])
    .map((key) => `${after[key]} ${key} with no client left, ${before[key]} before`);

function growthOf(key: Watched, { from, to }: Trend): string[] {
  if (to - from <= MAY_GROW[key]) return [];
  const show = (value: number): string =>
    key === "files" ? value.toFixed(0) : `${(value / MIB).toFixed(1)} MiB`;
  return [`${key} grew from ${show(from)} to ${show(to)}`];
}

function faultsOf({ answers, faults }: Tally): string[] {
  const told = [...faults].map(([fault, example]) => `${fault} (${example})`);
  return answers === 0 ? ["nothing was answered", ...told] : told;
}
