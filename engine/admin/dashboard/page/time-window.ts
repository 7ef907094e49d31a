/**
 * The last ten minutes, as the page knows them: one array for each figure, the oldest first.
 *
 * Bounded: as many samples as the server remembers, 600 of 33 numbers. Pure: no DOM.
 */
import type { Sample, SampleColumns, SampleField } from "../../../../metrics/samples.js";

/** As SAMPLES_KEPT in metrics/samples.ts, of which only types come to the browser. */
export const SAMPLES_SHOWN = 600;

export class TimeWindow {
  #columns = new Map<SampleField, number[]>();

  get length(): number {
    return this.column("atMs").length;
  }

  /** Values of one figure; empty before the first message. The caller only reads. */
  column(field: SampleField): readonly number[] {
    return this.#columns.get(field) ?? [];
  }

  /** Forgets what it knew. */
  replace(columns: SampleColumns): void {
    const entries = Object.entries(columns) as [SampleField, readonly number[]][];
    this.#columns = new Map(
      entries.map(([field, values]) => [field, values.slice(-SAMPLES_SHOWN)]),
    );
  }

  /** Takes a second in. One that is there already, in the history, is not taken twice. */
  add(sample: Sample): void {
    if (sample.atMs <= (this.column("atMs").at(-1) ?? 0)) return;
    for (const [field, value] of Object.entries(sample) as [SampleField, number][]) {
      const values = this.#columns.get(field) ?? [];
      values.push(value);
      if (values.length > SAMPLES_SHOWN) values.shift();
      this.#columns.set(field, values);
    }
  }

  /** The latest `count` samples at most, the oldest first. */
  last(count: number): readonly Sample[] {
    const first = Math.max(0, this.length - count);
    return Array.from({ length: this.length - first }, (_, at) => this.at(first + at));
  }

  /** @param place 0 for the oldest, below `length` */
  at(place: number): Sample {
    const entries = [...this.#columns].map(([field, values]) => [field, values[place]]);
    return Object.fromEntries(entries);
  }

  /** The place of the sample nearest to a time; -1 when there is none. */
  nearest(atMs: number): number {
    const times = this.column("atMs");
    let best = times.length - 1;
    for (let at = times.length - 2; at >= 0; at--) {
      if (Math.abs(times[at]! - atMs) < Math.abs(times[best]! - atMs)) best = at;
    }
    return best;
  }
}
