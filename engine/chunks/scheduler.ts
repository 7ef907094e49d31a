/**
 * The scheduler: brings bodies to sockets, a turn at a time.
 *
 *      turns ──▶ turn ──▶ source ── bytes ──▶ push ──▶ socket
 *        ▲                  │ not yet           │ took less
 *        │                  ▼                   ▼
 *        ├── came ──────── loads             blocked ──┐
 *        └── drained, or due for a re-offer ───────────┘
 *
 * 1. start   count the transfer in, give it its first turn at once
 * 2. turn    push pieces until a quantum is used, the source has none or the socket is full
 * 3. wait    for a chunk (`Loads`), for the client (blocked), or for the next turn (`Turns`)
 * 4. tick    give turns, as many as the event loop can spare; deferred, one pending at most
 * 5. sweep   once a second: deadlines of loads, stalled clients, re-offers
 * 6. settle  release everything, then tell the owner of the sink, once
 *
 * What a socket reports only marks its transfer and asks for a tick: from inside one socket's
 * callback no other socket is pushed to. A pin lasts for a push, or from a read to the first push
 * after it: a transfer that waits for its client or for its next turn holds nothing.
 *
 * Bytes and offsets only. Never closes a sink, and never touches it after settling.
 */

import { AtHand } from "./at-hand.js";
import type { ChunkPool } from "./chunk-pool.js";
import type { ChunkFile, ChunkReader } from "./chunk-reader.js";
import { Cursor, type Part } from "./cursor.js";
import { Gatherer, type Scratch } from "./gather.js";
import { QUANTUM_BYTES } from "./lane.js";
import { Line } from "./line.js";
import {
  type LoadCounts,
  type LoadEvents,
  type LoadSettings,
  Loads,
  type ReadUnderWay,
} from "./loads.js";
import { PageCache } from "./page-cache.js";
import { BLOCKED, IN_LINE, type Phase, PUSHING, READING, READY, SETTLED } from "./phase.js";
import { Piecemeal } from "./piecemeal.js";
import { Readahead } from "./readahead.js";
import type { Sink } from "./sink.js";
import { Source, type Supply } from "./source.js";
import { NOT_BLOCKED, type OnSettled, type Outcome, Transfer } from "./transfer.js";
import { Turns } from "./turns.js";

/**
 * Least cost of a push, in bytes.
 *
 * A push that takes one byte costs a system call all the same. Without this, a tick of a thousand
 * full sockets would be free, and a body of a thousand small parts one turn. The two microseconds it
 * takes are worth 14 KiB at 150 µs per MiB.
 */
const LEAST_PUSH_BYTES = 16 * 1024;

/**
 * Milliseconds after which a blocked socket is offered its next bytes again.
 *
 * uWebSockets.js cuts a socket 8 to 12 s after its last failing write, however patient we are; an
 * offer that takes nothing is such a write. With a sweep each second the offer comes after 5 s at
 * the latest. Smaller: blocked transfers load their chunk again more often, for nothing.
 */
const REOFFER_AFTER_MS = 4_000;

interface SchedulerSettings extends LoadSettings {
  /** Longest time a client may take nothing, in milliseconds. */
  readonly sendTimeoutMs: number;
}

export interface SchedulerDeps<File extends ChunkFile> {
  readonly pool: ChunkPool<File>;
  readonly reader: ChunkReader<File>;
  /** `SCRATCH_BYTES` of it. */
  readonly scratch: Scratch;
  readonly settings: SchedulerSettings;
  /** A clock that never goes back, in milliseconds. */
  readonly nowMs: () => number;
  /** How long the event loop has got to nothing until just now, in milliseconds; 0 as a rule. */
  readonly stalledMs: () => number;
  /** Runs a function soon, after the callbacks that are due: `setImmediate`. */
  readonly defer: (run: () => void) => void;
}

/** What is going on, and what has been counted since the start. */
export interface SchedulerStats {
  /** Transfers now in each phase. */
  readonly ready: number;
  readonly inLine: number;
  readonly reading: number;
  readonly pushing: number;
  readonly blocked: number;
  /** Transfers that ended since the start. */
  readonly settled: number;
  /** Addresses that have a transfer now. */
  readonly clients: number;
  /** Body bytes taken by sockets since the start. */
  readonly sentBytes: number;
  /** Pushes that found their chunk in the pool, since the start. */
  readonly hits: number;
  readonly ticks: number;
  readonly loads: LoadCounts & {
    /** Chunks that the kernel had in memory, brought in without a reader. */
    readonly atOnce: number;
  };
}

