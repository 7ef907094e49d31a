/**
 * Sizes and times as people write them, and back.
 *
 * Whole numbers only: `1.5GiB` is refused rather than rounded. Decimal units (`64MB`) are refused
 * too, since half of those who write them mean the binary ones.
 */

const BYTES_PER: ReadonlyMap<string, number> = new Map([
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
  ["B", 1],
]);
const MS_PER: ReadonlyMap<string, number> = new Map([
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
]);

/** `65536`, `64KiB` or `64 kib` -> 65536. Undefined when it is anything else. */
export const parseBytes = (text: string): number | undefined => parseWith(BYTES_PER, text);
/** `1500`, `1500ms` or `2m` -> milliseconds. Undefined when it is anything else. */
export const parseMs = (text: string): number | undefined => parseWith(MS_PER, text);
/** `42` -> 42. Undefined when it is anything else: signs, fractions, exponents, hexadecimals. */
export const parseWhole = (text: string): number | undefined => parseWith(new Map(), text);

/** The largest unit that divides evenly: 262144 -> `256KiB`. `parseBytes` reads it back. */
export const showBytes = (bytes: number): string => showWith(BYTES_PER, bytes);
/** The largest unit that divides evenly: 90000 -> `90s`. `parseMs` reads it back. */
export const showMs = (ms: number): string => showWith(MS_PER, ms);

function parseWith(units: ReadonlyMap<string, number>, text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+) ?([a-z]*)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = unit === "" ? 1 : factorOf(units, unit);
  const value = Number(digits) * (factor ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

function factorOf(units: ReadonlyMap<string, number>, written: string): number | undefined {
  const lower = written.toLowerCase();
  for (const [unit, factor] of units) if (unit.toLowerCase() === lower) return factor;
  return undefined;
}

function showWith(units: ReadonlyMap<string, number>, value: number): string {
  if (value === 0) return "0";
  for (const [unit, factor] of units) if (value % factor === 0) return `${value / factor}${unit}`;
  return String(value);
}
