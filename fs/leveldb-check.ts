/**
 * Is a LevelDB folder whole? To be asked before it is opened.
 *
 * 1. CURRENT   names the MANIFEST
 * 2. MANIFEST  lists the tables, and from which log on changes are in no table yet
 * 3. tables    each block against its checksum
 * 4. logs      each record against its checksum
 *
 * LevelDB has all these checksums, but its binding for Node cannot be told to compare them. Without,
 * a flipped bit in a table is another number or a missing row; one in twenty ends the process by an
 * assertion. A damaged log is shortened without a word, and then deleted.
 *
 * Only reads, so that what is broken can be kept as it was. Files that are not listed are what a
 * killed process had not finished: LevelDB removes them.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type BlockHandle, blockAt, Damage, Fields, logRecords } from "./leveldb-records.js";

/**
 * A larger file is none of ours: tables are cut at 2 MiB, logs at the size of the write buffer, and
 * we read each as a whole.
 */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * But a MANIFEST grows as long as the store is open: by some 200 bytes for each table that is written or
 * merged away, which is one for each MiB of saves. Smaller: a server that was busy for long enough finds
 * its own store broken at the next start. Larger: this much is read into memory, from any file there.
 */
const MAX_MANIFEST_BYTES = 1024 * 1024 * 1024;

const FOOTER_BYTES = 48;
const TABLE_MAGIC = Buffer.from("57fb808b247547db", "hex");

/** What a MANIFEST says when all its edits are applied. */
interface Version {
  /** File number to size in bytes. */
  readonly tables: Map<number, number>;
  /** Logs from this number on count. */
  firstLog: number;
}

/**
 * Finds what is broken, in a few words; undefined for a folder that is whole or still empty.
 *
 * Reads all files: about 10 ms for each MiB, and the loop is held for as long as one file takes.
 *
 * @throws Error with an errno as `code` when the folder may not be read
 */
export async function findDamage(folder: string): Promise<string | undefined> {
  const names = await readdir(folder);
  if (!names.includes("CURRENT")) {
    // Killed while it was made: there is a MANIFEST at most.
    return names.some(isData) ? "CURRENT is missing" : undefined;
  }
  const look = lookInto(folder);
  try {
    const manifest = await look("CURRENT", nameOfManifest);
    const version = await look(manifest, readVersion, MAX_MANIFEST_BYTES);
    for (const [number, sizeBytes] of version.tables) {
      await look(tableName(number), (table) => checkTable(table, sizeBytes));
    }
    for (const name of logsOf(version, names)) await look(name, checkLog);
    return undefined;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  }
}

/** Reads a file as a whole; damage found by `read` is told with its name. */
const lookInto =
  (folder: string) =>
  async <T>(name: string, read: (bytes: Buffer) => T, mostBytes = MAX_FILE_BYTES): Promise<T> => {
    try {
      const path = join(folder, name);
      if ((await stat(path)).size > mostBytes) throw new Damage("is too large");
      return read(await readFile(path));
    } catch (error) {
      throw asDamage(error, name);
    }
  };

function asDamage(error: unknown, name: string): unknown {
  if (error instanceof Damage) return new Damage(`${name} ${error.message}`);
  const reason = BROKEN_BY_ERRNO[(error as NodeJS.ErrnoException).code ?? ""];
  return reason === undefined ? error : new Damage(`${name} ${reason}`);
}

/** Any other errno is not about the file. */
const BROKEN_BY_ERRNO: Readonly<Record<string, string>> = {
  ENOENT: "is missing",
  EISDIR: "is a folder",
  EIO: "cannot be read from the disk",
};

const isData = (name: string): boolean => /^\d+\.(ldb|log)$/.test(name);

function nameOfManifest(bytes: Buffer): string {
  const name = /^(MANIFEST-\d+)\n$/.exec(bytes.toString("latin1"))?.[1];
  if (name === undefined) throw new Damage("does not name a MANIFEST");
  return name;
}

/** Tags of a version edit: db/version_edit.cc. */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

function readVersion(manifest: Buffer): Version {
  const version: Version = { tables: new Map(), firstLog: -1 };
  for (const edit of logRecords(manifest)) {
    const fields = new Fields(edit);
    while (!fields.isAtEnd) readEdit(fields, version);
  }
  if (version.firstLog === -1) throw new Damage("is cut off");
  return version;
}

function readEdit(fields: Fields, version: Version): void {
  const skipString = (): unknown => fields.bytes(fields.varint());
  switch (fields.varint()) {
    case COMPARATOR:
      skipString();
      return;
    case LOG_NUMBER:
      version.firstLog = fields.varint();
      return;
    case NEXT_FILE:
    case LAST_SEQUENCE:
    case PREVIOUS_LOG:
      fields.varint();
      return;
    case COMPACT_POINTER:
      fields.varint(); // the level, as in the next two
      skipString();
      return;
    case DELETED_FILE:
      fields.varint();
      version.tables.delete(fields.varint());
      return;
    case NEW_FILE:
      fields.varint();
      version.tables.set(fields.varint(), fields.varint());
      skipString(); // the smallest key, and the largest
      skipString();
      return;
    default:
      throw new Damage("holds an unknown field");
  }
}

const tableName = (number: number): string => `${String(number).padStart(6, "0")}.ldb`;

function checkTable(table: Buffer, sizeBytes: number): void {
  if (table.length !== sizeBytes || sizeBytes < FOOTER_BYTES) throw new Damage("is cut off");
  const footer = table.subarray(-FOOTER_BYTES);
  if (!footer.subarray(-TABLE_MAGIC.length).equals(TABLE_MAGIC)) throw new Damage("is no table");
  const fields = new Fields(footer.subarray(0, -TABLE_MAGIC.length));
  const indexes = [fields.handle(), fields.handle()];
  if (!fields.isPaddedToEnd) throw new Damage("is no table");
  for (const index of indexes) {
    for (const handle of handlesIn(blockAt(table, index))) blockAt(table, handle);
  }
}

/** An index: entries of a key and a handle, then where some of them begin, then how many those are. */
function* handlesIn(index: Buffer): Generator<BlockHandle> {
  const entriesEnd = index.length - 4 - 4 * index.readUInt32LE(index.length - 4);
  const fields = new Fields(index.subarray(0, entriesEnd));
  while (!fields.isAtEnd) {
    fields.varint(); // how much of the key is as in the entry before
    const keyLength = fields.varint();
    const valueLength = fields.varint();
    fields.bytes(keyLength);
    yield new Fields(fields.bytes(valueLength)).handle();
  }
}

/** At least the one that is being written when all goes well. */
function logsOf({ firstLog }: Version, names: readonly string[]): string[] {
  const logs = names.filter(
    (name) => name.endsWith(".log") && Number.parseInt(name, 10) >= firstLog,
  );
  if (logs.length === 0 && firstLog > 0) throw new Damage("a log is missing");
  return logs;
}

function checkLog(bytes: Buffer): void {
  for (const _ of logRecords(bytes));
}
