/**
 * Opens of what the kernel has in memory, on the event loop: the way there, the facts, and a small
 * file whole. What is known already is looked at, and opened only if it has changed.
 *
 * openat2(2) was made for this: "a fast-path open that can be performed without resorting to thread
 * offload". A root is held open by a descriptor, and links are judged by the kernel (RESOLVE_BENEATH).
 * Whatever is not plain (a link, a mount, something that has to be fetched, an error but a missing
 * file) is left to a reader, which answers as it always did.
 *
 * A root may be switched to another folder while we hold it, so what was opened below it is believed
 * only from the moment the root was last seen where it should be. Owns: the descriptors of roots.
 */
import fs from "node:fs";
import { statfs } from "node:fs/promises";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_UNCHANGED,
  SIBLING_SUFFIXES,
} from "./jobs.js";
import { ENOENT, type Kernel, TMPFS } from "./kernel.js";
import { isSameFile } from "./open-file.js";
import type { FileIdentity, Opened, OpenRequest } from "./reader-pool.js";
import { type HeldFolder, type ListedFolder, SiblingFolders } from "./sibling-folders.js";

/** What has been opened without a reader, and since when it can be relied on. */
export interface OpenedNow {
  readonly opened: Opened;
  /** All it rests on was seen then, or later, on the clock that was given in. */
  readonly seenMs: number;
  /** The body is lent: it stands until the next open. */
  readonly isLent: boolean;
}

/** Bodies of at most this size are lent, bytes: what a new connection takes at once as a rule. */
const MOST_LENT_BYTES = 64 * 1024;

/** File systems whose open waits for nothing but memory once the way is known (statfs(2)). */
const LOCAL = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  TMPFS,
  0x794c7630, // overlayfs
  0x73717368, // squashfs
  0xe0f5e1e2, // EROFS
]);

/** What was opened below a root is believed from when the root was last seen. With less than this part of its time left a root is not used... */
const LEAST_BELIEF = 0.25;
/** ...and with less than this it is looked at again, so that a busy one is always there to be used. */
const LOOK_AT = 0.75;

/** Roots held open, the first that were asked for. One more costs a descriptor. */
const MAX_ROOTS = 256;

const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;
const O_PATH = 0o10000000;
const { S_IFMT, S_IFREG, S_IFDIR } = fs.constants;

