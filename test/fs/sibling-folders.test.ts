/** Fear: a sibling that is there is not seen, or one that is gone is promised. */
import fs from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { HeldRoot } from "../../fs/held-roots.js";
import { Kernel } from "../../fs/kernel.js";
import { REST_MS } from "../../fs/open-file.js";
import { type ListedFolder, SiblingFolders } from "../../fs/sibling-folders.js";
import { put, tempFolder } from "../support/temp-folder.js";

const kernel = Kernel.load()!;
const ASKED_BEFORE = 16;
const ENTRIES_FOR_EACH = 64;
const MOST_FOLDERS = 8192;
const MOST_FILES = 65_536;
const REVALIDATE_MS = 1000;
/** After it a folder is looked at again. */
const QUARTER = REVALIDATE_MS / 4;

/** The clocks of those who ask, and how far the wall's is ahead of the disk's. */
const clock = { nowMs: 0, wallAheadMs: 0 };
let folders: SiblingFolders;
const wallMs = Date.now;

beforeEach(() => {
  Object.assign(clock, { nowMs: 0, wallAheadMs: 0 });
  vi.spyOn(Date, "now").mockImplementation(() => wallMs() + clock.wallAheadMs);
  folders = new SiblingFolders(kernel, REVALIDATE_MS, () => clock.nowMs);
});

/** A folder held open as a root is. */
function hold(path: string): HeldRoot {
  const fd = fs.openSync(path, "r");
  onTestFinished(() => fs.closeSync(fd));
  return { fd, above: `${path}/`, isInMemory: false, canRead: true, seenMs: 0, ino: 0n, dev: 0n };
}

/** A folder that has been at rest for long enough. */
function createAtRest(files: readonly string[]): string {
  const folder = tempFolder();
  for (const name of files) put(folder, name, name);
  letRest();
  return folder;
}

function letRest(): void {
  clock.wallAheadMs += REST_MS;
}

/** Long enough for a listing that was begun. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** Asks until it is known. */
function untilKnown(ask: () => ListedFolder | undefined): Promise<ListedFolder> {
  for (let n = 1; n < ASKED_BEFORE; n++) ask();
  return vi.waitUntil(ask, { interval: 5, timeout: 10_000 }) as Promise<ListedFolder>;
}

describe("a folder", () => {
  test("is listed for many questions, and tells which files have which siblings", async () => {
    const root = createAtRest(["a.js", "a.js.br", "a.js.gz", "b.css.zst", "c.txt", ".br"]);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    for (let n = 1; n < ASKED_BEFORE; n++) expect(ask()).toBeUndefined();
    await aWhile();
    expect(ask()).toBeUndefined(); // and is the one too many
    const { siblings, seenMs } = await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    expect(Object.fromEntries(siblings)).toEqual({ "a.js": 5, "b.css": 2, "": 1 });
    expect(seenMs).toBe(0);
  });

  test("below a root is listed as well, and apart from it", async () => {
    const root = createAtRest(["a.js.br", "sub/b.js.gz"]);
    const held = hold(root);
    const { siblings } = await untilKnown(() => folders.find(held, join(root, "sub")));
    expect([...siblings]).toEqual([["b.js", 4]]);
    expect(folders.find(held, root)).toBeUndefined();
  });

  test("with many entries takes as many more questions", async () => {
    const names = Array.from({ length: ASKED_BEFORE * ENTRIES_FOR_EACH + 1 }, (_, n) => `${n}.js`);
    const root = createAtRest(names);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    for (let n = 0; n < ASKED_BEFORE; n++) ask();
    await aWhile();
    for (let n = ASKED_BEFORE; n < 2 * ASKED_BEFORE; n++) expect(ask()).toBeUndefined();
    expect((await vi.waitUntil(ask, { interval: 5, timeout: 10_000 })).siblings.size).toBe(0);
  });

  test("is not looked at for each question that follows", () => {
    const root = tempFolder();
    const held = hold(root);
    const look = vi.spyOn(kernel, "look");
    const looks: number[] = [];
    for (let n = 1; n <= 4 * ASKED_BEFORE; n++) {
      folders.find(held, root);
      if (n % ASKED_BEFORE === ASKED_BEFORE - 1) looks.push(look.mock.calls.length);
    }
    look.mockRestore();
    expect(looks[0]).toBe(0);
    expect(looks[3]! - looks[1]!).toBeLessThanOrEqual(4);
  });

  test("is listed once at a time, however many ask meanwhile", async () => {
    const root = createAtRest(["a.js.br"]);
    const held = hold(root);
    const open = vi.spyOn(kernel, "openCached");
    for (let n = 0; n < 4 * ASKED_BEFORE; n++) folders.find(held, root);
    expect(open).toHaveBeenCalledTimes(1);
    open.mockRestore();
    await aWhile();
  });

  test("that changed just now is not known: another change may leave no trace", async () => {
    const root = tempFolder();
    const held = hold(root);
    const ask = () => folders.find(held, root);
    for (let n = 0; n < ASKED_BEFORE; n++) ask();
    await aWhile();
    expect(ask()).toBeUndefined();
  });

  test("that changes while it is listed is not known", async () => {
    const root = createAtRest(["a.js"]);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    for (let n = 0; n < ASKED_BEFORE; n++) ask();
    put(root, "a.js.br", "br");
    await aWhile();
    expect(ask()).toBeUndefined();
  });

  test("that cannot be opened any more is not known", async () => {
    const root = createAtRest(["sub/a.js"]);
    const held = hold(root);
    const ask = () => folders.find(held, join(root, "sub"));
    await untilKnown(ask);
    fs.renameSync(join(root, "sub"), join(root, "gone"));
    clock.nowMs += QUARTER + 1;
    expect(ask()).toBeUndefined();
  });
});

