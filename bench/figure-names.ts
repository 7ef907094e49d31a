/** How each figure is written, and which way is better. One table for all reports. */
import type { FigureName } from "./cell.js";

interface FigureInfo {
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

export const FIGURES: Readonly<Record<FigureName, FigureInfo>> = {
  requestsPerSec: { title: "requests", unit: "/s", better: "higher" },
  mibPerSec: { title: "bytes", unit: "MiB/s", better: "higher" },
  cpuUsPerRequest: { title: "CPU per request", unit: "µs", better: "lower" },
  cpuMsPerGib: { title: "CPU per GiB", unit: "ms", better: "lower" },
  busyPercent: { title: "core busy", unit: "%", better: "higher" },
  peakMib: { title: "peak memory", unit: "MiB", better: "lower" },
  othersPercent: { title: "other processes", unit: "% of all cores", better: "lower" },
  p50Ms: { title: "p50", unit: "ms", better: "lower" },
  p99Ms: { title: "p99", unit: "ms", better: "lower" },
  p999Ms: { title: "p99.9", unit: "ms", better: "lower" },
  maxMs: { title: "slowest", unit: "ms", better: "lower" },
  coldPerSec: { title: "cold files", unit: "/s", better: "higher" },
  keptPercent: { title: "speed kept", unit: "%", better: "higher" },
  kibPerReader: { title: "memory per reader", unit: "KiB", better: "lower" },
  readersCut: { title: "readers cut", unit: "", better: "lower" },
};

/** Three significant digits, thousands grouped: 139,000; 6.90; 0.412; and a plain 0. */
export function formatFigure(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  if (Math.abs(value) >= 100) return value.toFixed(0);
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return value.toFixed(Math.abs(value) >= 1 ? 2 : 3);
}

/** How many times better: `2.10x`, and `∞` beside nothing at all. */
export const formatRatio = (ratio: number): string =>
  Number.isFinite(ratio) ? `${ratio.toFixed(2)}x` : "∞";
