/** Fear: a broken store that keeps the server from starting, changes counts, or is thrown away. */
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { findDamage } from "../../fs/leveldb-check.js";
import { type OpenedState, type StateRow, StateStore } from "../../fs/state-store.js";
import { tempFolder } from "../support/temp-folder.js";

const COLUMNS = 2;
const rowOf = (name: string, ...counts: number[]): StateRow => ({ name, counts });
const ROW = rowOf("/a", 1, 2);

/** Opens a store that is closed with the test. */
async function open(folder: string): Promise<OpenedState> {
  const opened = await StateStore.open(folder, COLUMNS);
  onTestFinished(() => opened.store.close());
  return opened;
}

/** What a start would find. */
async function rowsIn(folder: string): Promise<readonly StateRow[]> {
  const { store, rows, trouble } = await StateStore.open(folder, COLUMNS);
  await store.close();
  expect(trouble).toBeUndefined();
  return rows;
}

async function save(folder: string, ...steps: readonly StateRow[][]): Promise<void> {
  const { store } = await StateStore.open(folder, COLUMNS);
  for (const changed of steps) await store.save({ removed: [], changed });
  await store.close();
}

describe("a store", () => {
  test("makes its folder, and the one above it, for nobody else", async () => {
    const state = join(tempFolder(), "state");
    const folder = join(state, "downloads");
    expect(await open(folder)).toMatchObject({ rows: [], trouble: undefined });
    for (const made of [state, folder]) expect(fs.statSync(made).mode & 0o777).toBe(0o700);
  });

  test("has all that was saved, the last counts of each name", async () => {
    const folder = tempFolder();
    await save(folder, [rowOf("/a", 1, 1), rowOf("/b", 2, 2)], [rowOf("/a", 3, 3)]);
    await save(folder, [rowOf("/ü 日本", 0, Number.MAX_SAFE_INTEGER)]);
    expect(await rowsIn(folder)).toEqual([
      rowOf("/a", 3, 3),
      rowOf("/b", 2, 2),
      rowOf("/ü 日本", 0, Number.MAX_SAFE_INTEGER),
    ]);
  });

  test("removes before it writes: a name may leave and come back in one step", async () => {
    const folder = tempFolder();
    const { store } = await open(folder);
    await store.save({ removed: [], changed: [rowOf("/a", 1, 1), rowOf("/b", 1, 1)] });
    await store.save({ removed: ["/a", "/b"], changed: [rowOf("/a", 2, 2)] });
    await store.close();
    expect(await rowsIn(folder)).toEqual([rowOf("/a", 2, 2)]);
  });

  test("keeps its rows apart from its own entries", async () => {
    const folder = tempFolder();
    await save(folder, [rowOf("format", 1, 1), rowOf("", 2, 2)]);
    expect(await rowsIn(folder)).toEqual([rowOf("", 2, 2), rowOf("format", 1, 1)]);
  });

  test("holds many rows, in tables and logs, through many saves", async () => {
    const folder = tempFolder();
    const step = (counts: number): StateRow[] =>
      Array.from({ length: 2000 }, (_, n) => rowOf(`/folder/of/many/files/${n}`, n, counts));
    await save(folder, ...Array.from({ length: 30 }, (_, n) => step(n)));
    expect(fs.readdirSync(folder).filter((name) => name.endsWith(".ldb")).length).toBeGreaterThan(
      0,
    );
    const byNumber = [...(await rowsIn(folder))].sort((a, b) => a.counts[0]! - b.counts[0]!);
    expect(byNumber).toEqual(step(29));
  });
});

