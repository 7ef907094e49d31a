/** Fear: statistics that lose a download, count it twice, or grow with every path ever asked for. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DownloadCounter } from "../../metrics/download-counter.js";
import { type Changes, Downloads, type DownloadTotals, OTHERS } from "../../metrics/downloads.js";

const row = (path: string, counts: Partial<DownloadTotals>): DownloadTotals => ({
  path,
  completed: 0,
  aborted: 0,
  ranged: 0,
  bytes: 0,
  inProgress: 0,
  lastMs: 0,
  ...counts,
});

/** Downloads `path` so many times, one byte each. */
const count = (downloads: Downloads, path: string, times: number): void => {
  for (let n = 0; n < times; n++) downloads.counterOf(path).whole(1, 1);
};

const pathsOf = (rows: readonly DownloadTotals[]): string[] => rows.map(({ path }) => path);

describe("a counter", () => {
  const rows: readonly (readonly [
    why: string,
    use: (counter: DownloadCounter) => void,
    want: Partial<DownloadTotals>,
  ])[] = [
    ["is in progress from its begin", (one) => one.begin(), { inProgress: 1 }],
    [
      "counts what was sent to the end as completed",
      (one) => {
        one.begin();
        one.end(true, 100, false, 5);
      },
      { completed: 1, bytes: 100, lastMs: 5 },
    ],
    [
      "counts what ended early as aborted, with the bytes that went out",
      (one) => {
        one.begin();
        one.end(false, 40, false, 6);
      },
      { aborted: 1, bytes: 40, lastMs: 6 },
    ],
    [
      "counts parts among both",
      (one) => {
        one.begin();
        one.begin();
        one.end(true, 10, true, 7);
        one.end(false, 1, true, 8);
      },
      { completed: 1, aborted: 1, ranged: 2, bytes: 11, lastMs: 8 },
    ],
    [
      "counts a body that went out at once",
      (one) => one.whole(3, 9),
      { completed: 1, bytes: 3, lastMs: 9 },
    ],
    [
      "keeps the last time also when the clock was set back",
      (one) => {
        one.whole(1, 9);
        one.whole(1, 4);
      },
      { completed: 2, bytes: 2, lastMs: 4 },
    ],
  ];
  for (const [why, use, want] of rows) {
    test(why, () => {
      const downloads = new Downloads(10);
      use(downloads.counterOf("/a"));
      expect(downloads.totals(10)).toEqual([row("/a", want)]);
    });
  }

  test("is the same for each who asks", () => {
    const downloads = new Downloads(10);
    expect(downloads.counterOf("/a")).toBe(downloads.counterOf("/a"));
  });
});

describe("the totals", () => {
  test("show the most downloaded first, aborted ones included", () => {
    const downloads = new Downloads(10);
    count(downloads, "/two", 2);
    count(downloads, "/one", 1);
    const three = downloads.counterOf("/three");
    for (let n = 0; n < 3; n++) {
      three.begin();
      three.end(false, 0, false, 1);
    }
    expect(pathsOf(downloads.totals(10))).toEqual(["/three", "/two", "/one"]);
    expect(pathsOf(downloads.totals(2))).toEqual(["/three", "/two"]);
    expect(downloads.totals(0)).toEqual([]);
  });

  test("show no more than asked for when many are equal", () => {
    const downloads = new Downloads(10);
    for (const path of ["/a", "/b", "/c", "/d"]) count(downloads, path, 1);
    count(downloads, "/e", 2);
    expect(pathsOf(downloads.totals(3))).toEqual(["/e", "/c", "/d"]);
  });

  test("do not show what was only looked for", () => {
    const downloads = new Downloads(10);
    downloads.counterOf("/a");
    expect(downloads.totals(10)).toEqual([]);
  });
});

