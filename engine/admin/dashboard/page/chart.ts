/**
 * One chart: a heading, a legend with the values of one moment, and the lines of ten minutes.
 *
 * uPlot draws the lines; heading and legend are ours, so that they are text in the page. The moment
 * is the newest, or the one that is pointed at in any of the charts.
 */
import type { ChartSpec, Line, Values } from "./chart-specs.js";
import { make, setAttribute, setText } from "./dom.js";
import type { Look } from "./look.js";
import { SAMPLES_SHOWN, type TimeWindow } from "./time-window.js";
import { NOTHING, showClock } from "./words.js";

/** Summaries are read aloud, so they are not news every second. */
const SUMMARY_PERIOD_MS = 15_000;

const HEIGHT_PX = 148;
/** Where uPlot hides its line. */
const OUTSIDE_PX = -10;
const AXIS_PX = { x: 24, y: 62 };

/**
 * The line at the moment moves only when it is told to: one moment for all charts. Without its own
 * mouse uPlot takes each click for the end of a drag, and would swallow it.
 */
const ignore = (): null => null;
const NO_MOUSE: uPlot.Cursor.Bind = {
  mousedown: ignore,
  mouseup: ignore,
  click: ignore,
  dblclick: ignore,
  mousemove: ignore,
  mouseleave: ignore,
  mouseenter: ignore,
};

type Marks = Exclude<uPlot.Axis["values"], undefined>;

export interface ChartEvents {
  /** The mouse has moved: finds the place in the window under it. Undefined when it has left. */
  readonly onPoint: (findPlace: (() => number) | undefined) => void;
  readonly onPick: () => void;
}

export class Chart {
  readonly element = make("figure", "panel chart");
  readonly #plotPlace = make("div", "plot");
  readonly #values: HTMLElement[] = [];
  readonly #spec: ChartSpec;
  readonly #look: Look;
  readonly #plot: uPlot;
  #columns: readonly Values[] = [];
  #endSec = 0;
  #lineAtSec: number | undefined;
  #summaryAtMs = Number.NEGATIVE_INFINITY;

