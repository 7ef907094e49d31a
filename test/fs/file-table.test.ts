/** Fear: old news served as new, a disk asked too often, or a caller who is never answered. */
import { describe, expect, test, vi } from "vitest";
import type { CachedOpens, Judge } from "../../fs/cached-opens.js";
import { type Entry, FileTable, type FileTableSettings, isForgotten } from "../../fs/file-table.js";
import { OPEN_BODY, OPEN_UNCHANGED } from "../../fs/jobs.js";
import { type OpenFile, REST_MS } from "../../fs/open-file.js";
import { HALVE_AFTER } from "../../fs/popularity.js";
import type { FileIdentity, Opened, OpenRequest } from "../../fs/reader-pool.js";
import { Random } from "../support/folder.js";
import { type FakeFile, FakePool, type FakeThing } from "./fake-pool.js";

const ROOT = "/srv";
const DEFAULTS: FileTableSettings = {
  revalidateMs: 1000,
  readTimeoutMs: 5000,
  maxOpenFiles: 10,
  keptOpenFiles: 7,
  smallCacheBytes: 10_000,
};

const large = (version: number): FakeFile => ({ kind: "file", version });
const small = (text: string, version = 1): FakeFile => ({
  kind: "file",
  version,
  body: Buffer.from(text),
});
const failed = (errno: "ENOENT" | "EMFILE" | "EIO" | "EACCES"): FakeThing => ({
  kind: "failed",
  errno,
});

function createTable(things: Record<string, FakeThing>, settings: Partial<FileTableSettings> = {}) {
  const pool = new FakePool();
  for (const [path, thing] of Object.entries(things)) pool.things.set(path, thing);
  const clock = { nowMs: 10_000 };
  const table = new FileTable(pool.asPool, { ...DEFAULTS, ...settings }, () => clock.nowMs);

  /** Asks as a request does: from memory, else from the disk, which answers at once. */
  const ask = (path: string): Entry => {
    let entry = table.find(ROOT, path);
    if (entry === undefined) {
      table.lookUp(ROOT, path, (found) => {
        entry = found;
      });
      pool.answer();
    }
    return entry!;
  };
  const fileAt = (path: string): OpenFile => {
    const { known } = ask(path);
    if (known.kind !== "file") throw new Error(`${path} is ${known.kind}`);
    return known.file;
  };
  return { pool, clock, table, ask, fileAt };
}

describe("what was looked up", () => {
  const things: readonly (readonly [path: string, thing: FakeThing, want: object])[] = [
    ["a large file", large(7), { kind: "file", file: { sizeBytes: 1_000_000, body: undefined } }],
    ["a small file", small("tiny"), { kind: "file", file: { body: Buffer.from("tiny"), fd: -1 } }],
    ["siblings", { ...large(7), siblings: 5 }, { kind: "file", siblings: 5 }],
    ["a folder", { kind: "directory" }, { kind: "directory" }],
    ["a pipe", { kind: "irregular" }, { kind: "irregular" }],
    ["a link outside", { kind: "outside" }, { kind: "outside" }],
    ["nothing", failed("ENOENT"), { kind: "failed", errno: "ENOENT" }],
    ["something forbidden", failed("EACCES"), { kind: "failed", errno: "EACCES" }],
  ];
  for (const [path, thing, want] of things) {
    test(`is remembered: ${path}`, () => {
      const { ask, pool } = createTable({ [path]: thing });
      const entry = ask(path);
      expect(entry.known).toMatchObject(want);
      expect(ask(path)).toBe(entry);
      expect(pool.asked).toEqual([path]);
    });
  }

  test("has its device noted where it will be read again, and only there", () => {
    const { ask, pool } = createTable({ a: small("a"), b: large(1) });
    ask("a");
    expect(pool.devices.size).toBe(0);
    ask("b");
    expect(pool.devices).toEqual(new Set([1n]));
  });

  for (const errno of ["EMFILE", "EIO"] as const) {
    test(`is not remembered when it is a failure of the moment: ${errno}`, () => {
      const { ask, pool } = createTable({ f: failed(errno) });
      expect(ask("f").known).toEqual({ kind: "failed", errno });
      pool.things.set("f", small("there"));
      expect(ask("f").known.kind).toBe("file");
    });
  }

  test("outlives a failure of the moment while it is fresh", () => {
    const { ask, clock, pool, table } = createTable({ f: small("old") });
    const entry = ask("f");
    clock.nowMs += 600;
    pool.things.set("f", failed("EIO"));
    ask("f");
    pool.answer();
    expect(table.find(ROOT, "f")).toBe(entry);
    clock.nowMs += 400;
    expect(ask("f").known).toEqual({ kind: "failed", errno: "EIO" });
  });
});

