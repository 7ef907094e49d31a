/**
 * Numbers as people read them: four digits that count, thousands apart, one unit for a whole column.
 *
 * What was counted is shown to the last digit: two reports can then be subtracted.
 */

/** A unit that a column is shown in. */
export interface Unit {
  readonly name: string;
  /** How many of the basic unit (microseconds, bytes) one of these is. */
  readonly size: number;
  /** Most digits after the point. */
  readonly decimals: number;
}

const US: Unit = { name: "µs", size: 1, decimals: 0 };
const MS: Unit = { name: "ms", size: 1000, decimals: 3 };
/** Of an age: nobody asks for less than a millisecond of it. */
export const SECONDS: Unit = { name: "s", size: 1_000_000, decimals: 3 };

/**
 * One unit for times that are compared: µs while all are below 10 ms, s when none falls below 10 ms
 * (and would lose its digits) and one is 10 s or more, else ms. Zeros read alike in each.
 */
export function timeUnit(timesUs: readonly number[]): Unit {
  const times = timesUs.filter((us) => us > 0);
  const longest = Math.max(0, ...times);
  const shortest = Math.min(longest, ...times);
  if (longest < 10 * MS.size) return US;
  return longest >= 10 * SECONDS.size && shortest >= 10 * MS.size ? SECONDS : MS;
}

const BYTE_UNITS: readonly Unit[] = ["B", "KiB", "MiB", "GiB", "TiB"].map((name, power) => ({
  name,
  size: 1024 ** power,
  decimals: power === 0 ? 0 : 3,
}));

/** One unit for sizes that are compared: the first in which the largest has four digits at most. */
export function byteUnit(sizes: readonly number[]): Unit {
  const largest = Math.max(0, ...sizes);
  return BYTE_UNITS.find(({ size }) => largest < 10_000 * size) ?? BYTE_UNITS.at(-1)!;
}

/** What stands for a number that is not there. */
export const NOTHING = "-";

/** `61234567` µs in ms -> `61,230`; `1204` -> `1.204`. What is too little to show is `<0.001`. */
export function showIn(unit: Unit, value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const exact = value / unit.size;
  const figure = Number(exact.toPrecision(4));
  if (figure === 0) return "0";
  const decimals = Math.min(unit.decimals, decimalsOf(figure));
  const least = 10 ** -decimals;
  if (figure > 0 && figure < least / 2) return `<${least.toFixed(decimals)}`;
  // Rounded twice, 0.99945 would be 1.000: only what has digits to lose is rounded to four of them.
  return groupDigits((figure < 10_000 ? exact : figure).toFixed(decimals));
}

/** So many that there are four digits in all. */
function decimalsOf(figure: number): number {
  if (figure >= 1000) return 0;
  if (figure >= 100) return 1;
  return figure >= 10 ? 2 : 3;
}

/** `1234567` -> `1,234,567`. What could not be counted is below 0. */
export const showCount = (count: number): string =>
  count >= 0 && Number.isFinite(count) ? groupDigits(Math.round(count).toFixed(0)) : NOTHING;

/** 0.0213 -> `2.1`. A share of nothing is no number. */
export function showPercent(share: number, decimals = 1): string {
  const percent = share * 100;
  return Number.isFinite(percent) ? percent.toFixed(decimals) : NOTHING;
}

/** Of a fraction, at most three digits. */
const groupDigits = (digits: string): string => digits.replace(/\B(?=(?:\d{3})+(?:\.|$))/g, ",");

/** `3d 4h 0m 9s`, from the first part that is not zero. */
export function showUptime(ms: number): string {
  if (!Number.isFinite(ms)) return NOTHING;
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const parts = [
    `${Math.floor(seconds / 86_400)}d`,
    `${Math.floor(seconds / 3600) % 24}h`,
    `${Math.floor(seconds / 60) % 60}m`,
    `${seconds % 60}s`,
  ];
  const first = parts.findIndex((part) => !part.startsWith("0"));
  return parts.slice(first === -1 ? -1 : first).join(" ");
}

/** The last millisecond a Date can hold, ECMA-262 section 21.4.1.1; also counted backward. */
const LAST_MS = 8.64e15;

/** `2026-11-24T03:14:15Z`; 0 is never. */
export const showTime = (ms: number): string =>
  ms !== 0 && Math.abs(ms) <= LAST_MS
    ? new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")
    : NOTHING;

/** `03:14:15` of what happened within the last hours, in UTC. */
export const showClock = (ms: number): string => /T(.*)Z/.exec(showTime(ms))?.[1] ?? NOTHING;
