/**
 * Opens of what the kernel has in memory, on the event loop: the way there, the facts, and a small
 * file whole. What is known already is looked at, and opened only if it has changed.
 *
 * openat2(2) was made for this: "a fast-path open that can be performed without resorting to thread
 * offload". Roots are held open (held-roots.ts), and links are judged by the kernel (RESOLVE_BENEATH).
 * Whatever is not plain (a link, a mount, something that has to be fetched, an error but a missing
 * file) is left to a reader, which answers as it always did.
 *
 * Owns: the memory that bodies are lent from.
 */
import fs from "node:fs";
import { type HeldRoot, HeldRoots, isAtItsPlace, openBelow } from "./held-roots.js";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_UNCHANGED,
  SIBLING_SUFFIXES,
} from "./jobs.js";
import { ENOENT, EOPNOTSUPP, type Kernel, O_PATH } from "./kernel.js";
import { isSameFile } from "./open-file.js";
import type { FileIdentity, Opened, OpenRequest } from "./reader-pool.js";
import { SiblingFolders } from "./sibling-folders.js";
import { canHaveSiblings } from "./sidecars.js";

/** What has been opened without a reader, and since when it can be relied on. */
export interface OpenedNow {
  readonly opened: Opened;
  /** All it rests on was seen then, or later, on the clock that was given in. */
  readonly seenMs: number;
  /** Of the body, if there is one. `lent`: it stands until the next open. `loose`: it is nobody's. */
  readonly fate: "kept" | "lent" | "loose";
}

/** What a small file is worth: the memory that keeps it whole, the descriptor that keeps it open. */
type Worth = "memory" | "descriptor" | "nothing";
export type Judge = (path: string, sizeBytes: number) => Worth;

/**
 * Bodies of at most this size are lent, bytes. What a socket does not take of a loan has to be copied
 * for it: larger, and clients that stop reading cost memory, each a copy of its own. A new connection
 * takes so much at once: Linux gives it room for twice its first ten segments (tcp_init_buffer_space).
 */
const MOST_LENT_BYTES = 32 * 1024;

const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;
const { S_IFMT, S_IFREG, S_IFDIR } = fs.constants;

export interface CachedOpensSettings {
  /** Files up to this size come whole, bytes. */
  readonly smallFileBytes: number;
  /** For how long facts are believed, milliseconds. */
  readonly revalidateMs: number;
}

export class CachedOpens {
  readonly #kernel: Kernel;
  readonly #settings: CachedOpensSettings;
  readonly #nowMs: () => number;
  readonly #roots: HeldRoots;
  readonly #folders: SiblingFolders;
  /** Lent bodies land here. */
  readonly #loan = Buffer.allocUnsafeSlow(MOST_LENT_BYTES);
  readonly #loanAddress: number;
  /** Of the open under way: see `OpenedNow`. */
  #seenMs = 0;
  #fate: OpenedNow["fate"] = "kept";

  constructor(kernel: Kernel, settings: CachedOpensSettings, nowMs: () => number) {
    this.#kernel = kernel;
    this.#settings = settings;
    this.#nowMs = nowMs;
    this.#roots = new HeldRoots(settings.revalidateMs, nowMs);
    this.#folders = new SiblingFolders(kernel, settings.revalidateMs, nowMs);
    this.#loanAddress = kernel.addressOf(this.#loan);
  }

  /**
   * Undefined: ask a reader. Cost: 11 to 16 µs for a file of 10 KiB, 5 to 11 if it is known; the more
   * where siblings are looked for.
   *
   * @param judge undefined: each is worth memory. Most files of a large tree are asked for once, and
   *   memory for each of them costs more than to read it. Given, one that has siblings is not read:
   *   which of them is to be read is not known here
   */
  open({ root, path, known, siblings }: OpenRequest, judge?: Judge): OpenedNow | undefined {
    if (path === root) return this.#openRoot(root);
    this.#fate = "kept";
    const place = this.#findPlace(root, path, siblings);
    if (place === undefined) return undefined;
    // A small file would be opened, and left to a reader nevertheless: whoever needs any comes again.
    if (judge !== undefined && !place.held.canRead) return undefined;
    const isKnown = known !== undefined && this.#isUnchanged(place, known);
    const opened = isKnown ? this.#vouch(place) : this.#open(place, judge);
    return opened && { opened, seenMs: this.#seenMs, fate: this.#fate };
  }

  /**
   * Is a file still what is known of it? Cost: 11 µs, of which three system calls are 7.
   *
   * @returns since when, on the clock that was given in; -1 when it is not, or has to be looked at
   */
  stillSinceMs(root: string, path: string, known: FileIdentity, siblings: number): number {
    const place = this.#findPlace(root, path, canHaveSiblings(path));
    if (place === undefined || !this.#isUnchanged(place, known)) return -1;
    return this.#findSiblings(place) === siblings ? this.#seenMs : -1;
  }

  /** Is a root there to be looked below now? */
  holds(root: string): boolean {
    return this.#roots.find(root) !== undefined;
  }

  /** A root may have been switched: none is used before it was looked at again. */
  distrust(): void {
    this.#roots.distrust();
    this.#folders.forget();
  }

  /** Lets go of roots that nobody has asked for since the last call. */
  closeUnused(): void {
    this.#roots.closeUnused();
  }

  /** Of a small file that was kept open. */
  close(fd: number): void {
    this.#kernel.close(fd);
  }

  stop(): void {
    this.#roots.stop();
  }

  // --- one look or open, all in memory ---

  /** A root that is held is a folder, and was seen at its place. */
  #openRoot(root: string): OpenedNow | undefined {
    const held = this.#roots.find(root);
    if (held === undefined) return undefined;
    return { opened: this.#draft(OPEN_DIRECTORY), seenMs: held.seenMs, fate: "kept" };
  }

  /** Undefined: the root is not to be used now, or the path is not below it. */
  #findPlace(root: string, path: string, hasSiblings: boolean): Place | undefined {
    const held = this.#roots.find(root);
    if (held === undefined) return undefined;
    const { above, seenMs } = held;
    if (path.length === above.length || !path.startsWith(above)) return undefined;
    this.#seenMs = seenMs;
    return { held, path, name: path.slice(above.length), hasSiblings };
  }

  #isUnchanged({ held, name }: Place, known: FileIdentity): boolean {
    const kernel = this.#kernel;
    const fd = openBelow(kernel, held, name, O_PATH);
    if (fd < 0) return false;
    const isSame = kernel.look(fd) && isSameFile(kernel, known);
    kernel.close(fd);
    return isSame;
  }

