/** Fear: a disk that does not answer takes every reader, and then every request waits for it. */
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { FileTable } from "../../fs/file-table.js";
import { JOBS } from "../../fs/job-records.js";
import { OPEN_BODY, OPEN_FAILED, OPEN_FILE, READ_DONE, READ_REFUSED } from "../../fs/jobs.js";
import { MOST_OPENS, STUCK_MS } from "../../fs/reader-lines.js";
import { threads, until } from "../support/gate.js";
import { startPool, type TestPool, targetOf } from "../support/pool.js";
import { put, tempFolder } from "../support/temp-folder.js";

vi.mock("node:worker_threads", async (original) =>
  (await import("../support/gate.js")).gatedThreads(original),
);

const LARGE = Buffer.alloc(4096, "x");

/** A pool whose reads wait at the gate until the test ends or opens it. */
async function startStuck(readers: number, reads: number) {
  threads.started = 0;
  const started = await startPool({ readers });
  const path = put(tempFolder(), "large", LARGE);
  const file = await started.open(path);
  expect(file.result).toBe(OPEN_FILE);

  threads.gate.close();
  onTestFinished(() => threads.gate.open());
  const answers = Array.from({ length: reads }, () => started.read(file, 0, LARGE.length));
  return { ...started, path, answers };
}

const looks = (count: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 5 * count));

const threadCount = (): number => readdirSync("/proc/self/task").length;

test("an open finishes while every read that may run is stuck", async () => {
  const { pool, path, open, answers } = await startStuck(2, 5);
  await until(() => threads.gate.arrived() === 1);
  expect(await open(path)).toMatchObject({ result: OPEN_FILE });
  expect(pool.stats()).toMatchObject({ inFlight: 5 });

  threads.gate.open();
  expect(await Promise.all(answers)).toEqual(answers.map(() => READ_DONE));
});

test("what a reader is stuck in has started, and what waits for a reader has not", async () => {
  const { pool, open, path } = await startStuck(2, 0);
  const file = targetOf(await open(path));
  const root = tempFolder();
  const small = { root, path: put(root, "small", "small"), known: undefined, siblings: false };
  const askedMs = performance.now();
  const [stuck, waiting] = [0, 1].map((at) => pool.read(file, at, 1, 0, () => {}));
  expect(stuck!()).toBe(Infinity);
  await until(() => threads.gate.arrived() === 1);
  const [open1, open2] = [0, 1].map(() => pool.open(small, () => {}));
  await until(() => threads.gate.arrived() === 2);

  for (const startedMs of [stuck!(), open1!()]) {
    expect(startedMs).toBeGreaterThan(askedMs - 1); // two clocks are compared
    expect(startedMs).toBeLessThan(performance.now() + 1);
  }
  expect([waiting!(), open2!()]).toEqual([Infinity, Infinity]);
});

test("readers are started until every read that waits has one", async () => {
  const { pool, answers } = await startStuck(16, 6);
  await until(() => threads.gate.arrived() === 6);
  expect(pool.stats().readers).toBe(7);

  threads.gate.open();
  expect(await Promise.all(answers)).toEqual(answers.map(() => READ_DONE));
});

test("readers are started up to the ceiling, and not beyond", async () => {
  const { pool, path, open, answers } = await startStuck(4, 9);
  await until(() => threads.gate.arrived() === 3);
  await looks(10);
  expect(pool.stats().readers).toBe(4);
  expect(threads.started).toBe(4);
  expect(threads.gate.arrived()).toBe(3);
  expect(await open(path)).toMatchObject({ result: OPEN_FILE });

  threads.gate.open();
  expect(await Promise.all(answers)).toEqual(answers.map(() => READ_DONE));
  expect(pool.stats().readers).toBe(4);
});

test("opens that block get more readers too", async () => {
  const { open, pool } = await startPool({ readers: 8 });
  const root = tempFolder();
  const paths = Array.from({ length: 5 }, (_, at) => put(root, `small${at}`, "small"));
  threads.gate.close();
  onTestFinished(() => threads.gate.open());
  const answers = paths.map((path) => open(path));
  await until(() => threads.gate.arrived() === 5);
  expect(pool.stats().readers).toBeGreaterThanOrEqual(5);

  threads.gate.open();
  for (const answer of answers) expect(await answer).toMatchObject({ result: OPEN_BODY });
});

