/**
 * What the memory for small files is for: what is asked for again.
 *
 *   asked for the first time    no, whatever room there is, where that can be told before it is read
 *   again, and there is room    yes
 *   again, and there is none    only if it was asked for more often than who would have to go
 *
 * A file that was known before keeps its place. Owns: how often what was asked for. Keeps nothing.
 */
import type { Judge } from "./cached-opens.js";
import type { Entries, Entry } from "./entries.js";
import { OPEN_BODY } from "./jobs.js";
import { Popularity } from "./popularity.js";
import type { Opened } from "./reader-pool.js";

export class Admission {
  readonly #entries: Pick<Entries, "get" | "isFull" | "leastValuable">;
  readonly #popularity = new Popularity();

  constructor(entries: Pick<Entries, "get" | "isFull" | "leastValuable">) {
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

  /** Asked once for each request of a file that is not in the table: it counts them. */
  readonly isWorthKeeping: Judge = (path, sizeBytes) => {
    const times = this.#popularity.count(path);
    if (times < 2 || !this.#entries.isFull(sizeBytes)) return times >= 2;
    const other = this.#entries.leastValuable();
    if (other === undefined || times > this.#popularity.timesOf(other)) return true;
    other.wasAskedFor = true; // no less often: it has won another round
    return false;
  };

  /** Of what had to be read anyway: only a small file that was not known yet takes others' room. */
  hasRoomFor(path: string, { result, identity }: Opened): boolean {
    const isNew = result === OPEN_BODY && this.#entries.get(path) === undefined;
    if (!isNew || !this.#entries.isFull(identity!.sizeBytes)) return true;
    return this.isWorthKeeping(path, identity!.sizeBytes);
  }
}