describe("too many paths", () => {
  test("leave those with the most downloads, and the sum of the others", () => {
    const downloads = new Downloads(2);
    for (const [path, times] of [
      ["/1", 1],
      ["/4", 4],
      ["/2", 2],
      ["/3", 3],
    ] as const) {
      count(downloads, path, times);
    }
    expect(downloads.totals(10)).toHaveLength(4);
    count(downloads, "/new", 1);
    expect(pathsOf(downloads.totals(10))).toEqual(["/4", "/3", "/new"]);
    expect(downloads.rest).toEqual(row(OTHERS, { completed: 3, bytes: 3, lastMs: 1 }));
  });

  test("take nothing from what is in progress", () => {
    const downloads = new Downloads(1);
    const [first, second] = [downloads.counterOf("/first"), downloads.counterOf("/second")];
    first.begin();
    second.begin();
    for (const path of ["/a", "/b", "/c"]) count(downloads, path, 5);
    first.end(true, 1, false, 1);
    second.end(false, 1, false, 1);
    const found = new Map(downloads.totals(10).map((one) => [one.path, one]));
    expect(found.get("/first")).toEqual(row("/first", { completed: 1, bytes: 1, lastMs: 1 }));
    expect(found.get("/second")).toEqual(row("/second", { aborted: 1, bytes: 1, lastMs: 1 }));
  });

  test("never are more than twice the limit and what is in progress", () => {
    const downloads = new Downloads(10);
    const busy = Array.from({ length: 50 }, (_, n) => downloads.counterOf(`/busy-${n}`));
    for (const counter of busy) counter.begin();
    for (let n = 0; n < 1000; n++) {
      count(downloads, `/${n}`, 1);
      expect(downloads.totals(1e6).length).toBeLessThanOrEqual(50 + 20);
    }
  });

  test("do not lose what a counter that was merged counts later", () => {
    const downloads = new Downloads(1);
    const held = downloads.counterOf("/held");
    held.whole(7, 1);
    for (const path of ["/a", "/b", "/c"]) count(downloads, path, 2);
    expect(pathsOf(downloads.totals(10))).not.toContain("/held");
    expect(downloads.rest.bytes).toBeGreaterThanOrEqual(7);
    held.begin();
    held.end(true, 5, false, 2);
    expect(downloads.totals(10)).toContainEqual(
      row("/held", { completed: 1, bytes: 5, lastMs: 2 }),
    );
  });

  test("leave one counter a path, though a merged one is still held", () => {
    const downloads = new Downloads(1);
    const held = downloads.counterOf("/held");
    for (const path of ["/a", "/b"]) count(downloads, path, 2);
    const other = downloads.counterOf("/held");
    expect(other).not.toBe(held);
    other.begin();
    held.begin();
    other.end(true, 1, false, 1);
    held.end(true, 1, false, 1);
    expect(downloads.totals(10)).toContainEqual(
      row("/held", { completed: 2, bytes: 2, lastMs: 1 }),
    );
  });
});

describe("changes", () => {
  test("are whole rows, each once, the longest waiting first", () => {
    const downloads = new Downloads(10);
    for (const path of ["/a", "/b", "/a", "/c"]) count(downloads, path, 1);
    expect(downloads.pending).toBe(3);
    expect(downloads.takeChanges(2)).toEqual({
      removed: [],
      changed: [
        row("/a", { completed: 2, bytes: 2, lastMs: 1 }),
        row("/b", { completed: 1, bytes: 1, lastMs: 1 }),
      ],
    });
    expect(pathsOf(downloads.takeChanges(2).changed)).toEqual(["/c"]);
    expect(downloads.pending).toBe(0);
  });

  test("are none after a look or a begin", () => {
    const downloads = new Downloads(10);
    downloads.counterOf("/a").begin();
    expect(downloads.pending).toBe(0);
  });

  test("write no row of a path that came back before the old one is removed", () => {
    const downloads = new Downloads(2);
    for (const path of ["/a", "/b", "/c", "/d"]) count(downloads, path, 1);
    downloads.takeChanges(100);
    downloads.counterOf("/new"); // /a and /b leave
    count(downloads, "/b", 1);
    const taken: string[] = [];
    while (downloads.pending > 0) {
      const { removed, changed } = downloads.takeChanges(1);
      taken.push(...removed.map((path) => `-${path}`), ...pathsOf(changed));
    }
    expect(taken.filter((path) => path !== OTHERS)).toEqual(["-/a", "-/b", "/b"]);
  });

  test("wait in bounded memory for a store that fails, whatever is asked for", () => {
    const downloads = new Downloads(10);
    for (let n = 0; n < 20; n++) count(downloads, `/held-${n}`, 1);
    downloads.takeChanges(100);
    const held = Array.from({ length: 40 }, (_, n) => downloads.counterOf(`/held-${n}`));
    for (let n = 0; n < 10_000; n++) {
      count(downloads, `/${n}`, 2);
      held[n % 40]!.whole(1, 1);
    }
    expect(downloads.pending).toBeLessThanOrEqual(20 + 20 + 1);
  });
});

// The slow way: nothing is ever merged, and the store is a Map.

const PATHS = ["/a", "/b", "/c", "/d", "/e", "/f", "/g"];

type Act =
  | { readonly kind: "begin"; readonly path: number }
  | { readonly kind: "end"; readonly nth: number; readonly isSent: boolean; readonly bytes: number }
  | { readonly kind: "whole"; readonly path: number; readonly bytes: number }
  | { readonly kind: "hold"; readonly path: number }
  | { readonly kind: "take"; readonly most: number }
  | { readonly kind: "restart" };

const path = fc.nat(PATHS.length - 1);
const bytes = fc.nat(1000);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("whole" as const), path, bytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("begin" as const), path }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      nth: fc.nat(),
      isSent: fc.boolean(),
      bytes,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hold" as const), path }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      most: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

