/**
 * `npm run soak -- --attacks`: each attack alone, and a normal client beside it.
 *
 * 1. calm     the normal client alone: what this machine can do
 * 2. attack   one kind after the other; a look at the server each second
 * 3. rest     all the attacker had is gone
 */
import { setTimeout as sleep } from "node:timers/promises";
import { MIB } from "../fixtures.js";
import { isInstalled } from "../programs.js";
import { ATTACK_NAMES, ATTACKER, attack, type Noticed, probe } from "./attacks.js";
import { LARGE, SMALL, writeSite } from "./site.js";
import { leftOver, untilAtRest } from "./soak.js";
import { type Look, type Subject, type SubjectOptions, startSubject } from "./subject.js";

const CONNECTIONS = 1000;
const SECONDS = 30;
const CALM_SECONDS = 5;
const LOOK_EVERY_MS = 1000;

/** What a person takes for an answer at once: the promise to a normal client, at the 99th percentile. */
const PROMPT_MS = 100;
/** 64 KiB for each connection: a tenth of what their sockets hold in the kernel. */
const MAY_GROW_BYTES = CONNECTIONS * 64 * 1024;

/** @returns why the server does not endure, one line each */
export async function runAttacks(
  options: SubjectOptions,
  say: (line: string) => void,
): Promise<string[]> {
  if (!isInstalled(ATTACKER)) return [`Please install: apt-get install ${ATTACKER}`];
  const subject = await startSubject(options);
  try {
    writeSite(subject.root);
    const before = await subject.look();
    say(`calm: ${noticedText(await probeDuring(subject, sleep(CALM_SECONDS * 1000)))}`);
    const reasons: string[] = [];
    for (const name of ATTACK_NAMES) {
      const { port } = subject;
      const plan = { port, target: LARGE, connections: CONNECTIONS, seconds: SECONDS };
      const time = attack(name, plan);
      const [noticed, looks] = await Promise.all([
        probeDuring(subject, time),
        lookDuring(subject, time),
      ]);
      const after = await untilAtRest(subject, before);
      say(`${name}: ${noticedText(noticed)}; ${looksText(before, looks, after)}`);
      const found = [...judge(noticed, before, looks), ...leftOver(before, after)];
      reasons.push(...found.map((reason) => `${name}: ${reason}`));
    }
    return [...reasons, ...subject.complaints().map((line) => `the server wrote: ${line}`)];
  } finally {
    await subject.stop();
  }
}

async function probeDuring({ port }: Subject, time: Promise<unknown>): Promise<Noticed> {
  let isOver = false;
  const noticing = probe(port, SMALL, () => isOver);
  await time;
  isOver = true;
  return noticing;
}

async function lookDuring(subject: Subject, time: Promise<unknown>): Promise<Look[]> {
  const looks: Look[] = [];
  let isOver = false;
  const ended = time.then(() => {
    isOver = true;
  });
  while (!isOver) {
    looks.push(await subject.look());
    await Promise.race([ended, sleep(LOOK_EVERY_MS)]);
  }
  return looks;
}

function judge({ latenciesMs, failed }: Noticed, before: Look, looks: readonly Look[]): string[] {
  const p99Ms = percentile(latenciesMs, 0.99);
  const grownBytes = most(looks, "rss") - before.rss;
  return [
    ...(p99Ms < PROMPT_MS ? [] : [`a normal client waits ${p99Ms.toFixed(0)} ms at p99`]),
    ...(failed === 0 ? [] : [`${failed} requests of a normal client failed`]),
    ...(grownBytes < MAY_GROW_BYTES ? [] : [`resident memory grew by ${mib(grownBytes)}`]),
  ];
}

function noticedText({ latenciesMs, failed }: Noticed): string {
  const [p50, p99, max] = [0.5, 0.99, 1].map((at) => percentile(latenciesMs, at).toFixed(1));
  return `${latenciesMs.length} requests, p50 ${p50}, p99 ${p99}, max ${max} ms, ${failed} failed`;
}

function looksText(before: Look, looks: readonly Look[], after: Look): string {
  const rss = `rss ${mib(before.rss)}, at most ${mib(most(looks, "rss"))}, then ${mib(after.rss)}`;
  return `at most ${most(looks, "connections")} connections; ${rss}, ${after.sockets - before.sockets} sockets more than before`;
}

const most = (looks: readonly Look[], key: "rss" | "connections"): number =>
  Math.max(...looks.map((look) => look[key]));

/** @param at 0 to 1 */
function percentile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))]!;
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
