/** Fear: a job that is lost, done twice, or kept waiting by a job of another kind. */
import { describe, expect, test, vi } from "vitest";
import { JOBS } from "../../fs/job-records.js";
import { BULK, createRing, type Lane, LoopEnd, META, ReaderEnd } from "../../fs/ring.js";

/** A loop and readers in one thread: a `take` must find a job, or it sleeps for ever. */
function createEnds(readers: number): { loop: LoopEnd; readers: ReaderEnd[] } {
  const ring = createRing();
  return {
    loop: new LoopEnd(ring),
    readers: Array.from({ length: readers }, () => new ReaderEnd(ring)),
  };
}

const claim = (job: number, lane: Lane): number => job * 2 + lane;

function collectAll(loop: LoopEnd): number[] {
  const jobs: number[] = [];
  for (let job = loop.collect(); job >= 0; job = loop.collect()) jobs.push(job);
  return jobs;
}

describe("a ring", () => {
  test("hands out the jobs of a lane in the order they came", () => {
    const { loop, readers } = createEnds(2);
    for (const job of [7, 0, 3]) loop.submit(job, META);
    expect(readers.map((reader) => reader.take(0))).toEqual([claim(7, META), claim(0, META)]);
    expect(readers[1]!.take(0)).toBe(claim(3, META));
  });

  test("hands out metadata before bulk, whichever came first", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(1, BULK);
    loop.submit(2, META);
    expect(readers.map((reader) => reader.take(0))).toEqual([claim(2, META), claim(1, BULK)]);
  });

  test("gives back what was published, in the order of publishing", () => {
    const { loop, readers } = createEnds(2);
    for (const job of [4, 5]) loop.submit(job, META);
    const [first, second] = readers as [ReaderEnd, ReaderEnd];
    first.take(0);
    second.take(0);
    second.publish(5, META);
    first.publish(4, META);
    expect(collectAll(loop)).toEqual([5, 4]);
  });

  test("collects nothing before something is published, and nothing twice", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, META);
    readers[0]!.take(0);
    expect(loop.collect()).toBe(-1);
    readers[0]!.publish(0, META);
    expect(collectAll(loop)).toEqual([0]);
    expect(loop.collect()).toBe(-1);
  });

  test("wraps around: three rounds of all jobs come back in order", () => {
    const { loop, readers } = createEnds(2);
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let job = 0; job < JOBS; job++) loop.submit(job, job % 2 === 0 ? META : BULK);
      for (let job = 0; job < JOBS; job++) {
        const taken = readers[0]!.take(0);
        readers[0]!.publish(taken >> 1, (taken & 1) as Lane);
      }
      seen.push(...collectAll(loop));
    }
    const even = Array.from({ length: JOBS / 2 }, (_, at) => 2 * at);
    const oneRound = [...even, ...even.map((job) => job + 1)];
    expect(seen).toEqual([...oneRound, ...oneRound, ...oneRound]);
  });

  test("holds every job there is in one lane", () => {
    const { loop, readers } = createEnds(2);
    for (let job = 0; job < JOBS; job++) loop.submit(job, META);
    expect(loop.backlog()).toBe(JOBS);
    const taken = Array.from({ length: JOBS }, () => readers[0]!.take(0) >> 1);
    expect(taken).toEqual(Array.from({ length: JOBS }, (_, job) => job));
    expect(loop.backlog()).toBe(0);
  });

  test("lets no more bulk jobs run than leave one reader free", () => {
    const { loop, readers } = createEnds(3);
    const [first, second, third] = readers as [ReaderEnd, ReaderEnd, ReaderEnd];
    for (const job of [0, 1, 2]) loop.submit(job, BULK);
    expect([first.take(0), second.take(0)]).toEqual([claim(0, BULK), claim(1, BULK)]);
    loop.submit(9, META);
    expect(third.take(0)).toBe(claim(9, META));
    expect(loop.backlog()).toBe(1);

    first.publish(0, BULK);
    expect(third.take(0)).toBe(claim(2, BULK));
  });

  test("lets the only reader take bulk jobs", () => {
    const { loop, readers } = createEnds(1);
    loop.submit(3, BULK);
    expect(readers[0]!.take(0)).toBe(claim(3, BULK));
  });

  test("sends readers home when it is stopped, whatever waits", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, META);
    loop.stop();
    expect(readers[0]!.take(0)).toBe(-1);
  });
});

describe("waiting for a completion", () => {
  test("ends at once when one is there already", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, META);
    readers[0]!.take(0);
    readers[0]!.publish(0, META);
    expect(loop.whenDone()).toBeUndefined();
  });

  test("ends with the next one", async () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, META);
    readers[0]!.take(0);
    const done = loop.whenDone();
    readers[0]!.publish(0, META);
    await done;
    expect(collectAll(loop)).toEqual([0]);
  });
});

describe("one more reader is needed", () => {
  /** More than ever finish here: whatever is slow counts as blocked. */
  const BLOCKED = 1_000_000;
  const needs = (loop: LoopEnd): boolean[] => [
    loop.needsReader(BLOCKED),
    loop.needsReader(BLOCKED),
  ];

  test("not when nothing waits", () => {
    const { loop } = createEnds(2);
    expect(needs(loop)).toEqual([false, false]);
  });

  test("when metadata still waits at the second look, and nobody sleeps", () => {
    const { loop } = createEnds(2);
    loop.submit(0, META);
    expect(needs(loop)).toEqual([false, true]);
  });

  test("not when metadata waits for a processor only: the jobs before it flow", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, META);
    loop.submit(1, META);
    loop.needsReader(1);
    readers[0]!.take(0);
    readers[0]!.publish(0, META);
    expect(loop.needsReader(1)).toBe(false);
  });

  test("when bulk still waits at the second look, and all who may take it are at work", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, BULK);
    readers[0]!.take(0);
    loop.submit(1, BULK);
    expect(needs(loop)).toEqual([false, true]);
  });

  test("not when a reader is free to take the bulk that waits", () => {
    const { loop } = createEnds(2);
    loop.submit(0, BULK);
    expect(needs(loop)).toEqual([false, false]);
  });

  test("not when a reader that sleeps may take what waits", () => {
    const { loop, readers } = createEnds(2);
    const sleep = vi.spyOn(Atomics, "wait").mockImplementation(() => {
      throw new Error("asleep");
    });
    expect(() => readers[0]!.take(0)).toThrow("asleep");
    sleep.mockRestore();
    loop.submit(0, META);
    expect(needs(loop)).toEqual([false, false]);
  });

  test("not when what waited has been taken, though other jobs wait now", () => {
    const { loop, readers } = createEnds(2);
    loop.submit(0, META);
    loop.needsReader(BLOCKED);
    readers[0]!.take(0);
    loop.submit(1, META);
    expect(loop.needsReader(BLOCKED)).toBe(false);
  });
});