interface HeldRoot extends HeldFolder {
  /** -1 while it is not to be used. */
  fd: number;
  isInMemory: boolean;
  seenMs: number;
  ino: bigint;
  dev: bigint;
  isLooking: boolean;
}

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
  readonly #roots = new Map<string, HeldRoot>();
  readonly #folders: SiblingFolders;
  /** Lent bodies land here. */
  readonly #loan = Buffer.allocUnsafeSlow(MOST_LENT_BYTES);
  readonly #loanAddress: number;
  /** Of the open under way: see `OpenedNow`. */
  #seenMs = 0;
  #isStopped = false;

  constructor(kernel: Kernel, settings: CachedOpensSettings, nowMs: () => number) {
    this.#kernel = kernel;
    this.#settings = settings;
    this.#nowMs = nowMs;
    this.#folders = new SiblingFolders(kernel, settings.revalidateMs, nowMs);
    this.#loanAddress = kernel.addressOf(this.#loan);
  }

  /**
   * Undefined: ask a reader. Cost: 10 to 15 µs for a small file; half of that if it is known.
   *
   * @param lends a small body need not stay: most files of a large tree are asked for once, and
   *   memory for each of them costs more than to read it
   */
  open({ root, path, known, siblings }: OpenRequest, lends = false): OpenedNow | undefined {
    const held = this.#usableRoot(root);
    const above = root === "/" ? root : `${root}/`;
    if (held === undefined || path === above || !path.startsWith(above)) return undefined;
    const place: Place = { held, path, name: path.slice(above.length), hasSiblings: siblings };
    this.#seenMs = held.seenMs;
    const isKnown = known !== undefined && this.#isUnchanged(place, known);
    const opened = isKnown ? this.#vouch(place) : this.#open(place, lends);
    if (opened === undefined) return undefined;
    return { opened, seenMs: this.#seenMs, isLent: opened.body?.buffer === this.#loan.buffer };
  }

  /** Is a root there to be looked below now? */
  holds(root: string): boolean {
    return this.#usableRoot(root) !== undefined;
  }

  /** A root may have been switched: none is used before it was looked at again. */
  distrust(): void {
    for (const held of this.#roots.values()) drop(held);
    this.#folders.forget();
  }

  stop(): void {
    this.#isStopped = true;
    for (const held of this.#roots.values()) drop(held);
  }

  // --- roots, looked at off the loop ---

  /** Undefined when there is none to be used now. */
  #usableRoot(root: string): HeldRoot | undefined {
    const held = this.#roots.get(root) ?? this.#hold(root);
    if (held === undefined) return undefined;
    const leftMs = held.seenMs + this.#settings.revalidateMs - this.#nowMs();
    const left = held.fd < 0 ? 0 : leftMs / this.#settings.revalidateMs;
    if (!(left > LOOK_AT)) void this.#lookAt(root, held);
    return left > LEAST_BELIEF ? held : undefined;
  }

  #hold(root: string): HeldRoot | undefined {
    if (this.#roots.size >= MAX_ROOTS) return undefined;
    const held: HeldRoot = {
      fd: -1,
      isInMemory: false,
      seenMs: 0,
      ino: 0n,
      dev: 0n,
      isLooking: false,
    };
    this.#roots.set(root, held);
    return held;
  }

  /** A look that never returns, on a dead mount, leaves the root to readers. */
  async #lookAt(root: string, held: HeldRoot): Promise<void> {
    if (held.isLooking) return;
    held.isLooking = true;
    const startedMs = this.#nowMs();
    try {
      const { ino, dev } = await fs.promises.stat(root, { bigint: true });
      if (held.fd >= 0 && (ino !== held.ino || dev !== held.dev)) drop(held);
      if (held.fd < 0) await this.#openRoot(root, held);
      held.seenMs = startedMs;
    } catch {
      drop(held);
    }
    held.isLooking = false;
  }

  async #openRoot(root: string, held: HeldRoot): Promise<void> {
    const fileSystem = (await statfs(root)).type >>> 0;
    if (!LOCAL.has(fileSystem)) return;
    const flags = O_PATH | fs.constants.O_DIRECTORY;
    const fd = await new Promise<number>((resolve, reject) =>
      fs.open(root, flags, (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    const { ino, dev } = fs.fstatSync(fd, { bigint: true });
    Object.assign(held, { fd, ino, dev, isInMemory: fileSystem === TMPFS });
    if (this.#isStopped) drop(held);
  }

  // --- one look or open, all in memory ---

  #openBelow({ fd, isInMemory }: HeldRoot, name: string, flags: number): number {
    const kernel = this.#kernel;
    return isInMemory ? kernel.open(fd, name, flags) : kernel.openCached(fd, name, flags);
  }

  #isUnchanged({ held, name }: Place, known: FileIdentity): boolean {
    const kernel = this.#kernel;
    const fd = this.#openBelow(held, name, O_PATH);
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
    const slash = name.lastIndexOf("/");
    const folder = path.slice(0, path.lastIndexOf("/"));
    const listed = this.#folders.find(held, folder, name.slice(0, Math.max(0, slash)));
    if (listed === undefined) return this.#askForSiblings(held, name);
    this.#seenMs = Math.min(this.#seenMs, listed.seenMs);
    return siblingsIn(listed, name.slice(slash + 1));
  }

  #askForSiblings(held: HeldRoot, name: string): number {
    let found = 0;
    for (let at = 0; at < SIBLING_SUFFIXES.length; at++) {
      const fd = this.#openBelow(held, name + SIBLING_SUFFIXES[at], O_PATH);
      if (fd >= 0) this.#kernel.close(fd);
      else if (fd !== -ENOENT) return fd;
      if (fd >= 0) found |= 1 << at;
    }
    return found;
  }

  #open(place: Place, lends: boolean): Opened | undefined {
    const observedMs = Date.now();
    const fd = this.#openBelow(place.held, place.name, OPEN_FLAGS);
    if (fd === -ENOENT) {
      const missing = this.#draft(OPEN_FAILED);
      missing.errno = fd;
      return missing;
    }
    if (fd < 0) return undefined;

    const opened = this.#look(fd, place, lends);
    if (opened !== undefined) opened.observedMs = observedMs;
    if (opened?.result !== OPEN_FILE) this.#kernel.close(fd);
    return opened;
  }

  #look(fd: number, place: Place, lends: boolean): Draft | undefined {
    const kernel = this.#kernel;
    if (!kernel.look(fd)) return undefined;
    const type = kernel.mode & S_IFMT;
    if (type === S_IFDIR) return this.#draft(OPEN_DIRECTORY);
    if (type !== S_IFREG) return undefined;

    const { sizeBytes, mtimeNs, ino, dev } = kernel;
    const isSmall = sizeBytes <= this.#settings.smallFileBytes;
    const opened = this.#draft(isSmall ? OPEN_BODY : OPEN_FILE);
    opened.identity = { dev, ino, sizeBytes, mtimeNs };
    opened.siblings = this.#findSiblings(place);
    if (opened.siblings < 0) return undefined;
    if (isSmall) opened.body = this.#readWhole(fd, opened.identity, place.held, lends);
    else opened.fd = fd;
    return isSmall && opened.body === undefined ? undefined : opened;
  }

  /** Undefined when the disk is needed, or somebody writes to it. */
  #readWhole(
    fd: number,
    { sizeBytes, mtimeNs }: FileIdentity,
    { isInMemory }: HeldRoot,
    lends: boolean,
  ): Buffer | undefined {
    const kernel = this.#kernel;
    const isLent = lends && sizeBytes <= MOST_LENT_BYTES;
    const body = isLent ? this.#loan.subarray(0, sizeBytes) : Buffer.allocUnsafeSlow(sizeBytes);
    if (sizeBytes > 0) {
      const into = isLent ? this.#loanAddress : kernel.addressOf(body);
      const got = isInMemory
        ? kernel.read(fd, into, sizeBytes, 0)
        : kernel.readCached(fd, into, sizeBytes, 0);
      if (got !== sizeBytes) return undefined;
    }
    const isSame = kernel.look(fd) && kernel.sizeBytes === sizeBytes && kernel.mtimeNs === mtimeNs;
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

const siblingsIn = ({ siblings }: ListedFolder, name: string): number => siblings.get(name) ?? 0;

function drop(held: HeldRoot): void {
  if (held.fd >= 0) fs.closeSync(held.fd);
  held.fd = -1;
}