describe("freshness", () => {
  test("lasts as long as it was promised, and no longer", () => {
    const { ask, clock, table } = createTable({ f: small("f") }, { revalidateMs: 1000 });
    ask("f");
    clock.nowMs += 999;
    expect(table.find(ROOT, "f")).toBeDefined();
    clock.nowMs += 1;
    expect(table.find(ROOT, "f")).toBeUndefined();
  });

  test("counts from the moment the question was sent, not from its answer", () => {
    const { clock, pool, table } = createTable({ f: small("f") }, { revalidateMs: 1000 });
    table.lookUp(ROOT, "f", () => {});
    clock.nowMs += 600;
    pool.answer();
    clock.nowMs += 399;
    expect(table.find(ROOT, "f")).toBeDefined();
    clock.nowMs += 1;
    expect(table.find(ROOT, "f")).toBeUndefined();
  });

  test.each([
    ["just written", 0, 10],
    ["written 300 ms before", 300, 300],
    ["written longer ago than anything is believed", 5000, 1000],
    ["written by a clock that is ahead", -5000, 10],
  ])("lasts no longer than a file had been left alone: %s", (_, quietMs, wantMs) => {
    const { clock, pool, table } = createTable({ f: { ...small("half"), version: 7e12 } });
    const wall = vi
      .spyOn(Date, "now")
      .mockImplementation(() => clock.nowMs - 10_000 + 7e6 + quietMs);
    table.lookUp(ROOT, "f", () => {});
    clock.nowMs += 5; // a reader takes its time: what it saw is no older for that
    pool.answer();
    clock.nowMs += wantMs - 5 - 1;
    expect(table.find(ROOT, "f")).toBeDefined();
    clock.nowMs += 1;
    expect(table.find(ROOT, "f")).toBeUndefined();
    wall.mockRestore();
  });

  test("of a file that is written to all the time lasts until a slow disk has told of it again", () => {
    const { clock, pool, table } = createTable({ f: large(7e12) });
    const wall = vi.spyOn(Date, "now").mockImplementation(() => 7e6);
    table.lookUp(ROOT, "f", () => {});
    for (let n = 0; n < 5; n++) {
      clock.nowMs += 30;
      pool.things.set("f", large(7e12 + n * 1e6));
      pool.answer();
      expect(table.find(ROOT, "f")).toBeDefined(); // and the next look begins
      expect(pool.waiting).toBe(1);
      clock.nowMs += 29;
      expect(table.find(ROOT, "f")).toBeDefined();
      clock.nowMs -= 29;
    }
    wall.mockRestore();
  });

  test("of a file written to just before is not renewed by a check: it is opened again", () => {
    const { ask, clock, pool } = createTable({ f: small("old") });
    pool.wallMs = 999;
    ask("f");
    pool.things.set("f", small("new")); // within the same time stamp
    pool.wallMs = 2000;
    clock.nowMs += 1000;
    expect(ask("f").known).toMatchObject({ file: { body: Buffer.from("new") } });
  });

  test("never begins when nothing is to be believed, yet those who wait are answered", () => {
    const { ask, table, pool } = createTable({ f: small("f") }, { revalidateMs: 0 });
    expect(ask("f").known.kind).toBe("file");
    expect(table.find(ROOT, "f")).toBeUndefined();
    ask("f");
    expect(pool.asked).toHaveLength(2);
  });

  test.each([
    ["nothing is to be believed", 0, 1],
    ["it is believed for a second", 1000, 1001],
  ])("is not that of a look that began too long before, where %s", (_, revalidateMs, laterMs) => {
    const { clock, pool, table } = createTable({ f: small("old") }, { revalidateMs });
    const told: string[] = [];
    const ask = (): void =>
      table.lookUp(ROOT, "f", ({ known }) => {
        if (known.kind === "file") told.push(String(known.file.body));
      });
    ask();
    ask(); // before a reader has begun
    pool.startedMs = clock.nowMs;
    clock.nowMs += laterMs;
    ask();
    ask();
    pool.startedMs = Number.POSITIVE_INFINITY; // with the next look
    pool.answer();
    expect(told).toEqual(["old", "old"]);
    pool.things.set("f", small("new", 2));
    pool.answer();
    expect(told).toEqual(["old", "old", "new", "new"]);
    expect(pool.asked).toHaveLength(2);
  });

  test("is renewed by a check that finds nothing new, in the same entry and version", () => {
    const { ask, clock } = createTable({ f: small("f") });
    const entry = ask("f");
    const { version, known } = entry;
    clock.nowMs += 1000;
    expect(ask("f")).toBe(entry);
    expect(entry).toMatchObject({ version, known });
  });

  test("is renewed for what is missing too, in the same version", () => {
    const { ask, clock } = createTable({});
    const entry = ask("f");
    const { version } = entry;
    clock.nowMs += 1000;
    expect(ask("f")).toBe(entry);
    expect(entry.version).toBe(version);
  });

  test("ends at once for everything when the table is told to distrust", () => {
    const { ask, pool, table } = createTable({ f: small("old") });
    const old = ask("f");
    pool.things.set("f", small("new", 2));
    table.distrust();
    expect(table.isFresh(old, 10_000)).toBe(false);
    expect(ask("f").known).toMatchObject({ file: { body: Buffer.from("new") } });
  });

  test("is not given by a check that was sent before the table was told to distrust", () => {
    const { pool, table } = createTable({ f: small("old") });
    const bodies: string[] = [];
    table.lookUp(ROOT, "f", ({ known }) => bodies.push(`${known.kind}`));
    table.distrust();
    pool.answer();
    expect(bodies).toEqual([]);
    pool.answer();
    expect(bodies).toEqual(["file"]);
    expect(table.find(ROOT, "f")).toBeDefined();
  });
});

