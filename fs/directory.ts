/**
 * A folder's entries as a visitor may see them. Blocking: for use in a thread.
 *
 * 1. open     the folder, and ask its descriptor whether it lies inside the root
 * 2. name     leave out what no client can ask for: hidden names, and names that are no text
 * 3. look     one lstat for each entry, by way of the open folder
 * 4. follow   a link is shown as what it leads to; one that leads nowhere or out of the root is not
 *
 * What could not be served is not shown. Nothing here is in any order. Knows no HTTP.
 */
import { isUtf8 } from "node:buffer";
import fs from "node:fs";
import { containmentOf, wayTo } from "./containment.js";
import { isNameable, type RootedPath, toFile } from "./paths.js";

/** A file or a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Integer, 0 or more. Means nothing for a folder. */
  readonly sizeBytes: number;
  /** Integer, since 1970. */
  readonly modifiedMs: number;
}

export type FolderVerdict =
  | { readonly kind: "read"; readonly entries: readonly FolderEntry[] }
  /** A link leads out of the root. */
  | { readonly kind: "outside" }
  /** More entries than were allowed. */
  | { readonly kind: "crowded" }
  /** `errno` is a name such as ENOENT. */
  | { readonly kind: "failed"; readonly errno: string };

/** Never blocks on a FIFO, never makes a terminal ours. */
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;
const NO_THROW = { throwIfNoEntry: false } as const;
/** Names as the disk has them, a batch for each call: a folder of any size costs one batch at a time. */
const RAW_NAMES = { encoding: "buffer" as BufferEncoding, bufferSize: 1024 };

/** What is wrong with one entry and no reason to show none. */
const NO_ENTRY = new Set([
  "ENOENT",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "ELOOP",
  "ENXIO",
  "ENAMETOOLONG",
]);

/**
 * Reads a folder. Cost: an lstat for each entry, 5 to 15 µs; for a link open, fstat, readlink and
 * close on top. Memory for an entry: 250 bytes with a name of 60 characters.
 *
 * @param root a root as configured, absolute
 * @param maxEntries a folder with more is not read to its end, integer
 */
export function readFolder(root: string, path: RootedPath, maxEntries: number): FolderVerdict {
  const absolute = toFile(root, path);
  let fd = -1;
  try {
    fd = fs.openSync(absolute, OPEN_FLAGS);
    if (containmentOf(root, fd, absolute) === "outside") return { kind: "outside" };
    const folder = wayTo(fd, absolute);
    const entries = readEntries(folder, { root, isRoot: path === "" }, maxEntries);
    if (entries === undefined) return { kind: "crowded" };
    return { kind: "read", entries };
  } catch (error) {
    return { kind: "failed", errno: errnoOf(error) };
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}

interface Setting {
  readonly root: string;
  readonly isRoot: boolean;
}

function readEntries(
  folder: string,
  { root, isRoot }: Setting,
  maxEntries: number,
): FolderEntry[] | undefined {
  const entries: FolderEntry[] = [];
  const dir = fs.opendirSync(folder, RAW_NAMES);
  try {
    for (let one = dir.readSync(); one !== null; one = dir.readSync()) {
      const name = textOf(one.name as unknown as Buffer);
      if (name === undefined || !isNameable(name, isRoot)) continue;
      const stat = lookAt(root, `${folder}/${name}`);
      if (stat === undefined) continue;
      if (entries.length === maxEntries) return undefined;
      entries.push(describe(name, stat));
    }
  } finally {
    dir.closeSync();
  }
  return entries;
}

/** A name of other bytes than UTF-8 cannot be written in a URL that leads back to it. */
const textOf = (name: Buffer): string | undefined => (isUtf8(name) ? name.toString() : undefined);

/** What a visitor would find there: a file, a folder, or nothing. */
function lookAt(root: string, path: string): fs.Stats | undefined {
  try {
    const stat = fs.lstatSync(path, NO_THROW);
    const seen = stat?.isSymbolicLink() ? follow(root, path) : stat;
    return seen?.isFile() || seen?.isDirectory() ? seen : undefined;
  } catch (error) {
    if (NO_ENTRY.has(errnoOf(error))) return undefined;
    throw error; // out of descriptors or a broken disk: half a listing would pass for a whole one
  }
}

/** Asked of the descriptor, like all that is served: a link that is swapped meanwhile tells nothing. */
function follow(root: string, path: string): fs.Stats | undefined {
  const fd = fs.openSync(path, OPEN_FLAGS);
  try {
    return containmentOf(root, fd, path) === "inside" ? fs.fstatSync(fd) : undefined;
  } finally {
    fs.closeSync(fd);
  }
}

function describe(name: string, stat: fs.Stats): FolderEntry {
  const isDirectory = stat.isDirectory();
  const sizeBytes = isDirectory ? 0 : stat.size;
  return { name, isDirectory, sizeBytes, modifiedMs: Math.floor(stat.mtimeMs) };
}

/** An error without a code is not the system's but Node's, such as a path with a NUL in it. */
const errnoOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "EIO";
