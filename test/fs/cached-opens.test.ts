/**
 * Fear: an open on the event loop that waits, that leads out of the root, or that answers otherwise
 * than a reader would.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { CachedOpens, type Judge, type OpenedNow } from "../../fs/cached-opens.js";
import { isAtItsPlace } from "../../fs/held-roots.js";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_UNCHANGED,
} from "../../fs/jobs.js";
import { Kernel } from "../../fs/kernel.js";
import { REST_MS } from "../../fs/open-file.js";
import { type FileIdentity, type Opened, ReaderPool } from "../../fs/reader-pool.js";
import { canForget, forget } from "../support/forget.js";
import { identityOf } from "../support/pool.js";
import {
  hasMemoryFolders,
  memoryFolder,
  nextTick,
  put,
  tempFolder,
} from "../support/temp-folder.js";

const SMALL_BYTES = 100;
/** A time stamp that can be set again exactly. */
const WHOLE_SEC = 1_000_000_000;
const SETTINGS = { smallFileBytes: SMALL_BYTES, revalidateMs: 1_000_000 };
const SMALL = { known: undefined, siblings: true } as const;
const kernel = Kernel.load()!;

let outside = "";
let root = "";
let opens: CachedOpens;

/** That a name leads nowhere is in memory only when somebody has looked. */
const lookFor = (name: string): void => {
  for (const suffix of ["", ".br", ".zst", ".gz"]) {
    fs.statSync(join(root, name + suffix), { throwIfNoEntry: false });
  }
};

/** Nothing that is opened by a test stays open. */
function openNow(name: string, by = opens, known?: FileIdentity): Opened | undefined {
  const opened = by.open({ root, path: join(root, name), known, siblings: true })?.opened;
  if (opened !== undefined && opened.fd >= 0) fs.closeSync(opened.fd);
  return opened;
}

async function createOpens(settings = SETTINGS): Promise<CachedOpens> {
  lookFor("small.txt");
  const created = new CachedOpens(kernel, settings, () => performance.now());
  await untilHeld(created);
  return created;
}

/** The root is looked at off the loop: the first question only starts that. */
const untilHeld = (by: CachedOpens): Promise<unknown> =>
  vi.waitUntil(() => openNow("small.txt", by), { interval: 5, timeout: 10_000 });

beforeAll(async () => {
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "sluice-test-")));
  root = join(folder, "root");
  outside = join(folder, "outside");
  fs.mkdirSync(join(root, "folder"), { recursive: true });
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, "secret.txt"), "secret");
  fs.writeFileSync(join(root, "small.txt"), "small");
  fs.writeFileSync(join(root, "small.txt.gz"), "gz");
  fs.writeFileSync(join(root, "empty.txt"), "");
  fs.writeFileSync(join(root, "exact.txt"), "x".repeat(SMALL_BYTES));
  fs.writeFileSync(join(root, "large.bin"), "x".repeat(SMALL_BYTES + 1));
  fs.writeFileSync(join(root, "folder/inner.txt"), "inner");
  fs.writeFileSync(join(root, "Grüße 🎉.txt"), "name");
  fs.symlinkSync("folder/inner.txt", join(root, "inside-link.txt"));
  fs.symlinkSync(join(root, "small.txt"), join(root, "absolute-link.txt"));
  fs.symlinkSync("../outside/secret.txt", join(root, "outside-link.txt"));
  fs.symlinkSync(join(outside, "secret.txt"), join(root, "absolute-outside-link.txt"));
  fs.symlinkSync("../outside", join(root, "outside-folder"));
  fs.symlinkSync("circle", join(root, "circle"));
  fs.symlinkSync("/proc/self/exe", join(root, "magic-link"));
  execFileSync("mkfifo", [join(root, "pipe")]);
  opens = await createOpens();
  return () => {
    opens.stop();
    fs.rmSync(folder, { recursive: true });
  };
});

