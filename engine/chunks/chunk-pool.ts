/**
 * The chunk pool: what each slot of the slab holds, who keeps it there, and what may go.
 *
 *      slab     | slot 0  | slot 1  | slot 2  | slot 3  |
 *      state    | ready   | loading | ready   | free    |
 *      file, no | a, 0    | b, 7    | a, 1    |         |   chunks of many files side by side
 *      pins     | 2       | 1       | 0       | 0       |   only slot 2 may be evicted
 *      unused   | 0       | 0       | 1       |         |   slot 2 was read ahead, nobody came yet
 *
 *                  claim                finishLoading
 *      free ─────────────────▶ loading ───────────────▶ ready
 *        ▲                        │                       │
 *        └──── failLoading ───────┘    claim, unpinned    │
 *                                 ▲───────────────────────┘
 *
 * A chunk is known by (file object, chunk number) from its claim until it fails or is evicted.
 * The first transfer to arrive at a chunk is why it was loaded; only the second makes it worth
 * keeping. So one pass over a huge file, however often it stops and resumes, keeps nothing.
 *
 * Owns: the bookkeeping. Does not read, does not send, and holds nobody waiting.
 */

import type { ChunkFile } from "./chunk-reader.js";
import { Sieve } from "./sieve.js";

const FREE = 0;
const LOADING = 1;
const READY = 2;

/** A slot as seen from outside: ready is cached, and pinned while somebody sends from it. */
export type SlotState = "free" | "loading" | "cached" | "pinned";

/** Slots by state, and slots with at least one pin in whatever state. */
export interface Occupancy {
  readonly slots: number;
  readonly free: number;
  readonly loading: number;
  readonly ready: number;
  /** Ready, and pinned by nobody: what may be evicted. */
  readonly cached: number;
  readonly pinned: number;
  /** Files with at least one slot. */
  readonly files: number;
}

export class ChunkPool<File extends ChunkFile> {
  readonly chunkBytes: number;
  readonly slotCount: number;
  readonly #slab: Uint8Array;
  readonly #wholeViews: readonly Uint8Array[];
  readonly #state: Uint8Array;
  readonly #pins: Uint32Array;
  readonly #unused: Uint8Array;
  readonly #fileOf: (File | undefined)[];
  readonly #chunkOf: Float64Array;
  readonly #freeSlots: Int32Array;
  readonly #sieve: Sieve;
  readonly #slotsByFile = new Map<File, Map<number, number>>();
  readonly #count = [0, 0, 0]; // slots in each state
  #pinnedCount = 0;
  #evictableCount = 0; // ready and unpinned
  #unusedCount = 0;
  #evictions = 0;

