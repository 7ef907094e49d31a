/**
 * What lies below a root, as far as a look of bounded length tells: can this user read it?
 *
 * Breadth first, so that each part of the tree is seen before any to its depth. Links are left out,
 * as their targets are judged when they are asked for, and so is what no client can name. Blocks:
 * not for the time when requests are served.
 */
import fs from "node:fs";
import { dirname, join } from "node:path";
import { isNameable } from "./paths.js";

export interface RootFacts {
  readonly path: string;
  /** The magic number of its file system (statfs(2)); undefined where the question fails. */
  readonly fileSystem: number | undefined;
  /** Files and folders that were looked at, the root not counted. */
  readonly seen: number;
  /** Whether there was more than was looked at. */
  readonly hasMore: boolean;
  /** Paths below the root that this user cannot read, the first found first. */
  readonly unreadable: readonly string[];
  /** Of the index of the root itself. */
  readonly index: "readable" | "unreadable" | "missing";
}

/** More: minutes on a slow network. Less: a wrong umask in one release of many is not met. */
const MOST_SEEN = 10_000;

const { R_OK, X_OK } = fs.constants;

/** @param path absolute; a folder that can be read */
export function readRootFacts(path: string, index: string, mostSeen = MOST_SEEN): RootFacts {
  const unreadable: string[] = [];
  const folders = [""];
  let seen = 0;
  let hasMore = false;
  for (let at = 0; at < folders.length && !hasMore; at++) {
    for (const { name, isFolder } of entriesOf(join(path, folders[at]!), at === 0)) {
      if (seen === mostSeen) {
        hasMore = true;
        break;
      }
      seen++;
      const below = join(folders[at]!, name);
      if (!isPermitted(join(path, below), isFolder ? R_OK | X_OK : R_OK)) unreadable.push(below);
      else if (isFolder) folders.push(below);
    }
  }
  return {
    path,
    fileSystem: readFileSystem(path),
    seen,
    hasMore,
    unreadable,
    index: judgeIndex(join(path, index)),
  };
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Lazily: a folder may hold millions. Ends where it cannot be read on, as a folder that goes does. */
function* entriesOf(folder: string, isRoot: boolean): Generator<Entry> {
  let open: fs.Dir | undefined;
  try {
    open = fs.opendirSync(folder);
    for (let one = open.readSync(); one !== null; one = open.readSync()) {
      const isFolder = one.isDirectory();
      if (!isFolder && !one.isFile()) continue;
      if (isNameable(one.name, isRoot)) yield { name: one.name, isFolder };
    }
  } catch {
    // gone while we looked: nobody will ask for it
  } finally {
    open?.closeSync();
  }
}

function isPermitted(path: string, mode: number): boolean {
  try {
    fs.accessSync(path, mode);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"; // gone while we looked
  }
}

function judgeIndex(path: string): RootFacts["index"] {
  if (!fs.existsSync(path)) return "missing";
  return isPermitted(path, R_OK) ? "readable" : "unreadable";
}

function readFileSystem(path: string): number | undefined {
  try {
    return fs.statfsSync(path).type;
  } catch {
    return undefined;
  }
}

/** Whether this user may make files in a folder, or the folder itself where only it is missing. */
export function isWritableFolder(path: string): boolean {
  const folder = fs.existsSync(path) ? path : dirname(path);
  return fs.existsSync(folder) && isPermitted(folder, fs.constants.W_OK | X_OK);
}