describe("a check", () => {
  test("is one, however many ask", () => {
    const { pool, table } = createTable({ f: small("f") });
    const entries: Entry[] = [];
    for (let caller = 0; caller < 100; caller++)
      table.lookUp(ROOT, "f", (one) => entries.push(one));
    expect(pool.asked).toEqual(["f"]);
    pool.answer();
    expect(new Set(entries).size).toBe(1);
    expect(entries).toHaveLength(100);
  });

  test("starts on the side from half the time on, once, and nobody waits for it", () => {
    const { ask, clock, pool, table } = createTable({ f: small("f") }, { revalidateMs: 1000 });
    const entry = ask("f");
    clock.nowMs += 499;
    expect(table.find(ROOT, "f")).toBe(entry);
    expect(pool.waiting).toBe(0);

    clock.nowMs += 1;
    for (let caller = 0; caller < 10; caller++) expect(table.find(ROOT, "f")).toBe(entry);
    expect(pool.waiting).toBe(1);

    pool.answer();
    clock.nowMs += 999;
    expect(table.find(ROOT, "f")).toBe(entry);
  });

  test("on the side that fails is not repeated before the time is over", () => {
    const { ask, clock, pool, table } = createTable({ f: small("f") });
    ask("f");
    pool.things.set("f", failed("EIO"));
    clock.nowMs += 500;
    for (let request = 0; request < 10; request++) {
      table.find(ROOT, "f");
      pool.answer();
    }
    expect(pool.asked).toHaveLength(2);
  });

  test("on the side does not start beside one that somebody asked for", () => {
    const { ask, clock, pool, table } = createTable({ f: small("f") });
    ask("f");
    clock.nowMs += 500;
    table.lookUp(ROOT, "f", () => {});
    expect(table.find(ROOT, "f")).toBeDefined();
    expect(pool.waiting).toBe(1);
  });

  test("on the side is joined by whoever comes when the time is over", () => {
    const { ask, clock, pool, table } = createTable({ f: small("old") });
    ask("f");
    clock.nowMs += 500;
    table.find(ROOT, "f");
    clock.nowMs += 500;
    expect(table.find(ROOT, "f")).toBeUndefined();
    const found: Entry[] = [];
    table.lookUp(ROOT, "f", (entry) => found.push(entry));
    expect(pool.waiting).toBe(1);
    pool.answer();
    expect(found).toHaveLength(1);
  });

  const news: readonly (readonly [why: string, before: FakeThing, after: FakeThing])[] = [
    ["a small file was rewritten", small("old"), small("new", 2)],
    ["a large file was rewritten", large(1), large(2)],
    ["a large file became small", large(1), small("now", 2)],
    ["a small file became large", small("was"), large(2)],
    ["a file was removed", small("gone"), failed("ENOENT")],
    ["a file appeared", failed("ENOENT"), small("here")],
    ["a folder took its place", large(1), { kind: "directory" }],
    ["it may not be read any more", large(1), failed("EACCES")],
    ["a link leads out now", large(1), { kind: "outside" }],
    ["what was missing is forbidden now", failed("ENOENT"), failed("EACCES")],
  ];
  for (const [why, before, after] of news) {
    test(`replaces the entry when ${why}, and the old one holds nothing`, () => {
      const { ask, clock, pool, table } = createTable({ f: before });
      const old = ask("f");
      const { version } = old;
      pool.things.set("f", after);
      clock.nowMs += 500;
      table.find(ROOT, "f");
      pool.answer();

      const now = table.find(ROOT, "f")!;
      expect(now).not.toBe(old);
      expect(now.known.kind).toBe(after.kind);
      expect(table.isFresh(old, clock.nowMs)).toBe(false);
      expect(old.known).toEqual({ kind: "failed", errno: "ESTALE" });
      expect(old.version).not.toBe(version);
    });
  }

  test("that finds new siblings raises the version, and keeps the file", () => {
    const { ask, clock, fileAt, pool } = createTable({ f: small("f") });
    const { version } = ask("f");
    const file = fileAt("f");
    pool.things.set("f", { ...small("f"), siblings: 1 });
    clock.nowMs += 1000;
    expect(ask("f").version).toBeGreaterThan(version);
    expect(fileAt("f")).toBe(file);
  });
});

describe("a path in two roots, one inside the other", () => {
  const OTHER = "/srv/inner";

  test("is known for the root that it was looked up in last", () => {
    const { ask, clock, pool, table } = createTable({ f: small("f") });
    const { version } = ask("f");
    expect(table.find(OTHER, "f")).toBeUndefined();
    expect(table.glance(OTHER, "f")).toBeUndefined();
    table.lookUp(OTHER, "f", () => {});
    pool.answer();
    const entry = table.find(OTHER, "f");
    expect(entry).toMatchObject({ root: OTHER, version: version + 1 });
    expect(table.find(ROOT, "f")).toBeUndefined();
    clock.nowMs += 600;
    table.find(OTHER, "f"); // from here on it is checked on the side
    pool.answer();
    expect(pool.roots).toEqual([ROOT, OTHER, OTHER]);
  });

  test("is asked about once more when a reader looks for it in the other", () => {
    const { pool, table } = createTable({ f: small("f") });
    const told: string[] = [];
    for (const root of [ROOT, OTHER]) table.lookUp(root, "f", (entry) => told.push(entry.root));
    pool.answer();
    expect(told).toEqual([ROOT]);
    pool.answer();
    expect(told).toEqual([ROOT, OTHER]);
    expect(pool.roots).toEqual([ROOT, OTHER]);
  });

  test("is told to each who waits that no reader answers", () => {
    const { clock, table } = createTable({ f: small("f") }, { readTimeoutMs: 5000 });
    const told: object[] = [];
    const ask = (root: string): void =>
      table.lookUp(root, "f", (entry) => told.push([entry.root, entry.known]));
    for (const root of [ROOT, OTHER]) ask(root);
    clock.nowMs += 5000;
    table.sweep();
    ask(OTHER);
    const known = { kind: "failed", errno: "ETIMEDOUT" };
    expect(told).toEqual([
      [ROOT, known],
      [OTHER, known],
      [OTHER, known],
    ]);
  });
});

describe("a reader that does not answer", () => {
  const createSlow = () => createTable({ f: small("late") }, { readTimeoutMs: 5000 });

  test("is waited for until it is overdue; then those who wait are told", () => {
    const { clock, table } = createSlow();
    const told: object[] = [];
    table.lookUp(ROOT, "f", ({ known, root }) => told.push({ known, root }));
    clock.nowMs += 4999;
    table.sweep();
    expect(told).toEqual([]);
    clock.nowMs += 1;
    table.sweep();
    table.sweep();
    expect(told).toEqual([{ known: { kind: "failed", errno: "ETIMEDOUT" }, root: ROOT }]);
  });

  test("is told apart from one that has not started yet", () => {
    const { pool, table } = createSlow();
    expect(table.startedMs("f")).toBe(Infinity);
    table.lookUp(ROOT, "f", () => {});
    expect(table.startedMs("f")).toBe(Infinity);
    pool.startedMs = 3;
    expect(table.startedMs("f")).toBe(3);
    expect([...table.looks()]).toMatchObject([{ path: "f", startedMs: 3, waiters: 1 }]);
  });

  test("has those told too who came long after it had begun", () => {
    const { clock, pool, table } = createSlow();
    const told: string[] = [];
    const ask = (): void => table.lookUp(ROOT, "f", ({ known }) => told.push(known.kind));
    ask();
    pool.startedMs = clock.nowMs;
    clock.nowMs += 4000;
    ask();
    clock.nowMs += 1000;
    table.sweep();
    ask();
    expect([told, pool.waiting]).toEqual([["failed", "failed", "failed"], 1]);
  });

  test("is not asked again: later askers are told at once", () => {
    const { ask, clock, pool, table } = createSlow();
    table.lookUp(ROOT, "f", () => {});
    clock.nowMs += 5000;
    table.sweep();
    const told: string[] = [];
    table.lookUp(ROOT, "f", ({ known }) => told.push(known.kind));
    expect(told).toEqual(["failed"]);
    expect(pool.waiting).toBe(1);

    pool.answer();
    expect(told).toHaveLength(1);
    expect(ask("f").known.kind).toBe("file");
  });

  test("answers at last: nobody is told twice, and what it says counts from long ago", () => {
    const { clock, pool, table } = createSlow();
    let answers = 0;
    table.lookUp(ROOT, "f", () => answers++);
    clock.nowMs += 5000;
    table.sweep();
    pool.answer();
    expect(answers).toBe(1);
    expect(table.find(ROOT, "f")).toBeUndefined();
  });

  test("of another path is no matter", () => {
    const { ask, clock, pool, table } = createTable({ f: small("f"), g: small("g") });
    table.lookUp(ROOT, "f", () => {});
    clock.nowMs += 5000;
    table.sweep();
    expect(ask("g").known.kind).toBe("file");
    expect(pool.asked).toEqual(["f", "g"]);
  });
});

