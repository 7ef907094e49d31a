/**
 * Slow clients of every kind, by slowhttptest, and what a normal client notices of them.
 *
 * The tool ends when the server has closed all its connections; whoever attacks comes back, so it is
 * started again until the time is over. The normal client connects anew for each request: whoever
 * cannot get in has waited too.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "../children.js";
import { openClient, requestBytes } from "../load/client.js";
import { HOST } from "../servers/launch.js";

/** slowhttptest(1): how each attacks. A follow-up each second, or a few bytes read each second. */
const ATTACKS = {
  "slow head": ["-H", "-i", "1", "-x", "24"],
  "slow body": ["-B", "-i", "1", "-x", "10", "-s", "8192"],
  "slow read": ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32"],
  ranges: ["-R", "-a", "10", "-b", "3000"],
} as const satisfies Record<string, readonly string[]>;

export type AttackName = keyof typeof ATTACKS;
export const ATTACK_NAMES = Object.keys(ATTACKS) as readonly AttackName[];

export const ATTACKER = "slowhttptest";

export interface AttackPlan {
  readonly port: number;
  /** What is asked for. A slow read wants a file that no socket takes whole. */
  readonly target: string;
  readonly connections: number;
  readonly seconds: number;
}

/** All its connections are opened within this time. */
const RAMP_SEC = 2;
/** Between two starts: one that fails at once must not spin. */
const COME_BACK_MS = 100;

/** Resolves when the time is over. @throws Error when the tool cannot be started */
export async function attack(name: AttackName, plan: AttackPlan): Promise<void> {
  const { port, target, connections } = plan;
  const endMs = performance.now() + plan.seconds * 1000;
  const rate = Math.ceil(connections / RAMP_SEC);
  const where = ["-u", `http://${HOST}:${port}${target}`, "-c", `${connections}`, "-r", `${rate}`];
  for (let leftMs = endMs - performance.now(); leftMs > 0; leftMs = endMs - performance.now()) {
    const args = [...ATTACKS[name], ...where, "-l", `${Math.ceil(leftMs / 1000)}`];
    await once(startChild(ATTACKER, args, { stdio: "ignore" }), "exit");
    await sleep(COME_BACK_MS);
  }
}

export interface Noticed {
  /** From the wish to connect to the last byte, one for each request. */
  readonly latenciesMs: readonly number[];
  /** Requests without the wanted answer. */
  readonly failed: number;
  readonly elapsedMs: number;
}

/** The share of a client's time that it has waited for longer than `promptMs` for each answer, 0 to 1. */
export function heldUp({ latenciesMs, elapsedMs }: Noticed, promptMs: number): number {
  const tooLongMs = latenciesMs.reduce((sum, ms) => sum + Math.max(0, ms - promptMs), 0);
  return tooLongMs / elapsedMs;
}

const PROBE_EVERY_MS = 10;
/** A person has given up by then. */
const PATIENCE_MS = 10_000;

/** Asks for `target`, one request after the other, until told that it is over. */
export async function probe(port: number, target: string, isOver: () => boolean): Promise<Noticed> {
  const latenciesMs: number[] = [];
  const sinceMs = performance.now();
  const request = requestBytes(HOST, port, { method: "GET", target, headers: {} });
  let failed = 0;
  while (!isOver()) {
    const startMs = performance.now();
    if ((await askOnce(port, request)) !== 200) failed++;
    latenciesMs.push(performance.now() - startMs);
    await sleep(PROBE_EVERY_MS);
  }
  return { latenciesMs, failed, elapsedMs: performance.now() - sinceMs };
}

/** The status of the answer, when it is whole; 0 when there is none. */
async function askOnce(port: number, request: Buffer): Promise<number> {
  let end: (status: number) => void = () => {};
  const status = new Promise<number>((resolve) => {
    end = resolve;
  });
  const late = setTimeout(() => end(0), PATIENCE_MS);
  try {
    const events = { onAnswer: (got: number) => end(got), onGone: () => end(0) };
    const client = await openClient(HOST, port, false, events);
    client.ask(request);
    const got = await status;
    client.close();
    return got;
  } catch {
    return 0;
  } finally {
    clearTimeout(late);
  }
}
