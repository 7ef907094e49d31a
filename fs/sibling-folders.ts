/**
 * Which files have precompressed siblings, from one listing of their folder instead of a question for
 * each name.
 *
 *   asked about a file ──▶ unknown: the names are asked for one by one
 *            │ often enough              │
 *            ▼                           ▼
 *   listed, off the loop ──▶ known while the folder's ctime stands: one look for all its files
 *
 * That a name leads nowhere is rarely in the kernel's memory, so without this a new file would wait
 * for a reader because of siblings it does not have. A ctime cannot be set, and moves with every name
 * that comes or goes (inode(7)). Owns: what was listed. Judges no file.
 */
import fs from "node:fs";
import { opendir } from "node:fs/promises";
import { wayTo } from "./containment.js";
import { type HeldRoot, openBelow } from "./held-roots.js";
import { SIBLING_SUFFIXES } from "./jobs.js";
import { type Kernel, O_PATH } from "./kernel.js";
import { REST_MS } from "./open-file.js";

/** What a listing told, on the clock that was given in. */
export interface ListedFolder {
  /** The folder was seen to be unchanged then. */
  readonly seenMs: number;
  /** By name of the original; bits as F_SIBLINGS in job-records.ts. */
  readonly siblings: ReadonlyMap<string, number>;
}

/** Questions about a folder before it is listed. Fewer: folders are read for the sake of one file. */
const ASKED_BEFORE = 16;

/**
 * Entries that are read for each of them, 1 µs each. A large folder is listed when so many of its
 * files have been asked about. More: it is read for few. Fewer: more of them go to a reader first,
 * 45 µs each.
 */
const ENTRIES_FOR_EACH = 64;

/**
 * Entries that come to the loop at once. More: it is held up for longer than half a millisecond.
 * Fewer: more of the folder is asked for before it is known.
 */
const BATCH = 512;

/** Folders remembered, then all are forgotten; and files with siblings in all of them: 10 MB at worst. */
const MOST_FOLDERS = 8192;
const MOST_FILES = 65_536;

/** Part of the time of belief after which a folder is looked at again. */
const LOOK_AGAIN_AFTER = 0.25;

const { O_DIRECTORY } = fs.constants;

/** One folder that was asked about. */
interface Folder {
  /** Questions since nothing was known of it. */
  asked: number;
  /** So many of them, and it is listed. */
  listAt: number;
  isBeingListed: boolean;
  seenMs: number;
  siblings: ReadonlyMap<string, number> | undefined;
  ino: bigint;
  dev: bigint;
  ctimeNs: bigint;
}

export class SiblingFolders {
  readonly #kernel: Kernel;
  readonly #revalidateMs: number;
  readonly #nowMs: () => number;
  readonly #folders = new Map<string, Folder>();
  /** Files with siblings, in all of them. */
  #files = 0;

  /** @param revalidateMs for how long what was seen is believed, milliseconds */
  constructor(kernel: Kernel, revalidateMs: number, nowMs: () => number) {
    this.#kernel = kernel;
    this.#revalidateMs = revalidateMs;
    this.#nowMs = nowMs;
  }

