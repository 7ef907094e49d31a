/**
 * What the memory for small files is for: what is asked for again. What it has no room for is kept open,
 * which saves all but the reading, as far as descriptors go.
 *
 *   asked for the first time    neither, whatever room there is, where that can be told before it is read
 *   again, and there is room    memory
 *   again, and there is none    memory, if it was asked for more often than who would have to go; else a
 *                               descriptor, a free one or by the same rule
 *   kept open, asked for more   memory, if it was asked for twice as often
 *
 * A file that was known before keeps its place. Owns: how often what was asked for. Keeps nothing.
 */
import type { Judge } from "./cached-opens.js";
import type { Entries, Entry } from "./entries.js";
import { OPEN_BODY } from "./jobs.js";
import { Popularity } from "./popularity.js";
import type { Opened } from "./reader-pool.js";

/**
 * Bytes of the largest files that are kept open. Larger: to read one again and again keeps the event loop
 * longer than others wait for their turn.
 */
const MOST_KEPT_OPEN_BYTES = 128 * 1024;

/**
 * How much more often than who is in memory a file that is kept open must be asked for to go there. To
 * change places costs as much as some ten answers from a descriptor instead of memory. Less: equals take
 * turns. More: what has become popular waits for long.
 */
const CLEARLY_MORE = 2;

/**
 * Of so many requests for one that is kept open, one asks whether it has outgrown that. Who would have to go
 * lies anywhere in memory, and to look costs as much as four times all else that is counted. More: what has
 * become popular waits. Fewer: each answer costs up to 2% more.
 */
const WEIGHED_ONE_IN = 4;

/** What there is room for, and who would have to go. */
type Room = Pick<Entries, "get" | "isFull" | "leastValuable" | "hasFreeOpen" | "leastValuableOpen">;

export class Admission {
  readonly #entries: Room;
  readonly #popularity = new Popularity();

  constructor(entries: Room) {
    this.#entries = entries;
  }

  /** One more request for an entry of the table. Cost: two additions. */
  hit(entry: Entry): void {
    this.#popularity.hit(entry);
  }

  /** The table has it from now on. */
  admitted(entry: Entry): void {
    this.#popularity.keep(entry);
  }

  /** The table has it no more. */
  left(entry: Entry): void {
    this.#popularity.leave(entry);
  }

  /** Asked once for each request of a file that is not in the table: it counts them. */
  readonly judge: Judge = (path, sizeBytes) => {
    const times = this.#popularity.count(path);
    if (times < 2) return "nothing";
    if (this.#isWorthMemory(times, sizeBytes)) return "memory";
    return sizeBytes <= MOST_KEPT_OPEN_BYTES && this.#isWorthDescriptor(times)
      ? "descriptor"
      : "nothing";
  };

  /** Has one that is kept open come to be worth memory? To be asked after each `hit`; most cost nothing. */
  hasOutgrown(entry: Entry, sizeBytes: number): boolean {
    const times = this.#popularity.timesOf(entry);
    return times % WEIGHED_ONE_IN === 0 && this.#isWorthMemory(times / CLEARLY_MORE, sizeBytes);
  }

  /** Of what had to be read anyway: only a small file that has no room yet takes others' room. */
  hasRoomFor(path: string, { result, identity }: Opened): boolean {
    const isNew = result === OPEN_BODY && this.#entries.get(path) === undefined;
    if (!isNew || !this.#entries.isFull(identity!.sizeBytes)) return true;
    return this.judge(path, identity!.sizeBytes) === "memory";
  }

  #isWorthMemory(times: number, sizeBytes: number): boolean {
    if (!this.#entries.isFull(sizeBytes)) return true;
    const other = this.#entries.leastValuable();
    return other === undefined || this.#beats(times, other);
  }

  #isWorthDescriptor(times: number): boolean {
    if (this.#entries.hasFreeOpen()) return true;
    const other = this.#entries.leastValuableOpen();
    return other !== undefined && this.#beats(times, other);
  }

  /** Who is asked for no less often has won another round. */
  #beats(times: number, other: Entry): boolean {
    if (times > this.#popularity.timesOf(other)) return true;
    other.wasAskedFor = true;
    return false;
  }
}