describe("a folder that cannot be used is the operator's to mend", () => {
  test("in use: it is left alone, and goes on", async () => {
    const folder = join(tempFolder(), "downloads");
    const { store } = await open(folder);
    await store.save({ removed: [], changed: [ROW] });
    await expect(StateStore.open(folder, COLUMNS)).rejects.toThrow(
      `${folder} is in use by another process`,
    );
    await store.save({ removed: [], changed: [rowOf("/b", 3, 4)] });
    await store.close();
    expect(await rowsIn(folder)).toEqual([ROW, rowOf("/b", 3, 4)]);
  });

  test("in use, and broken: it is left alone too", async () => {
    const folder = join(tempFolder(), "downloads");
    await open(folder);
    fs.writeFileSync(join(folder, "CURRENT"), "garbage");
    await expect(StateStore.open(folder, COLUMNS)).rejects.toThrow("is in use");
    expect(fs.readFileSync(join(folder, "CURRENT"), "utf8")).toBe("garbage");
  });

  const rows: readonly (readonly [
    why: string,
    pathIn: (folder: string) => string,
    want: string,
  ])[] = [
    [
      "below a file",
      (folder) => {
        fs.writeFileSync(join(folder, "file"), "");
        return join(folder, "file", "downloads");
      },
      "cannot be made: what is above it is not a folder",
    ],
    [
      "too far below what there is",
      (folder) => join(folder, "a", "b", "c"),
      "cannot be made: the folder above it does not exist",
    ],
    [
      "where no folder can be made",
      () => "/proc/sluice/downloads",
      "cannot be made: the folder above it does not exist",
    ],
  ];
  for (const [why, pathIn, want] of rows) {
    test(`${why}: one line names it`, async () => {
      const folder = pathIn(tempFolder());
      await expect(StateStore.open(folder, COLUMNS)).rejects.toThrow(`${folder} ${want}`);
    });
  }

  test.skipIf(process.getuid?.() === 0)("not ours to write: one line names it", async () => {
    const folder = tempFolder();
    fs.chmodSync(folder, 0o500);
    onTestFinished(() => fs.chmodSync(folder, 0o700));
    const inside = join(folder, "downloads");
    await expect(StateStore.open(inside, COLUMNS)).rejects.toThrow(
      `${inside} may not be written by this user`,
    );
  });
});

// --- broken stores ---

/** A store with rows in a table, and others in a log of two records. */
let seed = "";
const STATES: readonly (readonly StateRow[])[] = [
  [rowOf("/a", 1, 1), rowOf("/b", 2, 2)],
  [rowOf("/a", 1, 1), rowOf("/b", 2, 2), rowOf("/c", 3, 3)],
  [rowOf("/a", 1, 1), rowOf("/b", 2, 2), rowOf("/c", 3, 3), rowOf("/d", 4, 4)],
];
const LAST_STATE = STATES.at(-1)!;

beforeAll(async () => {
  seed = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), "sluice-test-"));
  await save(seed, [rowOf("/a", 1, 1), rowOf("/b", 2, 2)]);
  await save(seed, [rowOf("/c", 3, 3)], [rowOf("/d", 4, 4)]);
  return () => fs.rmSync(seed, { recursive: true });
});

const seedFile = (ending: RegExp): string => {
  const found = fs.readdirSync(seed).filter((name) => ending.test(name));
  expect(found).toHaveLength(1);
  return found[0]!;
};
const TABLE = /\.ldb$/;
const LOG = /\.log$/;
const MANIFEST = /^MANIFEST/;
const CURRENT = /^CURRENT$/;

function copyOfSeed(): string {
  const folder = join(tempFolder(), "downloads");
  fs.cpSync(seed, folder, { recursive: true });
  return folder;
}

/** All but what LevelDB writes when it is asked for the lock. */
function filesIn(folder: string): Record<string, string> {
  const names = fs.readdirSync(folder).filter((name) => !name.startsWith("LO"));
  return Object.fromEntries(
    names.map((name) => [name, fs.readFileSync(join(folder, name), "latin1")]),
  );
}

/** Starts anyway, says so, keeps the broken one as it is, and counts on. */
async function expectAside(folder: string, why: string | RegExp): Promise<string> {
  const opened = await StateStore.open(folder, COLUMNS);
  expect(opened.rows).toEqual([]);
  expect(opened.trouble).toMatch(why);
  const aside = /kept as (\S+), and a new one is begun$/.exec(opened.trouble!)![1]!;
  expect(aside).toMatch(/downloads\.broken-\d{4}-\d\d-\d\dT[\d.-]+Z$/);
  await opened.store.save({ removed: [], changed: [ROW] });
  await opened.store.close();
  expect(await rowsIn(folder)).toEqual([ROW]);
  return aside;
}

type Break = (path: string, bytes: Buffer) => void;
const garbage: Break = (path, bytes) =>
  fs.writeFileSync(path, Buffer.alloc(bytes.length, "garbage"));
const empty: Break = (path) => fs.writeFileSync(path, "");
const missing: Break = (path) => fs.rmSync(path);
const zeros: Break = (path, bytes) => fs.writeFileSync(path, Buffer.alloc(bytes.length));
const halved: Break = (path, bytes) => fs.truncateSync(path, bytes.length / 2);
const longer: Break = (path) => fs.appendFileSync(path, "x");
const folder: Break = (path) => {
  fs.rmSync(path);
  fs.mkdirSync(path);
};
const holds =
  (text: string): Break =>
  (path) =>
    fs.writeFileSync(path, text);
