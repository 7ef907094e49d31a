/** Numbers as people read them. The same text everywhere: no locale, no time zone but UTC. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `512 B`, `1.4 KiB`, `23 MiB`: two digits at least, and no more than needed. */
export function readableSize(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  while (Math.round(size) >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit > 0 && size < 9.95 ? 1 : 0; // 9.95 would be written 10.0
  return `${groupDigits(size.toFixed(digits))} ${UNITS[unit]}`;
}

/** `1234567` -> `1,234,567`. For digits without a sign; of a fraction, at most two digits. */
export const groupDigits = (digits: number | string): string =>
  `${digits}`.replace(/\B(?=(?:\d{3})+(?:\.|$))/g, ",");

/** `3 files`, `1 file` */
export const countOf = (count: number, thing: string): string =>
  `${groupDigits(count)} ${thing}${count === 1 ? "" : "s"}`;

/** The last millisecond a Date can hold, ECMA-262 section 21.4.1.1; also counted backward. */
const LAST_MS = 8.64e15;

/** `2026-11-22T18:44:03Z`, or "" for what is no time: file systems hold strange ones. */
export const isoTime = (ms: number): string =>
  Math.abs(ms) <= LAST_MS ? `${new Date(ms).toISOString().slice(0, -".000Z".length)}Z` : "";
