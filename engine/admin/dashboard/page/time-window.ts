/**
 * The last ten minutes, as the page knows them: one array for each figure, the oldest first.
 *
 * Bounded: as many samples as the server remembers, 600 of 33 numbers. Their times always ascend, as
 * charts want it: where the server's clock was set back, what it showed before for a time that has come
 * again is forgotten. Pure: no DOM.
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
    const places = placesInOrder(columns.atMs).slice(-SAMPLES_SHOWN);
    this.#columns = new Map(
      entries.map(([field, values]) => [field, places.map((place) => values[place]!)]),
    );
  }

  /** Takes a second in. One that is there already, in the history, is not taken twice. */
  add(sample: Sample): void {
    if (sample.atMs === this.column("atMs").at(-1)) return;
    this.#forgetFrom(sample.atMs);
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

  #forgetFrom(atMs: number): void {
    let left = this.length;
    while (left > 0 && this.column("atMs")[left - 1]! >= atMs) left--;
    for (const values of this.#columns.values()) values.length = left;
  }
}

/** Of times that were told twice, the places of the later ones. */
function placesInOrder(times: readonly number[]): number[] {
  const places: number[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (let place = times.length - 1; place >= 0; place--) {
    if (times[place]! >= next) continue;
    places.push(place);
    next = times[place]!;
  }
  return places.reverse();
}
