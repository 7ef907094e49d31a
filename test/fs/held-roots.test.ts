/** Fear: roots that do not answer take every thread of libuv, and with them what all others need. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { onTestFinished, test, vi } from "vitest";
import { HeldRoots } from "../../fs/held-roots.js";
import { put, tempFolder } from "../support/temp-folder.js";

/** More than libuv has threads. */
const DEAD = 8;
const REVALIDATE_MS = 1000;
const PATIENCE = { interval: 5, timeout: 5000 };

/** A folder, and a place whose look-ups keep a thread each until the test has ended. */
function halfDead() {
  const folder = tempFolder();
  const dead = join(folder, "dead");
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const fd = fs.openSync(pipe, "r+");
  const waits: Promise<never>[] = [];
  const wait = (): Promise<never> =>
    new Promise((_, reject) => {
      fs.read(fd, Buffer.alloc(1), 0, 1, null, () => reject(new Error("gone")));
    });
  const stat = fs.promises.stat.bind(fs.promises);
  const spy = vi.spyOn(fs.promises, "stat").mockImplementation(((path: string, options: object) => {
    if (!path.startsWith(dead)) return stat(path, options);
    waits.push(wait());
    return waits.at(-1);
  }) as typeof fs.promises.stat);
  onTestFinished(async () => {
    fs.writeSync(fd, "x".repeat(waits.length));
    await Promise.allSettled(waits);
    fs.closeSync(fd);
    spy.mockRestore();
  });
  return { folder, dead };
}

test("roots that do not answer leave threads to others", async () => {
  const { folder, dead } = halfDead();
  const file = put(folder, "file", "text");
  const roots = new HeldRoots(REVALIDATE_MS, () => performance.now());
  onTestFinished(() => roots.stop());
  for (let at = 0; at < DEAD; at++) roots.find(join(dead, `${at}`));
  let text = "";
  fs.readFile(file, "utf8", (_, read) => {
    text = read;
  });
  await vi.waitUntil(() => text === "text", PATIENCE);
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

test("roots that are asked for at once are all held in the end", async () => {
  const folder = tempFolder();
  const paths = Array.from({ length: 20 }, (_, at) => join(folder, `${at}`));
  for (const path of paths) fs.mkdirSync(path);
  const roots = new HeldRoots(1_000_000, () => performance.now());
  onTestFinished(() => roots.stop());
  const areHeld = (): boolean =>
    paths.map((path) => roots.find(path)).every((held) => held !== undefined);
  await vi.waitUntil(areHeld, PATIENCE);
});
