/**
 * A world without time, disk or network: the test turns every wheel by hand.
 *
 * 1. clock   stands still until moved
 * 2. defer   a queue; `tick` runs what is in it
 * 3. disk    holds every read until told how it ends; its bytes tell file and offset
 * 4. sink    takes as much as it has room for, and complains when it is touched after the end
 */
import { ChunkPool } from "../../../engine/chunks/chunk-pool.js";
import {
  type ChunkFile,
  type ChunkReader,
  READ_OK,
  type ReadDone,
  type ReadOutcome,
} from "../../../engine/chunks/chunk-reader.js";
import type { Part } from "../../../engine/chunks/cursor.js";
import { FETCH_BYTES } from "../../../engine/chunks/loads.js";
import { Scheduler } from "../../../engine/chunks/scheduler.js";
import type { Sink } from "../../../engine/chunks/sink.js";
import { SCRATCH_BYTES } from "../../../engine/chunks/source.js";
import type { OnSettled } from "../../../engine/chunks/transfer.js";

export interface FakeFile extends ChunkFile {
  readonly id: number;
}

export const createFile = (id: number, sizeBytes: number): FakeFile => ({ id, sizeBytes });

/** A byte that tells where it came from: neighbors, chunks and files differ. */
const byteAt = (file: FakeFile, offset: number): number =>
  (file.id * 101 + offset * 7 + Math.floor(offset / 256) * 13) % 256;

export const extent = (file: FakeFile, first = 0, last = file.sizeBytes - 1): Part<FakeFile> => ({
  kind: "extent",
  file,
  first,
  last,
});

export const literal = (...bytes: number[]): Part<FakeFile> => ({
  kind: "literal",
  bytes: Uint8Array.from(bytes),
});

/** The slow way: every byte of a body, one by one. */
export function bytesOf(parts: readonly Part<FakeFile>[]): number[] {
  const body: number[] = [];
  for (const part of parts) {
    if (part.kind === "literal") body.push(...part.bytes);
    else for (let at = part.first; at <= part.last; at++) body.push(byteAt(part.file, at));
  }
  return body;
}

export class FakeRead {
  readonly file: FakeFile;
  readonly offset: number;
  /** A disk that took it at once, unless told otherwise; Infinity: it has not yet. */
  startedMs = 0;
  readonly #fill: () => void;
  readonly #done: ReadDone;
  readonly #nowMs: () => number;

  constructor(
    file: FakeFile,
    offset: number,
    fill: () => void,
    done: ReadDone,
    nowMs: () => number,
  ) {
    this.#nowMs = nowMs;
    this.file = file;
    this.offset = offset;
    this.#fill = fill;
    this.#done = done;
  }

  /** A disk that took all the time there was, unless told otherwise. */
  end(outcome: ReadOutcome, startedMs = 0, endedMs = this.#nowMs()): void {
    if (outcome === READ_OK) this.#fill();
    this.#done(outcome, startedMs, endedMs);
  }
}

export class FakeDisk implements ChunkReader<FakeFile> {
  /** Reads that have not ended, oldest first. */
  readonly pending: FakeRead[] = [];
  /** "file:offset" of every read ever asked for. */
  readonly asked: string[] = [];
  /** Bytes of all of them. */
  askedBytes = 0;
  /** Is a piece in the kernel's memory? Nothing is, unless a test says so. */
  isInMemory: (file: FakeFile, first: number, lengthBytes: number) => boolean = () => false;
  /** Can the file system tell what is in memory? Unless a test says so, it cannot. */
  canTell = false;
  /** Does the kernel then keep what was read, piece by piece? */
  keepsReads = true;
  /** Files that are no longer what their identity says. */
  readonly changed = new Set<FakeFile>();
  /** "file:offset+length" of every piece that was taken from memory. */
  readonly takenNow: string[] = [];
  readonly #kept = new Set<string>();
  readonly #slab: Uint8Array;
  readonly #nowMs: () => number;

  constructor(slab: Uint8Array, nowMs: () => number) {
    this.#slab = slab;
    this.#nowMs = nowMs;
  }

