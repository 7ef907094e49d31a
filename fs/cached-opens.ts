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
import { ENOENT, type Kernel } from "./kernel.js";
import { isSameFile } from "./open-file.js";
import type { FileIdentity, Opened, OpenRequest } from "./reader-pool.js";

/** What has been opened without a reader, and since when it can be relied on. */
export interface OpenedNow {
  readonly opened: Opened;
  /** The root was seen at its place then, on the clock that was given in. */
  readonly seenMs: number;
}

/** File systems whose open waits for nothing but memory once the way is known (statfs(2)). */
const LOCAL = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
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

interface HeldRoot {
  /** -1 while it is not to be used. */
  fd: number;
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
  #isStopped = false;

  constructor(kernel: Kernel, settings: CachedOpensSettings, nowMs: () => number) {
    this.#kernel = kernel;
    this.#settings = settings;
    this.#nowMs = nowMs;
  }

  /** Undefined: ask a reader. Cost: 15 to 20 µs for a small file; a quarter of that if it is known. */
  open({ root, path, known, siblings }: OpenRequest): OpenedNow | undefined {
    const rootFd = this.#rootFd(root);
    const above = root === "/" ? root : `${root}/`;
    if (rootFd < 0 || path === above || !path.startsWith(above)) return undefined;
    const name = path.slice(above.length);
    const isKnown = known !== undefined && this.#isUnchanged(rootFd, name, known);
    const opened = isKnown
      ? this.#vouch(rootFd, name, siblings)
      : this.#open(rootFd, name, siblings);
    return opened && { opened, seenMs: this.#roots.get(root)!.seenMs };
  }

  /** Is a root there to be looked below now? */
  holds(root: string): boolean {
    return this.#rootFd(root) >= 0;
  }

  /** A root may have been switched: none is used before it was looked at again. */
  distrust(): void {
    for (const held of this.#roots.values()) drop(held);
  }

  stop(): void {
    this.#isStopped = true;
    for (const held of this.#roots.values()) drop(held);
  }

  // --- roots, looked at off the loop ---

  /** -1 when there is none to be used now. */
  #rootFd(root: string): number {
    const held = this.#roots.get(root) ?? this.#hold(root);
    if (held === undefined) return -1;
    const leftMs = held.seenMs + this.#settings.revalidateMs - this.#nowMs();
    const left = held.fd < 0 ? 0 : leftMs / this.#settings.revalidateMs;
    if (!(left > LOOK_AT)) void this.#lookAt(root, held);
    return left > LEAST_BELIEF ? held.fd : -1;
  }

  #hold(root: string): HeldRoot | undefined {
    if (this.#roots.size >= MAX_ROOTS) return undefined;
    const held: HeldRoot = { fd: -1, seenMs: 0, ino: 0n, dev: 0n, isLooking: false };
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
    const { type } = await statfs(root);
    if (!LOCAL.has(type >>> 0)) return;
    const flags = O_PATH | fs.constants.O_DIRECTORY;
    const fd = await new Promise<number>((resolve, reject) =>
      fs.open(root, flags, (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    const { ino, dev } = fs.fstatSync(fd, { bigint: true });
    Object.assign(held, { fd, ino, dev });
    if (this.#isStopped) drop(held);
  }

  // --- one look or open, all in memory ---

  #isUnchanged(rootFd: number, name: string, known: FileIdentity): boolean {
    const kernel = this.#kernel;
    const fd = kernel.openCached(rootFd, name, O_PATH);
    if (fd < 0) return false;
    const isSame = kernel.look(fd) && isSameFile(kernel, known);
    kernel.close(fd);
    return isSame;
  }

  #vouch(rootFd: number, name: string, withSiblings: boolean): Opened | undefined {
    const siblings = withSiblings ? this.#findSiblings(rootFd, name) : 0;
    return siblings < 0 ? undefined : { ...this.#nothing(OPEN_UNCHANGED), siblings };
  }

  /** As F_SIBLINGS in job-records.ts; negative when a reader has to look. */
  #findSiblings(rootFd: number, name: string): number {
    let found = 0;
    for (const [at, suffix] of SIBLING_SUFFIXES.entries()) {
      const fd = this.#kernel.openCached(rootFd, name + suffix, O_PATH);
      if (fd >= 0) this.#kernel.close(fd);
      else if (fd !== -ENOENT) return fd;
      if (fd >= 0) found |= 1 << at;
    }
    return found;
  }

  #open(rootFd: number, name: string, withSiblings: boolean): Opened | undefined {
    const observedMs = Date.now();
    const fd = this.#kernel.openCached(rootFd, name, OPEN_FLAGS);
    if (fd === -ENOENT) return { ...this.#nothing(OPEN_FAILED), errno: fd };
    if (fd < 0) return undefined;

    const siblings = withSiblings ? this.#findSiblings(rootFd, name) : 0;
    const opened = siblings < 0 ? undefined : this.#look(fd, siblings, observedMs);
    if (opened?.result !== OPEN_FILE) this.#kernel.close(fd);
    return opened;
  }

  #look(fd: number, siblings: number, observedMs: number): Opened | undefined {
    const kernel = this.#kernel;
    if (!kernel.look(fd)) return undefined;
    const type = kernel.mode & S_IFMT;
    if (type === S_IFDIR) return this.#nothing(OPEN_DIRECTORY);
    if (type !== S_IFREG) return undefined;

    const { sizeBytes, mtimeNs, ino, dev } = kernel;
    const identity: FileIdentity = { dev, ino, sizeBytes, mtimeNs };
    const about = { ...this.#nothing(OPEN_FILE), identity, siblings, observedMs };
    if (sizeBytes > this.#settings.smallFileBytes) return { ...about, fd };
    const body = this.#readWhole(fd, identity);
    return body === undefined ? undefined : { ...about, result: OPEN_BODY, body };
  }

  /** Undefined when the disk is needed, or somebody writes to it. */
  #readWhole(fd: number, { sizeBytes, mtimeNs }: FileIdentity): Buffer | undefined {
    const kernel = this.#kernel;
    const body = Buffer.allocUnsafeSlow(sizeBytes);
    if (sizeBytes > 0) {
      const got = kernel.readCached(fd, kernel.addressOf(body), sizeBytes, 0);
      if (got !== sizeBytes) return undefined;
    }
    const isSame = kernel.look(fd) && kernel.sizeBytes === sizeBytes && kernel.mtimeNs === mtimeNs;
    return isSame ? body : undefined;
  }

  #nothing(result: number): Opened {
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

function drop(held: HeldRoot): void {
  if (held.fd >= 0) fs.closeSync(held.fd);
  held.fd = -1;
}
