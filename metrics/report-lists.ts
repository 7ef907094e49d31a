/**
 * The report's lists as sections: operations under way, the slowest, and downloads.
 *
 * They name paths and clients: a path gives way where there is no room, a client before it.
 */
import type { DownloadTotals } from "./downloads.js";
import {
  byteUnit,
  NOTHING,
  SECONDS,
  showClock,
  showCount,
  showIn,
  showPercent,
  showTime,
  timeUnit,
} from "./figures.js";
import type { SlowOperation, UnderWay } from "./operations.js";
import { PHASES } from "./phases.js";
import type { Report } from "./report.js";
import { type Column, numbers, type Section, words } from "./text-table.js";

/** Lines of each list: with these a report is some two screens long. The JSON has all. */
const MOST_UNDER_WAY = 10;
const MOST_SLOW = 20;
const MOST_DOWNLOADS = 10;

const US_PER_MS = 1000;

/** Those that go on for longest. */
export function underWay({ underWay: all }: Report): Section {
  const rows = [...all].sort((a, b) => b.ageMs - a.ageMs).slice(0, MOST_UNDER_WAY);
  const size = byteUnit(rows.map(({ totalBytes }) => totalBytes));
  const columns = [
    numbers("age s", rows, ({ ageMs }) => showIn(SECONDS, ageMs * US_PER_MS)),
    words("waits for", rows, ({ phase }) => phase),
    numbers("done %", rows, ({ sentBytes, totalBytes }) => showPercent(sentBytes / totalBytes)),
    numbers(`of ${size.name}`, rows, ({ totalBytes }) => showIn(size, totalBytes)),
    optional(words("for", rows, forWhom)),
    text(rows),
  ];
  const title = `Under way${among(rows, all, "the oldest")}`;
  return { title, tables: [columns], whenEmpty: "nothing" };
}

/** A request is for its client; an open or a read for all that wait for it. */
const forWhom = ({ kind, client, waiters }: UnderWay): string =>
  kind === "request" ? client || NOTHING : `${showCount(waiters)} waiting`;

/** What took long, and who is to blame. */
export function slowest({ slowest: all }: Report): Section {
  const rows = all.slice(0, MOST_SLOW);
  const unit = timeUnit(rows.map(({ tookMs }) => tookMs * US_PER_MS));
  const columns = [
    words("ended UTC", rows, ({ endedAtMs }) => showClock(endedAtMs)),
    numbers(`took ${unit.name}`, rows, ({ tookMs }) => showIn(unit, tookMs * US_PER_MS)),
    words("blame", rows, ({ blame }) => blame),
    ...PHASES.map((phase) => ({
      ...numbers(phase, rows, (one) => showPercent(one[`${phase}Ms`] / one.tookMs, 0)),
      group: "share of it, %",
    })),
    optional(words("for", rows, ({ client }) => client || NOTHING)),
    optional(words("how it ended", rows, showEnd)),
    text(rows),
  ];
  const title = `Slowest operations of the last hour${among(rows, all, "the first")}`;
  return { title, tables: [columns], whenEmpty: "none that took longer than SLUICE_SLOW_MS" };
}

/** `200 sent`, `206 client stalled`; a read has no status, and was not sent. */
function showEnd({ kind, status, outcome }: SlowOperation): string {
  if (kind === "request") return `${showCount(status)} ${outcome}`;
  return outcome === "sent" ? NOTHING : outcome;
}

/** What is fetched most. */
export function downloads({ downloads: all }: Report): Section {
  const rows = all.slice(0, MOST_DOWNLOADS);
  const size = byteUnit(rows.map(({ bytes }) => bytes));
  const count = (heading: string, of: (totals: DownloadTotals) => number): Column =>
    numbers(heading, rows, (one) => showCount(of(one)));
  const columns = [
    count("completed", ({ completed }) => completed),
    count("aborted", ({ aborted }) => aborted),
    count("ranged", ({ ranged }) => ranged),
    count("now", ({ inProgress }) => inProgress),
    numbers(`sent ${size.name}`, rows, ({ bytes }) => showIn(size, bytes)),
    optional(words("last", rows, ({ lastMs }) => showTime(lastMs))),
    { ...words("path", rows, ({ path }) => path), gives: "cut" },
  ] satisfies Column[];
  const title = `Most downloaded${among(rows, all, "the first")}`;
  return { title, tables: [columns], whenEmpty: "nothing has been downloaded yet" };
}

/** A request's own words; of the others, what they are comes first. */
const text = (rows: readonly Pick<UnderWay, "kind" | "what">[]): Column => ({
  ...words("what", rows, ({ kind, what }) => (kind === "request" ? what : `${kind} ${what}`)),
  gives: "cut",
});

const optional = (column: Column): Column => ({ ...column, gives: "drop" });

/** `, all 3` or `, the oldest 10 of 41`, and nothing of none. */
function among(shown: readonly unknown[], all: readonly unknown[], which: string): string {
  if (all.length === 0) return "";
  if (shown.length === all.length) return `, all ${all.length}`;
  return `, ${which} ${shown.length} of ${showCount(all.length)}`;
}