test("roots that are stuck leave a reader to others, and their own opens in line", async () => {
  const { open, pool } = await startPool({ readers: 4 });
  pool.shareAmongRoots(true);
  const [stuck, other] = [[tempFolder(), tempFolder()], tempFolder()];
  const large = put(other, "large", LARGE);
  threads.gate.close();
  onTestFinished(() => threads.gate.open());
  const paths = stuck.flatMap((root) =>
    Array.from({ length: 5 }, (_, at) => put(root, `small${at}`, "small")),
  );
  const answers = paths.map((path) => open(path));
  await until(() => threads.gate.arrived() === 3);
  await looks(10);
  expect(threads.gate.arrived()).toBe(3);
  expect(pool.stats()).toMatchObject({ inFlight: 3, inLine: 7, waiting: 7 });

  for (let times = 0; times < 3; times++) {
    const file = await open(large);
    expect(file.result).toBe(OPEN_FILE);
  }
  threads.gate.open();
  for (const answer of answers) expect(await answer).toMatchObject({ result: OPEN_BODY });
});

test("a device that is stuck leaves readers to another, and who waits for it can be given up", async () => {
  const { pool, open, path } = await startStuck(4, 0);
  const here = targetOf(await open(path));
  const there = { ...here, identity: { ...here.identity, dev: here.identity.dev + 1n } };
  for (const { identity } of [here, there]) pool.noteDevice(identity.dev);
  const answers: string[] = [];
  const read = (file: typeof here, name: string): void => {
    pool.read(file, 0, 1, 0, (result, errno) => answers.push(`${name} ${result} ${errno}`));
  };
  for (let at = 0; at < 9; at++) read(here, "stuck");
  await until(() => threads.gate.arrived() === 2);
  read(there, "other");
  await until(() => threads.gate.arrived() === 3);
  await looks(4);
  expect(threads.gate.arrived()).toBe(3);
  expect(pool.stats()).toMatchObject({ inFlight: 3, inLine: 7 });

  pool.giveUpCalls(0);
  const givenUp = `stuck ${READ_REFUSED} ${-constants.errno.ETIMEDOUT}`;
  expect(answers).toEqual(new Array(7).fill(givenUp));
  threads.gate.open();
  await until(() => answers.length === 10);
  expect(answers.slice(7).sort()).toEqual([
    `other ${READ_DONE} 0`,
    `stuck ${READ_DONE} 0`,
    `stuck ${READ_DONE} 0`,
  ]);
});

test("whoever asks for more of a root that is stuck is told so at once", async () => {
  const { open, pool } = await startPool({ readers: 2 });
  pool.shareAmongRoots(true);
  const root = tempFolder();
  const paths = ["a", "b", "c"].map((name) => put(root, name, "small"));
  threads.gate.close();
  onTestFinished(() => threads.gate.open());
  const [stuck, waiting] = paths.map((path) => open(path));
  await until(() => threads.gate.arrived() === 1);
  await new Promise((resolve) => setTimeout(resolve, STUCK_MS + 9));
  expect(await open(paths[2]!)).toMatchObject({ errno: -constants.errno.EAGAIN });
  pool.giveUpCalls(60_000);
  expect(await waiting).toMatchObject({ errno: -constants.errno.ETIMEDOUT });
  threads.gate.open();
  expect(await stuck).toMatchObject({ result: OPEN_BODY });
});

