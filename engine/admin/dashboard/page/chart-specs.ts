/**
 * What the charts show: figures of a sample, in which unit and color. Pure: no DOM.
 *
 * A value of null is a gap. Lines of a stack are piled up by the chart, the first at the bottom.
 */
import type { SampleField } from "../../../../metrics/samples.js";
import type { ColorName } from "./colors.js";
import type { TimeWindow } from "./time-window.js";
import { showBytes, showCount, showRate, showShare, showTime } from "./words.js";

export type Values = readonly (number | null)[];

export interface Line {
  readonly label: string;
  readonly color: ColorName;
  readonly values: (seen: TimeWindow) => Values;
  /** An area under the line. */
  readonly isFilled?: boolean;
  readonly widthPx?: number;
}

export interface ChartSpec {
  readonly title: string;
  /** What a value is, behind the title. */
  readonly unit: string;
  readonly show: (value: number) => string;
  readonly lines: readonly Line[];
  /** "log" needs values above 0; "share" goes from 0 to 1. */
  readonly scale: "linear" | "log" | "share";
  readonly isStacked?: boolean;
  /** Distances between the marks of the axis may be powers of two: of bytes. */
  readonly isBinary?: boolean;
  /** The axis never ends below: a flat line of noise must not look like mountains. */
  readonly least: number;
}

/** Shares of time jump from second to second when requests are few. */
const SHARE_OVER_SEC = 5;

const field =
  (name: SampleField) =>
  (seen: TimeWindow): Values =>
    seen.column(name);

/** A second without requests has no latency. */
const latency =
  (name: SampleField) =>
  (seen: TimeWindow): Values =>
    seen.column(name).map((us) => (us > 0 ? us : null));

const perSecond =
  (name: SampleField) =>
  (seen: TimeWindow): Values => {
    const times = seen.column("atMs");
    return seen.column(name).map((count, at) => {
      const ms = at === 0 ? 1000 : times[at]! - times[at - 1]!;
      // After a gap in the record the time before this sample says nothing about it.
      return ms > 0 && ms < 2000 ? (count * 1000) / ms : count;
    });
  };

type PhaseField = "queueMs" | "diskMs" | "loopMs" | "drainMs";

const share =
  (name: PhaseField) =>
  (seen: TimeWindow): Values => {
    const mine = seen.column(name);
    const rest = (["queueMs", "diskMs", "loopMs", "drainMs"] as const).map((one) =>
      seen.column(one),
    );
    return mine.map((_, at) => {
      const own = sumBefore(mine, at);
      const all = rest.reduce((total, column) => total + sumBefore(column, at), 0);
      return all > 0 ? own / all : null;
    });
  };

function sumBefore(column: readonly number[], last: number): number {
  let total = 0;
  for (let at = Math.max(0, last - SHARE_OVER_SEC + 1); at <= last; at++) total += column[at]!;
  return total;
}

export const CHARTS: readonly ChartSpec[] = [
  {
    title: "Requests",
    unit: "each second",
    show: showCount,
    scale: "linear",
    least: 10,
    lines: [
      { label: "ended", color: "accent", values: perSecond("requests"), isFilled: true },
      { label: "aborted", color: "disk", values: perSecond("aborted") },
      { label: "failed", color: "bad", values: perSecond("serverErrors") },
    ],
  },
  {
    title: "Throughput",
    unit: "body bytes each second",
    show: showRate,
    scale: "linear",
    isBinary: true,
    least: 64 * 1024,
    lines: [{ label: "sent", color: "accent", values: perSecond("sentBytes"), isFilled: true }],
  },
  {
    title: "Latency",
    unit: "of whole requests",
    show: showTime,
    scale: "log",
    least: 1000,
    lines: [
      { label: "p50", color: "low", values: latency("p50Us") },
      { label: "p90", color: "middle", values: latency("p90Us") },
      { label: "p99", color: "high", values: latency("p99Us"), widthPx: 1.75 },
      { label: "p99.9", color: "top", values: latency("p999Us") },
    ],
  },
  {
    title: "Where time goes",
    unit: `share of request time, ${SHARE_OVER_SEC} s`,
    show: showShare,
    scale: "share",
    isStacked: true,
    least: 1,
    lines: [
      { label: "in line", color: "queue", values: share("queueMs") },
      { label: "disk", color: "disk", values: share("diskMs") },
      { label: "loop", color: "loop", values: share("loopMs") },
      { label: "client", color: "client", values: share("drainMs") },
    ],
  },
  {
    title: "Event loop lag",
    unit: "lateness of a timer",
    show: showTime,
    scale: "log",
    least: 1000,
    lines: [
      { label: "p50", color: "low", values: latency("loopLagP50Us") },
      { label: "p99", color: "high", values: latency("loopLagP99Us"), widthPx: 1.75 },
      { label: "max", color: "top", values: latency("loopLagMaxUs") },
    ],
  },
  {
    title: "Busy",
    unit: "share of time, of readers",
    show: showShare,
    scale: "share",
    least: 1,
    lines: [
      { label: "loop", color: "loop", values: field("loopUtilization"), isFilled: true },
      { label: "readers", color: "disk", values: readersBusy },
    ],
  },
  {
    title: "Memory",
    unit: "of the process",
    show: showBytes,
    scale: "linear",
    isBinary: true,
    least: 1024 * 1024,
    lines: [
      { label: "resident", color: "accent", values: field("rssBytes"), isFilled: true },
      { label: "slab", color: "cached", values: field("slabBytes") },
      { label: "heap", color: "queue", values: field("heapUsedBytes") },
      { label: "external", color: "low", values: field("externalBytes") },
    ],
  },
  {
    title: "Pool",
    unit: "slots in use",
    show: showCount,
    scale: "linear",
    isStacked: true,
    least: 4,
    lines: [
      { label: "pinned", color: "accent", values: field("slotsPinned") },
      { label: "loading", color: "disk", values: field("slotsLoading") },
      { label: "cached", color: "cached", values: field("slotsCached") },
    ],
  },
];

function readersBusy(seen: TimeWindow): Values {
  const all = seen.column("readers");
  return seen.column("readersBusy").map((busy, at) => (all[at]! > 0 ? busy / all[at]! : null));
}