  /**
   * @param slab over a SharedArrayBuffer, so that other threads can fill it; a rest smaller than a
   *   chunk stays unused
   * @param chunkBytes integer, at least 1
   * @throws RangeError when the slab has no room for one chunk
   */
  constructor(slab: Uint8Array, chunkBytes: number) {
    const slots = Math.floor(slab.length / chunkBytes);
    if (!(slots >= 1)) throw new RangeError(`no slot of ${chunkBytes} bytes fits the slab`);
    this.chunkBytes = chunkBytes;
    this.slotCount = slots;
    this.#slab = slab;
    this.#wholeViews = Array.from({ length: slots }, (_, slot) =>
      slab.subarray(slot * chunkBytes, (slot + 1) * chunkBytes),
    );
    this.#state = new Uint8Array(slots);
    this.#pins = new Uint32Array(slots);
    this.#unused = new Uint8Array(slots);
    this.#fileOf = Array.from({ length: slots }, () => undefined);
    this.#chunkOf = new Float64Array(slots);
    this.#freeSlots = Int32Array.from({ length: slots }, (_, at) => slots - 1 - at);
    this.#count[FREE] = slots;
    this.#sieve = new Sieve(slots);
  }

  /** The number of the chunk that holds a byte of a file. */
  chunkAt(fileOffset: number): number {
    return Math.floor(fileOffset / this.chunkBytes);
  }

  /** Bytes of a chunk: the last one of a file is shorter. */
  bytesIn(file: File, chunk: number): number {
    return Math.min(this.chunkBytes, file.sizeBytes - chunk * this.chunkBytes);
  }

  /** Where a slot begins, in bytes from the start of the slab's buffer. */
  slabOffset(slot: number): number {
    return this.#slab.byteOffset + slot * this.chunkBytes;
  }

  /** Returns the slot of a chunk, loading or ready, or -1. Cost: two map look-ups. */
  find(file: File, chunk: number): number {
    return this.#slotsByFile.get(file)?.get(chunk) ?? -1;
  }

  /** Returns the slot of a chunk whose bytes are there, or -1. Cost: two map look-ups. */
  findReady(file: File, chunk: number): number {
    const slot = this.find(file, chunk);
    return slot >= 0 && this.#state[slot] === READY ? slot : -1;
  }

  /**
   * Bytes of a ready slot. The view is valid while the slot is pinned and belongs to the pool.
   * Cost: nothing for a whole chunk, else one view.
   */
  view(slot: number, offset: number, lengthBytes: number): Uint8Array {
    if (lengthBytes === this.chunkBytes) return this.#wholeViews[slot]!;
    const from = slot * this.chunkBytes + offset;
    return this.#slab.subarray(from, from + lengthBytes);
  }

  /** Keeps a slot where it is until `unpin`. */
  pin(slot: number): void {
    if (this.#pins[slot]!++ > 0) return;
    this.#pinnedCount++;
    if (this.#state[slot] === READY) this.#evictableCount--;
  }

  /** @throws Error when the slot has no pin: a bug of the caller */
  unpin(slot: number): void {
    if (this.#pins[slot] === 0) throw new Error(`slot ${slot} has no pin to drop`);
    if (--this.#pins[slot]! > 0) return;
    this.#pinnedCount--;
    if (this.#state[slot] === READY) this.#evictableCount++;
  }

  /**
   * A transfer reached a chunk, loading or ready, that it was not sending from before.
   * Resuming inside a chunk is no arrival, or one slow client would make every chunk look popular.
   */
  arrive(slot: number): void {
    if (this.#unused[slot] === 0) this.#sieve.setVisited(slot, true);
    else this.#markUnused(slot, false);
  }

  /**
   * Takes a slot for loading a chunk: a free one, else a victim. Returns -1 when every slot is
   * loading or pinned.
   *
   * @param arrivals transfers that want the chunk already; 0 when it is read ahead
   * @throws Error when the chunk has a slot: a bug of the caller, who should have asked `find`
   */
  claim(file: File, chunk: number, arrivals: number): number {
    if (this.find(file, chunk) >= 0) throw new Error(`chunk ${chunk} has a slot already`);
    const slot = this.#takeSlot();
    if (slot < 0) return -1;
    this.#setState(slot, LOADING);
    this.#remember(slot, file, chunk);
    this.#markUnused(slot, arrivals === 0);
    this.#sieve.setVisited(slot, arrivals > 1);
    return slot;
  }

  /** The bytes are there. */
  finishLoading(slot: number): void {
    this.#mustBeLoading(slot);
    this.#setState(slot, READY);
    this.#sieve.insert(slot);
    if (this.#pins[slot] === 0) this.#evictableCount++;
  }

  /**
   * The bytes will not come, and nothing writes to the slot any more.
   * @throws Error when somebody still pins it: a bug of the caller
   */
  failLoading(slot: number): void {
    this.#mustBeLoading(slot);
    if (this.#pins[slot] !== 0) throw new Error(`slot ${slot} failed while pinned`);
    this.#forget(slot);
    this.#freeSlots[this.#count[FREE]!] = slot;
    this.#setState(slot, FREE);
  }

  /** Slots, loading or ready, that no transfer has arrived at: readahead nobody has used yet. */
  get unusedCount(): number {
    return this.#unusedCount;
  }

  /** Chunks given up for others since the start. */
  get evictions(): number {
    return this.#evictions;
  }

  stateOf(slot: number): SlotState {
    if (this.#state[slot] === FREE) return "free";
    if (this.#state[slot] === LOADING) return "loading";
    return this.#pins[slot] === 0 ? "cached" : "pinned";
  }

  /** O(1). */
  occupancy(): Occupancy {
    const [free = 0, loading = 0, ready = 0] = this.#count;
    const files = this.#slotsByFile.size;
    return {
      slots: this.slotCount,
      free,
      loading,
      ready,
      cached: this.#evictableCount,
      pinned: this.#pinnedCount,
      files,
    };
  }

  /** Whether nobody loads and nobody pins. Looks at every slot rather than trust the counts. */
  isIdle(): boolean {
    return this.#pins.every((pins) => pins === 0) && !this.#state.includes(LOADING);
  }

  // --- a miss: a slot changes hands ---

  #takeSlot(): number {
    const free = this.#count[FREE]!;
    if (free > 0) return this.#freeSlots[free - 1]!;
    if (this.#evictableCount === 0) return -1;
    const victim = this.#sieve.evict(this.#pins);
    this.#evictableCount--;
    this.#evictions++;
    this.#forget(victim);
    return victim;
  }

  #remember(slot: number, file: File, chunk: number): void {
    this.#fileOf[slot] = file;
    this.#chunkOf[slot] = chunk;
    const slots = this.#slotsByFile.get(file);
    if (slots === undefined) this.#slotsByFile.set(file, new Map([[chunk, slot]]));
    else slots.set(chunk, slot);
  }

  /** A file without slots is forgotten with its last one: the pool must not keep it alive. */
  #forget(slot: number): void {
    const file = this.#fileOf[slot]!;
    const slots = this.#slotsByFile.get(file)!;
    slots.delete(this.#chunkOf[slot]!);
    if (slots.size === 0) this.#slotsByFile.delete(file);
    this.#fileOf[slot] = undefined;
    this.#markUnused(slot, false);
  }

  #markUnused(slot: number, isUnused: boolean): void {
    const now = isUnused ? 1 : 0;
    this.#unusedCount += now - this.#unused[slot]!;
    this.#unused[slot] = now;
  }

  #setState(slot: number, state: number): void {
    this.#count[this.#state[slot]!]!--;
    this.#count[state]!++;
    this.#state[slot] = state;
  }

  #mustBeLoading(slot: number): void {
    if (this.#state[slot] !== LOADING) throw new Error(`slot ${slot} is not loading`);
  }
}
