/** Fear: roots that do not answer take every thread of libuv, and with them what all others need. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { HeldRoots, MAX_ROOTS } from "../../fs/held-roots.js";
import { put, tempFolder } from "../support/temp-folder.js";

/** More than libuv has threads. */
const DEAD = 8;
const REVALIDATE_MS = 1000;
const PATIENCE = { interval: 5, timeout: 5000 };

/** A folder, and a place whose look-ups keep a thread each until it is revived, or the test has ended. */
function halfDead() {
  const folder = tempFolder();
  const dead = join(folder, "dead");
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const fd = fs.openSync(pipe, "r+");
  const waits: Promise<unknown>[] = [];
  const state = { isDead: true };
  const stat = fs.promises.stat.bind(fs.promises);
  const wait = (path: string, options: object): Promise<unknown> =>
    new Promise((resolve) => {
      fs.read(fd, Buffer.alloc(1), 0, 1, null, () => resolve(stat(path, options)));
    });
  const spy = vi.spyOn(fs.promises, "stat").mockImplementation(((path: string, options: object) => {
    if (!state.isDead || !path.startsWith(dead)) return stat(path, options);
    waits.push(wait(path, options));
    return waits.at(-1);
  }) as typeof fs.promises.stat);
  const revive = async (): Promise<void> => {
    state.isDead = false;
    fs.writeSync(fd, "x".repeat(waits.length));
    await Promise.allSettled(waits.splice(0));
  };
  onTestFinished(async () => {
    await revive();
    fs.closeSync(fd);
    spy.mockRestore();
  });
  return { folder, dead, state, revive };
}

function makeFolders(folder: string, count: number): string[] {
  const paths = Array.from({ length: count }, (_, at) => join(folder, `${at}`));
  for (const path of paths) fs.mkdirSync(path, { recursive: true });
  return paths;
}

/** How many may be used. Each is asked for. */
const countHeld = (roots: HeldRoots, paths: readonly string[]): number =>
  paths.map((path) => roots.find(path)).filter((held) => held !== undefined).length;

/** A thread of libuv has been free for it. */
async function untilThreadReads(file: string): Promise<void> {
  let text = "";
  fs.readFile(file, "utf8", (_, read) => {
    text = read;
  });
  await vi.waitUntil(() => text === "text", PATIENCE);
}

test("roots that do not answer leave threads to others", async () => {
  const { folder, dead } = halfDead();
  const file = put(folder, "file", "text");
  const roots = new HeldRoots(REVALIDATE_MS, () => performance.now());
  onTestFinished(() => roots.stop());
  for (let at = 0; at < DEAD; at++) roots.find(join(dead, `${at}`));
  await untilThreadReads(file);
});

test("roots that do not answer keep none from being looked at again that is held", async () => {
  const { folder, dead } = halfDead();
  const clock = { nowMs: 0 };
  const roots = new HeldRoots(REVALIDATE_MS, () => clock.nowMs);
  onTestFinished(() => roots.stop());
  await vi.waitUntil(() => roots.find(folder), PATIENCE);
  for (let at = 0; at < DEAD; at++) roots.find(join(dead, `${at}`));
  clock.nowMs = REVALIDATE_MS / 2;
  await vi.waitUntil(() => roots.find(folder)?.seenMs === clock.nowMs, PATIENCE);
});

test("roots that were held and answer no more leave threads to others", async () => {
  const { folder, dead, state } = halfDead();
  state.isDead = false;
  const file = put(folder, "file", "text");
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  const paths = makeFolders(dead, DEAD);
  await vi.waitUntil(() => countHeld(roots, paths) === DEAD, PATIENCE);
  state.isDead = true;
  roots.distrust();
  expect(countHeld(roots, paths)).toBe(0);
  await untilThreadReads(file);
});

test("names that are made up while roots do not answer take no place of others", async () => {
  const { folder, dead, revive } = halfDead();
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  for (const path of makeFolders(dead, 2)) roots.find(path);
  for (let at = 0; at < MAX_ROOTS; at++) roots.find(join(folder, `made-up-${at}`));
  await revive();
  await vi.waitUntil(() => roots.find(folder), PATIENCE);
});

