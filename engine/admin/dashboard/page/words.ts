/**
 * Numbers, times and foreign text as the page writes them. Pure: no DOM, so that tests run it.
 *
 * A quantity is a number, a space and its unit: figures set the two in different sizes.
 */

/** What is written where there is nothing to say. */
export const NOTHING = "–";

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `512 B`, `1.4 KiB`, `23 MiB`. */
export function showBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (Math.round(size) >= 1024 && unit < SIZES.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${groupDigits(unit === 0 ? size.toFixed(0) : twoDigits(size))} ${SIZES[unit]}`;
}

/** `1.4 MiB/s` */
export const showRate = (bytesPerSec: number): string => `${showBytes(bytesPerSec)}/s`;

/** `850 µs`, `4.2 ms`, `420 ms`, `8.5 s`; beyond a minute as `showSpan`. */
export function showTime(us: number): string {
  if (Math.round(us) < 1000) return `${Math.round(us)} µs`;
  if (Math.round(us / 1e3) < 1000) return `${twoDigits(us / 1e3)} ms`;
  return us / 1e6 < 59.95 ? `${twoDigits(us / 1e6)} s` : showSpan(us / 1e3);
}

/** The same from milliseconds. */
export const showMs = (ms: number): string => showTime(ms * 1e3);

/** Long times in their two largest units: `45 s`, `3 min 20 s`, `4 h 12 min`, `3 d 4 h`. */
export function showSpan(ms: number): string {
  const sec = Math.max(0, Math.round(ms / 1000));
  if (sec < 60) return `${sec} s`;
  if (sec < 3600) return `${Math.floor(sec / 60)} min ${sec % 60} s`;
  if (sec < 86_400) return `${Math.floor(sec / 3600)} h ${Math.floor((sec % 3600) / 60)} min`;
  return `${groupDigits(Math.floor(sec / 86_400))} d ${Math.floor((sec % 86_400) / 3600)} h`;
}

/** `1,204`; a rate below ten keeps a digit: `0.5`. */
export const showCount = (count: number): string =>
  groupDigits(count.toFixed(count < 9.95 ? 1 : 0).replace(/\.0$/, ""));

/** `3 slots`, `1 slot` */
export const countOf = (count: number, thing: string): string =>
  `${showCount(count)} ${thing}${count === 1 ? "" : "s"}`;

/** `71%`; what is there but would round to nothing is `<1%`. */
export function showShare(share: number): string {
  if (share > 0 && share < 0.005) return "<1%";
  return `${Math.round(share * 100)}%`;
}

/** `14:05:09` in the viewer's time zone. */
export function showClock(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(padded).join(":");
}

/** `14:05:09`, or `11-23 14:05` when that was not today. */
export function showWhen(ms: number, nowMs: number): string {
  if (ms === 0) return NOTHING;
  const at = new Date(ms);
  const clock = showClock(ms);
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock;
  return `${padded(at.getMonth() + 1)}-${padded(at.getDate())} ${clock.slice(0, "14:05".length)}`;
}

/** Control and format characters, lone surrogates, and the two line ends that Unicode adds. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text from clients may not look like other text: `\x1b` becomes `\u{1b}`, as in the log. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);

/**
 * Code points of a name that stay in view when the middle is cut out: a file's name and its ending
 * tell more than the folders. Longer: on a phone nothing of the head is left.
 */
const TAIL = 18;

/** Cuts text into a head, which the page may shorten at its end, and a tail, which it shows whole. */
export function splitTail(text: string): readonly [head: string, tail: string] {
  const points = [...text];
  const at = points.length <= TAIL ? points.length : points.length - TAIL;
  return [points.slice(0, at).join(""), points.slice(at).join("")];
}

const groupDigits = (digits: number | string): string =>
  `${digits}`.replace(/\B(?=(?:\d{3})+(?:\.|$))/g, ",");
/** 9.95 would be written 10.0. */
const twoDigits = (value: number): string => value.toFixed(value < 9.95 ? 1 : 0);
const padded = (part: number): string => `${part}`.padStart(2, "0");