export class Scheduler<File extends ChunkFile> {
  readonly #chunkBytes: number;
  readonly #nowMs: () => number;
  readonly #stalledMs: () => number;
  readonly #defer: (run: () => void) => void;
  readonly #sendTimeoutMs: number;
  readonly #loads: Loads<File>;
  readonly #readahead: Readahead<File>;
  readonly #turns = new Turns<File>();
  readonly #blocked = new Line<Transfer<File>>();
  readonly #inPhase = [0, 0, 0, 0, 0, 0];
  readonly #pageCache: PageCache<File>;
  readonly #source: Source<File>;
  readonly #atHand: AtHand<File>;
  #isTickPending = false;
  #sentBytes = 0;
  #ticks = 0;

  constructor(deps: SchedulerDeps<File>) {
    const { pool, reader, scratch, settings, nowMs, stalledMs, defer } = deps;
    this.#chunkBytes = pool.chunkBytes;
    this.#nowMs = nowMs;
    this.#stalledMs = stalledMs;
    this.#defer = defer;
    this.#sendTimeoutMs = settings.sendTimeoutMs;
    const events: LoadEvents<File> = {
      inLine: (transfer) => this.#enter(transfer, IN_LINE),
      reading: (transfer) => this.#enter(transfer, READING),
      ready: (transfer) => this.#makeReady(transfer),
      failed: (transfer, why) => this.#settle(transfer, why),
    };
    this.#loads = new Loads(pool, reader, events, settings, nowMs);
    this.#readahead = new Readahead(pool, reader, this.#loads);
    this.#pageCache = new PageCache(pool, reader, scratch);
    const supply: Supply<File> = {
      pool,
      reader,
      scratch,
      pageCache: this.#pageCache,
      gatherer: new Gatherer(pool, reader, scratch),
      piecemeal: new Piecemeal(pool.slotCount, pool.chunkBytes),
      loads: this.#loads,
    };
    this.#source = new Source(supply, events.failed);
    this.#atHand = new AtHand(supply);
  }