  #vouch(place: Place): Opened | undefined {
    const siblings = this.#findSiblings(place);
    if (siblings < 0) return undefined;
    const opened = this.#draft(OPEN_UNCHANGED);
    opened.siblings = siblings;
    return opened;
  }

  /** As F_SIBLINGS in job-records.ts; negative when a reader has to look. */
  #findSiblings({ held, path, name, hasSiblings }: Place): number {
    if (!hasSiblings) return 0;
    const slash = path.lastIndexOf("/");
    const listed = this.#folders.find(held, path.slice(0, slash));
    if (listed === undefined) return this.#askForSiblings(held, name);
    this.#seenMs = Math.min(this.#seenMs, listed.seenMs);
    const { siblings } = listed;
    return siblings.size === 0 ? 0 : (siblings.get(path.slice(slash + 1)) ?? 0);
  }

  #askForSiblings(held: HeldRoot, name: string): number {
    let found = 0;
    for (let at = 0; at < SIBLING_SUFFIXES.length; at++) {
      const fd = openBelow(this.#kernel, held, name + SIBLING_SUFFIXES[at], O_PATH);
      if (fd >= 0) this.#kernel.close(fd);
      else if (fd !== -ENOENT) return fd;
      if (fd >= 0) found |= 1 << at;
    }
    return found;
  }

  #open(place: Place, judge: Judge | undefined): Opened | undefined {
    const observedMs = Date.now();
    const fd = openBelow(this.#kernel, place.held, place.name, OPEN_FLAGS);
    if (fd === -ENOENT && isAtItsPlace(this.#kernel, place.held)) {
      const missing = this.#draft(OPEN_FAILED);
      missing.errno = fd;
      return missing;
    }
    if (fd < 0) return undefined;

    const opened = this.#look(fd, place, judge);
    if (opened !== undefined) opened.observedMs = observedMs;
    if (opened?.fd !== fd) this.#kernel.close(fd);
    return opened;
  }

  #look(fd: number, place: Place, judge: Judge | undefined): Draft | undefined {
    const kernel = this.#kernel;
    if (!kernel.look(fd)) return undefined;
    const type = kernel.mode & S_IFMT;
    if (type === S_IFDIR) return this.#draft(OPEN_DIRECTORY);
    if (type !== S_IFREG) return undefined;

    const { sizeBytes, mtimeNs, ctimeNs, ino, dev } = kernel;
    const isSmall = sizeBytes <= this.#settings.smallFileBytes;
    const opened = this.#draft(isSmall ? OPEN_BODY : OPEN_FILE);
    opened.identity = { dev, ino, sizeBytes, mtimeNs, ctimeNs };
    opened.siblings = this.#findSiblings(place);
    const isLeft = opened.siblings < 0 || (opened.siblings > 0 && judge !== undefined);
    if (isLeft) return undefined;
    const worth = isSmall ? (judge?.(place.path, sizeBytes) ?? "memory") : "descriptor";
    if (worth === "descriptor") opened.fd = fd;
    if (!isSmall) return opened;
    if (!place.held.canRead && sizeBytes > 0) return undefined;
    if (worth !== "memory") this.#fate = sizeBytes <= MOST_LENT_BYTES ? "lent" : "loose";
    opened.body = this.#readWhole(fd, opened.identity, place.held);
    return opened.body && opened;
  }

  /** Undefined when the disk is needed, or somebody writes to it. */
  #readWhole(fd: number, { sizeBytes, ctimeNs }: FileIdentity, held: HeldRoot): Buffer | undefined {
    const kernel = this.#kernel;
    const isLent = this.#fate === "lent";
    const body = isLent ? this.#loan.subarray(0, sizeBytes) : Buffer.allocUnsafeSlow(sizeBytes);
    if (sizeBytes > 0) {
      const into = isLent ? this.#loanAddress : kernel.addressOf(body);
      const got = held.isInMemory
        ? kernel.read(fd, into, sizeBytes, 0)
        : kernel.readCached(fd, into, sizeBytes, 0);
      if (got === -EOPNOTSUPP) held.canRead = false;
      if (got !== sizeBytes) return undefined;
    }
    const isSame = kernel.look(fd) && kernel.sizeBytes === sizeBytes && kernel.ctimeNs === ctimeNs;
    return isSame ? body : undefined;
  }

  #draft(result: number): Draft {
    const nowMs = this.#nowMs();
    return {
      result,
      errno: 0,
      fd: -1,
      identity: undefined,
      siblings: 0,
      observedMs: 0,
      body: undefined,
      times: { askedMs: nowMs, startedMs: nowMs, endedMs: nowMs },
    };
  }
}

type Draft = { -readonly [Key in keyof Opened]: Opened[Key] };

/** Where to look. */
interface Place {
  readonly held: HeldRoot;
  /** Absolute. */
  readonly path: string;
  /** The same, relative to the root. */
  readonly name: string;
  readonly hasSiblings: boolean;
}
