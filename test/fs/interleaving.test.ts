/**
 * Fear: a wake-up lost in a window a few nanoseconds wide, which no stress test meets.
 *
 * Every atomic operation of one side is a seam: the other side's whole step is run in each of them
 * in turn. `Atomics.wait` is told apart by its rule: it would sleep while the word is unchanged.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { BULK, createRing, LoopEnd, META, ReaderEnd } from "../../fs/ring.js";

type AtomicStep = (words: Int32Array, at: number, ...rest: number[]) => number;
const SEAMS = ["load", "store", "add", "sub", "exchange", "compareExchange", "waitAsync"] as const;
const ASLEEP = new Error("the reader has gone to sleep");

afterEach(() => vi.restoreAllMocks());

/** Runs `intrude` before the given atomic operation of whatever runs next. */
function intrudeAt(seam: number, intrude: () => void): { hasRun: () => boolean } {
  let countdown = seam;
  for (const name of SEAMS) {
    const step = Atomics[name] as unknown as AtomicStep;
    vi.spyOn(Atomics, name as "load").mockImplementation(((...args: Parameters<AtomicStep>) => {
      if (countdown-- === 0) intrude();
      return step(...args);
    }) as typeof Atomics.load);
  }
  vi.spyOn(Atomics, "wait").mockImplementation(((words: Int32Array, at: number, seen: number) => {
    if (words[at] === seen) throw ASLEEP;
    return "not-equal";
  }) as typeof Atomics.wait);
  return { hasRun: () => countdown < 0 };
}

/** The job taken, or undefined when the reader has gone to sleep. */
function takeOrSleep(reader: ReaderEnd): number | undefined {
  try {
    return reader.take(0) >> 1;
  } catch (error) {
    if (error !== ASLEEP) throw error;
    return undefined;
  }
}

/** Tries every seam until the victim is over before the intruder's turn comes. */
async function atEverySeam(round: (seam: number) => Promise<boolean>): Promise<void> {
  let seam = 0;
  while (await round(seam)) {
    vi.restoreAllMocks();
    seam++;
  }
  expect(seam).toBeGreaterThan(2);
}

function createEnds(): { loop: LoopEnd; first: ReaderEnd; second: ReaderEnd } {
  const ring = createRing();
  return { loop: new LoopEnd(ring), first: new ReaderEnd(ring), second: new ReaderEnd(ring) };
}

describe("at every seam", () => {
  test("a job that is submitted while a reader goes to sleep keeps it awake", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first } = createEnds();
      const intruder = intrudeAt(seam, () => {
        loop.submit(5, META);
        loop.ring(1);
      });
      const taken = takeOrSleep(first);
      if (intruder.hasRun()) expect(taken).toBe(5);
      return intruder.hasRun();
    });
  });

  test("a reader that is turned away from bulk never turns away the one that may take it", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first, second } = createEnds();
      loop.submit(0, BULK);
      first.take(0);
      loop.submit(1, BULK);
      const taken: (number | undefined)[] = [];
      const intruder = intrudeAt(seam, () => {
        first.publish(0, BULK);
        taken.push(takeOrSleep(first));
      });
      taken.push(takeOrSleep(second));
      if (intruder.hasRun()) expect(taken.filter((job) => job !== undefined)).toEqual([1]);
      return intruder.hasRun();
    });
  });

  test("a bulk job that comes while a reader looks for one in vain is taken by somebody", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first, second } = createEnds();
      const taken: (number | undefined)[] = [];
      const intruder = intrudeAt(seam, () => {
        loop.submit(6, BULK);
        loop.ring(1);
        taken.push(takeOrSleep(second));
      });
      taken.push(takeOrSleep(first));
      if (intruder.hasRun()) expect(taken.filter((job) => job !== undefined)).toEqual([6]);
      return intruder.hasRun();
    });
  });

  test("two readers never take bulk at once when one of them has to stay free", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first, second } = createEnds();
      loop.submit(7, BULK);
      loop.submit(8, BULK);
      const taken: (number | undefined)[] = [];
      const intruder = intrudeAt(seam, () => taken.push(takeOrSleep(second)));
      taken.push(takeOrSleep(first));
      if (intruder.hasRun()) expect(taken.filter((job) => job !== undefined)).toEqual([7]);
      return intruder.hasRun();
    });
  });

  test("two readers never take the same job", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first, second } = createEnds();
      loop.submit(3, META);
      loop.submit(4, META);
      const taken: (number | undefined)[] = [];
      const intruder = intrudeAt(seam, () => taken.push(takeOrSleep(second)));
      taken.push(takeOrSleep(first));
      if (intruder.hasRun()) expect(taken.toSorted()).toEqual([3, 4]);
      return intruder.hasRun();
    });
  });

  test("a completion that is published while the loop goes to sleep keeps it awake", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first } = createEnds();
      loop.submit(0, META);
      first.take(0);
      const intruder = intrudeAt(seam, () => first.publish(0, META));
      const sleep = loop.whenDone();
      if (intruder.hasRun()) expect(sleep).toBeUndefined();
      return intruder.hasRun();
    });
  });

  test("a loop that goes to sleep while a completion is published is woken for it", async () => {
    await atEverySeam(async (seam) => {
      const { loop, first } = createEnds();
      loop.submit(0, META);
      first.take(0);
      let collected = -1;
      let sleep: Promise<unknown> | undefined;
      const intruder = intrudeAt(seam, () => {
        collected = loop.collect();
        if (collected < 0) sleep = loop.whenDone();
      });
      first.publish(0, META);
      if (!intruder.hasRun()) return false;
      await sleep;
      expect(collected < 0 ? loop.collect() : collected).toBe(0);
      return true;
    });
  });
});