  /**
   * Starts sending a body. What the pool has of its first quantum is offered before this returns.
   *
   * @param parts not empty of bytes: an empty body needs no scheduler
   * @param sink its `onDrained` and `onGone` are set here
   * @param onSettled called exactly once, possibly before this returns; may start other transfers
   * @throws RangeError when there is nothing to send or an extent lies outside its file
   */
  start(parts: readonly Part<File>[], sink: Sink, onSettled: OnSettled<File>): Transfer<File> {
    const cursor = new Cursor(parts); // throws before anything is counted
    const client = this.#turns.enter(sink.client);
    const transfer = new Transfer(cursor, sink, client, onSettled, this.#nowMs());
    this.#inPhase[READY]!++;
    sink.onDrained = () => this.#drained(transfer);
    sink.onGone = () => this.#gone(transfer);
    client.bulk.charge(this.#turn(transfer)); // a first turn is not waited for, but not free
    return transfer;
  }

  /**
   * A body for whose bytes nobody has to wait, to be sent without a transfer. Undefined: start one.
   *
   * @param parts not empty of bytes; `GATHER_BYTES` of them at most
   * @returns bytes that are valid until the scheduler is called again
   */
  atHand(parts: readonly Part<File>[]): Uint8Array | undefined {
    return this.#atHand.find(parts);
  }

  /** All of a small file, in the same way: see `AtHand`. */
  wholeAtHand(file: File): Uint8Array | undefined {
    return this.#atHand.readWhole(file);
  }

  /**
   * Looks at every deadline. To be called about once a second.
   * Cost: O(loads + blocked transfers), one comparison each.
   */
  sweep(): void {
    this.#loads.sweep();
    const nowMs = this.#nowMs();
    for (const transfer of this.#dueAmongBlocked(nowMs)) {
      if (transfer.phase !== BLOCKED) continue; // those settled before it may have ended it
      if (this.#isStalled(transfer, nowMs)) this.#settle(transfer, "client stalled");
      else this.#makeReady(transfer);
    }
  }

  /** Reads under way and in line for a slot. */
  reads(): Generator<ReadUnderWay<File>> {
    return this.#loads.underWay();
  }

  stats(): SchedulerStats {
    const count = this.#inPhase;
    return {
      ready: count[READY]!,
      inLine: count[IN_LINE]!,
      reading: count[READING]!,
      pushing: count[PUSHING]!,
      blocked: this.#blocked.size,
      settled: count[SETTLED]!,
      clients: this.#turns.clients,
      sentBytes: this.#sentBytes,
      hits: this.#source.hits + this.#atHand.hits,
      ticks: this.#ticks,
      loads: { ...this.#loads.counts(), atOnce: this.#pageCache.broughtChunks },
    };
  }

  // --- turns ---

  #wake(): void {
    if (this.#isTickPending) return;
    this.#isTickPending = true;
    this.#defer(this.#tick);
  }

  readonly #tick = (): void => {
    this.#isTickPending = false;
    this.#ticks++;
    this.#turns.run(this.#turn);
    if (!this.#turns.isEmpty()) this.#wake();
  };

  /**
   * Pushes pieces until a quantum is used or the transfer cannot go on.
   *
   * Cost: one `offer` a piece; no allocation but a view when the piece is not a whole chunk.
   * Returns what it cost in bytes: never 0, a quantum and `LEAST_PUSH_BYTES` at most; as much again where
   * the bytes were read on the way.
   */
  readonly #turn = (transfer: Transfer<File>): number => {
    let costBytes = 0;
    while (transfer.phase === READY) {
      const want = Math.min(transfer.cursor.pieceBytes(this.#chunkBytes), QUANTUM_BYTES);
      if (costBytes + want > QUANTUM_BYTES) break;
      costBytes += Math.max(this.#step(transfer, want), LEAST_PUSH_BYTES);
    }
    if (transfer.phase === READY) this.#queue(transfer);
    return costBytes;
  };

  /** Pushes the next piece, if it is to be had. Returns the bytes moved. */
  #step(transfer: Transfer<File>, want: number): number {
    const bytes = this.#source.next(transfer, want);
    if (bytes === undefined) return 0; // it waits for a chunk now, or is over
    const { readBytes } = this.#source; // asked before the push, which may start other transfers
    const taken = this.#push(transfer, bytes);
    this.#source.took(transfer, bytes, taken);
    return readBytes + taken;
  }

  /** Offers bytes to the socket, which may leave meanwhile: then all is settled on return. */
  #push(transfer: Transfer<File>, bytes: Uint8Array): number {
    const { cursor, sink } = transfer;
    this.#enter(transfer, PUSHING);
    const taken = sink.offer(bytes, cursor.totalBytes) - cursor.sentBytes;
    if (transfer.phase === SETTLED) return 0;

    cursor.advance(taken);
    this.#sentBytes += taken;
    if (taken > 0) {
      transfer.blockedSinceMs = NOT_BLOCKED;
      if (transfer.firstTakenMs < 0) transfer.firstTakenMs = transfer.phaseSinceMs;
    }
    if (cursor.remainingBytes === 0) this.#settle(transfer, "sent");
    else if (taken < bytes.length) this.#block(transfer);
    else this.#goOn(transfer);
    return taken;
  }

  #goOn(transfer: Transfer<File>): void {
    this.#enter(transfer, READY);
    this.#loads.release(transfer);
    this.#readahead.follow(transfer);
  }

  #makeReady(transfer: Transfer<File>): void {
    transfer.line?.leave(transfer);
    this.#enter(transfer, READY);
    this.#queue(transfer);
  }

  #queue(transfer: Transfer<File>): void {
    this.#turns.join(transfer);
    this.#wake();
  }

  #enter(transfer: Transfer<File>, phase: Phase): void {
    const wasWaiting = transfer.phase === BLOCKED || transfer.phase === IN_LINE;
    this.#inPhase[transfer.phase]!--;
    transfer.enter(phase, this.#nowMs(), wasWaiting ? this.#stalledMs() : 0);
    this.#inPhase[phase]!++;
  }

  // --- the client is slower than the disk ---

  #block(transfer: Transfer<File>): void {
    this.#enter(transfer, BLOCKED);
    transfer.hasBlocked = true;
    if (transfer.blockedSinceMs === NOT_BLOCKED) transfer.blockedSinceMs = transfer.phaseSinceMs;
    this.#blocked.join(transfer);
    this.#loads.release(transfer);
  }

  #drained(transfer: Transfer<File>): void {
    if (transfer.phase === BLOCKED) this.#makeReady(transfer);
  }

  #dueAmongBlocked(nowMs: number): Transfer<File>[] {
    const due: Transfer<File>[] = [];
    for (let one = this.#blocked.head; one !== undefined; one = one.behind) {
      const isDue = nowMs - one.phaseSinceMs >= REOFFER_AFTER_MS || this.#isStalled(one, nowMs);
      if (isDue) due.push(one);
    }
    return due;
  }

  #isStalled(transfer: Transfer<File>, nowMs: number): boolean {
    return nowMs - transfer.blockedSinceMs >= this.#sendTimeoutMs;
  }

  // --- the end ---

  #gone(transfer: Transfer<File>): void {
    if (transfer.phase !== SETTLED) this.#settle(transfer, "gone");
  }

  #settle(transfer: Transfer<File>, outcome: Outcome): void {
    this.#loads.leave(transfer); // books what it waited for, before the wait ends
    this.#enter(transfer, SETTLED);
    transfer.line?.leave(transfer);
    this.#turns.leave(transfer.client);
    transfer.onSettled(outcome, transfer);
  }
}