const openSmall = (opens: CachedOpens, root: string) =>
  opens.open({ root, path: `${root}/small.txt`, known: undefined, siblings: false });

describe("what is in memory is told at once", () => {
  test("a small file comes whole, with its siblings, and closed", () => {
    const before = fs.readdirSync("/proc/self/fd").length;
    const opened = openNow("small.txt")!;
    expect(opened).toMatchObject({ result: OPEN_BODY, fd: -1, siblings: 4 });
    expect(String(opened.body)).toBe("small");
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });

  test("a large one comes open, and does not outlive an exec", () => {
    const path = join(root, "large.bin");
    const { opened } = opens.open({ root, path, known: undefined, siblings: false })!;
    expect(opened).toMatchObject({ result: OPEN_FILE, body: undefined });
    expect(fs.readlinkSync(`/proc/self/fd/${opened.fd}`)).toBe(fs.realpathSync(path));
    const [, flags] = /flags:\s+(\d+)/.exec(
      fs.readFileSync(`/proc/self/fdinfo/${opened.fd}`, "utf8"),
    )!;
    expect(Number.parseInt(flags!, 8) & 0o2000000).not.toBe(0);
    fs.closeSync(opened.fd);
  });

  test.each([
    ["a folder", "folder", { result: OPEN_DIRECTORY }],
    ["nothing", "missing.txt", { result: OPEN_FAILED, errno: -2 }],
    ["an empty file", "empty.txt", { result: OPEN_BODY, body: Buffer.alloc(0) }],
    ["a file of just the size", "exact.txt", { result: OPEN_BODY }],
    ["a link that stays inside", "inside-link.txt", { body: Buffer.from("inner") }],
    ["a name beyond ASCII", "Grüße 🎉.txt", { body: Buffer.from("name") }],
  ])("%s, and nothing stays open", (_, name, want) => {
    lookFor(name);
    const before = fs.readdirSync("/proc/self/fd").length;
    expect(openNow(name)).toMatchObject(want);
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });

  test("the root itself is a folder, seen when it was looked at", () => {
    const { opened, seenMs } = opens.open({ ...SMALL, root, path: root })!;
    expect(opened).toMatchObject({ result: OPEN_DIRECTORY, siblings: 0 });
    expect(seenMs).toBe(opens.open({ ...SMALL, root, path: join(root, "small.txt") })!.seenMs);
  });

  test.each(["/", ".txt", "/../outside/secret.txt"])("but for the root's path and %s", (more) => {
    expect(opens.open({ ...SMALL, root, path: `${root}${more}` })).toBeUndefined();
  });
});

