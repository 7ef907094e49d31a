/** Fear: memory or descriptors that grow with the tree, the traffic or a scanner's guesses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Entries } from "../../fs/entries.js";
import { type Entry, FileTable, type FileTableSettings } from "../../fs/file-table.js";
import { OpenFile } from "../../fs/open-file.js";
import { FakePool, type FakeThing } from "./fake-pool.js";

const ROOT = "/srv";
const MAX_PRESENT = 65_536;
const MAX_ABSENT = 8_192;
const ROOMY: FileTableSettings = {
  revalidateMs: 1000,
  readTimeoutMs: 5000,
  maxOpenFiles: 1000,
  keptOpenFiles: 0,
  smallCacheBytes: 1 << 20,
};

const small = (bytes: number, version = 1): FakeThing => ({
  kind: "file",
  version,
  body: Buffer.alloc(bytes),
});

function createTable(settings: Partial<FileTableSettings> = {}) {
  const pool = new FakePool();
  const clock = { nowMs: 10_000 };
  const table = new FileTable(pool.asPool, { ...ROOMY, ...settings }, () => clock.nowMs);
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
  return { pool, clock, table, ask };
}

describe("bounds", () => {
  test("hold for what exists: the oldest is forgotten", () => {
    const { ask, pool, table } = createTable();
    for (let at = 0; at <= MAX_PRESENT; at++) pool.things.set(`d${at}`, { kind: "directory" });
    const first = ask("d0");
    for (let at = 1; at <= MAX_PRESENT; at++) ask(`d${at}`);
    expect(table.stats().entries).toBe(MAX_PRESENT);
    expect(table.find(ROOT, "d0")).toBeUndefined();
    expect(table.isFresh(first, 10_000)).toBe(false);
  });

  test("hold for what is kept open, however many descriptors there may be", () => {
    const left: string[] = [];
    const bounds = { bodyBytes: 1, keptOpen: 1_000_000 };
    const entries = new Entries(bounds, (file, entry) => left.push(`${file.path} ${entry.path}`));
    const identity = { dev: 1n, ino: 1n, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n };
    for (let at = 0; at <= MAX_PRESENT; at++) {
      const file = new OpenFile(`f${at}`, identity, undefined, 0, true);
      entries.believe(ROOT, `f${at}`, { kind: "file", file, siblings: 0 });
    }
    expect([entries.counts().entries, left]).toEqual([MAX_PRESENT, ["f0 f0"]]);
  });

  test("hold for what is missing, and no guess pushes out what exists", () => {
    const { ask, pool, table } = createTable();
    pool.things.set("page", small(10));
    ask("page");
    for (let at = 0; at < 2 * MAX_ABSENT; at++) ask(`guess${at}`);
    expect(table.stats()).toMatchObject({ entries: 1, absent: MAX_ABSENT });
    expect(table.find(ROOT, "page")).toBeDefined();
    expect(table.find(ROOT, "guess0")).toBeUndefined();
  });

  test("hold for bytes of bodies, to the last byte", () => {
    const { ask, pool, table } = createTable({ smallCacheBytes: 1000 });
    for (const name of ["a", "b", "c"]) pool.things.set(name, small(500));
    ask("a");
    ask("b");
    expect(table.stats()).toMatchObject({ entries: 2, bodyBytes: 1000 });
    ask("c");
    expect(table.stats()).toMatchObject({ entries: 2, bodyBytes: 1000 });
  });

  test("spare what is asked for again", () => {
    const { ask, pool, table } = createTable({ smallCacheBytes: 1000 });
    for (const name of ["a", "b", "c"]) pool.things.set(name, small(400));
    for (const name of ["a", "b", "b", "c"]) ask(name);
    expect(table.find(ROOT, "c")).toBeUndefined();
    expect(ask("c").known.kind).toBe("file");
    const isKept = ["a", "b", "c"].map((name) => table.find(ROOT, name) !== undefined);
    expect(isKept).toEqual([false, true, true]);
  });

  test("leave its room to a file that has changed", () => {
    const { ask, clock, pool, table } = createTable({ smallCacheBytes: 1000 });
    for (const name of ["a", "b"]) pool.things.set(name, small(500));
    for (const name of ["a", "b", "b"]) ask(name);
    pool.things.set("a", small(500, 2));
    clock.nowMs += ROOMY.revalidateMs;
    ask("a");
    expect(table.find(ROOT, "a")).toBeDefined();
  });

  test("spare all from a walk over a large tree", () => {
    const { ask, pool, table } = createTable({ smallCacheBytes: 1000 });
    for (const name of ["a", "b"]) {
      pool.things.set(name, small(500));
      for (let times = 0; times < 4; times++) ask(name);
    }
    for (let n = 0; n < 500; n++) {
      pool.things.set(`rare-${n}`, small(500));
      for (let times = 0; times < 2; times++) {
        const { known } = ask(`rare-${n}`);
        expect(known.kind === "file" && known.file.body?.length).toBe(500);
      }
    }
    expect([table.find(ROOT, "a"), table.find(ROOT, "b")]).not.toContain(undefined);
    expect(table.stats()).toMatchObject({ entries: 2, bodyBytes: 1000 });
  });

  test("spare what is asked for again by those who always check", () => {
    const { ask, pool } = createTable({ smallCacheBytes: 1000, revalidateMs: 0 });
    for (const name of ["a", "b", "c"]) pool.things.set(name, small(400));
    for (const name of ["a", "b"]) ask(name);
    const again = ask("b");
    for (const name of ["c", "c"]) ask(name);
    expect(ask("b")).toBe(again);
  });

  test("keep a body that fills them alone", () => {
    const { ask, pool, table } = createTable({ smallCacheBytes: 1000 });
    pool.things.set("a", small(10));
    pool.things.set("all", small(1000));
    for (const name of ["a", "all", "all"]) expect(ask(name).known.kind).toBe("file");
    expect(table.stats()).toMatchObject({ entries: 1, bodyBytes: 1000 });
  });
});

const NAMES = ["a", "b", "c", "d", "e", "f"];
const THINGS: readonly FakeThing[] = [
  small(0),
  small(100),
  small(250),
  { kind: "file", version: 1 },
  { kind: "directory" },
  { kind: "outside" },
  { kind: "failed", errno: "ENOENT" },
  { kind: "failed", errno: "EMFILE" },
];
const step = fc.record({
  kind: fc.constantFrom("ask", "ask", "ask", "send", "answer", "change", "hold", "release", "wait"),
  name: fc.constantFrom(...NAMES),
  thing: fc.constantFrom(...THINGS),
  version: fc.integer({ min: 1, max: 3 }),
});

describe("whatever is asked, changed, held and answered", () => {
  const settings = { revalidateMs: 100, maxOpenFiles: 2, smallCacheBytes: 300 };

  test("the bounds hold, counts are right, and no descriptor leaks or is lost in use", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { ask, clock, pool, table } = createTable(settings);
        const held: OpenFile[] = [];
        for (const { kind, name, thing, version } of steps) {
          if (kind === "change") pool.things.set(name, withVersion(thing, version));
          if (kind === "wait") clock.nowMs += 30;
          if (kind === "answer") pool.answer();
          if (kind === "send") table.lookUp(ROOT, name, () => {});
          if (kind === "release" && held.length > 0) table.release(held.shift()!);
          const known = kind === "ask" || kind === "hold" ? ask(name).known : undefined;
          if (kind === "hold" && known?.kind === "file") {
            table.hold(known.file);
            held.push(known.file);
          }

          const { entries, absent, openFiles, bodyBytes } = table.stats();
          expect(entries + absent).toBeLessThanOrEqual(NAMES.length);
          expect(openFiles).toBeLessThanOrEqual(2);
          expect(openFiles).toBe(pool.openFds.size);
          expect(bodyBytes).toBeLessThanOrEqual(300);
          for (const file of held) {
            if (file.body === undefined) expect(pool.openFds).toContain(file.fd);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("nothing is believed that was not true when it was asked for, within the promised time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { clock, pool, table } = createTable(settings);
        const truths = new Map(NAMES.map((name) => [name, [{ fromMs: 0, says: "ENOENT" }]]));
        for (const { kind, name, thing, version } of steps) {
          if (kind === "wait") clock.nowMs += 30;
          if (kind === "answer") pool.answer();
          if (kind === "send") table.lookUp(ROOT, name, () => {});
          if (kind === "change") {
            const changed = withVersion(thing, version);
            pool.things.set(name, changed);
            truths.get(name)!.push({ fromMs: clock.nowMs, says: describeThing(changed) });
          }
          const entry = kind === "ask" ? table.find(ROOT, name) : undefined;
          if (entry === undefined) continue;
          const since = clock.nowMs - settings.revalidateMs;
          const possible = truths
            .get(name)!
            .filter((_, at, all) => (all[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY) >= since)
            .map(({ says }) => says);
          expect(possible).toContain(describeEntry(entry));
        }
      }),
      { numRuns: 500 },
    );
  });
});

const withVersion = (thing: FakeThing, version: number): FakeThing =>
  thing.kind === "file" ? { ...thing, version } : thing;

function describeThing(thing: FakeThing): string {
  if (thing.kind === "failed") return thing.errno;
  return thing.kind === "file" ? `file ${thing.version} ${thing.body?.length}` : thing.kind;
}

function describeEntry({ known }: Entry): string {
  if (known.kind === "failed") return known.errno;
  if (known.kind !== "file") return known.kind;
  return `file ${known.file.identity.mtimeNs} ${known.file.body?.length}`;
}
