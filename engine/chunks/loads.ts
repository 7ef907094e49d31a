/**
 * The loads: brings chunks from the disk into the pool, each once, whoever waits for it.
 *
 * 1. permit   a file has few reads at a time, so one stuck file cannot hold every reader: see desk.ts
 * 2. slot     then the load stands in one line for a slot, first come, first served
 * 3. read     with a slot, every waiter pins it: a chunk cannot be evicted before its first use
 * 4. end      waiters go on, or learn why not; both lines move up
 *
 * The permit is taken before the slot and kept with it, so no load ever holds what another needs
 * first: the lines always move while the disk answers. When it does not answer, the read is
 * abandoned and its file refuses loads until that read returns. Other files lose one slot.
 *
 * A small piece of a chunk that is not worth bringing in is fetched: a reader reads it, to where nobody
 * looks, and the kernel has it in memory then. A range of a large cold file costs the disk what it is
 * long, and the pool no slot.
 *
 * A load in line ends when its last waiter leaves. A read goes on: nobody can call it back,
 * and its bytes are useful to the next who comes.
 *
 * Knows transfers only as those who wait; what they do next is the scheduler's.
 */

import type { ChunkPool } from "./chunk-pool.js";
import {
  type ChunkFile,
  type ChunkReader,
  READ_CHANGED,
  READ_OK,
  type ReadDone,
  type ReadOutcome,
} from "./chunk-reader.js";
import { FileDesk } from "./desk.js";
import { Line } from "./line.js";
import { ABANDONED, AT_DISK, Load, OVER, type Stretch } from "./load.js";
import type { Transfer } from "./transfer.js";

/**
 * Bytes of the largest piece that is fetched alone. Smaller: of a piece that is larger the whole chunk
 * is read. Larger: for most of a chunk's bytes the disk works, and the pool has none of them.
 */
export const FETCH_BYTES = 256 * 1024;

/** Why a load did not bring its chunk. */
export type LoadFailure = "changed" | "read failed" | "read timed out";

/** What waiters are told. */
export interface LoadEvents<File extends ChunkFile> {
  /** It waits from now on, and no read is out for it. */
  inLine(transfer: Transfer<File>): void;
  /** The read is out. The transfer holds a pin on its slot; a piece has none. */
  reading(transfer: Transfer<File>): void;
  /** The bytes are there, and what it had pinned it has still. */
  ready(transfer: Transfer<File>): void;
  /** They will not come. The transfer holds nothing. May call back into `Loads`. */
  failed(transfer: Transfer<File>, why: LoadFailure): void;
}

export interface LoadSettings {
  /** Longest wait for a slot, and then longest wait for the disk, in milliseconds. */
  readonly readTimeoutMs: number;
  /** Loads of one file that may hold a slot or stand in line for one; at least 1. */
  readonly maxReadsPerFile: number;
  /** Where in the slab fetched pieces go: `FETCH_BYTES`, and what stands there means nothing. */
  readonly wasteOffset: number;
}

/** Counts since the start, and three of now. */
export interface LoadCounts {
  /** Reads given to the disk, readahead included. */
  reads: number;
  /** Reads given to the disk before anybody waited for them. */
  readaheads: number;
  /** Of the reads, pieces that were brought into the kernel's memory alone. */
  fetched: number;
  /** Transfers that joined a load somebody else had asked for. */
  coalesced: number;
  /** Reads that failed, or found that the file had changed. */
  failed: number;
  /** Loads that ended at their deadline, in line or at the disk. */
  timedOut: number;
  /** Transfers refused because an earlier read of that file has not returned. */
  refused: number;
  /** Loads that stand in line for a slot now. */
  waitingForSlot: number;
  /** Reads that were given up and have not returned; each but a fetched piece holds a slot. */
  abandoned: number;
  /** Files that have a load now, an abandoned one included. */
  files: number;
}

/** One chunk on its way into the pool, as it was when it was looked at. */
export interface ReadUnderWay<File extends ChunkFile> {
  readonly file: File;
  readonly chunk: number;
  readonly lengthBytes: number;
  /** When a reader started with it; Infinity in line for a permit, a slot or a reader. */
  readonly startedMs: number;
  /** Since when it waits for what it waits for now, on the scheduler's clock. */
  readonly sinceMs: number;
  readonly waiters: number;
}