describe("what is known", () => {
  /** By one that has not been asked so often that it knows the folder's names. */
  let opens: CachedOpens;
  beforeEach(async () => {
    opens = await createOpens();
    return () => opens.stop();
  });

  const path = (): string => join(root, "known.txt");
  const put = (text: string): FileIdentity => {
    fs.rmSync(path(), { force: true });
    fs.writeFileSync(path(), text);
    fs.utimesSync(path(), WHOLE_SEC, WHOLE_SEC);
    lookFor("known.txt");
    return openNow("known.txt", opens)!.identity!;
  };

  /** Since when is it what is known of it? */
  const still = (known: FileIdentity, siblings = 0, name = "known.txt"): number =>
    opens.stillSinceMs(root, join(root, name), known, siblings);

  test("is confirmed while it is the same and has the same siblings, and nothing stays open", () => {
    const known = put("same");
    const before = fs.readdirSync("/proc/self/fd").length;
    const seenMs = opens.open({ root, path: path(), known, siblings: true })!.seenMs;
    expect([still(known), still(known, 1)]).toEqual([seenMs, -1]);
    fs.writeFileSync(`${path()}.br`, "br");
    expect([still(known), still(known, 1)]).toEqual([-1, seenMs]);
    fs.rmSync(`${path()}.br`);
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });

  test("is vouched for while it is the same, with its siblings, and not opened", () => {
    const known = put("same");
    const before = fs.readdirSync("/proc/self/fd").length;
    expect(openNow("known.txt", opens, known)).toMatchObject({
      result: OPEN_UNCHANGED,
      fd: -1,
      siblings: 0,
      body: undefined,
    });
    fs.writeFileSync(`${path()}.br`, "br");
    expect(openNow("known.txt", opens, known)).toMatchObject({
      result: OPEN_UNCHANGED,
      siblings: 1,
    });
    fs.rmSync(`${path()}.br`);
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });

  test.each([
    ["written to", () => fs.writeFileSync(path(), "other")],
    ["longer, under the same time", () => lengthen()],
    ["another file of the same length and time", () => replace()],
    ["written to in place, and its time set back", () => rewrite()],
    ["closed to others", () => fs.chmodSync(path(), 0o600)],
  ])("is opened anew when it is %s", async (_, change) => {
    const known = put("same");
    await nextTick();
    change();
    lookFor("known.txt");
    const body = fs.readFileSync(path());
    expect(still(known)).toBe(-1);
    expect(openNow("known.txt", opens, known)).toMatchObject({ result: OPEN_BODY, body });
  });

  test("is missing when it is gone", () => {
    const known = put("same");
    fs.rmSync(path());
    lookFor("known.txt");
    const missing = { result: OPEN_FAILED, errno: -2 };
    expect(still(known)).toBe(-1);
    expect(openNow("known.txt", opens, known)).toMatchObject(missing);
  });

  test("is left to a reader when a link leads to it from outside", () => {
    const secret = join(outside, "secret.txt");
    const known = identityOf(secret);
    expect(openNow("outside-link.txt", opens, known)).toBeUndefined();
    expect(still(known, 0, "outside-link.txt")).toBe(-1);
  });

  function lengthen(): void {
    fs.appendFileSync(path(), "r");
    fs.utimesSync(path(), WHOLE_SEC, WHOLE_SEC);
  }

  function rewrite(): void {
    fs.writeFileSync(path(), "mesa");
    fs.utimesSync(path(), WHOLE_SEC, WHOLE_SEC);
  }

  function replace(): void {
    fs.renameSync(path(), `${path()}.old`);
    fs.writeFileSync(path(), "mesa");
    fs.utimesSync(path(), WHOLE_SEC, WHOLE_SEC);
    fs.rmSync(`${path()}.old`);
  }
});

test("a file that is written to while it is read, and its time set back, is left to a reader", async () => {
  const path = put(root, "torn.txt", "old");
  fs.utimesSync(path, WHOLE_SEC, WHOLE_SEC);
  lookFor("torn.txt");
  expect(String(openNow("torn.txt")!.body)).toBe("old");
  await nextTick();
  const { readCached } = kernel;
  vi.spyOn(kernel, "readCached").mockImplementationOnce((...asked) => {
    const got = readCached.apply(kernel, asked);
    fs.writeFileSync(path, "new");
    fs.utimesSync(path, WHOLE_SEC, WHOLE_SEC);
    return got;
  });
  expect(openNow("torn.txt")).toBeUndefined();
  expect(String(openNow("torn.txt")!.body)).toBe("new");
  vi.restoreAllMocks();
});

test.skipIf(!canForget)(
  "a file whose siblings nobody has looked for is left to a reader",
  async () => {
    const fresh = await createOpens();
    fs.writeFileSync(join(root, "new.txt"), "new");
    expect(openNow("new.txt", fresh)).toBeUndefined();
    expect(openNow("new.txt", fresh, identityOf(join(root, "new.txt")))).toBeUndefined();
    lookFor("new.txt");
    expect(openNow("new.txt", fresh)).toBeDefined();
    fresh.stop();
  },
);