const flip =
  (at: number): Break =>
  (path, bytes) => {
    bytes[at]! ^= 1;
    fs.writeFileSync(path, bytes);
  };

describe("a broken file is kept aside, and a new store is begun", () => {
  const rows: readonly (readonly [why: string, file: RegExp, how: Break, want: string])[] = [
    ["garbage in CURRENT", CURRENT, garbage, "CURRENT does not name a MANIFEST"],
    ["an empty CURRENT", CURRENT, empty, "CURRENT does not name a MANIFEST"],
    ["no CURRENT, beside data", CURRENT, missing, "CURRENT is missing"],
    ["a CURRENT that leads nowhere", CURRENT, holds("MANIFEST-999999\n"), "MANIFEST-999999 is mis"],
    [
      "a CURRENT that leads elsewhere",
      CURRENT,
      holds("../x\n"),
      "CURRENT does not name a MANIFEST",
    ],
    ["garbage in the MANIFEST", MANIFEST, garbage, "holds no record"],
    ["an empty MANIFEST", MANIFEST, empty, "is cut off"],
    ["no MANIFEST", MANIFEST, missing, "is missing"],
    ["one bit in the MANIFEST", MANIFEST, flip(20), "has a wrong checksum"],
    ["a folder for a MANIFEST", MANIFEST, folder, "is a folder"],
    ["garbage in a table", TABLE, garbage, "is no table"],
    ["an empty table", TABLE, empty, "is cut off"],
    ["a table of zeros", TABLE, zeros, "is no table"],
    ["half a table", TABLE, halved, "is cut off"],
    ["a table that is longer than it was", TABLE, longer, "is cut off"],
    ["no table", TABLE, missing, "is missing"],
    ["one bit in a table", TABLE, flip(12), "has a wrong checksum"],
    ["garbage in the log", LOG, garbage, "holds no record"],
    ["one bit in the log", LOG, flip(12), "has a wrong checksum"],
    ["no log", LOG, missing, "a log is missing"],
  ];
  for (const [why, file, how, want] of rows) {
    test(why, async () => {
      const broken = copyOfSeed();
      const path = join(broken, seedFile(file));
      how(path, fs.readFileSync(path));
      const before = how === folder ? undefined : filesIn(broken);
      const aside = await expectAside(broken, `is broken: `);
      expect(await findDamage(aside)).toContain(want);
      if (before !== undefined) expect(filesIn(aside)).toEqual(before);
    });
  }

  for (const [what, file] of [
    ["log", LOG],
    ["MANIFEST", MANIFEST],
  ] as const) {
    test(`a ${what} larger than any of ours, which is not read`, async () => {
      const broken = copyOfSeed();
      fs.truncateSync(join(broken, seedFile(file)), 2 ** 40);
      await expectAside(broken, "is too large");
    });
  }

  test("a log without its first 32 KiB, whose checksums are right", async () => {
    const broken = join(tempFolder(), "downloads");
    await save(
      broken,
      Array.from({ length: 4000 }, (_, n) => rowOf(`/${n}`, n, n)),
    );
    const log = join(broken, fs.readdirSync(broken).find((name) => LOG.test(name))!);
    fs.writeFileSync(log, fs.readFileSync(log).subarray(32 * 1024));
    await expectAside(broken, "holds a part of a record");
  });

  test("a table that is compressed, as ours are not", async () => {
    const broken = copyOfSeed();
    const level = new ClassicLevel<string, string>(broken, { compression: true });
    await level.put("row:/a", `[1,2${" ".repeat(1000)}]`);
    await level.compactRange("a", "z");
    await level.close();
    await expectAside(broken, "is compressed");
  });

  test("a file where the folder should be", async () => {
    const path = join(tempFolder(), "downloads");
    fs.writeFileSync(path, "a note");
    const aside = await expectAside(path, "is not a folder");
    expect(fs.readFileSync(aside, "utf8")).toBe("a note");
  });

  test("a second one beside the first", async () => {
    const broken = copyOfSeed();
    for (let n = 0; n < 2; n++) {
      fs.writeFileSync(join(broken, "CURRENT"), "garbage");
      await expectAside(broken, "CURRENT");
    }
    expect(fs.readdirSync(join(broken, ".."))).toHaveLength(3);
  });
});

