/**
 * Latency by percentile: one line per server, both axes logarithmic.
 *
 *   ms ^            ╱──
 *      |        ___╱        the right half of the picture is one request in a hundred:
 *      |  _____╱            what a user remembers
 *      +--------------->
 *       0  90  99  99.9
 *
 * Drawn twice, wide and narrow, and the page shows the one that fits: scaled down, the letters of
 * a wide picture could not be read on a phone.
 */
import type { Histogram } from "hdr-histogram-js";
import type { CellReport } from "../compare.js";
import { mergeLatencies, percentileMs } from "../load/latency.js";
import { dashOf, inkClass } from "./ink.js";
import { escapeHtml, px } from "./markup.js";

interface Frame {
  readonly name: "wide" | "narrow";
  readonly width: number;
  readonly height: number;
}

const FRAMES: readonly Frame[] = [
  { name: "wide", width: 860, height: 380 },
  { name: "narrow", width: 360, height: 320 },
];
const MARGIN = { left: 52, right: 14, top: 12, bottom: 34 };

interface Curve {
  readonly server: string;
  readonly ink: string;
  readonly dash: string;
  readonly latencies: Histogram;
}

/** The nines of a percentile: 0 for 0%, 1 for 90%, 2 for 99%. */
const toPercentile = (nines: number): number => 100 * (1 - 10 ** -nines);
const STEP_NINES = 0.04;

/** Empty when the cell recorded no latencies one by one. */
export function drawCurves(report: CellReport): string {
  const curves = curvesOf(report);
  if (curves.length === 0) return "";
  const pictures = FRAMES.map((frame) => drawFrame(curves, frame)).join("");
  const legend = curves.map(drawLegend).join("");
  const caption = "Latency by percentile <span>ms, both axes logarithmic</span>";
  return `<figure class="curves"><figcaption>${caption}</figcaption><ul>${legend}</ul>${pictures}</figure>`;
}

function curvesOf(report: CellReport): Curve[] {
  const seen = new Map<string, number>();
  return report.standings.flatMap((one) => {
    if (one.histograms.length === 0) return [];
    const index = seen.get(one.family) ?? 0;
    seen.set(one.family, index + 1);
    const latencies = mergeLatencies(one.histograms);
    return [{ server: one.server, ink: inkClass(one.family), dash: dashOf(index), latencies }];
  });
}

function drawFrame(curves: readonly Curve[], frame: Frame): string {
  const fewest = Math.min(...curves.map((one) => one.latencies.totalCount));
  const maxNines = Math.max(1, Math.floor(Math.log10(fewest)));
  const [lowest, highest] = rangeOf(curves, maxNines);
  const inner = {
    width: frame.width - MARGIN.left - MARGIN.right,
    height: frame.height - MARGIN.top - MARGIN.bottom,
  };
  const x = (nines: number) => MARGIN.left + (nines / maxNines) * inner.width;
  const y = (ms: number) => {
    const share = Math.log10(ms / lowest) / Math.log10(highest / lowest);
    return MARGIN.top + (1 - share) * inner.height;
  };
  const bottom = frame.height - MARGIN.bottom;
  const right = frame.width - MARGIN.right;
  const rows = decades(lowest, highest).map(
    (ms) => `<line x1="${MARGIN.left}" x2="${px(right)}" y1="${px(y(ms))}" y2="${px(y(ms))}"/>
<text x="${MARGIN.left - 8}" y="${px(y(ms) + 4)}" text-anchor="end">${formatMs(ms)}</text>`,
  );
  const columns = Array.from({ length: maxNines + 1 }, (_, nines) => {
    const at = px(x(nines));
    const anchor = nines === maxNines ? "end" : "middle";
    return `<line x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${px(bottom)}"/>
<text x="${at}" y="${px(bottom + 20)}" text-anchor="${anchor}">${formatPercentile(nines)}</text>`;
  });
  const lines = curves.map((one) => drawLine(one, maxNines, x, y));
  const label = `Latency by percentile for ${curves.map((one) => one.server).join(", ")}`;
  return `<svg class="${frame.name}" viewBox="0 0 ${frame.width} ${frame.height}" role="img"
aria-label="${escapeHtml(label)}"><g class="grid">${rows.join("")}${columns.join("")}</g>${lines.join("")}</svg>`;
}

function drawLine(
  one: Curve,
  maxNines: number,
  x: (nines: number) => number,
  y: (ms: number) => number,
): string {
  const steps = Math.round(maxNines / STEP_NINES);
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const nines = step * STEP_NINES;
    return `${px(x(nines))},${px(y(valueAt(one.latencies, nines)))}`;
  });
  return `<polyline class="${one.ink}" stroke-dasharray="${one.dash}" points="${points.join(" ")}"/>`;
}

function drawLegend(one: Curve): string {
  const line = `<line x1="0" x2="28" y1="5" y2="5" stroke-dasharray="${one.dash}"/>`;
  return `<li><svg class="${one.ink}" width="28" height="10" aria-hidden="true">${line}</svg>${escapeHtml(one.server)}</li>`;
}

/** Whole powers of ten around all values, at least one decade. */
function rangeOf(curves: readonly Curve[], maxNines: number): [lowest: number, highest: number] {
  const low = Math.min(...curves.map((one) => valueAt(one.latencies, 0)));
  const high = Math.max(...curves.map((one) => valueAt(one.latencies, maxNines)));
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  return [10 ** first, 10 ** Math.max(last, first + 1)];
}

function decades(lowest: number, highest: number): number[] {
  const count = Math.round(Math.log10(highest / lowest));
  return Array.from({ length: count + 1 }, (_, at) => lowest * 10 ** at);
}

const valueAt = (latencies: Histogram, nines: number): number =>
  Math.max(0.001, percentileMs(latencies, toPercentile(nines)));

/** 0%, 90%, 99%, 99.9%: as many decimals as there are nines after the second. */
const formatPercentile = (nines: number): string =>
  `${toPercentile(nines).toFixed(Math.max(0, nines - 2))}%`;

const formatMs = (ms: number): string => (ms >= 1 ? `${ms}` : ms.toFixed(-Math.log10(ms)));
