/**
 * One body on its way to one sink.
 *
 * Holds the cursor, the phase and the time spent in each, and its place: a transfer stands in one
 * line at most (for its turn, for a chunk, or among the blocked). Blocked, it is this object and
 * nothing else: it owns a cursor, not a buffer.
 *
 * Only the scheduler and what it is made of write here; the owner of the sink reads the totals.
 */

import type { Cursor } from "./cursor.js";
import type { Line, Linked } from "./line.js";
import type { Load } from "./load.js";
import { BLOCKED, IN_LINE, mustFollow, type Phase, PUSHING, READING, READY } from "./phase.js";
import type { ChunkFile, Sink } from "./sink.js";
import type { Client } from "./turns.js";

/** How a transfer ended. */
export type Outcome =
  | "sent"
  | "gone" // the client left
  | "changed" // the file is no longer what was promised
  | "read failed"
  | "read timed out" // or no slot came free in that time
  | "client stalled";

export type OnSettled<File extends ChunkFile> = (
  outcome: Outcome,
  transfer: Transfer<File>,
) => void;

/** `blockedSinceMs` of a transfer whose socket took something at the last offer. */
export const NOT_BLOCKED = -1;
const NONE = -1;

export class Transfer<File extends ChunkFile> implements Linked<Transfer<File>> {
  readonly cursor: Cursor<File>;
  readonly sink: Sink;
  readonly client: Client<File>;
  readonly onSettled: OnSettled<File>;

  phase: Phase = READY;
  phaseSinceMs: number;
  /** When the socket refused and has taken nothing since, whatever was offered to it. */
  blockedSinceMs = NOT_BLOCKED;

  line: Line<Transfer<File>> | undefined = undefined;
  before: Transfer<File> | undefined = undefined;
  behind: Transfer<File> | undefined = undefined;
  /** What it waits for while IN_LINE or READING. */
  load: Load<File> | undefined = undefined;
  /** The slot it keeps from eviction, from the read until the first push; -1 when none. */
  pinnedSlot = NONE;

  #arrivedFile: File | undefined = undefined;
  #arrivedChunk = NONE;
  readonly #msIn: number[] = [0, 0, 0, 0, 0];

  constructor(
    cursor: Cursor<File>,
    sink: Sink,
    client: Client<File>,
    onSettled: OnSettled<File>,
    nowMs: number,
  ) {
    this.cursor = cursor;
    this.sink = sink;
    this.client = client;
    this.onSettled = onSettled;
    this.phaseSinceMs = nowMs;
  }

  get totalBytes(): number {
    return this.cursor.totalBytes;
  }

  /** Body bytes the socket has taken. */
  get sentBytes(): number {
    return this.cursor.sentBytes;
  }

  /** Milliseconds spent waiting for a turn, for a slot, or for the file's other reads. */
  get queueMs(): number {
    return this.#msIn[READY]! + this.#msIn[IN_LINE]!;
  }

  /** Milliseconds spent waiting for the disk. */
  get diskMs(): number {
    return this.#msIn[READING]!;
  }

  /** Milliseconds spent handing bytes to the socket. */
  get pushMs(): number {
    return this.#msIn[PUSHING]!;
  }

  /** Milliseconds spent waiting for the client. */
  get drainMs(): number {
    return this.#msIn[BLOCKED]!;
  }

  /** Cost: no allocation. */
  enter(phase: Phase, nowMs: number): void {
    mustFollow(this.phase, phase);
    this.#msIn[this.phase]! += nowMs - this.phaseSinceMs;
    this.phase = phase;
    this.phaseSinceMs = nowMs;
  }

  /** Notes where the cursor came to. Returns false when it was in that chunk already. */
  arrivesAt(file: File, chunk: number): boolean {
    if (this.#arrivedChunk === chunk && this.#arrivedFile === file) return false;
    this.#arrivedFile = file;
    this.#arrivedChunk = chunk;
    return true;
  }
}
