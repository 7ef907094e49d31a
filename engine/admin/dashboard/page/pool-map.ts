/**
 * The pool, slot by slot: a cell for each, or for a few where there are very many.
 *
 * States differ in shape as well as in color: free is a dot, loading half full, cached full, and
 * pinned full with a hole. Cells too small for shapes keep their color.
 */
import type { PoolMap } from "../../../../metrics/live.js";
import type { Sample } from "../../../../metrics/samples.js";
import { find, setAttribute, setText } from "./dom.js";
import { layOut } from "./grid.js";
import type { Look } from "./look.js";
import { countOf, showBytes, showClock, showCount } from "./words.js";

/** Smaller cells have no room for shapes. */
const SHAPE_PX = 7;

const SUMMARY_PERIOD_MS = 15_000;

export class PoolView {
  readonly #look: Look;
  readonly #place = find("pool-cells");
  readonly #canvas = find<HTMLCanvasElement>("pool-canvas");
  readonly #counts = {
    pinned: find("pool-pinned"),
    loading: find("pool-loading"),
    cached: find("pool-cached"),
    free: find("pool-free"),
  };
  #cells = "";
  #summaryAtMs = Number.NEGATIVE_INFINITY;

  constructor(look: Look) {
    this.#look = look;
    new ResizeObserver(() => this.redraw()).observe(this.#place);
  }

  update(pool: PoolMap, sample: Sample): void {
    setText(this.#counts.pinned, showCount(sample.slotsPinned));
    setText(this.#counts.loading, showCount(sample.slotsLoading));
    setText(this.#counts.cached, showCount(sample.slotsCached));
    setText(this.#counts.free, showCount(sample.slotsFree));
    setText(find("pool-size"), describeSize(pool));
    this.#summarize(sample);
    if (pool.cells === this.#cells) return;
    this.#cells = pool.cells;
    this.redraw();
  }

  redraw(): void {
    const { width } = this.#place.getBoundingClientRect();
    if (width === 0 || this.#cells === "") return;
    const { columns, rows, pitch } = layOut(this.#cells.length, width);
    const pen = this.#prepare(columns * pitch, rows * pitch);
    [...this.#cells].forEach((state, at) => {
      const y = Math.floor(at / columns) * pitch;
      this.#drawCell(pen, state, (at % columns) * pitch, y, pitch);
    });
  }

  /** Sizes the canvas in the screen's own pixels, which also wipes it. */
  #prepare(width: number, height: number): CanvasRenderingContext2D {
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    const pen = this.#canvas.getContext("2d")!;
    pen.scale(ratio, ratio);
    return pen;
  }

  #drawCell(pen: CanvasRenderingContext2D, state: string, x: number, y: number, pitch: number) {
    const size = pitch - (pitch < SHAPE_PX ? 1 : 2);
    const fill = (color: string, left: number, top: number, width: number, height: number) => {
      pen.fillStyle = color;
      pen.fillRect(x + left, y + top, width, height);
    };
    fill(this.#look.color("cell"), 0, 0, size, size);
    if (state === "f") return;
    const color = this.#look.color(state === "p" ? "accent" : state === "l" ? "disk" : "cached");
    const hasShape = pitch >= SHAPE_PX;
    const top = state === "l" && hasShape ? Math.round(size / 2) : 0;
    fill(color, 0, top, size, size - top);
    if (state !== "p" || !hasShape) return;
    const hole = Math.max(1, Math.round(size / 4));
    const inset = (size - hole) / 2;
    fill(this.#look.color("card"), inset, inset, hole, hole);
  }

  #summarize(sample: Sample): void {
    if (sample.atMs - this.#summaryAtMs < SUMMARY_PERIOD_MS) return;
    this.#summaryAtMs = sample.atMs;
    const { slotsPinned, slotsLoading, slotsCached, slotsFree } = sample;
    const words = `Slots of the pool at ${showClock(sample.atMs)}: ${slotsPinned} pinned, ${slotsLoading} loading, ${slotsCached} cached, ${slotsFree} free`;
    setAttribute(this.#canvas, "aria-label", words);
  }
}

function describeSize({ slots, chunkBytes, slotsPerCell }: PoolMap): string {
  const size = `${countOf(slots, "slot")} of ${showBytes(chunkBytes)}`;
  return slotsPerCell === 1 ? size : `${size}; a cell is ${slotsPerCell} slots, the busiest shown`;
}
