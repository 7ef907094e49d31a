import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChunkPool } from "../../../engine/chunks/chunk-pool.js";
import { createFile, type FakeFile } from "./fakes.js";

const CHUNK = 4;
const createPool = (slots: number) =>
  new ChunkPool<FakeFile>(new Uint8Array(new SharedArrayBuffer(slots * CHUNK + 3)), CHUNK);
const FILE = createFile(1, 1_000);

/** Puts a chunk into the pool as a transfer would: claimed by its first arrival. */
function load(pool: ChunkPool<FakeFile>, chunk: number, arrivals = 1): number {
  const slot = pool.claim(FILE, chunk, arrivals);
  if (slot >= 0) pool.finishLoading(slot);
  return slot;
}

describe("chunk pool", () => {
  test("gives every slot once and then says no", () => {
    const pool = createPool(2);
    expect([pool.claim(FILE, 0, 1), pool.claim(FILE, 1, 1)].sort()).toEqual([0, 1]);
    expect(pool.claim(FILE, 2, 1)).toBe(-1);
    expect(pool.occupancy()).toMatchObject({ slots: 2, free: 0, loading: 2, ready: 0 });
  });

  test("counts from the start of the buffer, wherever the slab begins in it", () => {
    const slab = new Uint8Array(new SharedArrayBuffer(100), 16, 3 * CHUNK);
    const pool = new ChunkPool<FakeFile>(slab, CHUNK);
    const slots = [0, 1, 2].map((chunk) => load(pool, chunk));
    for (const slot of slots) {
      expect(pool.slabOffset(slot)).toBe(16 + slot * CHUNK);
      expect(pool.view(slot, 0, CHUNK).byteOffset).toBe(16 + slot * CHUNK);
      expect(pool.view(slot, 1, 2).byteOffset).toBe(17 + slot * CHUNK);
    }
  });

  test("never evicts a loading or pinned slot", () => {
    const pool = createPool(2);
    pool.pin(load(pool, 0));
    pool.claim(FILE, 1, 1);
    expect(pool.claim(FILE, 2, 1)).toBe(-1);
    pool.unpin(pool.find(FILE, 0));
    expect(pool.claim(FILE, 2, 1)).toBeGreaterThanOrEqual(0);
    expect(pool.find(FILE, 0)).toBe(-1);
  });

  test("keeps a slot while one of several pins is left", () => {
    const pool = createPool(1);
    const slot = load(pool, 0);
    pool.pin(slot);
    pool.pin(slot);
    pool.unpin(slot);
    expect(pool.claim(FILE, 1, 1)).toBe(-1);
    expect(pool.occupancy().pinned).toBe(1);
  });

  test("takes a chunk that is loading for known, but not for ready", () => {
    const pool = createPool(1);
    const slot = pool.claim(FILE, 0, 1);
    expect([pool.find(FILE, 0), pool.findReady(FILE, 0)]).toEqual([slot, -1]);
    pool.finishLoading(slot);
    expect(pool.findReady(FILE, 0)).toBe(slot);
  });

  test("forgets a file with its last slot, evicted or failed", () => {
    const pool = createPool(1);
    load(pool, 0);
    pool.failLoading(pool.claim(createFile(2, 10), 0, 1));
    expect(pool.occupancy()).toMatchObject({ files: 0, free: 1 });
  });

  test("shows the bytes of a slot, whole or in part", () => {
    const slab = Uint8Array.from({ length: 8 }, (_, at) => at);
    const pool = new ChunkPool<FakeFile>(slab, CHUNK);
    expect([...pool.view(1, 0, 4)]).toEqual([4, 5, 6, 7]);
    expect([...pool.view(1, 1, 2)]).toEqual([5, 6]);
    expect([...pool.view(1, 0, 3)]).toEqual([4, 5, 6]);
  });

  test("makes no view for a whole chunk", () => {
    const pool = createPool(2);
    expect(pool.view(1, 0, CHUNK)).toBe(pool.view(1, 0, CHUNK));
  });

  const bugs: readonly (readonly [why: string, run: (pool: ChunkPool<FakeFile>) => void])[] = [
    ["dropping a pin nobody holds", (pool) => pool.unpin(load(pool, 0))],
    ["claiming a chunk twice", (pool) => [pool.claim(FILE, 0, 1), pool.claim(FILE, 0, 1)]],
    ["finishing a slot that is not loading", (pool) => pool.finishLoading(load(pool, 0))],
    ["failing a slot that is not loading", (pool) => pool.failLoading(load(pool, 0))],
    [
      "failing a slot somebody pins",
      (pool) => {
        const slot = pool.claim(FILE, 0, 1);
        pool.pin(slot);
        pool.failLoading(slot);
      },
    ],
  ];
  test.each(bugs)("throws on %s: a bug of the caller", (_, run) => {
    expect(() => run(createPool(2))).toThrow();
  });

  test("refuses a slab smaller than a chunk", () => {
    expect(() => new ChunkPool(new Uint8Array(3), CHUNK)).toThrow(RangeError);
  });
});

