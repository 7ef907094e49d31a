/**
 * How often files were asked for lately: what memory is for is decided by it.
 *
 *   not kept   a counter in a sketch, shared with other paths: no path is remembered
 *   kept       a counter of its own
 *
 * The sketch is a count-min that forgets, TinyLFU (Einziger, Friedman and Manes, 2017): each path has
 * one counter in each row, found by its hash, and the smallest of them is nearest to the truth and
 * never below it. After some requests all counters are halved, so what was popular once makes room.
 *
 * Owns: 512 KiB of counters. Does not know what is kept.
 */

/** What is kept, with a counter of its own. */
export interface Counted {
  readonly path: string;
  /** Requests, as of `age`. */
  timesAsked: number;
  /** How many halvings that has been through. */
  age: number;
}

const ROWS = 4;

/**
 * Counters in a row, a power of two. Fewer than files are asked for between two halvings, and one that
 * was never asked for looks as if it had been.
 */
const ROW_COUNTERS = 65_536;

/**
 * Where counters of the sketch stop: at a tenth of all requests. Fewer: where memory has room for few files, all
 * of them are asked for more often than that, and who comes later is never seen to beat one.
 */
const MOST = 65_535;

/** Requests between two halvings. More: what was popular stays longer. Fewer: rare files look alike. */
export const HALVE_AFTER = 10 * ROW_COUNTERS;

export class Popularity {
  readonly #counters = new Uint16Array(ROWS * ROW_COUNTERS);
  readonly #words = new Uint32Array(this.#counters.buffer);
  readonly #places = new Uint32Array(ROWS);
  #requests = 0;
  #age = 0;

  /**
   * One more request for what is not kept.
   *
   * Cost: 100 ns, and more for a long path.
   *
   * @returns how often it was asked for, this time included: 1 to 65,535
   */
  count(path: string): number {
    this.#hear();
    const counters = this.#counters;
    const times = this.#look(path);
    if (times === MOST) return times;
    for (const place of this.#places) if (counters[place] === times) counters[place] = times + 1;
    return times + 1;
  }

  /** From now on it has a counter of its own, which begins where it is. */
  keep(kept: Counted): void {
    kept.timesAsked = Math.max(1, this.#look(kept.path));
    kept.age = this.#age;
  }

  /** It has none any more: the sketch remembers what it came to. */
  leave(kept: Counted): void {
    const times = Math.min(MOST, this.timesOf(kept));
    this.#look(kept.path);
    const counters = this.#counters;
    for (const place of this.#places) counters[place] = Math.max(counters[place]!, times);
  }

  /** One more request for what is kept. */
  hit(kept: Counted): void {
    this.#hear();
    kept.timesAsked = this.timesOf(kept) + 1;
  }

  /** How often what is kept was asked for. */
  timesOf(kept: Counted): number {
    if (kept.age !== this.#age) {
      kept.timesAsked = Math.floor(kept.timesAsked / 2 ** (this.#age - kept.age));
      kept.age = this.#age;
    }
    return kept.timesAsked;
  }

  #hear(): void {
    this.#requests++;
    if (this.#requests === HALVE_AFTER) this.#halve();
  }

  /** Cost: 120 to 250 µs. */
  #halve(): void {
    this.#requests = 0;
    this.#age++;
    const words = this.#words;
    for (let at = 0; at < words.length; at++) words[at] = (words[at]! >>> 1) & 0x7fff7fff;
  }

  /** The smallest counter of a path, and where all of them are. */
  #look(path: string): number {
    const hash = hashOf(path);
    // Two hashes do for as many as are needed (Kirsch and Mitzenmacher, 2006).
    const step = Math.imul(hash, 0x9e3779b1) | 1;
    let least = MOST;
    for (let row = 0; row < ROWS; row++) {
      const column = (hash + row * (step >>> 15)) & (ROW_COUNTERS - 1);
      const place = row * ROW_COUNTERS + column;
      this.#places[row] = place;
      least = Math.min(least, this.#counters[place]!);
    }
    return least;
  }
}

/** FNV-1a, its upper half folded into the lower. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 16)) >>> 0;
}