  readNow(file: FakeFile, fileOffset: number, lengthBytes: number, slabOffset: number): boolean {
    if (fileOffset + lengthBytes > file.sizeBytes || lengthBytes < 1) throw new Error("bad read");
    const piece = `${file.id}:${fileOffset}+${lengthBytes}`;
    if (!this.isInMemory(file, fileOffset, lengthBytes) && !this.#kept.has(piece)) return false;
    this.takenNow.push(piece);
    this.#fill(file, fileOffset, lengthBytes, slabOffset);
    return true;
  }

  canReadNow(): boolean {
    return this.canTell;
  }

  isAtHand(file: FakeFile, fileOffset: number, lengthBytes: number): boolean {
    const last = fileOffset + lengthBytes - 1;
    return this.isInMemory(file, fileOffset, 1) && this.isInMemory(file, last, 1);
  }

  isUnchanged(file: FakeFile): boolean {
    return !this.changed.has(file);
  }

  read(
    file: FakeFile,
    fileOffset: number,
    lengthBytes: number,
    slabOffset: number,
    done: ReadDone,
  ): () => number {
    if (fileOffset + lengthBytes > file.sizeBytes || lengthBytes < 1) throw new Error("bad read");
    const fill = () => {
      this.#fill(file, fileOffset, lengthBytes, slabOffset);
      if (this.canTell && this.keepsReads)
        this.#kept.add(`${file.id}:${fileOffset}+${lengthBytes}`);
    };
    this.asked.push(`${file.id}:${fileOffset}`);
    this.askedBytes += lengthBytes;
    const read = new FakeRead(file, fileOffset, fill, done, this.#nowMs);
    this.pending.push(read);
    return () => read.startedMs;
  }

  #fill(file: FakeFile, fileOffset: number, lengthBytes: number, slabOffset: number): void {
    for (let at = 0; at < lengthBytes; at++) {
      this.#slab[slabOffset + at] = byteAt(file, fileOffset + at);
    }
  }

  /** Ends the oldest read that fits. */
  end(outcome: ReadOutcome = READ_OK, fits: (read: FakeRead) => boolean = () => true): void {
    const at = this.pending.findIndex(fits);
    if (at < 0) throw new Error("no such read");
    this.pending.splice(at, 1)[0]!.end(outcome);
  }

  /** Ends the reads that are pending now, not those they lead to. */
  endAll(fits: (read: FakeRead) => boolean = () => true): void {
    for (const read of this.pending.filter(fits)) {
      this.pending.splice(this.pending.indexOf(read), 1);
      read.end(READ_OK);
    }
  }
}

export class FakeSink implements Sink {
  readonly client: string;
  onDrained = (): void => {};
  onGone = (): void => {};
  /** Bytes the socket still takes; Infinity takes all. */
  room: number;
  takenBytes = 0;
  readonly received: number[] = [];
  /** Length of every offer, in order. */
  readonly offers: number[] = [];
  /** Runs in the middle of the next offer, once. */
  duringOffer: (() => void) | undefined = undefined;
  isOver = false;
  /** See `Sink`: an offer that does not begin with them is an error. */
  repeatedBytes = 0;
  #refused: Uint8Array = new Uint8Array();
  readonly #keepsBytes: boolean;

  /** @param keepsBytes false when only their count matters, which is faster */
  constructor(client: string, room = Infinity, keepsBytes = true) {
    this.client = client;
    this.room = room;
    this.#keepsBytes = keepsBytes;
  }