describe("what is known", () => {
  const CHANGES: [what: string, change: (root: string) => void][] = [
    ["a sibling has come", (root) => put(root, "b.js.br", "br")],
    ["a sibling has gone", (root) => fs.rmSync(join(root, "a.js.br"))],
    ["one was renamed", (root) => fs.renameSync(join(root, "a.js.br"), join(root, "c.js.br"))],
    ["a sibling has come and the folder's time was set back", (root) => comeUnseen(root)],
    ["another folder stands there", (root) => swap(root)],
  ];

  test.each(CHANGES)("ends at the next look when %s", async (_, change) => {
    const base = tempFolder();
    const root = join(base, "root");
    put(root, "a.js.br", "br");
    letRest();
    const held = hold(base);
    const ask = () => folders.find(held, root);
    await untilKnown(ask);
    change(root);
    clock.nowMs += QUARTER;
    expect(ask()?.seenMs).toBe(0); // as anything is believed for a while
    clock.nowMs++;
    for (let n = 0; n < ASKED_BEFORE; n++) expect(ask()).toBeUndefined();
    letRest();
    const now = await untilKnown(ask);
    const there = fs.readdirSync(root).filter((name) => name.endsWith(".br"));
    expect([...now.siblings.keys()].map((name) => `${name}.br`).sort()).toEqual(there.sort());
  });

  test("and has ended is known again after as many questions as the first time", async () => {
    const root = createAtRest(["a.js.br"]);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    await untilKnown(ask);
    put(root, "b.js.br", "br");
    letRest();
    clock.nowMs += QUARTER + 1;
    for (let n = 0; n < ASKED_BEFORE; n++) ask(); // the first of them ends it
    await aWhile();
    expect(ask()).toBeUndefined(); // and is the one too many
    await aWhile();
    expect(ask()?.siblings.size).toBe(2);
  });

  test("is seen again while nothing changes, and holds from then", async () => {
    const root = createAtRest(["a.js.br"]);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    await untilKnown(ask);
    for (const [nowMs, seenMs] of [
      [QUARTER, 0],
      [QUARTER + 1, QUARTER + 1],
      [2 * QUARTER, QUARTER + 1],
    ]) {
      clock.nowMs = nowMs!;
      expect(ask()?.seenMs).toBe(seenMs);
    }
  });

  test("is forgotten when folders may have been switched, and no listing brings it back", async () => {
    const root = createAtRest(["a.js.br"]);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    await untilKnown(ask);
    folders.forget();
    for (let n = 0; n < ASKED_BEFORE; n++) expect(ask()).toBeUndefined();
    folders.forget(); // while it is listed
    await aWhile();
    expect(ask()).toBeUndefined();
  });

  test("is as many folders as may be, and then none", async () => {
    const root = createAtRest(["a.js.br"]);
    const held = hold(root);
    const ask = () => folders.find(held, root);
    await untilKnown(ask);
    for (let n = 1; n < MOST_FOLDERS; n++) folders.find(held, join(root, String(n)));
    expect(ask()).toBeDefined();
    folders.find(held, join(root, "one more"));
    expect(ask()).toBeUndefined();
  });

  test.each([
    ["has changed", (root: string, n: number) => put(root, "last.txt", String(n))],
    ["was forgotten", () => folders.forget()],
  ])("leaves its room to others once it %s", async (_, end) => {
    const root = createAtRest(Array.from({ length: 1000 }, (_, n) => `${n}.js.br`));
    const held = hold(root);
    for (let files = 0; files <= MOST_FILES; files += 1000) {
      const { siblings } = await untilKnown(() => folders.find(held, root));
      expect(siblings.size).toBe(1000);
      fs.rmSync(join(root, "last.txt"), { force: true });
      end(root, files);
      letRest();
      clock.nowMs += QUARTER + 1;
    }
  });

  test("keeps no descriptor", async () => {
    const root = createAtRest(["a.js.br"]);
    const held = hold(root);
    const before = fs.readdirSync("/proc/self/fd").length;
    await untilKnown(() => folders.find(held, root));
    clock.nowMs += QUARTER + 1;
    folders.find(held, root);
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });

  function comeUnseen(root: string): void {
    const { atime, mtime } = fs.statSync(root);
    put(root, "b.js.br", "br");
    fs.utimesSync(root, atime, mtime);
  }

  function swap(root: string): void {
    fs.renameSync(root, `${root}-old`);
    put(root, "other.js.br", "br");
  }
});