test("one in a folder whose names are known is not, and is believed from when they were", async () => {
  const folder = tempFolder();
  for (const name of ["a.txt", "b.txt", "b.txt.gz", "d.txt", "d.txt.br"]) put(folder, name, name);
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + REST_MS);
  const clock = { nowMs: 0 };
  const settings = { ...SETTINGS, revalidateMs: 1000 };
  const listing = new CachedOpens(kernel, settings, () => clock.nowMs);
  const ask = (name: string, siblings = true) =>
    listing.open({ root: folder, path: join(folder, name), known: undefined, siblings });
  await vi.waitUntil(() => ask("a.txt"), { interval: 5, timeout: 10_000 }); // also of a disk: asked until listed
  expect(ask("b.txt")!.opened.siblings).toBe(4);
  expect(ask("d.txt")!.opened.siblings).toBe(1);
  const untilRootSeen = () =>
    vi.waitUntil(() => ask("a.txt", false)?.seenMs === clock.nowMs, {
      interval: 5,
      timeout: 10_000,
    });
  clock.nowMs = 260;
  await untilRootSeen();
  clock.nowMs = 300;
  expect(ask("a.txt")!.seenMs).toBe(260); // the root
  clock.nowMs = 511;
  await untilRootSeen();
  const { opened, seenMs } = ask("b.txt")!;
  expect(seenMs).toBe(300); // the folder
  const path = join(folder, "b.txt");
  expect(listing.stillSinceMs(folder, path, opened.identity!, 4)).toBe(300);
  expect(listing.stillSinceMs(join(folder, "other"), path, opened.identity!, 4)).toBe(-1);

  put(folder, "c.txt", "c");
  listing.distrust();
  await untilRootSeen();
  if (canForget) expect(ask("c.txt")).toBeUndefined();
  listing.stop();
  vi.restoreAllMocks();
});

describe("a small file that is to be kept open", () => {
  const openFds = (): number => fs.readdirSync("/proc/self/fd").length;

  test("is lent, and its descriptor is the caller's", () => {
    lookFor("small.txt");
    const before = openFds();
    const path = join(root, "small.txt");
    const asked = { root, path, known: undefined, siblings: false };
    const { opened, fate } = opens.open(asked, () => "descriptor")!;
    expect([fate, opened.result, String(opened.body)]).toEqual(["lent", OPEN_BODY, "small"]);
    expect(String(fs.readFileSync(opened.fd))).toBe("small");
    fs.closeSync(opened.fd);
    expect(openFds()).toBe(before);
  });

  test("is closed when its bytes cannot be read at once", () => {
    lookFor("small.txt");
    const before = openFds();
    const spies = (["read", "readCached"] as const).map((name) =>
      vi.spyOn(kernel, name).mockReturnValue(-11),
    );
    const asked = { root, path: join(root, "small.txt"), known: undefined, siblings: false };
    expect(opens.open(asked, () => "descriptor")).toBeUndefined();
    for (const spy of spies) spy.mockRestore();
    expect(openFds()).toBe(before);
  });
});