  offer(bytes: Uint8Array, totalBytes: number): number {
    if (this.isOver) throw new Error("offered after the end");
    if (bytes.length === 0) throw new Error("offered nothing");
    const { length } = this.#refused;
    if (Buffer.compare(bytes.subarray(0, length), this.#refused) !== 0) {
      throw new Error("what was refused is not offered again");
    }
    this.offers.push(bytes.length);
    const taken = Math.min(this.room, bytes.length);
    this.#refused = bytes.slice(taken, taken + this.repeatedBytes);
    this.room -= taken;
    this.takenBytes += taken;
    if (this.takenBytes > totalBytes) throw new Error("offered more than promised");
    if (this.#keepsBytes) this.received.push(...bytes.subarray(0, taken));
    const interrupt = this.duringOffer;
    this.duringOffer = undefined;
    interrupt?.();
    return this.takenBytes;
  }

  /** The client reads on. */
  drain(bytes = Infinity): void {
    this.room += bytes;
    this.onDrained();
  }

  /** The client leaves. */
  leave(): void {
    this.isOver = true;
    this.onGone();
  }
}

export interface WorldOptions {
  readonly slots?: number;
  readonly chunkBytes?: number;
  readonly sendTimeoutMs?: number;
  readonly readTimeoutMs?: number;
  readonly maxReadsPerFile?: number;
}

export class World {
  nowMs = 1_000;
  /** How long the loop has got to nothing until just now. */
  stalledMs = 0;
  readonly deferred: (() => void)[] = [];
  readonly pool: ChunkPool<FakeFile>;
  readonly disk: FakeDisk;
  readonly scheduler: Scheduler<FakeFile>;
  /** "client outcome" of every transfer that ended, in order. */
  readonly ended: string[] = [];

  constructor(options: WorldOptions = {}) {
    const { slots = 8, chunkBytes = 10, ...times } = options;
    const poolBytes = slots * chunkBytes;
    const slab = new Uint8Array(new SharedArrayBuffer(poolBytes + SCRATCH_BYTES + FETCH_BYTES));
    this.pool = new ChunkPool(slab.subarray(0, poolBytes), chunkBytes);
    this.disk = new FakeDisk(slab, () => this.nowMs);
    this.scheduler = new Scheduler({
      pool: this.pool,
      reader: this.disk,
      scratch: {
        bytes: slab.subarray(poolBytes, poolBytes + SCRATCH_BYTES),
        slabOffset: poolBytes,
      },
      nowMs: () => this.nowMs,
      stalledMs: () => this.stalledMs,
      defer: (run) => this.deferred.push(run),
      settings: {
        sendTimeoutMs: 30_000,
        readTimeoutMs: 10_000,
        maxReadsPerFile: 8,
        wasteOffset: poolBytes + SCRATCH_BYTES,
        ...times,
      },
    });
  }

  start(parts: readonly Part<FakeFile>[], sink: FakeSink, then?: OnSettled<FakeFile>) {
    return this.scheduler.start(parts, sink, (outcome, transfer) => {
      sink.isOver = true;
      this.ended.push(`${sink.client} ${outcome}`);
      then?.(outcome, transfer);
    });
  }

  /** One turn of the event loop. Returns whether there was anything to do. */
  tick(): boolean {
    if (this.deferred.length > 1) throw new Error("more than one tick pending");
    const run = this.deferred.shift();
    run?.();
    return run !== undefined;
  }

  /** Ticks, and a disk that answers at once, until nothing happens any more. */
  settle(mostTicks = 10_000): void {
    for (let left = mostTicks; left > 0; left--) {
      this.disk.endAll();
      if (!this.tick() && this.disk.pending.length === 0) return;
    }
    throw new Error(`still busy after ${mostTicks} ticks`);
  }

  /** Time passes in steps of a second, each with its sweep and its tick. */
  pass(ms: number): void {
    for (let end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs = Math.min(this.nowMs + 1_000, end);
      this.scheduler.sweep();
      this.tick();
    }
  }

  /** Puts chunks of a file into the pool, and nothing else on record. */
  warm(...files: readonly FakeFile[]): void {
    for (const file of files) this.start([extent(file)], new FakeSink("warmer", Infinity, false));
    this.settle();
    this.ended.length = 0;
    this.disk.asked.length = 0;
  }

  isIdle(): boolean {
    const { ready, inLine, reading, pushing, blocked, clients, loads } = this.scheduler.stats();
    const live = ready + inLine + reading + pushing + blocked + clients;
    return live === 0 && loads.files === 0 && loads.waitingForSlot === 0 && this.pool.isIdle();
  }
}
