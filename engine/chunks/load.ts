/**
 * A load: one chunk on its way into the pool, and everybody who waits for it. Or a piece of one on its
 * way into the kernel's memory, for one transfer: it needs no slot and passes that stage at once.
 *
 *      NEEDS_PERMIT ──▶ NEEDS_SLOT ──▶ AT_DISK ──▶ ABANDONED ──▶ OVER
 *      in its desk's    in the slot    a slot is   took too long, its
 *      line             line           being       slot lost until the
 *                                      filled      disk answers
 *
 * However many transfers want a chunk, there is one load and one read; of pieces each has its own.
 * Data only: its desk and `Loads` move it.
 */

import type { ChunkFile } from "./chunk-reader.js";
import type { FileDesk } from "./desk.js";
import { Line, type Linked } from "./line.js";
import type { Transfer } from "./transfer.js";
import { NOT_STARTED, type StartedMs } from "./wait.js";

export const NEEDS_PERMIT = 0;
export const NEEDS_SLOT = 1;
export const AT_DISK = 2;
export const ABANDONED = 3;
export const OVER = 4;
type Stage =
  | typeof NEEDS_PERMIT
  | typeof NEEDS_SLOT
  | typeof AT_DISK
  | typeof ABANDONED
  | typeof OVER;

const NEXT: readonly (readonly Stage[])[] = [
  /* NEEDS_PERMIT */ [NEEDS_SLOT, OVER], // another load of the file ended, or nobody waits any more
  /* NEEDS_SLOT */ [AT_DISK, OVER], // a slot came free, or nobody waits any more
  /* AT_DISK */ [ABANDONED, OVER], // the deadline passed, or the disk answered
  /* ABANDONED */ [OVER], // the disk answered at last
  /* OVER */ [], // nothing may follow
];

/** A stretch of a file. */
export interface Stretch {
  readonly offset: number;
  readonly lengthBytes: number;
}

export class Load<File extends ChunkFile> implements Linked<Load<File>> {
  readonly desk: FileDesk<File>;
  /** On its desk: the chunk's number, or a negative one of its own for a piece. */
  readonly key: number;
  readonly chunk: number;
  /** What is read. */
  readonly stretch: Stretch;
  readonly waiters = new Line<Transfer<File>>();
  /** Transfers that came to this chunk before it had a slot; 0 when it is read ahead. */
  arrivals: number;
  /** Where the disk writes; -1 before. */
  slot = -1;
  /** Since when it waits for what it waits for now: permit and slot, or the disk. */
  sinceMs: number;
  /** When a reader started with it, which is later than it is at the disk's door. */
  startedMs: StartedMs = () => NOT_STARTED;
  #stage: Stage = NEEDS_PERMIT;

  line: Line<Load<File>> | undefined = undefined;
  before: Load<File> | undefined = undefined;
  behind: Load<File> | undefined = undefined;

  constructor(
    desk: FileDesk<File>,
    key: number,
    chunk: number,
    stretch: Stretch,
    arrivals: number,
    nowMs: number,
  ) {
    this.desk = desk;
    this.key = key;
    this.chunk = chunk;
    this.stretch = stretch;
    this.arrivals = arrivals;
    this.sinceMs = nowMs;
  }

  get isPiece(): boolean {
    return this.key < 0;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get hasSlot(): boolean {
    return this.slot >= 0;
  }

  /** @throws Error when a caller breaks the table: a bug here, never the disk's doing */
  enter(stage: Stage): void {
    if (NEXT[this.#stage]?.includes(stage) !== true) {
      throw new Error(`load stage ${this.#stage} cannot become ${stage}`);
    }
    this.#stage = stage;
  }
}