  constructor(spec: ChartSpec, look: Look, { onPoint, onPick }: ChartEvents) {
    this.#spec = spec;
    this.#look = look;
    this.element.append(this.#buildHead(), this.#plotPlace);
    this.#plotPlace.setAttribute("role", "img");
    this.#plotPlace.setAttribute("aria-label", `${spec.title}: nothing yet`);
    this.#plot = new uPlot(this.#options(), [[]], this.#plotPlace);
    const { over } = this.#plot;
    over.addEventListener("mousemove", ({ offsetX }) => {
      onPoint(() => this.#plot.posToIdx(offsetX));
    });
    over.addEventListener("mouseleave", () => onPoint(undefined));
    over.addEventListener("click", onPick);
    new ResizeObserver(() => this.#resize()).observe(this.#plotPlace);
  }

  update(seen: TimeWindow): void {
    const times = seen.column("atMs").map((ms) => ms / 1000);
    this.#endSec = times.at(-1) ?? 0;
    this.#columns = this.#spec.lines.map(({ values }) => values(seen));
    const plotted = this.#spec.isStacked === true ? pileUp(this.#columns) : this.#columns;
    // What is drawn first lies below: of a stack the highest, of lines those that matter least.
    this.#plot.setData([times, ...plotted.toReversed()] as uPlot.AlignedData);
    this.#summarize(this.#endSec * 1000);
  }

  /** Shows the values of one moment, with a line at it unless it is the newest. */
  show(place: number, isNewest: boolean): void {
    this.#values.forEach((element, at) => {
      const value = this.#columns[at]?.[place];
      setText(element, typeof value === "number" ? this.#spec.show(value) : NOTHING);
    });
    this.#lineAtSec = isNewest ? undefined : this.#plot.data[0][place];
    this.#placeLine();
  }

  #placeLine(): void {
    const sec = this.#lineAtSec;
    const left = sec === undefined ? OUTSIDE_PX : this.#plot.valToPos(sec, "x");
    this.#plot.setCursor({ left, top: 0 });
  }

  /** Draws the same again, in other colors. */
  redraw(): void {
    this.#plot.redraw(true, true);
  }

  #resize(): void {
    const { width, height } = this.#plotPlace.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    this.#plot.setSize({ width, height });
    queueMicrotask(() => this.#placeLine()); // after uPlot's own, in which scales change
  }

  #buildHead(): HTMLElement {
    const head = make("figcaption");
    head.append(make("h3", "", this.#spec.title), make("span", "unit", this.#spec.unit));
    const legend = make("dl", "legend values");
    for (const { label, color } of this.#spec.lines) {
      const name = make("dt", "", label);
      name.prepend(make("i", `mark thin ${color}`));
      const value = make("dd", "", NOTHING);
      this.#values.push(value);
      const pair = make("div", "reading");
      pair.append(name, value);
      legend.append(pair);
    }
    head.append(legend);
    return head;
  }

  #summarize(nowMs: number): void {
    if (nowMs - this.#summaryAtMs < SUMMARY_PERIOD_MS) return;
    this.#summaryAtMs = nowMs;
    const { title, unit, lines, show } = this.#spec;
    const parts = lines.map(({ label }, at) => {
      const values = this.#columns[at]!.filter((value) => value !== null);
      if (values.length === 0) return `${label} none`;
      return `${label} ${show(values.at(-1)!)}, at most ${show(Math.max(...values))}`;
    });
    const words = `${title}, ${unit}, at ${showClock(nowMs)}: ${parts.join("; ")}`;
    setAttribute(this.#plotPlace, "aria-label", words);
  }

  #options(): uPlot.Options {
    const { lines } = this.#spec;
    return {
      width: 300,
      height: HEIGHT_PX,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor: { y: false, bind: NO_MOUSE, drag: { click: ignore }, points: { size: 6 } },
      scales: {
        x: { range: () => [this.#endSec - SAMPLES_SHOWN + 1, this.#endSec] },
        y: { distr: this.#spec.scale === "log" ? 3 : 1, range: this.#range },
      },
      series: [{}, ...lines.toReversed().map((line) => this.#series(line))],
      axes: [this.#xAxis(), this.#yAxis()],
    };
  }

  #series({ color, isFilled, widthPx }: Line): uPlot.Series {
    const isPiled = this.#spec.isStacked === true;
    const look = this.#look;
    return {
      stroke: () => look.color(color),
      width: isPiled ? 0 : (widthPx ?? 1.25),
      ...(isPiled && { fill: () => look.color(color) }),
      ...(isFilled === true && { fill: () => look.faint(color) }),
      points: { show: true, size: 3, filter: findLonely, fill: () => look.color(color) },
    };
  }

  readonly #range = (_: uPlot, __: number | null, most: number | null): uPlot.Range.MinMax => {
    const { scale, least } = this.#spec;
    if (scale === "share") return [0, 1];
    const top = Math.max(most ?? 0, least);
    if (scale === "linear") return [0, top * 1.08];
    const low = Math.min(...this.#columns.flat().filter((value) => value !== null), least);
    return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(top))];
  };

  #xAxis(): uPlot.Axis {
    // Two minutes apart where there is room, five on a narrow chart.
    return this.#axis(AXIS_PX.x, { space: 34, incrs: [60, 120, 300] }, (_, marks) =>
      marks.map((sec) => showClock(sec * 1000).slice(0, "14:05".length)),
    );
  }

  #yAxis(): uPlot.Axis {
    const { scale, isBinary, show } = this.#spec;
    const steps = Array.from({ length: 51 }, (_, at) => 2 ** at);
    return this.#axis(
      AXIS_PX.y,
      {
        space: scale === "log" ? 22 : 30,
        ...(isBinary === true && { incrs: steps }),
        ...(scale === "share" && { splits: [0, 0.25, 0.5, 0.75, 1] }),
        ...(scale === "log" && { filter: keepDecades, grid: this.#grid(keepDecades) }),
      },
      (_, marks) => marks.map((mark) => (mark === null ? "" : show(mark).replace(".0 ", " "))),
    );
  }

  #axis(size: number, own: uPlot.Axis, values: Marks): uPlot.Axis {
    const look = this.#look;
    return {
      size,
      gap: 6,
      font: look.font(11),
      stroke: () => look.color("soft"),
      grid: this.#grid(),
      ticks: { show: false },
      values,
      ...own,
    };
  }

  #grid(filter?: uPlot.Axis.Filter): uPlot.Axis.Grid {
    const stroke = (): string => this.#look.color("line");
    return { stroke, width: 1, ...(filter !== undefined && { filter }) };
  }
}

/** Each line on top of those before it. */
function pileUp(columns: readonly Values[]): readonly Values[] {
  let below: Values = columns[0]!.map(() => 0);
  return columns.map((column) => {
    below = column.map((value, at) => (value === null ? null : (below[at] ?? 0) + value));
    return below;
  });
}

const keepDecades: uPlot.Axis.Filter = (_, marks) =>
  marks.map((mark) => (Number.isInteger(Math.log10(mark)) ? mark : null)) as (number | null)[];

/** A value between two gaps makes no line: it gets a dot. */
const findLonely = ((plot: uPlot, series: number): number[] => {
  const values = [...(plot.data[series] ?? [])] as readonly (number | null)[];
  return values.flatMap((value, at) =>
    value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null
      ? at
      : [],
  );
}) as unknown as uPlot.Series.Points.Filter;