  /**
   * Undefined: ask for the names. Cost: one map look-up; for one call in many a look at the folder.
   *
   * @param path of the folder, absolute
   */
  find(root: HeldRoot, path: string): ListedFolder | undefined {
    const folder = this.#folders.get(path) ?? this.#note(path);
    const nowMs = this.#nowMs();
    if (folder.siblings === undefined) {
      this.#wish(folder, root, path);
      return undefined;
    }
    const isOld = nowMs - folder.seenMs > LOOK_AGAIN_AFTER * this.#revalidateMs;
    if (isOld && !this.#isUnchanged(folder, root, path, nowMs)) this.#unlearn(folder);
    return folder.siblings === undefined ? undefined : (folder as ListedFolder);
  }

  /** Folders may have been switched as a whole. */
  forget(): void {
    this.#folders.clear();
    this.#files = 0;
  }

  #note(path: string): Folder {
    if (this.#folders.size >= MOST_FOLDERS) this.forget();
    const folder: Folder = {
      asked: 0,
      listAt: ASKED_BEFORE,
      isBeingListed: false,
      seenMs: 0,
      siblings: undefined,
      ino: 0n,
      dev: 0n,
      ctimeNs: 0n,
    };
    this.#folders.set(path, folder);
    return folder;
  }

  #isUnchanged(folder: Folder, root: HeldRoot, path: string, nowMs: number): boolean {
    const fd = this.#open(root, path);
    if (fd < 0) return false;
    const isSame = this.#isSame(fd, folder);
    this.#kernel.close(fd);
    if (isSame) folder.seenMs = nowMs;
    return isSame;
  }

  #unlearn(folder: Folder): void {
    this.#files -= folder.siblings!.size;
    folder.siblings = undefined;
    folder.asked = 0;
    folder.listAt = ASKED_BEFORE;
  }

  #open(root: HeldRoot, path: string): number {
    const name = path.slice(root.above.length) || ".";
    return openBelow(this.#kernel, root, name, O_PATH | O_DIRECTORY);
  }

  /** A folder that cannot be looked at leaves nothing to compare. */
  #isSame(fd: number, { ino, dev, ctimeNs }: Folder): boolean {
    const kernel = this.#kernel;
    return (
      kernel.look(fd) && kernel.ctimeNs === ctimeNs && kernel.ino === ino && kernel.dev === dev
    );
  }

  // --- listing, off the loop ---

  #wish(folder: Folder, root: HeldRoot, path: string): void {
    folder.asked++;
    if (folder.asked < folder.listAt || folder.isBeingListed) return;
    folder.listAt = 2 * folder.asked;
    const fd = this.#open(root, path);
    if (fd >= 0) void this.#list(folder, fd, path);
  }

  /** A listing that never ends, on a dead disk, leaves the folder unknown. */
  async #list(folder: Folder, fd: number, path: string): Promise<void> {
    folder.isBeingListed = true;
    const seenMs = this.#nowMs();
    const siblings = this.#learnIdentity(folder, fd)
      ? await readSiblings(wayTo(fd, path), folder.asked * ENTRIES_FOR_EACH)
      : undefined;
    const isKnown = siblings !== undefined && this.#isSame(fd, folder);
    this.#kernel.close(fd);
    folder.isBeingListed = false;
    const isForgotten = this.#folders.get(path) !== folder;
    if (!isKnown || isForgotten || this.#files + siblings.size > MOST_FILES) return;
    this.#files += siblings.size;
    Object.assign(folder, { siblings, seenMs });
  }

  /** False when the folder changed just now: another change may leave the same time stamp. */
  #learnIdentity(folder: Folder, fd: number): boolean {
    const kernel = this.#kernel;
    if (!kernel.look(fd)) return false;
    const { ino, dev, ctimeNs } = kernel;
    Object.assign(folder, { ino, dev, ctimeNs });
    return Date.now() - Number(ctimeNs / 1_000_000n) >= REST_MS;
  }
}

/** Undefined when there is too much to read, or it cannot be read. */
async function readSiblings(
  folder: string,
  mostEntries: number,
): Promise<Map<string, number> | undefined> {
  const siblings = new Map<string, number>();
  let entries = 0;
  try {
    for await (const { name } of await opendir(folder, { bufferSize: BATCH })) {
      if (++entries > mostEntries) return undefined;
      const at = SIBLING_SUFFIXES.findIndex((suffix) => name.endsWith(suffix));
      if (at < 0) continue;
      const original = name.slice(0, -SIBLING_SUFFIXES[at]!.length);
      siblings.set(original, (siblings.get(original) ?? 0) | (1 << at));
    }
  } catch {
    return undefined;
  }
  return siblings;
}