describe("a body that is lent", () => {
  const lend = (name: string): OpenedNow => {
    lookFor(name);
    const asked = { root, path: join(root, name), known: undefined, siblings: false };
    return opens.open(asked, () => "nothing")!;
  };

  test("stands until the next one", () => {
    const { opened, fate } = lend("small.txt");
    expect([fate, String(opened.body)]).toEqual(["lent", "small"]);
    expect(String(lend("exact.txt").opened.body)).toBe("x".repeat(SMALL_BYTES));
    expect(String(opened.body)).toBe("xxxxx");
  });

  test("is the file's own where it is to be kept, and where it is no small one", async () => {
    lend("small.txt");
    const kept = openNow("small.txt")!;
    const path = join(root, "small.txt");
    const judge = vi.fn<Judge>(() => "memory");
    const judged = opens.open({ root, path, known: undefined, siblings: false }, judge)!;
    lend("exact.txt");
    expect([String(kept.body), String(judged.opened.body)]).toEqual(["small", "small"]);
    expect([judged.fate, judge.mock.calls]).toEqual(["kept", [[path, 5]]]);
  });

  test.each([
    ["a small one", "small.txt"],
    ["a large one", "large.bin"],
  ])("is none of %s with siblings: which of them is wanted nobody has asked", (_, name) => {
    lookFor(name);
    const sibling = put(root, `${name}.br`, "br");
    const before = fs.readdirSync("/proc/self/fd").length;
    const judge = vi.fn<Judge>(() => "memory");
    expect(opens.open({ ...SMALL, root, path: join(root, name) }, judge)).toBeUndefined();
    expect(judge).not.toHaveBeenCalled();
    expect(openNow(name)).toMatchObject({ siblings: name === "small.txt" ? 5 : 1 });
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
    fs.rmSync(sibling);
  });

  test("of a size that memory can hold but no loan is nobody's", async () => {
    const asked = { root, path: join(root, "large.bin"), known: undefined, siblings: false };
    const { opened, fate } = opens.open(asked, () => "nothing")!;
    fs.closeSync(opened.fd);
    expect([fate, opened.body]).toEqual(["kept", undefined]);
    const larger = await createOpens({ ...SETTINGS, smallFileBytes: 1_000_000 });
    const path = put(root, "medium.bin", Buffer.alloc(32 * 1024 + 1, "m"));
    const question = { root, path, known: undefined, siblings: false };
    const medium = larger.open(question, () => "nothing")!;
    const { body } = medium.opened;
    expect([medium.fate, body?.length]).toEqual(["loose", 32 * 1024 + 1]);
    expect(larger.open(question, () => "nothing")!.opened.body?.buffer).not.toBe(body?.buffer);
    larger.stop();
  });
});

test.skipIf(!hasMemoryFolders)("a file system in memory leaves nothing to a reader", async () => {
  const folder = memoryFolder();
  put(folder, "large.bin", "x".repeat(SMALL_BYTES + 1));
  const there = new CachedOpens(kernel, SETTINGS, () => performance.now());
  onTestFinished(() => there.stop());
  const ask = (name: string) =>
    there.open({ root: folder, path: join(folder, name), known: undefined, siblings: true })
      ?.opened;
  await vi.waitUntil(() => ask("missing.txt"), { interval: 5, timeout: 10_000 });
  put(folder, "new.txt", "new");
  expect(ask("new.txt")).toMatchObject({ body: Buffer.from("new"), siblings: 0 });
  const { fd, result } = ask("large.bin")!;
  fs.closeSync(fd);
  expect(result).toBe(OPEN_FILE);
  const path = `${folder}-2/new.txt`;
  const beside = { root: folder, path, known: undefined, siblings: true };
  expect(there.open(beside)).toBeUndefined();
});

test.each([
  "outside-link.txt",
  "absolute-outside-link.txt",
  "absolute-link.txt",
  "outside-folder/secret.txt",
  "outside-folder",
  "circle",
  "magic-link",
  "pipe",
  "small.txt/below",
  "../outside/secret.txt",
])("%s is left to a reader, siblings or not", (name) => {
  const path = join(root, name);
  fs.existsSync(path); // as far as it leads it is in memory from now on
  const before = fs.readdirSync("/proc/self/fd").length;
  expect(openNow(name)).toBeUndefined();
  expect(opens.open({ root, path, known: undefined, siblings: false })).toBeUndefined();
  expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
});

test("a file of which a part alone is in memory is left to a reader", () => {
  lookFor("small.txt");
  const { readCached } = kernel;
  const read = vi
    .spyOn(kernel, "readCached")
    .mockImplementation((fd, into, size, offset) =>
      readCached.call(kernel, fd, into, size - 1, offset),
    );
  const opened = openNow("small.txt");
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRestore();
  expect(opened).toBeUndefined();
});

test("what cannot be looked at once it is open is left to a reader, and closed", () => {
  lookFor("small.txt");
  const before = fs.readdirSync("/proc/self/fd").length;
  const look = vi.spyOn(kernel, "look").mockReturnValue(false);
  const opened = openNow("small.txt");
  look.mockRestore();
  expect(opened).toBeUndefined();
  expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
});

