import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatHttpDate, parseHttpDate } from "../../protocol/dates.js";

const NOV_1994_SEC = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110
const MID_2026_MS = Date.UTC(2026, 5, 15, 12, 0, 0);

const utc = (...parts: [number, number, number, number?, number?, number?]): number =>
  Date.UTC(...parts) / 1000;

const rows: readonly (readonly [why: string, text: string, want: number | undefined])[] = [
  ["5.6.7 reads IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", NOV_1994_SEC],
  ["5.6.7 reads RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", NOV_1994_SEC],
  ["5.6.7 reads asctime", "Sun Nov  6 08:49:37 1994", NOV_1994_SEC],
  [
    "5.6.7 reads asctime with two digits of day",
    "Sun Nov 16 08:49:37 1994",
    utc(1994, 10, 16, 8, 49, 37),
  ],
  ["5.6.7 reads a zero-filled day in asctime", "Sun Nov 06 08:49:37 1994", NOV_1994_SEC],
  ["5.6.7 does not count the days of the week", "Mon, 06 Nov 1994 08:49:37 GMT", NOV_1994_SEC],
  ["5.6.7 takes a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", utc(2017, 0, 1)],
  ["5.6.7 knows leap years", "Thu, 29 Feb 2024 00:00:00 GMT", utc(2024, 1, 29)],
  ["5.6.7 takes the year 50 for itself", "Sat, 01 Jan 0050 00:00:00 GMT", -60589296000],
  ["5.6.7 reads the epoch as zero", "Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["5.6.7 reads dates before the epoch", "Wed, 31 Dec 1969 23:59:59 GMT", -1],
  ["5.6.7 reads the last hour, minute and second", "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799],

  [
    "5.6.7 two digits: 50 years ahead to the second",
    "Monday, 15-Jun-76 12:00:00 GMT",
    utc(2076, 5, 15, 12),
  ],
  [
    "5.6.7 two digits: a second more is in the past",
    "Monday, 15-Jun-76 12:00:01 GMT",
    utc(1976, 5, 15, 12, 0, 1),
  ],
  ["5.6.7 two digits: next year is ahead", "Monday, 15-Jun-27 12:00:00 GMT", utc(2027, 5, 15, 12)],
  [
    "5.6.7 two digits: 51 years ahead is in the past",
    "Monday, 01-Jan-77 00:00:00 GMT",
    utc(1977, 0, 1),
  ],
  ["5.6.7 two digits: 00 is this century", "Saturday, 01-Jan-00 00:00:00 GMT", utc(2000, 0, 1)],

  ["no date: nothing", "", undefined],
  ["no date: a number", "784111777", undefined],
  ["no date: ISO 8601", "1994-11-06T08:49:37Z", undefined],
  ["no date: another zone", "Sun, 06 Nov 1994 08:49:37 UTC", undefined],
  ["no date: an offset", "Sun, 06 Nov 1994 08:49:37 +0000", undefined],
  ["no date: lower case, 5.6.7 is case-sensitive", "sun, 06 nov 1994 08:49:37 gmt", undefined],
  ["no date: one digit of day", "Sun, 6 Nov 1994 08:49:37 GMT", undefined],
  ["no date: space before", " Sun, 06 Nov 1994 08:49:37 GMT", undefined],
  ["no date: something behind", "Sun, 06 Nov 1994 08:49:37 GMT; length=5", undefined],
  ["no date: a line end behind", "Sun, 06 Nov 1994 08:49:37 GMT\n", undefined],
  ["no date: something behind RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT+1", undefined],
  ["no date: two spaces", "Sun, 06 Nov  1994 08:49:37 GMT", undefined],
  ["no date: day 31 of a month of 30", "Thu, 31 Nov 1994 08:49:37 GMT", undefined],
  ["no date: day 0", "Sun, 00 Nov 1994 08:49:37 GMT", undefined],
  ["no date: day 29 in February of a common year", "Wed, 29 Feb 2023 00:00:00 GMT", undefined],
  ["no date: day 29 in February of 1900", "Thu, 29 Feb 1900 00:00:00 GMT", undefined],
  ["no date: hour 24", "Sun, 06 Nov 1994 24:00:00 GMT", undefined],
  ["no date: minute 60", "Sun, 06 Nov 1994 08:60:00 GMT", undefined],
  ["no date: second 60 in the middle of a day", "Sun, 06 Nov 1994 08:49:60 GMT", undefined],
  ["no date: second 61", "Sat, 31 Dec 2016 23:59:61 GMT", undefined],
  ["no date: an unknown month", "Sun, 06 Nob 1994 08:49:37 GMT", undefined],
  ["no date: an unknown day name", "Son, 06 Nov 1994 08:49:37 GMT", undefined],
  ["no date: a short day name in RFC 850", "Sun, 06-Nov-94 08:49:37 GMT", undefined],
  ["no date: four digits of year in RFC 850", "Sunday, 06-Nov-1994 08:49:37 GMT", undefined],
  ["no date: two digits of year in IMF-fixdate", "Sun, 06 Nov 94 08:49:37 GMT", undefined],
  ["no date: a zone in asctime", "Sun Nov  6 08:49:37 1994 GMT", undefined],
  ["no date: Arabic digits", "Sun, ٠٦ Nov 1994 08:49:37 GMT", undefined],
];

describe("parseHttpDate", () => {
  for (const [why, text, want] of rows) {
    test(`${why} (${JSON.stringify(text)})`, () =>
      expect(parseHttpDate(text, MID_2026_MS)).toBe(want));
  }

  test("5.6.7 two digits: no later than 50 years ahead, and never more than 100 years before that", () => {
    const inADay = fc.integer({ min: 0, max: 86_399_999 });
    const day = fc.integer({ min: 0, max: 100 * 365 });
    fc.assert(
      fc.property(day, inADay, fc.integer({ min: 0, max: 99 }), (dayNumber, ms, year) => {
        const nowMs = dayNumber * 86_400_000 + ms;
        const shortYear = String(year).padStart(2, "0");
        const sec = parseHttpDate(`Monday, 15-Jun-${shortYear} 12:00:00 GMT`, nowMs)!;
        const limit = new Date(nowMs);
        limit.setUTCFullYear(limit.getUTCFullYear() + 50);
        const after100Years = new Date(sec * 1000);
        after100Years.setUTCFullYear(after100Years.getUTCFullYear() + 100);
        expect(sec * 1000).toBeLessThanOrEqual(limit.getTime());
        expect(after100Years.getTime()).toBeGreaterThan(limit.getTime());
        expect(new Date(sec * 1000).getUTCFullYear() % 100).toBe(year);
      }),
    );
  });

  test("never throws, whatever the client sends", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseHttpDate(text, MID_2026_MS)).toBeUndefined();
      }),
    );
  });

  test("reads one character more, fewer or other as no date, or as another date", () => {
    const written = "Sun, 06 Nov 1994 08:49:37 GMT";
    fc.assert(
      fc.property(fc.nat(written.length - 1), fc.string({ maxLength: 2 }), (at, put) => {
        const changed = written.slice(0, at) + put + written.slice(at + 1);
        const sec = parseHttpDate(changed, MID_2026_MS);
        if (sec !== undefined) expect(formatHttpDate(sec).slice(5)).toBe(changed.slice(5));
      }),
    );
  });
});