describe("what is worth keeping", () => {
  test("spares a chunk that a second transfer came to, once", () => {
    const pool = createPool(2);
    pool.arrive(load(pool, 0));
    load(pool, 1);
    load(pool, 2);
    expect([pool.find(FILE, 0) >= 0, pool.find(FILE, 1) >= 0]).toEqual([true, false]);
  });

  test("does not take the mark of use from a chunk that is only safe because it is pinned", () => {
    const pool = createPool(2);
    const slot = load(pool, 0, 2);
    pool.pin(slot);
    load(pool, 1);
    load(pool, 2);
    pool.unpin(slot);
    load(pool, 3);
    expect(pool.find(FILE, 0)).toBe(slot);
  });

  test("spares a chunk that two waited for while it loaded", () => {
    const pool = createPool(2);
    load(pool, 0, 2);
    load(pool, 1);
    load(pool, 2);
    expect(pool.find(FILE, 0)).toBeGreaterThanOrEqual(0);
  });

  test("does not count the first to come to a chunk that was read ahead", () => {
    const pool = createPool(2);
    pool.arrive(load(pool, 0, 0));
    load(pool, 1);
    load(pool, 2);
    expect(pool.find(FILE, 0)).toBe(-1);
  });

  test("counts what was read ahead until somebody comes or it is evicted", () => {
    const pool = createPool(2);
    load(pool, 0, 0);
    const second = load(pool, 1, 0);
    expect(pool.unusedCount).toBe(2);
    pool.arrive(second);
    expect(pool.unusedCount).toBe(1);
    load(pool, 2);
    expect(pool.unusedCount).toBe(0);
  });
});

/** The slow pool: an array of entries, oldest first, and everything counted by looking. */
class SlowPool {
  entries: { chunk: number; isReady: boolean; pins: number; isUsed: boolean; isHot: boolean }[] =
    [];
  #order: number[] = []; // ready chunks, oldest first
  #hand = -1; // the chunk it points at
  readonly #slots: number;

  constructor(slots: number) {
    this.#slots = slots;
  }

  get(chunk: number) {
    return this.entries.find((entry) => entry.chunk === chunk);
  }

  claim(chunk: number, arrivals: number): boolean {
    if (this.entries.length === this.#slots && !this.#evict()) return false;
    const isUsed = arrivals > 0;
    this.entries.push({ chunk, isReady: false, pins: 0, isUsed, isHot: arrivals > 1 });
    return true;
  }

  finish(chunk: number): void {
    this.get(chunk)!.isReady = true;
    this.#order.push(chunk);
  }

  drop(chunk: number): void {
    this.entries = this.entries.filter((entry) => entry.chunk !== chunk);
  }

  arrive(chunk: number): void {
    const entry = this.get(chunk)!;
    if (entry.isUsed) entry.isHot = true;
    entry.isUsed = true;
  }

  #evict(): boolean {
    if (!this.#order.some((chunk) => this.get(chunk)!.pins === 0)) return false;
    let at = Math.max(0, this.#order.indexOf(this.#hand));
    for (;;) {
      const entry = this.get(this.#order[at]!)!;
      if (entry.pins === 0 && !entry.isHot) break;
      if (entry.pins === 0) entry.isHot = false;
      at = (at + 1) % this.#order.length;
    }
    this.drop(this.#order[at]!);
    this.#order.splice(at, 1);
    this.#hand = this.#order[at] ?? -1;
    return true;
  }
}

type Step = readonly [kind: "want" | "finish" | "fail" | "pin" | "unpin", chunk: number, n: number];
const steps = fc.array(
  fc.tuple(
    fc.constantFrom("want", "want", "finish", "finish", "fail", "pin", "unpin"),
    fc.nat(7),
    fc.nat(2),
  ) as fc.Arbitrary<Step>,
  { maxLength: 120 },
);

/** Does one step to both, when it makes sense for the slow one. */
function apply([kind, chunk, arrivals]: Step, pool: ChunkPool<FakeFile>, slow: SlowPool): void {
  const entry = slow.get(chunk);
  const slot = pool.find(FILE, chunk);
  if (kind === "want" && entry === undefined) {
    expect(pool.claim(FILE, chunk, arrivals) >= 0).toBe(slow.claim(chunk, arrivals));
  } else if (entry === undefined) return;
  else if (kind === "want") {
    pool.arrive(slot);
    slow.arrive(chunk);
  } else if (kind === "finish" && !entry.isReady) {
    pool.finishLoading(slot);
    slow.finish(chunk);
  } else if (kind === "fail" && !entry.isReady && entry.pins === 0) {
    pool.failLoading(slot);
    slow.drop(chunk);
  } else if (kind === "pin") {
    pool.pin(slot);
    entry.pins++;
  } else if (kind === "unpin" && entry.pins > 0) {
    pool.unpin(slot);
    entry.pins--;
  }
}

test("the pool agrees with the slow pool, whatever is done to both", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), steps, (slots, list) => {
      const pool = createPool(slots);
      const slow = new SlowPool(slots);
      for (const step of list) {
        apply(step, pool, slow);
        for (let chunk = 0; chunk < 8; chunk++) {
          const entry = slow.get(chunk);
          expect(pool.find(FILE, chunk) >= 0).toBe(entry !== undefined);
          expect(pool.findReady(FILE, chunk) >= 0).toBe(entry?.isReady === true);
        }
        const { entries } = slow;
        expect(pool.occupancy()).toEqual({
          slots,
          free: slots - entries.length,
          loading: entries.filter((entry) => !entry.isReady).length,
          ready: entries.filter((entry) => entry.isReady).length,
          cached: entries.filter((entry) => entry.isReady && entry.pins === 0).length,
          pinned: entries.filter((entry) => entry.pins > 0).length,
          files: entries.length > 0 ? 1 : 0,
        });
        expect(pool.unusedCount).toBe(entries.filter((entry) => !entry.isUsed).length);
        expect(pool.isIdle()).toBe(entries.every((entry) => entry.isReady && entry.pins === 0));
      }
    }),
    { numRuns: 300 },
  );
});