describe("descriptors", () => {
  test("are closed when the file changes, at once or by the last user", () => {
    const { ask, clock, fileAt, pool, table } = createTable({ f: large(1), g: large(1) });
    const held = fileAt("f");
    table.hold(held);
    fileAt("g");
    for (const path of ["f", "g"]) pool.things.set(path, large(2));
    clock.nowMs += 1000;
    for (const path of ["f", "g"]) ask(path);
    expect(pool.openFds.size).toBe(3);
    expect(held.fd).toBeGreaterThanOrEqual(0);
    table.release(held);
    expect(pool.openFds.size).toBe(2);
  });

  test("are closed when nobody uses them for minutes, and opened again as the same files", () => {
    const { clock, fileAt, pool, table } = createTable({ f: large(1), g: large(1), h: large(1) });
    const file = fileAt("f");
    table.hold(fileAt("g"));
    const passMinute = (): void => {
      clock.nowMs += 60_000;
      table.sweep();
    };
    passMinute();
    fileAt("h");
    table.sweep();
    expect(pool.openFds.size).toBe(3);
    passMinute();
    expect(file.fd).toBe(-1);
    expect(pool.openFds.size).toBe(2); // one is in use, the other has had less than a minute
    expect(fileAt("f")).toBe(file);
    expect(file.fd).toBeGreaterThanOrEqual(0);
  });

  test("are bounded: files that were given up are opened again, as the same files", () => {
    const things = { a: large(1), b: large(1), c: large(1) };
    const { ask, fileAt, pool, table } = createTable(things, { maxOpenFiles: 2 });
    const first = fileAt("a");
    const entry = ask("a");
    fileAt("b");
    fileAt("c");
    expect(first.fd).toBe(-1);
    expect(table.find(ROOT, "a")).toBeUndefined();

    expect(fileAt("a")).toBe(first);
    expect(table.find(ROOT, "a")).toBe(entry);
    expect(pool.openFds).toContain(first.fd);
    expect(table.stats().openFiles).toBe(2);
  });

  test("of a file that a read found changed lead nowhere, but for who uses them", () => {
    const { fileAt, pool, table } = createTable({ a: large(1) });
    const first = fileAt("a");
    table.hold(first);
    pool.things.set("a", large(2));
    table.distrustFile(first);
    const second = fileAt("a");
    expect([second === first, pool.openFds.size]).toEqual([false, 2]);
    table.distrustFile(first); // another transfer of it finds the same
    expect(fileAt("a")).toBe(second);
    table.release(first);
    expect([...pool.openFds]).toEqual([second.fd]);
  });

  test("given up, of a file written to just before, lead to another file", () => {
    const { fileAt, pool } = createTable({ a: large(1), b: large(1) }, { maxOpenFiles: 1 });
    pool.wallMs = 999;
    const first = fileAt("a");
    fileAt("b");
    expect(fileAt("a")).not.toBe(first);
  });

  test("given up, of a file that has changed, lead to another file", () => {
    const { fileAt, pool } = createTable({ a: large(1), b: large(1) }, { maxOpenFiles: 1 });
    const first = fileAt("a");
    fileAt("b");
    pool.things.set("a", large(2));
    expect(fileAt("a")).not.toBe(first);
    expect(first.fd).toBe(-1);
  });

  test("all in use: the answer is that there are none, and nothing leaks", () => {
    const { ask, fileAt, pool, table } = createTable(
      { a: large(1), b: large(1) },
      { maxOpenFiles: 1 },
    );
    table.hold(fileAt("a"));
    expect(ask("b").known).toEqual({ kind: "failed", errno: "EMFILE" });
    expect(pool.openFds.size).toBe(1);
    table.release(fileAt("a"));
    expect(ask("b").known.kind).toBe("file");
  });

  test("that the process lacks are found by closing what is idle", () => {
    const { ask, fileAt, pool, table } = createTable({
      a: large(1),
      b: large(1),
      c: failed("EMFILE"),
    });
    table.hold(fileAt("a"));
    fileAt("b");
    expect(ask("c").known).toEqual({ kind: "failed", errno: "EMFILE" });
    expect(pool.openFds).toEqual(new Set([fileAt("a").fd]));
  });

  test("that are adopted close with their user", () => {
    const { pool, table } = createTable({});
    pool.openFds.add(7);
    const file = table.adopt(7, { dev: 1n, ino: 1n, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n })!;
    expect(pool.openFds).toEqual(new Set([7]));
    table.release(file);
    expect(pool.openFds.size).toBe(0);
  });

  test("that cannot be adopted are closed", () => {
    const { fileAt, pool, table } = createTable({ a: large(1) }, { maxOpenFiles: 1 });
    table.hold(fileAt("a"));
    pool.openFds.add(7);
    expect(
      table.adopt(7, { dev: 1n, ino: 1n, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n }),
    ).toBeUndefined();
    expect(pool.openFds).not.toContain(7);
  });

  test("lost while a check finds the file unchanged are opened after all", () => {
    const { clock, fileAt, pool, table } = createTable(
      { a: large(1), b: large(1) },
      { maxOpenFiles: 1 },
    );
    const first = fileAt("a");
    clock.nowMs += 1000;
    const found: Entry[] = [];
    table.lookUp(ROOT, "b", () => {});
    table.lookUp(ROOT, "a", (entry) => found.push(entry));
    pool.answer();
    expect(found).toEqual([]);
    pool.answer();
    expect(found).toHaveLength(1);
    expect(found[0]!.known).toMatchObject({ kind: "file", file: first });
    expect(first.fd).toBeGreaterThanOrEqual(0);
  });
});

