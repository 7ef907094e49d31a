/**
 * How things stand now, as sections: the last second, and what was in use at its end.
 *
 * Each is a table of one row, or of none before the first second is over.
 */
import { byteUnit, showCount, showIn, showPercent, showUptime, timeUnit } from "./figures.js";
import type { FileFigures } from "./machine-metrics.js";
import { PHASES } from "./phases.js";
import type { Report } from "./report.js";
import type { Sample } from "./samples.js";
import { type Column, numbers, type Section } from "./text-table.js";
import type { WorkerRow } from "./worker-row.js";

/** Stands in place of what is measured each second. */
export const NO_SECOND = "the first second is not over yet";

/** What the last second brought, and where its time went. */
export function lastSecond({ now }: Report): Section {
  const only = now === undefined ? [] : [now];
  const size = byteUnit(only.map(({ sentBytes }) => sentBytes));
  const times = ["p50Us", "p90Us", "p99Us", "p999Us", "maxUs"] as const;
  const unit = timeUnit(only.flatMap((one) => times.map((key) => one[key])));
  // Nothing ended, nothing is measured, or a worker's times are not in yet: shown as no number.
  const inUnit = (heading: string, key: (typeof times)[number]): Column =>
    numbers(`${heading} ${unit.name}`, only, (one) =>
      showIn(unit, one.maxUs > 0 ? one[key] : Number.NaN),
    );
  return {
    title: "Last second",
    tables: [
      [
        numbers("requests/s", only, ({ requests }) => showCount(requests)),
        numbers("5xx/s", only, ({ serverErrors }) => showCount(serverErrors)),
        numbers("aborted/s", only, ({ aborted }) => showCount(aborted)),
        numbers(`sent ${size.name}/s`, only, ({ sentBytes }) => showIn(size, sentBytes)),
        numbers("in progress", only, ({ inProgress }) => showCount(inProgress)),
        numbers("connections", only, ({ connections }) => showCount(connections)),
      ],
      [
        inUnit("p50", "p50Us"),
        inUnit("p90", "p90Us"),
        inUnit("p99", "p99Us"),
        inUnit("p99.9", "p999Us"),
        inUnit("max", "maxUs"),
        ...PHASES.map((phase) => ({
          ...numbers(phase, only, (one) => showPercent(one[`${phase}Ms`] / timeOf(one))),
          group: "share of time, %",
        })),
      ],
    ],
    whenEmpty: NO_SECOND,
  };
}

/** 0 when no request ended: a share of it is no number, and shown as none. */
const timeOf = ({ queueMs, diskMs, loopMs, drainMs }: Sample): number =>
  queueMs + diskMs + loopMs + drainMs;

/** Memory of the process, or of all of them. The slab is a part of what is resident. */
export function memory({ now }: Report): Section {
  const only = now === undefined ? [] : [now];
  const keys = ["rssBytes", "heapUsedBytes", "externalBytes", "slabBytes"] as const;
  const unit = byteUnit(only.flatMap((one) => keys.map((key) => one[key])));
  const inUnit = (heading: string, key: (typeof keys)[number]): Column =>
    numbers(`${heading} ${unit.name}`, only, (one) => showIn(unit, one[key]));
  return {
    title: "Memory and descriptors, now",
    tables: [
      [
        inUnit("resident", "rssBytes"),
        inUnit("heap", "heapUsedBytes"),
        inUnit("external", "externalBytes"),
        inUnit("slab", "slabBytes"),
        numbers("open descriptors", only, ({ openFds }) => showCount(openFds)),
      ],
    ],
    whenEmpty: NO_SECOND,
  };
}

/** The pool's slots and the reader threads, and what stands in line for each. */
export function pool({ now }: Report): Section {
  const only = now === undefined ? [] : [now];
  const count = (heading: string, group: string, of: (now: Sample) => number): Column => ({
    ...numbers(heading, only, (one) => showCount(of(one))),
    group,
  });
  return {
    title: "Pool and readers, now",
    tables: [
      [
        count("all", "slots", slotsOf),
        count("free", "slots", ({ slotsFree }) => slotsFree),
        count("loading", "slots", ({ slotsLoading }) => slotsLoading),
        count("cached", "slots", ({ slotsCached }) => slotsCached),
        count("pinned", "slots", ({ slotsPinned }) => slotsPinned),
        count("all", "readers", ({ readers }) => readers),
        count("busy", "readers", ({ readersBusy }) => readersBusy),
        count("transfers", "in line", ({ transfersInLine }) => transfersInLine),
        count("jobs", "in line", ({ jobsWaiting }) => jobsWaiting),
      ],
    ],
    whenEmpty: NO_SECOND,
  };
}

/** Files that are open or in memory, with the most there may be, and the paths that are remembered. */
export function files({ now, files }: Report): Section {
  const only = now === undefined ? [] : [files];
  const unit = byteUnit([files.bodyBytes, files.mostBodyBytes]);
  const count = (heading: string, group: string, of: (files: FileFigures) => number): Column => ({
    ...numbers(heading, only, (one) => showCount(of(one))),
    group,
  });
  const size = (heading: string, key: "bodyBytes" | "mostBodyBytes"): Column => ({
    ...numbers(heading, only, (one) => showIn(unit, one[key])),
    group: `small, ${unit.name}`,
  });
  return {
    title: "Files and paths, now",
    tables: [
      [
        count("all", "open files", ({ openFiles }) => openFiles),
        count("small", "open files", ({ keptOpenFiles }) => keptOpenFiles),
        count("at most", "open files", ({ mostOpenFiles }) => mostOpenFiles),
        size("in memory", "bodyBytes"),
        size("at most", "mostBodyBytes"),
        count("present", "known paths", ({ entries }) => entries),
        count("absent", "known paths", ({ absent }) => absent),
      ],
    ],
    whenEmpty: NO_SECOND,
  };
}

/** Several processes side by side: whether one of them stands out. Nothing of a single one. */
export function workers({ workers: all }: Report): Section {
  const rows = all.length > 1 ? all : [];
  const size = byteUnit(rows.map(({ rssBytes }) => rssBytes));
  const time = timeUnit(rows.map(({ loopLagP99Us }) => loopLagP99Us));
  const count = (heading: string, of: (row: WorkerRow) => number): Column =>
    numbers(heading, rows, (row) => showCount(of(row)));
  return {
    title: "Workers",
    tables: [
      [
        count("worker", ({ id }) => id),
        numbers("pid", rows, ({ pid }) => `${pid}`),
        numbers("up", rows, ({ uptimeMs }) => showUptime(uptimeMs)),
        count("answers", ({ answers }) => answers),
        count("connected", ({ connections }) => connections),
        numbers(`memory ${size.name}`, rows, ({ rssBytes }) => showIn(size, rssBytes)),
        ...[
          numbers(`p99 ${time.name}`, rows, ({ loopLagP99Us }) => showIn(time, loopLagP99Us)),
          numbers("busy %", rows, ({ loopUtilization }) => showPercent(loopUtilization)),
        ].map((column) => ({ ...column, group: "loop lag" })),
      ],
    ],
    whenEmpty: "",
  };
}

const slotsOf = ({ slotsFree, slotsLoading, slotsCached, slotsPinned }: Sample): number =>
  slotsFree + slotsLoading + slotsCached + slotsPinned;