describe("what is whole, and still cannot be read, is kept aside", () => {
  const rows: readonly (readonly [why: string, entries: Record<string, string>, want: string])[] = [
    ["a value that is not JSON", { "row:/a": "[1," }, 'has a row that cannot be read, "row:/a"'],
    ["a value that is no list", { "row:/a": '{"0":1,"1":2}' }, "cannot be read"],
    ["too few counts", { "row:/a": "[1]" }, "cannot be read"],
    ["too many counts", { "row:/a": "[1,2,3]" }, "cannot be read"],
    ["a negative count", { "row:/a": "[1,-2]" }, "cannot be read"],
    ["a count that is no number", { "row:/a": '[1,"2"]' }, "cannot be read"],
    ["an entry nobody knows", { other: "[1,2]" }, 'has a row that cannot be read, "other"'],
    ["a later format", { format: "2" }, "has format 2, not 1"],
    ["no format", { "row:/a": "[1,2]", format: "" }, "has format undefined, not 1"],
  ];
  for (const [why, entries, want] of rows) {
    test(why, async () => {
      const path = copyOfSeed();
      const level = new ClassicLevel<string, string>(path, { compression: false });
      for (const [key, value] of Object.entries(entries)) {
        await (value === "" ? level.del(key) : level.put(key, value));
      }
      await level.close();
      const aside = await expectAside(path, want);
      expect(await findDamage(aside)).toBeUndefined();
    });
  }
});

describe("what a killed process leaves is whole", () => {
  test("wherever its log ends: all that was saved before is there", async () => {
    const log = seedFile(LOG);
    const length = fs.statSync(join(seed, log)).size;
    const found = new Set<string>();
    for (let cut = 0; cut <= length; cut += 3) {
      const path = copyOfSeed();
      fs.truncateSync(join(path, log), length - cut);
      found.add(JSON.stringify(await rowsIn(path)));
    }
    expect(found).toEqual(new Set(STATES.map((state) => JSON.stringify(state))));
  });

  test("a log that ends in zeros, as after a power cut", async () => {
    const path = copyOfSeed();
    fs.appendFileSync(join(path, seedFile(LOG)), Buffer.alloc(5000));
    expect(await rowsIn(path)).toEqual(LAST_STATE);
  });

  test("a MANIFEST that has grown for as long as the store was open", async () => {
    const path = copyOfSeed();
    fs.truncateSync(join(path, seedFile(MANIFEST)), 65 * 1024 * 1024);
    expect(await rowsIn(path)).toEqual(LAST_STATE);
  });

  test("tables that were merged, and are still listed as they came and went", async () => {
    const path = copyOfSeed();
    const level = new ClassicLevel<string, string>(path, { compression: false });
    for (let n = 0; n < 3; n++) {
      await level.put("row:/a", `[9,${n}]`);
      await level.compactRange("a", "z");
    }
    const killed = join(tempFolder(), "downloads");
    fs.cpSync(path, killed, { recursive: true }); // LevelDB is idle, and has not closed it
    await level.close();
    expect(await rowsIn(killed)).toContainEqual(rowOf("/a", 9, 2));
  });

  test("half a table that no MANIFEST lists yet", async () => {
    const path = copyOfSeed();
    fs.writeFileSync(join(path, "000099.ldb"), "half a ta");
    expect(await rowsIn(path)).toEqual(LAST_STATE);
  });

  test("a folder with nothing but a MANIFEST, killed while it was made", async () => {
    const path = join(tempFolder(), "downloads");
    fs.mkdirSync(path);
    fs.writeFileSync(join(path, "MANIFEST-000001"), "half");
    expect(await rowsIn(path)).toEqual([]);
  });

  test("an empty folder, and one whose store has no entry yet", async () => {
    const path = tempFolder();
    expect(await rowsIn(path)).toEqual([]);
    const level = new ClassicLevel(path, { compression: false });
    await level.del("format");
    await level.close();
    expect(await rowsIn(path)).toEqual([]);
  });
});

/**
 * One bit, in each byte of each file. Only the length of the last record can hide one: that record
 * looks as if it were cut off.
 */
for (const [what, file, canHide] of [
  ["a table", TABLE, 0],
  ["the log", LOG, 2],
  ["the MANIFEST", MANIFEST, 2],
  ["CURRENT", CURRENT, 0],
] as const) {
  test(`no bit that flips in ${what} goes unseen`, async () => {
    const path = copyOfSeed();
    const target = join(path, seedFile(file));
    const bytes = fs.readFileSync(target);
    const hidden: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      bytes[at]! ^= 1 << (at % 8);
      fs.writeFileSync(target, bytes);
      if ((await findDamage(path)) === undefined) hidden.push(at);
      bytes[at]! ^= 1 << (at % 8);
    }
    expect(hidden.length, String(hidden)).toBeLessThanOrEqual(canHide);
  });
}
