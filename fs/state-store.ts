/**
 * Rows of counts that outlive the process: LevelDB in a folder of its own, written off the loop.
 *
 * 1. lock   another process has it: an operator's mistake, nothing is touched
 * 2. check  every checksum, before LevelDB sees the files
 * 3. load   all rows
 * 4. save   one atomic batch at a time; once written, a SIGKILL takes nothing of it
 *
 * What is found broken in 2 or 3 is renamed aside, never deleted, and a new store is begun. Nothing is
 * locked in 2: what another process has begun to use meanwhile is not broken, but in use. Does not
 * sync: a power cut takes what the kernel had not written, some 30 s at most. Owns the folder and the
 * format of its rows. Does not know what is counted.
 */
import type { Stats } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { ClassicLevel, OpenOptions } from "classic-level";
import { findDamage } from "./leveldb-check.js";

export interface StateRow {
  readonly name: string;
  /** Numbers from 0, as many as the store was opened for. */
  readonly counts: readonly number[];
}

export interface StateChanges {
  /** Names whose rows go, before any row is written. */
  readonly removed: readonly string[];
  readonly changed: readonly StateRow[];
}

export interface OpenedState {
  readonly store: StateStore;
  /** All that was kept; empty for a new store. */
  readonly rows: readonly StateRow[];
  /** What was broken and where it is now, for the operator; undefined when all was well. */
  readonly trouble: string | undefined;
}

type Level = ClassicLevel<string, string>;
type Found =
  | { readonly kind: "whole"; readonly level: Level; readonly rows: readonly StateRow[] }
  | { readonly kind: "broken"; readonly reason: string; readonly judged: Stats };

/** Of rows, written with each save. A release that changes it counts up, and reads the older one. */
const FORMAT = "1";
const FORMAT_KEY = "format";
const ROW_PREFIX = "row:";

/** Who downloads what is nobody else's business. */
const ONLY_US = 0o700;

/** Memory: two write buffers, the cache, and what a save brings. */
const LEVEL_OPTIONS = {
  keyEncoding: "utf8",
  valueEncoding: "utf8",
  /** The check reads indexes of tables, which would be compressed as well. */
  compression: false,
  /** Smaller: more tables to merge. Larger: more to read at the next start. */
  writeBufferSize: 1024 * 1024,
  /** Rows are read once, at start: there is nothing to gain. */
  cacheSize: 64 * 1024,
} as const;

/** Each piece of this size is a trip to another thread. */
const PIECES = { highWaterMarkBytes: 256 * 1024 };

/** Says what is wrong with what was read. */
class BrokenRow extends Error {}

export class StateStore {
  readonly #folder: string;
  #level: Level;
  #hasFailed = false;

  private constructor(folder: string, level: Level) {
    this.#folder = folder;
    this.#level = level;
  }

  /**
   * @param folder for nothing else; made when missing, and the one above it
   * @param columns how many counts a row has
   * @throws Error with one line for the operator, when the folder cannot be used
   */
  static async open(folder: string, columns: number): Promise<OpenedState> {
    try {
      const found = await find(folder, columns);
      if (found.kind === "whole") {
        const { level, rows } = found;
        return { store: new StateStore(folder, level), rows, trouble: undefined };
      }
      await refuseWhenTaken(folder, found.judged);
      const aside = await putAside(folder);
      const begun = await find(folder, columns);
      if (begun.kind === "broken") throw new Error(begun.reason);
      const trouble = `${folder} ${found.reason}; it is kept as ${aside}, and a new one is begun`;
      return { store: new StateStore(folder, begun.level), rows: [], trouble };
    } catch (error) {
      throw new Error(`${folder} ${reasonOf(error)}`);
    }
  }

  /**
   * Writes all of it or nothing. One at a time. Cost on the loop: about 1.5 µs a row.
   *
   * @throws Error with one line for the operator; save the same again before anything else
   */
  async save({ removed, changed }: StateChanges): Promise<void> {
    try {
      if (this.#hasFailed) await this.#reopen();
      const batch = this.#level.batch().put(FORMAT_KEY, FORMAT);
      for (const name of removed) batch.del(ROW_PREFIX + name);
      for (const { name, counts } of changed) batch.put(ROW_PREFIX + name, JSON.stringify(counts));
      await batch.write();
    } catch (error) {
      this.#hasFailed = true;
      throw new Error(`${this.#folder} ${reasonOf(error)}`);
    }
  }

  /** Waits for what is being written. Nothing may be saved after it. */
  async close(): Promise<void> {
    await this.#level.close();
  }

  /** A failed write may leave half a record, and LevelDB would write the next one behind it. */
  async #reopen(): Promise<void> {
    await this.#level.close();
    this.#level = await openLevel(this.#folder);
    this.#hasFailed = false;
  }
}

