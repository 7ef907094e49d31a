/**
 * The desk of one file: the loads it has, and the few permits they need.
 *
 *      no permit yet                      permits
 *      [ load ] [ load ]  ── permit ──▶   | load | load | abandoned |     closed: one was given up
 *      first come, first served                                            and has not returned
 *
 * 1. enter    a load comes on the books, and gets a permit or stands in line for one
 * 2. permit   it is kept until the load ends, so a stuck file has no more reads out than these
 * 3. abandon  the disk took too long: the permit stays with the read, and the desk is closed
 * 4. leave    the load is over; its permit goes to the first in line, unless the desk is closed
 *
 * Owns: the books of one file. Knows no slot, reads nothing, and tells nobody.
 */

import type { ChunkFile } from "./chunk-reader.js";
import { Line } from "./line.js";
import { ABANDONED, AT_DISK, type Load, NEEDS_PERMIT, NEEDS_SLOT, OVER } from "./load.js";

/** The loads of one file. Exists while there is one. */
export class FileDesk<File extends ChunkFile> {
  readonly file: File;
  readonly #mostPermits: number;
  readonly #loads = new Map<number, Load<File>>();
  readonly #line = new Line<Load<File>>();
  #permits = 0;
  #abandoned = 0;

  /** @param mostPermits loads that may have one at a time, the abandoned included; at least 1 */
  constructor(file: File, mostPermits: number) {
    this.file = file;
    this.#mostPermits = mostPermits;
  }

  /** Is a read of the file out that was given up? One more would only hold one more reader. */
  get isClosed(): boolean {
    return this.#abandoned > 0;
  }

  /** May a load that nobody waits for have a permit? The last one is for who waits. */
  get hasPermitToSpare(): boolean {
    return !this.isClosed && this.#permits < this.#mostPermits - 1;
  }

  get isEmpty(): boolean {
    return this.#loads.size === 0 && this.#permits === 0;
  }

  /** The load of a chunk. Undefined: none, or one that was given up. */
  find(chunk: number): Load<File> | undefined {
    return this.#loads.get(chunk);
  }

  /** All but those that were given up. */
  loads(): IterableIterator<Load<File>> {
    return this.#loads.values();
  }

  /** Returns whether the load has a permit now; else it stands in line for one. */
  enter(load: Load<File>): boolean {
    this.#loads.set(load.key, load);
    const hasPermit = this.#permits < this.#mostPermits;
    if (hasPermit) this.#permit(load);
    else this.#line.join(load);
    return hasPermit;
  }

  /** Gives up on a read. Returns those who have no hope now: all that are not at the disk themselves. */
  abandon(load: Load<File>): Load<File>[] {
    load.enter(ABANDONED);
    this.#abandoned++;
    this.#loads.delete(load.key);
    return [...this.#loads.values()].filter(({ stage }) => stage !== AT_DISK);
  }

  /**
   * Takes a load off the books, wherever it stood. Returns the one that has its permit now, if any:
   * while the desk is closed, who stands in line is to be told that there is no hope.
   */
  leave(load: Load<File>): Load<File> | undefined {
    const { stage } = load;
    load.enter(OVER);
    load.line?.leave(load);
    if (stage === ABANDONED) this.#abandoned--;
    else this.#loads.delete(load.key);
    return stage === NEEDS_PERMIT ? undefined : this.#passOn();
  }

  #passOn(): Load<File> | undefined {
    this.#permits--;
    const next = this.isClosed ? undefined : this.#line.shift();
    if (next !== undefined) this.#permit(next);
    return next;
  }

  #permit(load: Load<File>): void {
    load.enter(NEEDS_SLOT);
    this.#permits++;
  }
}
