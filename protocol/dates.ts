/**
 * HTTP dates: three formats in, one out (RFC 9110 section 5.6.7).
 *
 *   Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate, the only one written
 *   Sunday, 06-Nov-94 08:49:37 GMT   RFC 850, whose year has two digits
 *   Sun Nov  6 08:49:37 1994         C's asctime
 *
 * What is not exactly one of these is no date. `Date.parse` also reads "2026" or "1 Jan", and a
 * condition we guessed at is worse than one we ignore. The day name must be one of the seven but
 * need not agree with the date: it adds nothing, and some clients count it wrongly.
 *
 * Knows no clock: the current time, needed for two-digit years, is passed in.
 */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const DAY_NAME = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const LONG_DAY_NAME = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)";
const MONTH = `(?<month>${MONTHS.join("|")})`;
/** A leap second is only ever the last second of a day. */
const TIME = "(?<time>(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d|23:59:60)";

const IMF_FIXDATE = new RegExp(
  `^${DAY_NAME}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
);
const RFC_850 = new RegExp(
  `^${LONG_DAY_NAME}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
);
const ASCTIME = new RegExp(`^${DAY_NAME} ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`);

/** What the three patterns capture: digits and a month's name, exactly as written. */
interface Written {
  readonly day: string;
  readonly month: string;
  readonly year: string;
  readonly time: string;
}

/**
 * Reads an HTTP-date, RFC 9110 section 5.6.7.
 *
 * @param nowMs milliseconds since the epoch; decides the century of a two-digit year
 * @returns whole seconds since the epoch, negative before 1970; undefined for anything else
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const found = IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text);
  if (found === null) return undefined;
  const written = found.groups as unknown as Written;
  const isShort = written.year.length === 2;
  return isShort ? withinFiftyYears(written, nowMs) : secondsIn(Number(written.year), written);
}

const DAY_SEC = 86_400;
const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));

/** The day that was written last, as `Sun, 06 Nov 1994 `: files that are asked for together are often of one. */
let lastDay = Number.NaN;
let lastDayText = "";

/**
 * Writes an IMF-fixdate. ECMA-262 gives `toUTCString` that very shape.
 *
 * @param epochSec whole seconds since the epoch, years 0 to 9999
 */
export function formatHttpDate(epochSec: number): string {
  const day = Math.floor(epochSec / DAY_SEC);
  if (day !== lastDay) {
    lastDay = day;
    lastDayText = new Date(day * DAY_SEC * 1000).toUTCString().slice(0, -"00:00:00 GMT".length);
  }
  const second = epochSec - day * DAY_SEC;
  const hours = TWO_DIGITS[Math.floor(second / 3600)];
  const minutes = TWO_DIGITS[Math.floor(second / 60) % 60];
  return `${lastDayText}${hours}:${minutes}:${TWO_DIGITS[second % 60]} GMT`;
}

/** A year of two digits that appears to be more than 50 years ahead is one in the past. */
function withinFiftyYears(written: Written, nowMs: number): number | undefined {
  const limit = new Date(nowMs);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const limitYear = limit.getUTCFullYear();
  const latest = limitYear - ((limitYear - Number(written.year)) % 100);
  const epochSec = secondsIn(latest, written);
  const isTooFar = epochSec !== undefined && epochSec * 1000 > limit.getTime();
  return isTooFar ? secondsIn(latest - 100, written) : epochSec;
}

/** Undefined for a day its month does not have. */
function secondsIn(year: number, { day, month, time }: Written): number | undefined {
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, MONTHS.indexOf(month), Number(day)); // Date.UTC takes year 50 for 1950
  if (midnight.getUTCDate() !== Number(day)) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return midnight.getTime() / 1000 + hours * 3600 + minutes * 60 + seconds;
}
