/**
 * By how much a histogram has risen since the last look: what one process tells another of it.
 *
 *   counts now   | 0 | 7 | 0 | 0 | 3 | 1 |
 *   told before  | 0 | 5 | 0 | 0 | 3 | 0 |
 *   the rise         2               1       places and how many more, nothing of the rest
 *
 * A histogram has 3,456 counts and few of them move in a second. Whoever adds up every rise has the
 * histogram: merged, never averaged.
 */
import {
  type CountableHistogram,
  countable,
  createHistogram,
  type Histogram,
} from "./histogram.js";

/** Plain data that can be sent; both lists are of the same length. */
export interface Rise {
  /** Which counts have risen, ascending: every histogram of ours has the same ones. */
  readonly places: Uint16Array;
  /** By how much. A second has no four billion requests. */
  readonly counts: Uint32Array;
  /**
   * The largest value, whole microseconds, when it is the largest of all so far; else the most that
   * falls into the last count.
   */
  readonly maxUs: number;
}

const SHAPE = countable(createHistogram());
const PLACES = SHAPE.countsArrayLength;

/** Where a walk collects; it is over before the next one begins. */
const placesRisen = new Uint16Array(PLACES);
const countsRisen = new Uint32Array(PLACES);

export class RiseWatch {
  readonly #histogram: Histogram;
  /** Made when there is something to remember: 27 KiB. */
  #told: Float64Array | undefined;
  #toldCount = 0;
  #toldMaxUs = 0;

  /** @param histogram made by `createHistogram`; only ever added to */
  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** Since the last call; undefined when nothing was recorded. Cost: one walk over the counts. */
  take(): Rise | undefined {
    const { totalCount, maxValue } = this.#histogram;
    if (totalCount === this.#toldCount) return undefined;
    this.#told ??= new Float64Array(PLACES);
    const found = walk(countable(this.#histogram), this.#told);
    const places = placesRisen.slice(0, found);
    const maxUs = maxValue > this.#toldMaxUs ? maxValue : Math.min(maxValue, mostAt(places));
    this.#toldCount = totalCount;
    this.#toldMaxUs = maxValue;
    return { places, counts: countsRisen.slice(0, found), maxUs };
  }
}

/** Leaves what has risen in `placesRisen` and `countsRisen`, and `told` as it is now. */
function walk(now: CountableHistogram, told: Float64Array): number {
  let found = 0;
  for (let at = 0; at < PLACES; at++) {
    const count = now.getCountAtIndex(at);
    if (count === told[at]) continue;
    placesRisen[found] = at;
    countsRisen[found++] = count - told[at]!;
    told[at] = count;
  }
  return found;
}

const mostAt = (places: Uint16Array): number =>
  SHAPE.highestEquivalentValue(SHAPE.valueFromIndex(places.at(-1)!));

/**
 * Cost: an addition for each count that has risen: to record their values one by one would take
 * logarithms.
 *
 * @param histogram made by `createHistogram`
 */
export function addRise(histogram: Histogram, { places, counts, maxUs }: Rise): void {
  const into = countable(histogram);
  let total = 0;
  for (let at = 0; at < places.length; at++) {
    into.addToCountAtIndex(places[at]!, counts[at]!);
    total += counts[at]!;
  }
  into.addToTotalCount(total);
  into.maxValue = Math.max(into.maxValue, maxUs);
}
