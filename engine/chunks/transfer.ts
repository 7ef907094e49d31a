/**
 * One body on its way to one sink.
 *
 * Holds the cursor, the phase and the time spent in each, and its place: a transfer stands in one
 * line at most (for its turn, for a chunk, or among the blocked). Blocked, it is this object and
 * nothing else: it owns a cursor, not a buffer.
 *
 * Only the scheduler and what it is made of write here; the owner of the sink reads the totals.
 */

import type { ChunkFile } from "./chunk-reader.js";
import type { Cursor } from "./cursor.js";
import type { Gathered } from "./gather.js";
import type { Line, Linked } from "./line.js";
import type { Load } from "./load.js";
import { BLOCKED, IN_LINE, mustFollow, type Phase, READY } from "./phase.js";
import type { Sink } from "./sink.js";
import type { Client } from "./turns.js";
import { diskMsOf, queueMsOf } from "./wait.js";

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
  /** When the socket took the first byte; -1 before. */
  firstTakenMs = NONE;

  line: Line<Transfer<File>> | undefined = undefined;
  before: Transfer<File> | undefined = undefined;
  behind: Transfer<File> | undefined = undefined;
  /** What it waits for while IN_LINE or READING. */
  load: Load<File> | undefined = undefined;
  /** The slot it keeps from eviction, from the read until the first push; -1 when none. */
  pinnedSlot = NONE;

  /** Were the last bytes that the pool did not have in the kernel's memory? Then the next may be. */
  isInMemory = false;
  /** Was what it wants next just fetched into the kernel's memory? */
  isFetched = false;
  /** The small pieces on offer to its socket just now. */
  gathered: Gathered<File> | undefined = undefined;
  /** Bytes it was refused and has to offer first, where they may not be had as they were. */
  kept: Uint8Array | undefined = undefined;
  /** Has its socket ever refused? */
  hasBlocked = false;

  #arrivedFile: File | undefined = undefined;
  #arrivedChunk = NONE;
  #queueMs = 0;
  #diskMs = 0;
  #drainMs = 0;

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

  /** Milliseconds spent waiting for a slot, for the file's other reads, or for a reader. */
  get queueMs(): number {
    return this.#queueMs;
  }

  /** Milliseconds in which the disk was at work for it. */
  get diskMs(): number {
    return this.#diskMs;
  }

  /** Milliseconds spent waiting for the client. */
  get drainMs(): number {
    return this.#drainMs;
  }

  /**
   * Moves on, and books the time in the phase that ends; that of a read is booked by `bookRead` before.
   *
   * What is booked nowhere is the event loop's: waiting for a turn, handing bytes to the socket, and
   * the time in which what was waited for had come but the loop had not got to it.
   *
   * Cost: no allocation.
   *
   * @param stalledMs how long the event loop had got to nothing when this was noticed
   */
  enter(phase: Phase, nowMs: number, stalledMs: number): void {
    mustFollow(this.phase, phase);
    const waitedMs = nowMs - this.phaseSinceMs;
    if (this.phase === IN_LINE) this.#queueMs += Math.max(0, waitedMs - stalledMs);
    else if (this.phase === BLOCKED) this.#drainMs += Math.max(0, waitedMs - stalledMs);
    this.phase = phase;
    this.phaseSinceMs = nowMs;
  }

  /**
   * Books the read it waits for, as far as it did: others may have begun to wait before.
   *
   * @param untilMs when the disk was done, or nobody waits for it any more
   */
  bookRead(startedMs: number, untilMs: number): void {
    this.#queueMs += queueMsOf(this.phaseSinceMs, startedMs, untilMs);
    this.#diskMs += diskMsOf(this.phaseSinceMs, startedMs, untilMs);
  }

  /** Notes where the cursor came to. Returns false when it was in that chunk already. */
  arrivesAt(file: File, chunk: number): boolean {
    if (this.#arrivedChunk === chunk && this.#arrivedFile === file) return false;
    this.#arrivedFile = file;
    this.#arrivedChunk = chunk;
    return true;
  }
}