export class Loads<File extends ChunkFile> {
  readonly #pool: ChunkPool<File>;
  readonly #reader: ChunkReader<File>;
  readonly #events: LoadEvents<File>;
  readonly #settings: LoadSettings;
  readonly #nowMs: () => number;
  readonly #desks = new Map<File, FileDesk<File>>();
  readonly #slotLine = new Line<Load<File>>();
  #lastPiece = 0;
  readonly #counts: LoadCounts = {
    reads: 0,
    readaheads: 0,
    fetched: 0,
    coalesced: 0,
    failed: 0,
    timedOut: 0,
    refused: 0,
    waitingForSlot: 0,
    abandoned: 0,
    files: 0,
  };

  constructor(
    pool: ChunkPool<File>,
    reader: ChunkReader<File>,
    events: LoadEvents<File>,
    settings: LoadSettings,
    nowMs: () => number,
  ) {
    this.#pool = pool;
    this.#reader = reader;
    this.#events = events;
    this.#settings = settings;
    this.#nowMs = nowMs;
  }

  counts(): LoadCounts {
    return { ...this.#counts, waitingForSlot: this.#slotLine.size, files: this.#desks.size };
  }

  /** Every load but those that were given up. */
  *underWay(): Generator<ReadUnderWay<File>> {
    for (const desk of this.#desks.values()) {
      for (const { chunk, stretch, sinceMs, startedMs, waiters } of desk.loads()) {
        yield {
          file: desk.file,
          chunk,
          lengthBytes: stretch.lengthBytes,
          sinceMs,
          startedMs: startedMs(),
          waiters: waiters.size,
        };
      }
    }
  }

  /** Has a chunk a slot, or does it stand in line for one? */
  isKnown(file: File, chunk: number): boolean {
    const isInLine = this.#desks.get(file)?.find(chunk) !== undefined;
    return isInLine || this.#pool.find(file, chunk) >= 0;
  }

  /**
   * Makes a transfer wait for a chunk that is not ready. It fails at once while a read of that file is
   * stuck: one more would only hold one more reader.
   */
  wait(transfer: Transfer<File>, file: File, chunk: number): void {
    const desk = this.#deskOf(file);
    if (desk.isClosed) return this.#refuse(transfer);
    const load = desk.find(chunk);
    if (load === undefined) this.#ask(desk, chunk, transfer);
    else this.#share(load, transfer);
  }

  /**
   * Makes a transfer wait until the kernel has a piece of a chunk in memory, or had it a moment ago.
   * It may fail at once, as in `wait`.
   *
   * @param stretch inside the chunk, `FETCH_BYTES` at most
   */
  fetch(transfer: Transfer<File>, file: File, chunk: number, stretch: Stretch): void {
    const desk = this.#deskOf(file);
    if (desk.isClosed) return this.#refuse(transfer);
    const load = new Load(desk, --this.#lastPiece, chunk, stretch, 0, this.#nowMs());
    this.#counts.fetched++;
    this.#enqueue(load, transfer);
  }

  /**
   * Loads a chunk nobody waits for yet, if that makes nobody wait. It may not be known yet.
   * Returns whether it is on its way.
   */
  readAhead(file: File, chunk: number): boolean {
    if (!this.#mayReadAhead(file)) return false;
    const slot = this.#pool.claim(file, chunk, 0);
    if (slot < 0) return false;
    const load = this.#open(this.#deskOf(file), chunk, 0);
    load.desk.enter(load);
    this.#readInto(load, slot);
    this.#counts.readaheads++;
    return true;
  }

  /** Pins a slot for a transfer that has no pin, until it is released. */
  pin(transfer: Transfer<File>, slot: number): void {
    this.#pool.pin(slot);
    transfer.pinnedSlot = slot;
  }

  /** Whatever a transfer waits for or has pinned, it does so no more. */
  leave(transfer: Transfer<File>): void {
    if (transfer.load !== undefined) this.#quit(transfer.load, transfer);
    this.release(transfer);
  }

  /** Drops the pin of a transfer, if it has one, and lets the line have the slot. */
  release(transfer: Transfer<File>): void {
    this.#unpin(transfer);
    this.#moveUp();
  }

  /** Ends every load whose deadline has passed, waited for or not. Cost: O(loads). */
  sweep(): void {
    const dueMs = this.#nowMs() - this.#settings.readTimeoutMs;
    for (const load of this.#overdue(dueMs)) {
      if (load.sinceMs > dueMs) continue; // the end of another has brought it to the disk
      if (load.stage === AT_DISK) this.#abandon(load);
      else this.#expire(load);
    }
    this.#moveUp();
  }

  // --- permit, slot, read ---

  #refuse(transfer: Transfer<File>): void {
    this.#counts.refused++;
    this.#events.failed(transfer, "read timed out");
  }

  #ask(desk: FileDesk<File>, chunk: number, transfer: Transfer<File>): void {
    transfer.arrivesAt(desk.file, chunk);
    this.#enqueue(this.#open(desk, chunk, 1), transfer);
    this.#moveUp();
  }

  #enqueue(load: Load<File>, transfer: Transfer<File>): void {
    const hasPermit = load.desk.enter(load);
    this.#addWaiter(load, transfer);
    if (hasPermit) this.#lineUp(load);
  }

  #share(load: Load<File>, transfer: Transfer<File>): void {
    this.#counts.coalesced++;
    this.#addWaiter(load, transfer);
    const isArrival = transfer.arrivesAt(load.desk.file, load.chunk);
    if (load.hasSlot) {
      if (isArrival) this.#pool.arrive(load.slot);
      this.#pinFor(transfer, load.slot);
    } else if (isArrival) load.arrivals++;
  }

  #open(desk: FileDesk<File>, chunk: number, arrivals: number): Load<File> {
    const stretch = this.#stretchOf(desk.file, chunk);
    return new Load(desk, chunk, chunk, stretch, arrivals, this.#nowMs());
  }

  #addWaiter(load: Load<File>, transfer: Transfer<File>): void {
    load.waiters.join(transfer);
    transfer.load = load;
    this.#events.inLine(transfer);
  }

  /** With a permit it stands in the slot line; a piece needs no slot. */
  #lineUp(load: Load<File>): void {
    if (load.isPiece) this.#readPiece(load);
    else this.#slotLine.join(load);
  }

  #mayReadAhead(file: File): boolean {
    if (this.#slotLine.size > 0) return false;
    return this.#desks.get(file)?.hasPermitToSpare ?? this.#settings.maxReadsPerFile > 1;
  }

  /** Gives slots to the first in line while there are any. O(1) when nobody stands there. */
  #moveUp(): void {
    for (let load = this.#slotLine.head; load !== undefined; load = this.#slotLine.head) {
      const slot = this.#pool.claim(load.desk.file, load.chunk, load.arrivals);
      if (slot < 0) return;
      this.#slotLine.leave(load);
      this.#readInto(load, slot);
    }
  }

  #readInto(load: Load<File>, slot: number): void {
    load.slot = slot;
    for (let one = load.waiters.head; one !== undefined; one = one.behind) this.#pinFor(one, slot);
    this.#read(load, this.#pool.slabOffset(slot));
  }

  #readPiece(load: Load<File>): void {
    for (let one = load.waiters.head; one !== undefined; one = one.behind)
      this.#events.reading(one);
    this.#read(load, this.#settings.wasteOffset);
  }

  #read(load: Load<File>, slabOffset: number): void {
    const { offset, lengthBytes } = load.stretch;
    load.enter(AT_DISK);
    load.sinceMs = this.#nowMs();
    this.#counts.reads++;
    const done: ReadDone = (outcome, startedMs, endedMs) => {
      for (let one = load.waiters.head; one !== undefined; one = one.behind) {
        one.bookRead(startedMs, endedMs);
      }
      this.#returned(load, outcome);
    };
    load.startedMs = this.#reader.read(load.desk.file, offset, lengthBytes, slabOffset, done);
  }

  #stretchOf(file: File, chunk: number): Stretch {
    const offset = chunk * this.#pool.chunkBytes;
    return { offset, lengthBytes: this.#pool.bytesIn(file, chunk) };
  }

  #pinFor(transfer: Transfer<File>, slot: number): void {
    this.pin(transfer, slot);
    this.#events.reading(transfer);
  }

  #unpin(transfer: Transfer<File>): void {
    if (transfer.pinnedSlot < 0) return;
    this.#pool.unpin(transfer.pinnedSlot);
    transfer.pinnedSlot = -1;
  }

  #quit(load: Load<File>, transfer: Transfer<File>): void {
    if (load.stage === AT_DISK) transfer.bookRead(load.startedMs(), this.#nowMs());
    load.waiters.leave(transfer);
    transfer.load = undefined;
    const isInLine = load.line !== undefined;
    if (isInLine && load.waiters.size === 0) this.#end(load);
  }

  // --- the disk answered ---

  #returned(load: Load<File>, outcome: ReadOutcome): void {
    if (load.stage === ABANDONED) this.#takeBack(load);
    else if (outcome === READ_OK) this.#succeed(load);
    else this.#fail(load, outcome === READ_CHANGED ? "changed" : "read failed");
    this.#moveUp();
  }

  #succeed(load: Load<File>): void {
    if (load.hasSlot) this.#pool.finishLoading(load.slot);
    this.#end(load);
    for (let one = load.waiters.shift(); one !== undefined; one = load.waiters.shift()) {
      one.load = undefined;
      this.#events.ready(one);
    }
  }

  #fail(load: Load<File>, why: LoadFailure): void {
    this.#counts.failed++;
    for (let one = load.waiters.head; one !== undefined; one = one.behind) this.#unpin(one);
    if (load.hasSlot) this.#pool.failLoading(load.slot);
    this.#end(load);
    this.#tell(load, why);
  }

  #takeBack(load: Load<File>): void {
    this.#counts.abandoned--;
    if (load.hasSlot) this.#pool.failLoading(load.slot);
    this.#end(load);
  }

  // --- a deadline passed ---

  #overdue(dueMs: number): Load<File>[] {
    const overdue: Load<File>[] = [];
    for (const desk of this.#desks.values()) {
      for (const load of desk.loads()) if (load.sinceMs <= dueMs) overdue.push(load);
    }
    return overdue;
  }

  /** Gives up on a read. The disk keeps the slot, and the file's loads in line have no hope now. */
  #abandon(load: Load<File>): void {
    const doomed = load.desk.abandon(load);
    this.#counts.timedOut += 1 + doomed.length;
    this.#counts.abandoned++;
    for (let one = load.waiters.head; one !== undefined; one = one.behind) {
      one.bookRead(load.startedMs(), this.#nowMs());
    }
    for (const other of doomed) this.#end(other);
    for (const one of [load, ...doomed]) this.#tell(one, "read timed out");
  }

  /** Ends a load in line. It may be over already: those who were told before it can end it. */
  #expire(load: Load<File>): void {
    if (load.stage === OVER) return;
    this.#counts.timedOut++;
    this.#end(load);
    this.#tell(load, "read timed out");
  }

  // --- the end ---

  /** Takes a load off the books, wherever it stood. Its waiters are still to be told. */
  #end(load: Load<File>): void {
    const { desk } = load;
    const next = desk.leave(load);
    if (next !== undefined) this.#lineUp(next);
    if (desk.isEmpty) this.#desks.delete(desk.file);
  }

  /** Tells everybody, after the books are in order: what they do next may come back here. */
  #tell(load: Load<File>, why: LoadFailure): void {
    for (let one = load.waiters.shift(); one !== undefined; one = load.waiters.shift()) {
      one.load = undefined;
      this.#events.failed(one, why);
    }
  }

  #deskOf(file: File): FileDesk<File> {
    const known = this.#desks.get(file);
    if (known !== undefined) return known;
    const desk = new FileDesk(file, this.#settings.maxReadsPerFile);
    this.#desks.set(file, desk);
    return desk;
  }
}