describe("what the kernel has in memory", () => {
  /** Has what is told, and counts the questions. */
  function createMemory(settings: Partial<FileTableSettings> = {}) {
    const told = new Map<string, Partial<Opened>>();
    const memory = {
      told,
      asked: 0,
      seenMs: 9_800,
      distrusted: 0,
      known: undefined as FileIdentity | undefined,
      open({ path, known }: OpenRequest, judge?: Judge) {
        memory.asked++;
        memory.known = known;
        const said = told.get(path);
        if (said === undefined) return undefined;
        const worth = judge?.(path, said.body?.length ?? 4) ?? "memory";
        const opened = { ...A_FILE, ...said, fd: worth === "descriptor" ? pool.openFd() : -1 };
        const fate = worth === "memory" ? "kept" : memory.isLending ? "lent" : "loose";
        return { opened, seenMs: memory.seenMs, fate };
      },
      /** What this cannot confirm is opened next, and counted there. */
      stillSinceMs(_: string, path: string, known: FileIdentity, siblings: number) {
        const said = told.get(path);
        if (said?.result !== OPEN_UNCHANGED || (said.siblings ?? 0) !== siblings) return -1;
        memory.asked++;
        memory.known = known;
        return memory.seenMs;
      },
      close(fd: number) {
        pool.openFds.delete(fd);
        memory.closed++;
      },
      closed: 0,
      /** Are all bodies small enough to be lent? */
      isLending: true,
      holdsRoot: true,
      askedForRoot: 0,
      holds() {
        memory.askedForRoot++;
        return memory.holdsRoot;
      },
      distrust() {
        memory.distrusted++;
        told.clear();
      },
      closedUnused: 0,
      closeUnused() {
        memory.closedUnused++;
      },
    };
    const pool = new FakePool();
    const clock = { nowMs: 10_000 };
    const asked = memory as unknown as CachedOpens;
    const all = { ...DEFAULTS, ...settings };
    const table = new FileTable(pool.asPool, all, () => clock.nowMs, asked);
    return { memory, pool, clock, table };
  }
  const A_FILE: Opened = {
    result: OPEN_BODY,
    errno: 0,
    fd: -1,
    identity: { dev: 1n, ino: 2n, sizeBytes: 4, mtimeNs: 3n, ctimeNs: 3n },
    siblings: 0,
    observedMs: 1_000_000,
    body: Buffer.from("here"),
    times: { askedMs: 0, startedMs: 0, endedMs: 0 },
  };

  const UNCHANGED = { result: OPEN_UNCHANGED, identity: undefined, body: undefined };

  const fileOf = ({ known }: Entry): OpenFile => {
    if (known.kind !== "file") throw new Error(`no file: ${known.kind}`);
    return known.file;
  };

  /** The entry that a look finds at once. */
  function lookUp(table: FileTable): Entry {
    let found: Entry | undefined;
    table.lookUp(ROOT, "/srv/a", (entry) => {
      found = entry;
    });
    return found!;
  }

  test("is told before the question returns, and no reader is asked", () => {
    const { memory, pool, table } = createMemory();
    memory.told.set("/srv/a", {});
    const bodies: string[] = [];
    table.lookUp(ROOT, "/srv/a", ({ known }) => {
      bodies.push(known.kind === "file" ? String(known.file.body) : known.kind);
    });
    expect(bodies).toEqual(["here"]);
    expect(pool.asked).toEqual([]);
  });

  test("is believed from when its root was seen, not from now", () => {
    const { memory, clock, table } = createMemory();
    memory.told.set("/srv/a", {});
    table.lookUp(ROOT, "/srv/a", () => {});
    memory.told.delete("/srv/a");
    clock.nowMs = memory.seenMs + DEFAULTS.revalidateMs - 1;
    expect(table.find(ROOT, "/srv/a")).toBeDefined();
    clock.nowMs++;
    expect(table.find(ROOT, "/srv/a")).toBeUndefined();
  });

  test.each([
    ["of a file written since its root was seen", 100, 100],
    ["of one that was written long before", 5000, DEFAULTS.revalidateMs - 200],
  ])("is believed for no longer than it had been left alone by now: %s", (_, quietMs, wantMs) => {
    const { memory, clock, table } = createMemory();
    const wall = vi.spyOn(Date, "now").mockImplementation(() => clock.nowMs + quietMs);
    const identity = { ...A_FILE.identity!, mtimeNs: BigInt(clock.nowMs * 1e6) };
    memory.told.set("/srv/a", { identity });
    table.lookUp(ROOT, "/srv/a", () => {});
    memory.told.delete("/srv/a");
    clock.nowMs += wantMs - 1;
    expect(table.find(ROOT, "/srv/a")).toBeDefined();
    clock.nowMs++;
    expect(table.find(ROOT, "/srv/a")).toBeUndefined();
    wall.mockRestore();
  });

  test("is asked again when its time is over, and told what is known", () => {
    const { memory, pool, clock, table } = createMemory();
    memory.told.set("/srv/a", {});
    const first = lookUp(table);
    memory.told.set("/srv/a", UNCHANGED);
    clock.nowMs = memory.seenMs = 20_000;
    expect(table.find(ROOT, "/srv/a")).toBe(first);
    expect([first.version, memory.asked, pool.asked]).toEqual([0, 2, []]);
    expect(memory.known).toEqual(A_FILE.identity);
    clock.nowMs += DEFAULTS.revalidateMs - 1;
    expect(table.isFresh(first, clock.nowMs)).toBe(true);
  });

  test.each(["mtimeNs", "ctimeNs"])(
    "is opened anew when its time stamp cannot vouch for it: %s",
    (stamp) => {
      const { memory, clock, table } = createMemory();
      const youngNs = BigInt(A_FILE.observedMs) * 1_000_000n;
      memory.told.set("/srv/a", { identity: { ...A_FILE.identity!, [stamp]: youngNs } });
      const young = lookUp(table);
      clock.nowMs = memory.seenMs = 20_000;
      expect(table.isFresh(young, clock.nowMs)).toBe(false);
      expect([memory.asked, memory.known]).toEqual([2, undefined]);
    },
  );

  test("is below roots that are let go when nobody asks for them", () => {
    const { memory, clock, table } = createMemory();
    const closed = [59_999, 1, 0, 59_999, 1].map((ms) => {
      clock.nowMs += ms;
      table.sweep();
      return memory.closedUnused;
    });
    expect(closed).toEqual([0, 1, 1, 1, 2]);
  });

  test("is lent the first time, and kept from the second on", () => {
    const { memory, pool, table } = createMemory();
    memory.told.set("/srv/a", {});
    const first = fileOf(table.glance(ROOT, "/srv/a")!);
    expect([first.body, String(table.takeLoan(first))]).toEqual([undefined, "here"]);
    expect([table.takeLoan(first), table.stats().bodyBytes]).toEqual([undefined, 0]);
    const second = fileOf(table.glance(ROOT, "/srv/a")!);
    expect([String(second.body), table.takeLoan(second)]).toEqual(["here", undefined]);
    expect(fileOf(table.glance(ROOT, "/srv/a")!)).toBe(second);
    expect([memory.asked, pool.asked, table.stats().bodyBytes]).toEqual([2, [], 4]);
  });

  test("is kept at once for whoever looks it up, also after a loan", () => {
    const { memory, table } = createMemory();
    memory.told.set("/srv/a", {});
    table.glance(ROOT, "/srv/a");
    expect(String(fileOf(lookUp(table)).body)).toBe("here");
  });

  test("is there for who asks and nobody after him, where it cannot be lent", () => {
    const { memory, table } = createMemory();
    memory.isLending = false;
    memory.told.set("/srv/a", {});
    const entry = table.glance(ROOT, "/srv/a")!;
    const file = fileOf(entry);
    expect([String(file.body), table.takeLoan(file)]).toEqual(["here", undefined]);
    expect([table.find(ROOT, "/srv/a"), isForgotten(entry)]).toEqual([undefined, true]);
    expect(table.stats()).toMatchObject({ entries: 0, bodyBytes: 0 });
    expect(table.isFresh(entry, 10_000)).toBe(false);
  });

  test("is lent to nobody when something else was seen meanwhile", () => {
    const { memory, table } = createMemory();
    for (const path of ["/srv/a", "/srv/b"]) memory.told.set(path, {});
    const file = fileOf(table.glance(ROOT, "/srv/a")!);
    table.lookUp(ROOT, "/srv/b", () => {});
    expect(table.takeLoan(file)).toBeUndefined();
    memory.told.set("/srv/c", {}).set("/srv/d", {});
    const early = fileOf(table.glance(ROOT, "/srv/c")!);
    table.glance(ROOT, "/srv/d");
    expect(table.takeLoan(early)).toBeUndefined();
  });

  describe("when memory is full", () => {
    const KEPT = 10;
    const KEPT_OPEN = DEFAULTS.keptOpenFiles;
    /** Ten files are kept, each asked for so often. */
    function createFull(times: number, settings: Partial<FileTableSettings> = {}) {
      const smallCacheBytes = KEPT * A_FILE.body!.length;
      const { memory, table, ...others } = createMemory({ smallCacheBytes, ...settings });
      const ask = (name: string, times = 1): boolean => {
        memory.told.set(`/srv/${name}`, {});
        for (let n = 0; n < times; n++) table.glance(ROOT, `/srv/${name}`);
        return table.find(ROOT, `/srv/${name}`) !== undefined;
      };
      for (let n = 0; n < KEPT; n++) ask(`old-${n}`, times);
      const kept = () =>
        Array.from({ length: KEPT }, (_, n) => table.find(ROOT, `/srv/old-${n}`)).filter(Boolean)
          .length;
      expect(table.stats()).toMatchObject({ entries: KEPT, bodyBytes: KEPT * 4 });
      return { memory, table, ask, kept, ...others };
    }

    test("what is known under another root is left to who looks it up, and keeps its place", () => {
      const { memory, table, kept } = createFull(4);
      const opens = memory.asked;
      expect(table.glance("/", "/srv/old-0")).toBeUndefined();
      expect([memory.asked, kept()]).toEqual([opens, KEPT]);
    });

    test("what had to be read anyway comes whole, and is not kept either", () => {
      const { memory, table, kept } = createFull(4);
      memory.told.set("/srv/new", {});
      const came: string[] = [];
      for (let times = 0; times < 3; times++) {
        table.lookUp(ROOT, "/srv/new", (entry) => came.push(String(fileOf(entry).body)));
      }
      expect(came).toEqual(["here", "here", "here"]);
      expect([table.find(ROOT, "/srv/new"), kept()]).toEqual([undefined, KEPT]);
    });

    test("is kept only in place of what is asked for less", () => {
      const { table, ask, kept } = createFull(4);
      ask("new", 4);
      expect(kept()).toBe(KEPT);
      ask("other", 40);
      expect(table.stats()).toMatchObject({ bodyBytes: KEPT * 4 });
      expect(kept()).toBe(KEPT - 1);
    });

    describe("what is asked for again is kept open", () => {
      const NEW = "/srv/new";
      const bodyOf = (table: FileTable): string => {
        const file = fileOf(table.glance(ROOT, NEW)!);
        return String(table.takeLoan(file) ?? file.body ?? "open");
      };

      test("and not opened again, until it is asked for clearly more than what is in memory", () => {
        const { memory, table, ask, pool } = createFull(20);
        memory.told.set(NEW, {});
        expect([bodyOf(table), table.stats().openFiles]).toEqual(["here", 0]);
        expect([bodyOf(table), table.stats().openFiles]).toEqual(["here", 1]);
        expect(table.stats()).toMatchObject({ keptOpenFiles: 1, mostOpenFiles: 10 });
        const opens = memory.asked;
        expect([bodyOf(table), bodyOf(table), memory.asked]).toEqual(["open", "open", opens]);
        expect([pool.openFds.size, [...pool.devices]]).toEqual([1, [A_FILE.identity!.dev]]);
        ask("new", 100);
        expect(memory.asked).toBe(opens + 1);
        expect(fileOf(table.find(ROOT, NEW)!).body?.toString()).toBe("here");
        const { openFiles, keptOpenFiles } = table.stats();
        expect([openFiles, keptOpenFiles, pool.openFds.size, memory.closed]).toEqual([0, 0, 0, 1]);
      });

      test("as far as its share of the descriptors goes, by how often it is asked for", () => {
        const { table, ask, pool } = createFull(1000, { maxOpenFiles: 4, keptOpenFiles: 3 });
        for (const name of ["a", "b", "c", "d", "e"]) ask(name, 9);
        expect([table.stats().openFiles, pool.openFds.size]).toEqual([3, 3]);
        expect(["a", "b", "c"].map((name) => table.find(ROOT, `/srv/${name}`))).not.toContain(
          undefined,
        );
        ask("d", 9);
        expect(table.find(ROOT, "/srv/d")).toBeDefined();
        expect([table.stats().openFiles, pool.openFds.size]).toEqual([3, 3]);
      });

      test("but sent all the same where every descriptor is in use", () => {
        const { memory, table, ask, pool } = createFull(1000, {
          maxOpenFiles: 3,
          keptOpenFiles: 2,
        });
        ask("held", 3);
        table.hold(fileOf(table.find(ROOT, "/srv/held")!));
        for (let n = 0; n < 2; n++) table.hold(table.adopt(pool.openFd(), A_FILE.identity!)!);
        memory.told.set(NEW, {});
        expect([bodyOf(table), bodyOf(table), bodyOf(table)]).toEqual(["here", "here", "here"]);
        expect([table.stats().entries, pool.openFds.size]).toEqual([KEPT + 1, 3]);
        expect(table.stats()).toMatchObject({ openFiles: 3, keptOpenFiles: 1 });
      });

      test("for as long as it is what it was", () => {
        const { memory, clock, table, pool } = createFull(1000);
        memory.told.set(NEW, {});
        bodyOf(table);
        bodyOf(table);
        memory.told.set(NEW, UNCHANGED);
        clock.nowMs = memory.seenMs = 20_000;
        expect(bodyOf(table)).toBe("open");
        const identity = { ...A_FILE.identity!, ino: 9n };
        memory.told.set(NEW, { identity, body: Buffer.from("else") });
        clock.nowMs = memory.seenMs = 30_000;
        expect(bodyOf(table)).toBe("else");
        expect([bodyOf(table), pool.openFds.size]).toEqual(["open", 1]);
      });

      test("also where it is too large to be lent", () => {
        const { memory, table } = createFull(1000);
        memory.isLending = false;
        memory.told.set(NEW, {});
        expect([bodyOf(table), bodyOf(table), bodyOf(table)]).toEqual(["here", "here", "open"]);
      });

      test("while somebody uses it", () => {
        const { memory, clock, table } = createFull(1000);
        memory.told.set(NEW, {});
        bodyOf(table);
        bodyOf(table);
        memory.told.set(NEW, UNCHANGED);
        for (let n = 0; n < 3; n++) {
          clock.nowMs = memory.seenMs = clock.nowMs + 60_000;
          expect(bodyOf(table)).toBe("open");
          table.sweep();
        }
      });

      test("until nobody has used it for a while, or descriptors run out: then it is opened anew", () => {
        const { memory, clock, table, pool } = createFull(1000);
        memory.told.set(NEW, {});
        bodyOf(table);
        bodyOf(table);
        for (let n = 0; n < 3; n++) {
          clock.nowMs += 60_000;
          table.sweep();
        }
        expect([pool.openFds.size, memory.closed]).toEqual([0, 0]); // many at once are for readers
        expect(table.stats().keptOpenFiles).toBe(0);
        clock.nowMs = memory.seenMs = 300_000;
        expect([bodyOf(table), bodyOf(table)]).toEqual(["here", "open"]);
        expect(pool.openFds.size).toBe(1);
      });

      test("and found by who looks it up", () => {
        const { memory, table, pool } = createFull(1000);
        memory.told.set(NEW, {});
        bodyOf(table);
        bodyOf(table);
        const file = fileOf(table.find(ROOT, NEW)!);
        expect([file.body, file.fd]).toEqual([undefined, [...pool.openFds][0]]);
      });
    });

    test("with paths, a rare one is kept open at most", () => {
      const { memory, table } = createMemory({ smallCacheBytes: 1 << 20 });
      const MAX_PRESENT = 65_536;
      for (let n = 0; n <= MAX_PRESENT; n++) {
        const path = `/srv/${n}`;
        memory.told.set(path, {});
        for (let times = 0; times < 3; times++) table.glance(ROOT, path);
      }
      expect(table.stats().entries).toBe(MAX_PRESENT + 1);
      expect(fileOf(table.find(ROOT, `/srv/${MAX_PRESENT}`)!).isKeptOpen).toBe(true);
      expect(fileOf(table.find(ROOT, "/srv/0")!).isKeptOpen).toBe(false);
    });

    test("a walk over a large tree, and one more, push nothing out", () => {
      const { table, ask, kept } = createFull(6);
      for (let walk = 0; walk < 2; walk++) {
        for (let n = 0; n < 2000; n++) ask(`rare-${n}`);
      }
      expect(kept()).toBe(KEPT);
      expect(table.stats()).toMatchObject({ bodyBytes: KEPT * 4, openFiles: KEPT_OPEN });
    });

    test("one that stays popular does not shield those that are not", () => {
      const { ask, kept } = createFull(3);
      ask("old-0", 200);
      for (let n = 0; n < 5; n++) ask(`new-${n}`, 30);
      expect(kept()).toBeLessThanOrEqual(KEPT - 4);
      expect(ask("old-0")).toBe(true);
    });

    test("what was popular once makes room", () => {
      const { ask, kept } = createFull(7);
      for (let n = 0; n < 3 * HALVE_AFTER; n += 1000) ask("old-0", 1000);
      for (let n = 0; n < 20; n++) ask(`new-${n}`, 3);
      expect(kept()).toBeLessThan(KEPT / 2);
    });

    test("those asked for most are found there", () => {
      const { ask, table } = createFull(2);
      const random = new Random(5);
      // Zipf's law: the n-th of 200 comes with a probability of 1/n.
      for (let n = 0; n < 20_000; n++)
        ask(`file-${Math.floor(200 ** (random.below(1_000_000) / 1_000_000))}`);
      const top = Array.from({ length: 5 }, (_, n) => table.find(ROOT, `/srv/file-${n + 1}`));
      expect(top.filter((entry) => entry === undefined)).toEqual([]);
    });
  });

  test("is not glanced at while a reader is asked, nor where only he can tell", () => {
    const { memory, pool, table } = createMemory();
    expect(table.glance(ROOT, "/srv/a")).toBeUndefined();
    pool.things.set("/srv/a", small("tiny"));
    table.lookUp(ROOT, "/srv/a", () => {});
    memory.told.set("/srv/a", {});
    const { asked } = memory;
    expect([table.glance(ROOT, "/srv/a"), memory.asked]).toEqual([undefined, asked]);
    pool.answer();
    expect(String(fileOf(table.glance(ROOT, "/srv/a")!).body)).toBe("tiny");
  });

  test("is asked once for each time that is over", () => {
    const { memory, pool, clock, table } = createMemory();
    memory.told.set("/srv/a", {});
    const entry = lookUp(table);
    memory.told.set("/srv/a", UNCHANGED);
    const start = memory.seenMs;
    for (let ms = 0; ms < 2 * DEFAULTS.revalidateMs; ms += DEFAULTS.revalidateMs / 10) {
      clock.nowMs = memory.seenMs = start + ms;
      expect(table.isFresh(entry, clock.nowMs)).toBe(true);
    }
    expect([memory.asked, memory.askedForRoot, pool.asked]).toEqual([1 + 1, 2, []]);
  });

  test("is read again when it had just been written to: a second write may bear the same time", () => {
    const { memory, clock, table } = createMemory();
    memory.told.set("/srv/a", { observedMs: REST_MS - 1 });
    const entry = lookUp(table);
    const confirmed = vi.spyOn(memory, "stillSinceMs");
    memory.told.set("/srv/a", { body: Buffer.from("new!") });
    clock.nowMs = memory.seenMs = 20_000;
    expect(table.isFresh(entry, clock.nowMs)).toBe(false);
    expect([confirmed.mock.calls, memory.known]).toEqual([[], undefined]);
    expect(String(fileOf(table.find(ROOT, "/srv/a")!).body)).toBe("new!");
  });

  test.each([true, false])(
    "is another entry at once when the file has changed, the old one asked first: %s",
    (isAskedFirst) => {
      const { memory, clock, table } = createMemory();
      memory.told.set("/srv/a", {});
      const old = lookUp(table);
      memory.told.set("/srv/a", { body: Buffer.from("new!") });
      clock.nowMs = memory.seenMs = 20_000;
      if (isAskedFirst) expect(table.isFresh(old, clock.nowMs)).toBe(false);
      const found = table.find(ROOT, "/srv/a")!;
      expect(found.known).toMatchObject({ file: { body: Buffer.from("new!") } });
      expect([table.isFresh(old, clock.nowMs), memory.asked]).toEqual([false, 2]);
    },
  );

  test("is another version when only its siblings have changed", () => {
    const { memory, clock, table } = createMemory();
    memory.told.set("/srv/a", {});
    const entry = lookUp(table);
    memory.told.set("/srv/a", { ...UNCHANGED, siblings: 4 });
    clock.nowMs = memory.seenMs = 20_000;
    expect(table.isFresh(entry, clock.nowMs)).toBe(true);
    expect([entry.version, entry.known]).toMatchObject([1, { siblings: 4 }]);
  });

  test("is left to a reader on the side while its root cannot be looked below", () => {
    const { memory, pool, clock, table } = createMemory();
    memory.told.set("/srv/a", {});
    const entry = lookUp(table);
    memory.told.delete("/srv/a");
    memory.holdsRoot = false;
    clock.nowMs = memory.seenMs + DEFAULTS.revalidateMs - 1;
    for (let n = 0; n < 3; n++) expect(table.isFresh(entry, clock.nowMs)).toBe(true);
    expect([memory.asked, pool.asked]).toEqual([1, ["/srv/a"]]);
    clock.nowMs++;
    expect(table.isFresh(entry, clock.nowMs)).toBe(false);
    expect(memory.asked).toBe(1); // the reader is asked already
  });

  test("is not believed any more when only a reader can tell", () => {
    const { memory, clock, table } = createMemory();
    memory.told.set("/srv/a", {});
    const entry = lookUp(table);
    memory.told.delete("/srv/a");
    clock.nowMs = memory.seenMs + DEFAULTS.revalidateMs;
    expect([table.isFresh(entry, clock.nowMs), table.find(ROOT, "/srv/a")]).toEqual([
      false,
      undefined,
    ]);
  });

  test("is not asked for what was forgotten", () => {
    const { memory, pool, clock } = createMemory();
    const settings = { ...DEFAULTS, smallCacheBytes: A_FILE.body!.length };
    const asked = memory as unknown as CachedOpens;
    const table = new FileTable(pool.asPool, settings, () => clock.nowMs, asked);
    for (const path of ["/srv/a", "/srv/b"]) memory.told.set(path, {});
    const forgotten = lookUp(table);
    for (let times = 0; times < 2; times++) table.lookUp(ROOT, "/srv/b", () => {});
    clock.nowMs = memory.seenMs = 20_000;
    expect([table.isFresh(forgotten, clock.nowMs), memory.asked]).toEqual([false, 3]);
  });

  test("and what it has not is asked of a reader, once for all who wait", () => {
    const { pool, table } = createMemory();
    pool.things.set("/srv/a", small("tiny"));
    const told: string[] = [];
    for (const who of ["one", "other"]) table.lookUp(ROOT, "/srv/a", () => told.push(who));
    expect(told).toEqual([]);
    pool.answer();
    expect([told, pool.asked]).toEqual([["one", "other"], ["/srv/a"]]);
  });

  test("once a reader has brought it, is told to all who wait, also below another root", () => {
    const { memory, pool, table } = createMemory();
    pool.things.set("/srv/a", small("read"));
    const told: string[] = [];
    const tell = ({ known }: Entry): number => told.push(known.kind);
    for (const root of [ROOT, "/", ROOT]) table.lookUp(root, "/srv/a", tell);
    memory.told.set("/srv/a", {});
    pool.answer();
    expect(told).toEqual(["file", "file", "file"]);
  });

  test("is distrusted with the table", () => {
    const { memory, table } = createMemory();
    memory.told.set("/srv/a", {});
    table.lookUp(ROOT, "/srv/a", () => {});
    table.distrust();
    expect([memory.distrusted, table.find(ROOT, "/srv/a")]).toEqual([1, undefined]);
  });
});