test("what nobody began in time is given up, and what no line has room for is refused", async () => {
  const { pool } = await startPool({ readers: 2 });
  const settings = {
    revalidateMs: 1000,
    readTimeoutMs: 30,
    maxOpenFiles: 9,
    keptOpenFiles: 0,
    smallCacheBytes: 999,
  };
  const table = new FileTable(pool, settings, () => performance.now());
  const root = tempFolder();
  threads.gate.close();
  onTestFinished(() => threads.gate.open());
  const errors: Record<string, number> = {};
  const ask = (path: string): void =>
    table.lookUp(root, path, ({ known }) => {
      const what = known.kind === "failed" ? known.errno : known.kind;
      errors[what] = (errors[what] ?? 0) + 1;
    });
  for (const name of ["a", "b"]) ask(put(root, name, "small"));
  await until(() => threads.gate.arrived() === 2);
  for (let at = 0; at < 20_000; at++) ask(join(root, `missing-${at}`));
  expect(errors).toEqual({}); // who asks hears of it later, as of any answer
  await until(() => errors["EAGAIN"] !== undefined);
  expect(pool.stats()).toMatchObject({ inFlight: JOBS, inLine: MOST_OPENS - JOBS });
  expect(errors).toEqual({ EAGAIN: 20_002 - MOST_OPENS });

  await looks(8);
  table.sweep();
  expect(errors["ETIMEDOUT"]).toBe(MOST_OPENS);
  expect([...table.looks()]).toHaveLength(JOBS);
  expect(pool.stats()).toMatchObject({ inFlight: JOBS, inLine: 0 });

  threads.gate.open();
  await until(() => pool.stats().inFlight === 0);
  expect([...table.looks()]).toHaveLength(0);
});

test("a small file that cannot be read leaves no descriptor behind", async () => {
  const { open } = await startPool();
  const path = put(tempFolder(), "small", "small");
  await open(path);
  threads.gate.answer("fails");
  onTestFinished(() => threads.gate.answer("reads"));
  const before = readdirSync("/proc/self/fd").length;
  expect(await open(path)).toMatchObject({ result: OPEN_FAILED, errno: -constants.errno.EIO });
  expect(readdirSync("/proc/self/fd")).toHaveLength(before);
});

test("no reader is started for work that goes on", async () => {
  const { open, pool } = await startPool({ readers: 8 });
  const path = put(tempFolder(), "small", "small");
  for (let round = 0; round < 50; round++) await Promise.all([open(path), open(path)]);
  expect(pool.stats().readers).toBe(2);
});

test("a system that grants no more threads is served with those there are", async () => {
  const started = await startStuck(8, 0);
  threads.areRefused = true;
  onTestFinished(() => {
    threads.areRefused = false;
  });
  await stuckReadsFinish(started);
});

test("threads are asked for again when the system may have some", async () => {
  const { open, path, read } = await startStuck(8, 0);
  threads.areRefused = true;
  onTestFinished(() => {
    threads.areRefused = false;
  });
  const file = await open(path);
  const answers = [0, 1, 2].map((offset) => read(file, offset, 1));
  await looks(6);
  expect(threads.gate.arrived()).toBe(1);

  threads.areRefused = false;
  await until(() => threads.gate.arrived() === 3);
  threads.gate.open();
  expect(await Promise.all(answers)).toEqual(answers.map(() => READ_DONE));
});

async function stuckReadsFinish({ pool, open, path, read }: TestPool & { path: string }) {
  const file = await open(path);
  const answers = [0, 1, 2, 3].map((offset) => read(file, offset, 1));
  await until(() => threads.gate.arrived() === 1);
  await looks(4);
  expect(pool.stats().readers).toBe(2);
  threads.gate.open();
  expect(await Promise.all(answers)).toEqual(answers.map(() => READ_DONE));
}

test("start says so when there can be no thread at all", async () => {
  threads.areRefused = true;
  onTestFinished(() => {
    threads.areRefused = false;
  });
  await expect(startPool()).rejects.toThrow("no more threads");
});

test("stop leaves no thread behind, whatever is under way", async () => {
  const path = put(tempFolder(), "small", "small");
  const threadsBefore = threadCount();
  const { open, pool } = await startPool({ readers: 4 });
  expect(threadCount()).toBeGreaterThan(threadsBefore);
  void open(path);
  await pool.stop();
  expect(threadCount()).toBe(threadsBefore);
});

test("a descriptor outlives the thread that opened it", async () => {
  const path = put(tempFolder(), "large", LARGE);
  const { open, pool } = await startPool();
  const { fd } = await open(path);
  await pool.stop();
  expect(readFileSync(fd)).toEqual(LARGE);
});