describe("formatHttpDate", () => {
  test("5.6.7 writes IMF-fixdate", () =>
    expect(formatHttpDate(NOV_1994_SEC)).toBe("Sun, 06 Nov 1994 08:49:37 GMT"));

  test("what it writes is read back, from the year 0 to 9999", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }), (sec) => {
        expect(parseHttpDate(formatHttpDate(sec), MID_2026_MS)).toBe(sec);
      }),
    );
  });
});

// The slow way: a calendar that counts days on its fingers, from 1 January 1800, a Wednesday.
// 400 years are the whole cycle of the calendar.
const NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const lengthsOf = (year: number): number[] => [
  31,
  isLeap(year) ? 29 : 28,
  31,
  30,
  31,
  30,
  31,
  31,
  30,
  31,
  30,
  31,
];

test("agrees with a calendar counted by hand, every day of 1800 to 2199", () => {
  let sec = -5_364_662_400;
  let weekday = 3;
  for (let year = 1800; year < 2200; year++) {
    for (const [month, days] of lengthsOf(year).entries()) {
      for (let day = 1; day <= days; day++) {
        const two = String(day).padStart(2, "0");
        const text = `${NAMES[weekday]}, ${two} ${MONTH_NAMES[month]} ${year} 00:00:00 GMT`;
        if (parseHttpDate(text, MID_2026_MS) !== sec) expect.fail(`${text} is not ${sec}`);
        if (formatHttpDate(sec) !== text) expect.fail(`${sec} is not ${text}`);
        sec += 86_400;
        weekday = (weekday + 1) % 7;
      }
      const none = `Mon, ${days + 1} ${MONTH_NAMES[month]} ${year} 00:00:00 GMT`;
      if (parseHttpDate(none, MID_2026_MS) !== undefined) expect.fail(`${none} is no day`);
    }
  }
});