/** Long ones: a merge takes five paths, and what comes after a restart is the point. */
const acts = fc.array(act, { maxLength: 120, size: "max" });

const sumOf = (rows: Iterable<DownloadTotals>) => {
  const sum = { completed: 0, aborted: 0, bytes: 0, inProgress: 0 };
  for (const one of rows) {
    sum.completed += one.completed;
    sum.aborted += one.aborted;
    sum.bytes += one.bytes;
    sum.inProgress += one.inProgress;
  }
  return sum;
};

class Model {
  downloads = new Downloads(2);
  readonly truth = { completed: 0, aborted: 0, bytes: 0, inProgress: 0 };
  readonly store = new Map<string, DownloadTotals>();
  /** As tickets do: one counter a path, held whatever becomes of it. */
  held = new Map<number, DownloadCounter>();
  begun: DownloadCounter[] = [];

  do(one: Act): void {
    switch (one.kind) {
      case "hold":
        this.held.set(one.path, this.downloads.counterOf(PATHS[one.path]!));
        return;
      case "whole":
        this.#counter(one.path).whole(one.bytes, 1);
        this.truth.completed++;
        this.truth.bytes += one.bytes;
        return;
      case "begin": {
        const counter = this.#counter(one.path);
        counter.begin();
        this.begun.push(counter);
        this.truth.inProgress++;
        return;
      }
      case "end":
        this.#end(one.nth, one.isSent, one.bytes);
        return;
      case "take":
        this.apply(this.downloads.takeChanges(one.most));
        return;
      case "restart":
        this.#restart();
    }
  }

  apply({ removed, changed }: Changes): void {
    for (const name of removed) this.store.delete(name);
    for (const one of changed) this.store.set(one.path, { ...one, inProgress: 0 });
  }

  takeAll(): void {
    while (this.downloads.pending > 0) this.apply(this.downloads.takeChanges(3));
  }

  #counter(at: number): DownloadCounter {
    return this.held.get(at) ?? this.downloads.counterOf(PATHS[at]!);
  }

  #end(nth: number, isSent: boolean, sentBytes: number): void {
    if (this.begun.length === 0) return;
    const [counter] = this.begun.splice(nth % this.begun.length, 1);
    counter!.end(isSent, sentBytes, false, 1);
    this.truth.inProgress--;
    this.truth[isSent ? "completed" : "aborted"]++;
    this.truth.bytes += sentBytes;
  }

  /** A clean one: all is saved, and what is in progress ends with the process. */
  #restart(): void {
    this.takeAll();
    this.downloads = new Downloads(2);
    this.downloads.restore(this.store.values());
    this.held = new Map();
    this.begun = [];
    this.truth.inProgress = 0;
  }
}

test("kept and merged add up to all there was, after each step, in memory and in the store", () => {
  fc.assert(
    fc.property(acts, (done) => {
      const model = new Model();
      for (const one of done) {
        model.do(one);
        const rows = [...model.downloads.totals(1000), model.downloads.rest];
        expect(sumOf(rows)).toEqual(model.truth);
        expect(new Set(pathsOf(rows)).size).toBe(rows.length);
      }
      model.takeAll();
      expect(sumOf(model.store.values())).toEqual({ ...model.truth, inProgress: 0 });
      const kept = model.downloads.totals(1000).filter((one) => one.completed + one.aborted > 0);
      const stored = new Map(model.store);
      const others = stored.get(OTHERS) ?? row(OTHERS, {});
      stored.delete(OTHERS);
      expect(new Set(stored.values())).toEqual(
        new Set(kept.map((one) => ({ ...one, inProgress: 0 }))),
      );
      expect(others).toEqual(model.downloads.rest);
    }),
    { numRuns: 150 },
  );
});

test("a store that is cut off between two takes never holds a download twice", () => {
  fc.assert(
    fc.property(acts, (done) => {
      const model = new Model();
      for (const one of done) {
        model.do(one);
        const stored = sumOf(model.store.values());
        expect(stored.completed).toBeLessThanOrEqual(model.truth.completed);
        expect(stored.aborted).toBeLessThanOrEqual(model.truth.aborted);
        expect(stored.bytes).toBeLessThanOrEqual(model.truth.bytes);
      }
    }),
    { numRuns: 150 },
  );
});

test("a store that is cut off between two takes loses nothing that it held", () => {
  fc.assert(
    fc.property(acts, (done) => {
      const model = new Model();
      let before = sumOf([]);
      for (const one of done) {
        model.do(one);
        const after = sumOf(model.store.values());
        expect(after.completed).toBeGreaterThanOrEqual(before.completed);
        expect(after.bytes).toBeGreaterThanOrEqual(before.bytes);
        before = after;
      }
    }),
    { numRuns: 150 },
  );
});
