/**
 * The report's figures since the start, as sections.
 *
 * Times of one table share a unit, since they are read across and down.
 */
import { NOTHING, showCount, showIn, showPercent, timeUnit } from "./figures.js";
import type { Percentiles } from "./histogram.js";
import { PHASES } from "./phases.js";
import type { Report } from "./report.js";
import { NO_SECOND } from "./report-now.js";
import type { Sample } from "./samples.js";
import { numbers, type Section, words } from "./text-table.js";

const NO_REQUEST = "no request has ended yet";

/** Latencies by the size of the body. */
export const lastByte = ({ latency }: Report): Section =>
  percentileSection({
    title: "Time to the last byte",
    of: "body",
    rows: latency.map(({ sizeClass, total }) => ({ name: sizeClass, times: total })),
    whenEmpty: NO_REQUEST,
  });

/** The same to the first byte: how long a client saw nothing happen. */
export const firstByte = ({ latency }: Report): Section =>
  percentileSection({
    title: "Time to the first byte",
    of: "body",
    rows: latency.map(({ sizeClass, firstByte }) => ({ name: sizeClass, times: firstByte })),
    whenEmpty: NO_REQUEST,
  });

/** The share of each phase in all time, and what one request in a hundred loses to it. */
export function whereTimeWent({ latency }: Report): Section {
  const unit = timeUnit(latency.flatMap(({ phases }) => PHASES.map((one) => phases[one].p99Us)));
  const shares = PHASES.map((phase) => ({
    ...numbers(phase, latency, (one) => showPercent(one.shares[phase])),
    group: "share of all time, %",
  }));
  const p99s = PHASES.map((phase) => ({
    ...numbers(phase, latency, ({ phases }) => showIn(unit, phases[phase].p99Us)),
    group: `p99 of the phase, ${unit.name}`,
  }));
  return {
    title: "Where the time of requests went",
    tables: [[words("body", latency, ({ sizeClass }) => sizeClass), ...shares, ...p99s]],
    whenEmpty: NO_REQUEST,
  };
}

/** The reader threads' jobs. */
export function disk({ disk: { openQueue, open, readQueue, read } }: Report): Section {
  const rows: readonly Row[] = [
    { name: "open: wait for a reader", times: openQueue },
    { name: "open: system calls", times: open },
    { name: "read: wait for a reader", times: readQueue },
    { name: "read: system calls", times: read },
  ];
  return percentileSection({
    title: "Disk",
    of: "job",
    rows: rows.filter(({ times }) => times.count > 0),
    whenEmpty: "no file has been opened or read yet",
  });
}

/** How late the event loop was, since the start and just now; and how busy just now. */
export function eventLoop({ loopLag, now }: Report): Section {
  const sinceStart = loopLag.count > 0 ? [{ name: "since start", times: loopLag }] : [];
  const lastSecond = now === undefined ? [] : [{ name: "last second", times: lagIn(now) }];
  const rows = [...sinceStart, ...lastSecond];
  const section = percentileSection({
    title: "Lag of the event loop",
    of: "",
    rows,
    whenEmpty: NO_SECOND,
  });
  const busy = numbers("busy %", rows, ({ name }) =>
    name === "last second" ? showPercent(now!.loopUtilization) : NOTHING,
  );
  return { ...section, tables: section.tables.map((columns) => [...columns, busy]) };
}

/** What a sample does not hold is no number, and shown as none. */
const lagIn = ({ loopLagP50Us, loopLagP99Us, loopLagMaxUs }: Sample): Row["times"] => ({
  count: Number.NaN,
  p50Us: loopLagP50Us,
  p90Us: Number.NaN,
  p99Us: loopLagP99Us,
  p999Us: Number.NaN,
  p9999Us: Number.NaN,
  maxUs: loopLagMaxUs,
});

/** How answers began, and how bodies ended: in the words of `Outcome`. */
export function sinceStart({ counters }: Report): Section {
  const only = [counters];
  const answers = [1, 2, 3, 4, 5].map((first) =>
    numbers(`${first}xx`, only, (one) => showCount(one.answersByClass[first]!)),
  );
  return {
    title: "Answers, and how their bodies ended",
    tables: [
      [...answers, numbers("outdated siblings", only, (one) => showCount(one.staleSiblings))],
      [
        numbers("sent", only, (one) => showCount(one.bodiesSent)),
        numbers("gone", only, (one) => showCount(one.clientsGone)),
        numbers("client stalled", only, (one) => showCount(one.clientsStalled)),
        numbers("changed", only, (one) => showCount(one.filesChanged)),
        numbers("read failed", only, (one) => showCount(one.readsFailed)),
        numbers("read timed out", only, (one) => showCount(one.readsTimedOut)),
      ],
    ],
    whenEmpty: "",
  };
}

// --- tables of percentiles ---

interface Row {
  readonly name: string;
  readonly times: Omit<Percentiles, "minUs" | "meanUs">;
}

const TIMES = [
  ["p50", "p50Us"],
  ["p90", "p90Us"],
  ["p99", "p99Us"],
  ["p99.9", "p999Us"],
  ["p99.99", "p9999Us"],
  ["max", "maxUs"],
] as const;

interface PercentileTable {
  readonly title: string;
  /** Heads the names of the rows. */
  readonly of: string;
  readonly rows: readonly Row[];
  readonly whenEmpty: string;
}

function percentileSection({ title, of, rows, whenEmpty }: PercentileTable): Section {
  if (rows.length === 0) return { title, tables: [], whenEmpty };
  const unit = timeUnit(rows.flatMap(({ times }) => TIMES.map(([, key]) => times[key])));
  const columns = [
    words(of, rows, ({ name }) => name),
    numbers("count", rows, ({ times }) => showCount(times.count)),
    ...TIMES.map(([heading, key]) =>
      numbers(heading, rows, ({ times }) => showIn(unit, times[key])),
    ),
  ];
  return { title: `${title}, ${unit.name}`, tables: [columns], whenEmpty };
}
