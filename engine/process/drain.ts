/**
 * Drains: how long is waited for what is left, and what is said meanwhile.
 */
import { byteUnit, showIn } from "../../metrics/figures.js";
import { showMs } from "../settings/units.js";
import type { Left } from "./worker.js";

/** How often a drain looks whether the last answer has gone out. */
const LOOK_MS = 50;

const nowMs = (): number => performance.now();

/** Resolves true as soon as `isOver`, false when `limitMs` is over, which may be Infinity. */
export async function waitUntil(isOver: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = nowMs() + limitMs;
  while (!isOver()) {
    if (nowMs() >= endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** Whoever watches a stop wants to know that it goes on. */
const COUNT_MS = 1000;

/**
 * Says each second what is left, until the result is called; without time, only what has changed.
 *
 * @param limitMs from now
 */
export function countDown(
  say: (line: string) => void,
  left: () => Left,
  limitMs: number,
): () => void {
  const endMs = nowMs() + limitMs;
  let said = "";
  const timer = setInterval(() => {
    const line = describeLeft(left(), endMs - nowMs());
    if (line !== said) say(line);
    said = line;
  }, COUNT_MS);
  return () => clearInterval(timer);
}

/** `3 transfers with 45.2 MiB to go, 12s left`. */
export function describeLeft(left: Left, leftMs: number): string {
  const seconds = Math.round(leftMs / 1000);
  const time = seconds > 0 ? `${showMs(1000 * seconds)} left` : "and no time left";
  return `${describeTransfers(left)}, ${time}`;
}

function describeTransfers({ transfers, bytes }: Left): string {
  if (transfers === 0) return "no transfers to go, but a process has not ended";
  const unit = byteUnit([bytes]);
  const noun = transfers === 1 ? "transfer" : "transfers";
  return `${transfers} ${noun} with ${showIn(unit, bytes)} ${unit.name} to go`;
}