test("names that lead nowhere leave their places to others", async () => {
  const folder = tempFolder();
  const stat = vi.spyOn(fs.promises, "stat");
  onTestFinished(() => stat.mockRestore());
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  for (let at = 0; at < MAX_ROOTS; at++) {
    roots.find(join(folder, `made-up-${at}`));
    await vi.waitUntil(() => stat.mock.calls.length > at, { interval: 1, timeout: 5000 });
    await Promise.allSettled(stat.mock.results.slice(-1).map(({ value }) => value));
  }
  await vi.waitUntil(() => roots.find(folder), PATIENCE);
});

test("no more roots are held than there may be", async () => {
  const paths = makeFolders(tempFolder(), MAX_ROOTS + 2);
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  await vi.waitUntil(() => countHeld(roots, paths) >= MAX_ROOTS, { interval: 1, timeout: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(countHeld(roots, paths)).toBe(MAX_ROOTS);
});

test("a root that has just been seen is not looked at again", async () => {
  const folder = tempFolder();
  const stat = vi.spyOn(fs.promises, "stat");
  onTestFinished(() => stat.mockRestore());
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  await vi.waitUntil(() => roots.find(folder), PATIENCE);
  expect(roots.find(folder)).toBeDefined();
  expect(stat).toHaveBeenCalledTimes(1);
});

/** A root that is held, on a clock that goes when it is told to. */
async function holdOne(folder: string) {
  const clock = { nowMs: 0 };
  const roots = new HeldRoots(REVALIDATE_MS, () => clock.nowMs);
  onTestFinished(() => roots.stop());
  expect(roots.find(folder)).toBeUndefined();
  clock.nowMs = REVALIDATE_MS / 2;
  const { fd, above, seenMs } = (await vi.waitUntil(() => roots.find(folder), PATIENCE))!;
  return { roots, clock, fd, above, seenMs };
}

test("a root was seen when the look at it began, however long that took", async () => {
  const { seenMs } = await holdOne(tempFolder());
  expect(seenMs).toBe(0);
});

test("the root of all ends with one slash, as others do", async () => {
  const folder = tempFolder();
  expect((await holdOne(folder)).above).toBe(`${folder}/`);
  expect((await holdOne("/")).above).toBe("/");
});

test("a root that is gone is let go", async () => {
  const folder = join(tempFolder(), "root");
  fs.mkdirSync(folder);
  const { roots, clock, fd } = await holdOne(folder);
  fs.rmdirSync(folder);
  const close = vi.spyOn(fs, "closeSync");
  onTestFinished(() => close.mockRestore());
  clock.nowMs = REVALIDATE_MS;
  await vi.waitUntil(() => {
    roots.find(folder);
    return close.mock.calls.some(([closed]) => closed === fd);
  }, PATIENCE);
});

test("a root with another file system mounted in its place is opened anew, though its number is the same", async () => {
  const folder = tempFolder();
  const { roots, clock } = await holdOne(folder);
  const { ino, dev } = fs.statSync(folder, { bigint: true });
  const stat = vi.spyOn(fs.promises, "stat");
  const open = vi.spyOn(fs, "open");
  onTestFinished(() => {
    stat.mockRestore();
    open.mockRestore();
  });
  stat.mockResolvedValue({ ino, dev: dev + 1n } as never);
  clock.nowMs = REVALIDATE_MS;
  await vi.waitUntil(() => {
    roots.find(folder);
    return open.mock.calls.some(([path]) => path === folder);
  }, PATIENCE);
});

test("roots that do not answer leave threads to others, however often one was looked at before", async () => {
  const { folder, dead } = halfDead();
  const file = put(folder, "file", "text");
  const { roots, clock } = await holdOne(folder);
  for (let at = 0; at < DEAD; at++) {
    clock.nowMs += REVALIDATE_MS / 2;
    await vi.waitUntil(() => roots.find(folder)?.seenMs === clock.nowMs, PATIENCE);
  }
  for (let at = 0; at < DEAD; at++) roots.find(join(dead, `${at}`));
  await untilThreadReads(file);
});

test("roots that are asked for at once are all held in the end", async () => {
  const paths = makeFolders(tempFolder(), 20);
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  await vi.waitUntil(() => countHeld(roots, paths) === paths.length, PATIENCE);
});