test("whatever is told at once is what a reader tells", async () => {
  const pool = new ReaderPool(
    { readers: 2, smallFileBytes: SMALL_BYTES },
    new SharedArrayBuffer(1024),
  );
  await pool.start();
  const names = fs.readdirSync(root).filter((name) => name !== "pipe");
  let told = 0;
  for (const name of [...names, "missing.txt", "folder/inner.txt", "folder/missing"]) {
    const path = join(root, name);
    const asked = { root, path, known: undefined, siblings: true };
    const slow = await new Promise<Opened>((resolve) => pool.open(asked, resolve));
    const now = openNow(name);
    if (slow.fd >= 0) fs.closeSync(slow.fd);
    if (now === undefined) continue;
    told++;
    const { result, errno, identity, body } = slow;
    expect(now, name).toMatchObject({ result, errno, identity, body });
    if (identity !== undefined) expect(now.siblings).toBe(slow.siblings);
  }
  expect(told).toBeGreaterThan(8);
  await pool.stop();
});

test.skipIf(!canForget)("a file whose bytes are not in memory is left to a reader", async () => {
  const path = join(root, "exact.txt");
  await vi.waitUntil(() => {
    forget(path);
    return openNow("exact.txt") === undefined;
  });
  fs.readFileSync(path);
  lookFor("exact.txt");
  expect(openNow("exact.txt")).toBeDefined();
});

test.skipIf(!canForget)(
  "where it cannot be told what is in memory, no small file is tried again",
  async () => {
    const own = await createOpens();
    onTestFinished(() => own.stop());
    const reads = vi.spyOn(kernel, "readCached").mockReturnValue(-constants.errno.EOPNOTSUPP);
    const opened = vi.spyOn(kernel, "openCached");
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    for (let time = 0; time < 3; time++) expect(openNow("small.txt", own)).toBeUndefined();
    expect(reads).toHaveBeenCalledTimes(1);

    const before = opened.mock.calls.length;
    const path = join(root, "small.txt");
    const asked = { root, path, known: undefined, siblings: false };
    expect(own.open(asked, () => "nothing")).toBeUndefined();
    expect(opened).toHaveBeenCalledTimes(before);
    expect(openNow("large.bin", own)).toMatchObject({ result: OPEN_FILE });
    expect(openNow("empty.txt", own)).toMatchObject({ result: OPEN_BODY });
  },
);

