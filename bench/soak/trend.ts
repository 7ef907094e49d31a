/**
 * Does a figure grow? Told apart from a figure that jumps about.
 *
 *   samples   .:.,:.'.:',.:.     the first third is warm-up and is not looked at
 *   floors    _ _ _ _ _ _ _      the lowest of each window: what a collector of garbage leaves
 *   slope     the median of the slopes between all pairs of floors (Theil and Sen), so that one
 *             window out of the ordinary moves nothing
 */

/** A figure at a moment. */
interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Trend {
  /** The first floor and the last, on the line through the floors. */
  readonly from: number;
  readonly to: number;
  readonly perHour: number;
}

/** The part of the samples that is warm-up: caches fill, code is compiled, the heap finds its size. */
const WARM_UP_SHARE = 1 / 3;
/** Fewer: a single floor decides. More: windows so short that no collection falls into them. */
const WINDOWS = 12;
const HOUR_MS = 3_600_000;

/** @throws Error with fewer than two samples in each window */
export function trendOf(samples: readonly Point[]): Trend {
  const floors = floorsOf(samples.slice(Math.ceil(samples.length * WARM_UP_SHARE)));
  const slope = median(pairs(floors).map(([a, b]) => (b.value - a.value) / (b.atMs - a.atMs)));
  const middle = median(floors.map(({ value, atMs }) => value - slope * (atMs - floors[0]!.atMs)));
  const spanMs = floors.at(-1)!.atMs - floors[0]!.atMs;
  return { from: middle, to: middle + slope * spanMs, perHour: slope * HOUR_MS };
}

function floorsOf(samples: readonly Point[]): Point[] {
  const size = Math.floor(samples.length / WINDOWS);
  if (size < 2) throw new Error(`${samples.length} samples are too few for a trend`);
  return Array.from({ length: WINDOWS }, (_, at) => {
    const window = samples.slice(at * size, (at + 1) * size);
    return window.reduce((least, one) => (one.value < least.value ? one : least));
  });
}

const pairs = <Item>(items: readonly Item[]): (readonly [Item, Item])[] =>
  items.flatMap((one, at) => items.slice(at + 1).map((other) => [one, other] as const));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}
