/** Fear: statistics that are lost on a full disk, hold up the loop, or keep the server from ending. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DownloadKeeper, keepDownloads } from "../../../engine/watch/download-keeper.js";
import type { StateChanges } from "../../../fs/state-store.js";
import { Downloads, OTHERS } from "../../../metrics/downloads.js";
import { put, tempFolder } from "../../support/temp-folder.js";

/** Takes what it is given when the test says so, or at once. */
class FakeStore {
  readonly rows = new Map<string, readonly number[]>();
  readonly steps: StateChanges[] = [];
  failure: Error | undefined;
  isStuck = false;
  isClosed = false;
  running = 0;
  #release: (() => void)[] = [];

  async save(step: StateChanges): Promise<void> {
    expect(++this.running).toBe(1);
    if (this.isStuck) await new Promise<void>((resolve) => this.#release.push(resolve));
    this.running--;
    if (this.failure !== undefined) throw this.failure;
    this.steps.push(step);
    for (const name of step.removed) this.rows.delete(name);
    for (const { name, counts } of step.changed) this.rows.set(name, counts);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  release(): void {
    this.isStuck = false;
    for (const resolve of this.#release.splice(0)) resolve();
  }
}

const SAVE_MS = 500;

describe("a keeper", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function keep(maxPaths = 10_000) {
    const store = new FakeStore();
    const downloads = new Downloads(maxPaths);
    const said: string[] = [];
    const keeper = new DownloadKeeper(store, { downloads, onTrouble: (line) => said.push(line) });
    return { store, downloads, said, keeper };
  }

  test("saves within half a second what was counted, and what is changed again", async () => {
    const { store, downloads } = keep();
    const counter = downloads.counterOf("/a");
    counter.begin();
    counter.end(true, 10, true, 77);
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    expect(store.rows).toEqual(new Map([["/a", [1, 0, 1, 10, 77]]]));
    counter.begin();
    counter.end(false, 5, false, 88);
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    expect(store.rows.get("/a")).toEqual([1, 1, 1, 15, 88]);
  });

  test("saves nothing when nothing has changed", async () => {
    const { store, downloads } = keep();
    downloads.counterOf("/a").whole(1, 1);
    await vi.advanceTimersByTimeAsync(20 * SAVE_MS);
    expect(store.steps).toHaveLength(1);
  });

  test("gives the loop back after each 500 rows, and saves them all the same time", async () => {
    const { store, downloads } = keep();
    for (let n = 0; n < 1234; n++) downloads.counterOf(`/${n}`).whole(1, 1);
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    expect(store.steps.map(({ changed }) => changed.length)).toEqual([500, 500, 234]);
  });

  test("leaves for the next time what changes while it saves", async () => {
    const { store, downloads } = keep();
    const busy = downloads.counterOf("/busy");
    const save = store.save.bind(store);
    store.save = (step) => {
      busy.whole(1, 1);
      return save(step);
    };
    busy.whole(1, 1);
    await vi.advanceTimersByTimeAsync(4 * SAVE_MS);
    expect(store.steps).toHaveLength(4);
  });

  test("waits for a save that takes longer, and then saves what came meanwhile", async () => {
    const { store, downloads, said } = keep();
    store.isStuck = true;
    const counter = downloads.counterOf("/a");
    counter.whole(1, 1);
    await vi.advanceTimersByTimeAsync(6 * SAVE_MS);
    counter.whole(1, 2);
    expect(store.running).toBe(1);
    store.release();
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    expect(store.rows.get("/a")).toEqual([2, 0, 0, 2, 2]);
    expect(said).toEqual([]);
  });

  test("says nothing of a disk that is slow each time", async () => {
    const { store, downloads, said } = keep();
    for (let n = 0; n < 10; n++) {
      store.isStuck = true;
      downloads.counterOf("/a").whole(1, 1);
      await vi.advanceTimersByTimeAsync(3000);
      store.release();
      await vi.advanceTimersByTimeAsync(SAVE_MS);
    }
    expect(said).toEqual([]);
  });

  test("says once that a disk does not answer", async () => {
    const { store, downloads, said } = keep();
    store.isStuck = true;
    downloads.counterOf("/a").whole(1, 1);
    await vi.advanceTimersByTimeAsync(9000);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(said).toEqual(["download statistics are not saved: the disk does not answer"]);
  });

  test("loses nothing on a full disk, and says so once a minute", async () => {
    const { store, downloads, said } = keep(2);
    store.failure = new Error("/state is on a disk that is full");
    for (let n = 0; n < 300; n++) {
      downloads.counterOf(`/${n % 10}`).whole(1, n);
      await vi.advanceTimersByTimeAsync(SAVE_MS);
    }
    const line = "download statistics are not saved: /state is on a disk that is full";
    expect(said[0]).toBe(line);
    expect(said.slice(1)).toEqual(Array(2).fill(expect.stringContaining(`${line} (the last of`)));
    expect(store.steps).toEqual([]);

    store.failure = undefined;
    await vi.advanceTimersByTimeAsync(5000 + SAVE_MS);
    const completed = [...store.rows.values()].map(([count]) => count!);
    expect(completed.reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(store.rows.has(OTHERS)).toBe(true);
  });

  test("tries a failed step again before any other", async () => {
    const { store, downloads } = keep();
    store.failure = new Error("full");
    for (let n = 0; n < 600; n++) downloads.counterOf(`/${n}`).whole(1, 1);
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    downloads.counterOf("/0").whole(1, 2);
    store.failure = undefined;
    await vi.advanceTimersByTimeAsync(5000 + SAVE_MS);
    expect(store.steps.map(({ changed }) => changed.length)).toEqual([500, 101]);
    expect(store.rows.get("/0")).toEqual([2, 0, 0, 2, 2]);
  });

  test("leaves a disk that failed alone for five seconds", async () => {
    const { store, downloads } = keep();
    let tries = 0;
    store.save = () => Promise.reject(new Error(String(++tries)));
    downloads.counterOf("/a").whole(1, 1);
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    await vi.advanceTimersByTimeAsync(4500);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tries).toBe(2);
  });

  test("saves the last changes when it stops, and then no more", async () => {
    const { store, downloads, said, keeper } = keep();
    downloads.counterOf("/a").whole(1, 1);
    await keeper.stop();
    expect([store.rows.size, store.isClosed, said]).toEqual([1, true, []]);
    downloads.counterOf("/b").whole(1, 1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.rows.size).toBe(1);
  });

  test("stops after the save that is running", async () => {
    const { store, downloads, keeper } = keep();
    store.isStuck = true;
    downloads.counterOf("/a").whole(1, 1);
    await vi.advanceTimersByTimeAsync(SAVE_MS);
    downloads.counterOf("/a").whole(1, 2);
    const stopped = keeper.stop();
    store.release();
    await stopped;
    expect(store.rows.get("/a")).toEqual([2, 0, 0, 2, 2]);
  });

  test("stops in spite of a full disk, and says what that costs", async () => {
    const { store, downloads, said, keeper } = keep();
    store.failure = new Error("/state is on a disk that is full");
    downloads.counterOf("/a").whole(1, 1);
    await keeper.stop();
    expect(store.isClosed).toBe(true);
    expect(said).toEqual([
      "the last download statistics are lost: /state is on a disk that is full",
    ]);
  });

  test("stops within two seconds in spite of a disk that is stuck", async () => {
    const { store, downloads, said, keeper } = keep();
    store.isStuck = true;
    downloads.counterOf("/a").whole(1, 1);
    const stopped = keeper.stop();
    await vi.advanceTimersByTimeAsync(2000);
    await stopped;
    expect(said).toEqual(["the last download statistics are lost: the disk does not answer"]);
  });
});

describe("downloads that are kept", () => {
  async function keepIn(folder: string, maxPaths = 100) {
    const downloads = new Downloads(maxPaths);
    const said: string[] = [];
    const keeper = await keepDownloads(folder, { downloads, onTrouble: (line) => said.push(line) });
    return { downloads, said, keeper };
  }

  test("come back with all their counts, and the rest with its own", async () => {
    const folder = join(tempFolder(), "state");
    const before = await keepIn(folder, 2);
    for (let n = 0; n < 9; n++) before.downloads.counterOf(`/${n}`).whole(10 + n, n);
    const counter = before.downloads.counterOf("/9");
    counter.begin();
    counter.end(false, 7, true, 123);
    await before.keeper.stop();

    const after = await keepIn(folder, 2);
    expect(new Set(after.downloads.totals(10))).toEqual(new Set(before.downloads.totals(10)));
    expect(after.downloads.rest).toEqual(before.downloads.rest);
    expect(after.downloads.rest.completed).toBeGreaterThan(0);
    after.downloads.counterOf("/9").whole(1, 456);
    expect(after.downloads.totals(1)[0]).toMatchObject({ path: "/9", completed: 1, aborted: 1 });
    await after.keeper.stop();
    expect(after.said).toEqual([]);
  });

  test("start anew when what was kept is broken, and the operator is told where it is", async () => {
    const folder = tempFolder();
    put(folder, "downloads", "not a folder");
    const { downloads, said, keeper } = await keepIn(folder);
    await keeper.stop();
    expect(downloads.totals(10)).toEqual([]);
    expect(said).toEqual([
      expect.stringMatching(
        /^download statistics start anew: .*\/downloads is not a folder; it is/,
      ),
    ]);
  });

  test("keep no process alive", async () => {
    const started = vi.spyOn(globalThis, "setInterval");
    const { keeper } = await keepIn(tempFolder());
    const timers = started.mock.results.map(({ value }) => value as NodeJS.Timeout);
    started.mockRestore();
    expect(timers.map((timer) => timer.hasRef())).toEqual([false]);
    await keeper.stop();
  });
});
