/**
 * All charts, and the moment that they show: the newest, one that is pointed at, or one that is held.
 *
 *   pointed at   under the mouse, in any chart; it moves along in all
 *   held         a click, or the slider: stays at its time while new seconds come in, and at the
 *                oldest once that time is forgotten
 *   newest       neither; Escape and "Back to now" lead here
 *
 * The slider is the keyboard's way, a phone's, and a screen reader's: arrow keys go second by second.
 */

import { Chart } from "./chart.js";
import { CHARTS } from "./chart-specs.js";
import { find, setAttribute, setText } from "./dom.js";
import type { Look } from "./look.js";
import { SAMPLES_SHOWN, type TimeWindow } from "./time-window.js";
import { showClock } from "./words.js";

export class Charts {
  readonly #seen: TimeWindow;
  readonly #charts: readonly Chart[];
  readonly #slider = find<HTMLInputElement>("moment");
  readonly #output = find("moment-time");
  readonly #back = find<HTMLButtonElement>("moment-now");
  #heldMs: number | undefined;
  /** Finds the place of the moment under the mouse; seconds move along under one that rests. */
  #findPointed: (() => number) | undefined;

  constructor(seen: TimeWindow, look: Look) {
    this.#seen = seen;
    this.#charts = CHARTS.map(
      (spec) =>
        new Chart(spec, look, {
          onPoint: (findPlace) => this.#point(findPlace),
          onPick: () => this.#pick(),
        }),
    );
    find("charts").prepend(...this.#charts.map(({ element }) => element));
    this.#slider.min = `${1 - SAMPLES_SHOWN}`;
    this.#slider.addEventListener("input", () => this.#slide());
    this.#back.addEventListener("click", () => {
      this.#slider.focus();
      this.#hold(undefined);
    });
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#hold(undefined);
    });
  }

  update(): void {
    for (const chart of this.#charts) chart.update(this.#seen);
    this.#show();
  }

  redraw(): void {
    for (const chart of this.#charts) chart.redraw();
  }

  #point(findPlace: (() => number) | undefined): void {
    this.#findPointed = findPlace;
    this.#show();
  }

  #pick(): void {
    if (this.#findPointed !== undefined) {
      this.#hold(this.#seen.column("atMs")[this.#findPointed()]);
    }
  }

  #slide(): void {
    const back = -this.#slider.valueAsNumber;
    const times = this.#seen.column("atMs");
    this.#hold(back === 0 ? undefined : times[Math.max(0, times.length - 1 - back)]);
  }

  #hold(ms: number | undefined): void {
    this.#heldMs = ms;
    this.#findPointed = undefined;
    this.#show();
  }

  #show(): void {
    const newest = this.#seen.length - 1;
    if (newest < 0) return;
    const held = this.#heldMs === undefined ? newest : this.#seen.nearest(this.#heldMs);
    const place = Math.min(this.#findPointed?.() ?? held, newest);
    const isNewest = this.#findPointed === undefined && this.#heldMs === undefined;
    for (const chart of this.#charts) chart.show(place, isNewest);

    const words = isNewest ? "now" : showClock(this.#seen.column("atMs")[place]!);
    setText(this.#output, words);
    setAttribute(this.#slider, "aria-valuetext", words);
    this.#slider.value = `${held - newest}`;
    this.#back.hidden = this.#heldMs === undefined;
  }
}