async function find(folder: string, columns: number): Promise<Found> {
  await makeFolder(dirname(folder));
  const judged = await makeFolder(folder);
  if (!judged.isDirectory()) return { kind: "broken", reason: "is not a folder", judged };
  await refuseWhenLocked(folder);
  const damage = await findDamage(folder);
  if (damage !== undefined) return { kind: "broken", reason: `is broken: ${damage}`, judged };
  return load(folder, columns, judged);
}

/** One level only: Node's recursive mkdir never returns where no folder can be made, as in /proc. */
async function makeFolder(path: string): Promise<Stats> {
  try {
    await mkdir(path, ONLY_US);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  return stat(path);
}

/** Takes the lock and gives it back: it is told neither to open what is there nor to make it. */
async function refuseWhenLocked(folder: string): Promise<void> {
  try {
    const level = await openLevel(folder, { createIfMissing: false, errorIfExists: true });
    await level.close();
  } catch (error) {
    if (!isOfContent(error)) throw error;
  }
}

/**
 * Before what was judged to be broken is renamed: another process may have opened it while it was
 * read, or have put it aside itself, and be about to begin a new one there.
 */
async function refuseWhenTaken(folder: string, judged: Stats): Promise<void> {
  if (judged.isDirectory()) await refuseWhenLocked(folder);
  const now = await stat(folder).catch(() => undefined);
  if (now?.ino !== judged.ino || now.dev !== judged.dev) throw new Error(IN_USE);
}

/** What is whole by its checksums may still be nothing that this release can read. */
async function load(folder: string, columns: number, judged: Stats): Promise<Found> {
  let level: Level | undefined;
  try {
    level = await openLevel(folder);
    return { kind: "whole", level, rows: await readRows(level, columns) };
  } catch (error) {
    await level?.close();
    if (!isOfContent(error)) throw error;
    return { kind: "broken", reason: reasonOf(error), judged };
  }
}

async function readRows(level: Level, columns: number): Promise<StateRow[]> {
  const entries = new Map(await level.iterator(PIECES).all());
  if (entries.size === 0) return [];
  const format = entries.get(FORMAT_KEY);
  if (format !== FORMAT) throw new BrokenRow(`has format ${format}, not ${FORMAT}`);
  entries.delete(FORMAT_KEY);
  return Array.from(entries, (entry) => rowOf(entry, columns));
}

function rowOf([key, value]: readonly [string, string], columns: number): StateRow {
  const counts = readCounts(value);
  if (!key.startsWith(ROW_PREFIX) || counts?.length !== columns) {
    throw new BrokenRow(`has a row that cannot be read, ${JSON.stringify(key)}`);
  }
  return { name: key.slice(ROW_PREFIX.length), counts };
}

function readCounts(value: string): number[] | undefined {
  try {
    const read: unknown = JSON.parse(value);
    return Array.isArray(read) && read.every(isCount) ? read : undefined;
  } catch {
    return undefined; // not JSON
  }
}

const isCount = (value: unknown): boolean => typeof value === "number" && value >= 0;

/** @returns its new path */
async function putAside(folder: string): Promise<string> {
  const aside = `${folder}.broken-${new Date().toISOString().replaceAll(":", "-")}`;
  await rename(folder, aside);
  return aside;
}

/** Loads the binary when first asked for: a platform without one can do without a store. */
async function openLevel(folder: string, options: OpenOptions = {}): Promise<Level> {
  const { ClassicLevel } = await import("classic-level");
  const level: Level = new ClassicLevel(folder, { ...LEVEL_OPTIONS, ...options });
  await level.open();
  return level;
}

// --- what went wrong ---

/** Of what classic-level throws, the reason is in `cause` when it concerns the opening. */
function codeOf(error: unknown): string {
  const { code, cause } = error as { readonly code?: string; readonly cause?: { code?: string } };
  return cause?.code ?? code ?? "";
}

/** A new store would be better. Locked, not ours to write or a full disk is another matter. */
const isOfContent = (error: unknown): boolean =>
  error instanceof BrokenRow ||
  codeOf(error) === "LEVEL_CORRUPTION" ||
  codeOf(error) === "LEVEL_DATABASE_NOT_OPEN"; // without a code of its own: an invalid argument

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return REASONS[codeOf(error)] ?? (cause instanceof Error ? cause.message : message);
}

const IN_USE = "is in use by another process";

const REASONS: Readonly<Record<string, string>> = {
  LEVEL_LOCKED: IN_USE,
  ENOENT: "cannot be made: the folder above it does not exist",
  ENOTDIR: "cannot be made: what is above it is not a folder",
  EACCES: "may not be written by this user",
  EPERM: "may not be written by this user",
  EROFS: "is on a file system that is read only",
  ENOSPC: "is on a disk that is full",
};