describe("a root", () => {
  test("is used from its first look until a quarter of its time is left, and looked at before", async () => {
    lookFor("small.txt");
    const clock = { nowMs: 0 };
    const looked = new CachedOpens(kernel, { ...SETTINGS, revalidateMs: 1000 }, () => clock.nowMs);
    const ask = () =>
      looked.open({ root, path: join(root, "small.txt"), known: undefined, siblings: true });
    expect(ask()).toBeUndefined();
    await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    clock.nowMs = 750;
    expect(ask()).toBeUndefined(); // and looked at again
    await vi.waitUntil(() => ask()?.seenMs === 750, { interval: 5, timeout: 10_000 });
    clock.nowMs = 1100;
    expect(ask()?.seenMs).toBe(750);
    await vi.waitUntil(() => ask()?.seenMs === 1100, { interval: 5, timeout: 10_000 });
    looked.stop();
  });

  test("of which nothing is to be believed is never used", async () => {
    const never = new CachedOpens(kernel, { ...SETTINGS, revalidateMs: 0 }, () => 0);
    expect(openNow("small.txt", never)).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(openNow("small.txt", never)).toBeUndefined();
    never.stop();
  });

  test("that leads elsewhere now is not used, and the new one soon is", async () => {
    const folder = tempFolder();
    for (const release of ["a", "b"]) {
      fs.mkdirSync(join(folder, release));
      fs.writeFileSync(join(folder, release, "small.txt"), release);
    }
    const current = join(folder, "current");
    fs.symlinkSync("a", current);
    const switched = new CachedOpens(kernel, SETTINGS, () => performance.now());
    const ask = () => openSmall(switched, current);
    await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    fs.symlinkSync("b", join(folder, "next"));
    fs.renameSync(join(folder, "next"), current);
    switched.distrust();
    expect(ask()).toBeUndefined();
    const { opened } = await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    expect(String(opened.body)).toBe("b");
    switched.stop();
  });

  test("that is switched while it is opened is not used before it was looked at again", async () => {
    const { switched, folder, current, ask } = createSwitched();
    const realOpen = fs.open;
    const open = vi.spyOn(fs, "open").mockImplementation(((
      path: string,
      flags: number,
      done: (error: NodeJS.ErrnoException | null, fd: number) => void,
    ) =>
      realOpen(path, flags, (error, fd) => {
        fs.symlinkSync("b", join(folder, "next"));
        fs.renameSync(join(folder, "next"), current);
        switched.distrust();
        done(error, fd);
      })) as typeof fs.open);
    ask();
    await vi.waitUntil(() => open.mock.calls.length > 0, { interval: 5, timeout: 10_000 });
    open.mockRestore();
    const { opened } = await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    expect(String(opened.body)).toBe("b");
  });

  test("that was switched and deleted before we are told lacks nothing", async () => {
    const { folder, current, ask } = createSwitched();
    await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    fs.rmSync(join(folder, "a/small.txt"));
    fs.statSync(join(current, "small.txt"), { throwIfNoEntry: false });
    expect(ask()?.opened).toMatchObject({ result: OPEN_FAILED, errno: -constants.errno.ENOENT });

    fs.symlinkSync("b", join(folder, "next"));
    fs.renameSync(join(folder, "next"), current);
    fs.statSync(current);
    expect(ask()).toBeUndefined();
  });

  test.each([
    ["as it was", {}, true],
    ["with another number", { ino: 0n }, false],
    ["on another device, with the number it had", { dev: 0n }, false],
  ])("is at its place only %s", (_, other, want) => {
    const { ino, dev } = fs.statSync(root, { bigint: true });
    const held = {
      fd: -1,
      above: `${root}/`,
      isInMemory: false,
      canRead: true,
      seenMs: 0,
      ino,
      dev,
    };
    expect(isAtItsPlace(kernel, { ...held, ...other })).toBe(want);
  });

  test("is noticed to have moved without being told", async () => {
    const folder = tempFolder();
    const current = join(folder, "current");
    fs.mkdirSync(current);
    fs.writeFileSync(join(current, "small.txt"), "old");
    const watched = new CachedOpens(kernel, { ...SETTINGS, revalidateMs: 50 }, () =>
      performance.now(),
    );
    const ask = () =>
      watched.open({
        root: current,
        path: `${current}/small.txt`,
        known: undefined,
        siblings: false,
      });
    await vi.waitUntil(ask, { interval: 5, timeout: 10_000 });
    fs.renameSync(current, join(folder, "before"));
    fs.mkdirSync(current);
    fs.writeFileSync(join(current, "small.txt"), "new");
    await vi.waitUntil(() => String(ask()?.opened.body) === "new", {
      interval: 5,
      timeout: 10_000,
    });
    watched.stop();
  });

  test("on a file system that may wait is never used", async () => {
    const proc = new CachedOpens(kernel, SETTINGS, () => performance.now());
    const ask = () =>
      proc.open({ root: "/proc", path: "/proc/version", known: undefined, siblings: false });
    expect(ask()).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ask()).toBeUndefined();
    const held = fs.readdirSync("/proc/self/fd").map((fd) => targetOf(fd));
    expect(held).not.toContain("/proc");
    proc.stop();
  });

  test("on such a file system is looked at once a second, or when it is distrusted", async () => {
    const clock = { nowMs: 0 };
    const proc = new CachedOpens(kernel, SETTINGS, () => clock.nowMs);
    const looks = vi.spyOn(fs.promises, "stat");
    const ask = async (): Promise<number> => {
      proc.open({ root: "/proc", path: "/proc/version", known: undefined, siblings: false });
      await new Promise((resolve) => setTimeout(resolve, 30));
      return looks.mock.calls.length;
    };
    expect([await ask(), await ask()]).toEqual([1, 1]);
    clock.nowMs = 999;
    expect(await ask()).toBe(1);
    clock.nowMs = 1000;
    expect([await ask(), await ask()]).toEqual([2, 2]);
    proc.distrust();
    expect(await ask()).toBe(3);
    looks.mockRestore();
    proc.stop();
  });

  test("that somebody made up takes no place from one that is there", async () => {
    const many = new CachedOpens(kernel, SETTINGS, () => performance.now());
    const ask = (root: string, name: string) =>
      many.open({ root, path: join(root, name), known: undefined, siblings: false });
    const missing = tempFolder();
    for (let n = 0; n < 1000; n++) ask(join(missing, `host-${n}`), "small.txt");
    await vi.waitUntil(() => ask(root, "small.txt"), { interval: 5, timeout: 10_000 });
    many.stop();
  });

  test("is let go when nobody has asked for it since the last time, and held again when somebody does", async () => {
    const holdings = (): number =>
      fs.readdirSync("/proc/self/fd").filter((fd) => targetOf(fd) === root).length;
    const before = holdings();
    const held = await createOpens();
    onTestFinished(() => held.stop());
    held.closeUnused();
    expect(openNow("small.txt", held)).toBeDefined();
    held.closeUnused();
    expect(holdings()).toBe(before + 1);
    held.closeUnused();
    expect(holdings()).toBe(before);
    expect(openNow("small.txt", held)).toBeUndefined();
    await untilHeld(held);
    expect(holdings()).toBe(before + 1);
  });

  test("that is let go while it is looked at is not held for long", async () => {
    const holdings = (): number =>
      fs.readdirSync("/proc/self/fd").filter((fd) => targetOf(fd) === root).length;
    const before = holdings();
    const early = new CachedOpens(kernel, SETTINGS, () => performance.now());
    onTestFinished(() => early.stop());
    openNow("small.txt", early);
    early.closeUnused();
    early.closeUnused();
    await vi.waitUntil(() => holdings() === before + 1, { interval: 5, timeout: 10_000 });
    early.closeUnused();
    expect(holdings()).toBe(before);
  });

  test("is let go at the end, also one that is just being opened", async () => {
    const before = fs.readdirSync("/proc/self/fd").length;
    const held = await createOpens();
    const early = new CachedOpens(kernel, SETTINGS, () => performance.now());
    openNow("small.txt", early);
    early.stop();
    held.stop();
    await vi.waitUntil(() => fs.readdirSync("/proc/self/fd").length <= before, {
      interval: 5,
      timeout: 10_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });

  test("that is asked for after the end is not held", async () => {
    const before = fs.readdirSync("/proc/self/fd").length;
    const opens = new CachedOpens(kernel, SETTINGS, () => performance.now());
    opens.stop();
    const open = vi.spyOn(fs, "open");
    openNow("small.txt", opens);
    await vi.waitUntil(() => open.mock.calls.length > 0, { interval: 5, timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    open.mockRestore();
    expect(fs.readdirSync("/proc/self/fd")).toHaveLength(before);
  });
});

/** "" when it was closed while we looked. */
function targetOf(fd: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/** A root that is a link to the first of two releases, and what is asked below it. */
function createSwitched() {
  const folder = tempFolder();
  put(folder, "a/small.txt", "a");
  put(folder, "b/small.txt", "b");
  const current = join(folder, "current");
  fs.symlinkSync("a", current);
  const switched = new CachedOpens(kernel, SETTINGS, () => performance.now());
  onTestFinished(() => switched.stop());
  return { switched, folder, current, ask: () => openSmall(switched, current) };
}
