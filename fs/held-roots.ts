/**
 * Roots held open, so that what lies below them can be opened on the event loop.
 *
 * A root may be switched to another folder while we hold it, so what was opened below it is believed
 * only from the moment the root was last seen where it should be. It is looked at off the loop, again
 * and again while it is asked for. A file system with a root that is held cannot be unmounted, so one
 * that nobody asks for any more is let go. Owns: the descriptors of roots.
 */
import fs from "node:fs";
import { statfs } from "node:fs/promises";
import { type Kernel, O_PATH, TMPFS } from "./kernel.js";

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

/** With less than this part of the time of belief left a root is not used... */
const LEAST_BELIEF = 0.25;
/** ...and with less than this it is looked at again, so that a busy one is always there to be used. */
const LOOK_AT = 0.75;

/**
 * A root on another file system is looked at so often: a local one may be mounted in its place. Shorter:
 * two looks that may wait, for nothing. Longer: so long is the new one read by readers alone.
 */
const LOOK_ELSEWHERE_MS = 1000;

/**
 * Looks at once at roots that are not held. On a mount that has died each keeps for ever one of the four
 * threads that libuv has, by which logs are written too, and roots that are held are looked at again.
 * Fewer: one that has died leaves all roots to readers that are not held yet. More: so many that have
 * died take all threads.
 */
const MOST_FIRST_LOOKS = 2;

/** Roots held open, the first that were asked for and are there. One more costs a descriptor. */
export const MAX_ROOTS = 256;

/** A root to look below. Valid until the event loop goes on. */
export interface HeldRoot {
  readonly fd: number;
  /** Its path, with the slash at its end. */
  readonly above: string;
  /** It lies on tmpfs, where nothing waits. */
  readonly isInMemory: boolean;
  /** Until a read has shown that its file system cannot tell what is in memory: overlayfs is one. */
  canRead: boolean;
  /** It was seen at its place then, on the clock that was given in. */
  readonly seenMs: number;
  readonly ino: bigint;
  readonly dev: bigint;
}

interface Holding extends HeldRoot {
  /** -1 while it is not to be used. */
  fd: number;
  isInMemory: boolean;
  seenMs: number;
  ino: bigint;
  dev: bigint;
  isLooking: boolean;
  /** Since `closeUnused` was last called. */
  wasUsed: boolean;
  /** It is not looked at before. */
  lookFromMs: number;
}

/** Opens what lies below a root if nobody has to wait for it: see `Kernel.openCached`. */
export const openBelow = (
  kernel: Kernel,
  { fd, isInMemory }: HeldRoot,
  path: string,
  flags: number,
): number => (isInMemory ? kernel.open(fd, path, flags) : kernel.openCached(fd, path, flags));

/**
 * Is a root where it should be at this moment? To be asked after something was missing below it: who
 * deploys may switch to a new release and delete the old one at once, and each file of that is missing
 * then that is there in both. False as well where the disk is needed to tell. Cost: 4 µs.
 */
export function isAtItsPlace(kernel: Kernel, { above, ino, dev }: HeldRoot): boolean {
  const fd = kernel.openPlaceCached(above);
  if (fd < 0) return false;
  const isSame = kernel.look(fd) && kernel.ino === ino && kernel.dev === dev;
  kernel.close(fd);
  return isSame;
}

export class HeldRoots {
  readonly #revalidateMs: number;
  readonly #nowMs: () => number;
  readonly #roots = new Map<string, Holding>();
  #firstLooks = 0;
  /** Counts the calls of `distrust`: what was learned before one is not to be relied on after it. */
  #generation = 0;
  #isStopped = false;

  /** @param revalidateMs for how long what was seen is believed, milliseconds */
  constructor(revalidateMs: number, nowMs: () => number) {
    this.#revalidateMs = revalidateMs;
    this.#nowMs = nowMs;
  }

  /** Undefined when it is not to be used now. Cost: one map look-up. */
  find(root: string): HeldRoot | undefined {
    const held = this.#roots.get(root) ?? this.#hold(root);
    if (held === undefined) return undefined;
    held.wasUsed = true;
    const nowMs = this.#nowMs();
    const leftMs = held.seenMs + this.#revalidateMs - nowMs;
    const left = held.fd < 0 ? 0 : leftMs / this.#revalidateMs;
    if (!(left > LOOK_AT) && nowMs >= held.lookFromMs) void this.#lookAt(root, held);
    return left > LEAST_BELIEF ? held : undefined;
  }

  /** A root may have been switched: none is used before it was looked at again. */
  distrust(): void {
    this.#generation++;
    for (const held of this.#roots.values()) drop(held);
  }

  /** Lets go of those that nobody has asked for since the last call. */
  closeUnused(): void {
    for (const [root, held] of this.#roots) {
      if (!held.wasUsed) drop(held);
      // One that is being looked at may be held again in a moment: it has to stay in sight.
      if (!held.wasUsed && !held.isLooking) this.#roots.delete(root);
      held.wasUsed = false;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.distrust();
  }

  // --- looking, off the loop ---

  #hold(root: string): Holding | undefined {
    // One that is not looked at would have a place without being there.
    if (this.#roots.size >= MAX_ROOTS || this.#firstLooks >= MOST_FIRST_LOOKS) return undefined;
    const held: Holding = {
      fd: -1,
      above: root === "/" ? root : `${root}/`,
      isInMemory: false,
      canRead: true,
      seenMs: 0,
      ino: 0n,
      dev: 0n,
      isLooking: false,
      wasUsed: true,
      lookFromMs: 0,
    };
    this.#roots.set(root, held);
    return held;
  }

  /** A look that never returns, on a dead mount, leaves the root to readers. */
  async #lookAt(root: string, held: Holding): Promise<void> {
    const isFirst = held.fd < 0;
    if (held.isLooking || (isFirst && this.#firstLooks >= MOST_FIRST_LOOKS)) return;
    held.isLooking = true;
    if (isFirst) this.#firstLooks++;
    const startedMs = this.#nowMs();
    const generation = this.#generation;
    try {
      const { ino, dev } = await fs.promises.stat(root, { bigint: true });
      if (held.fd >= 0 && (ino !== held.ino || dev !== held.dev)) drop(held);
      if (held.fd < 0) await this.#openRoot(root, held);
      held.seenMs = startedMs;
      if (generation !== this.#generation) drop(held);
    } catch {
      drop(held);
      this.#roots.delete(root); // who makes names up would soon have all the places
    }
    held.isLooking = false;
    if (isFirst) this.#firstLooks--;
  }

  async #openRoot(root: string, held: Holding): Promise<void> {
    const fileSystem = (await statfs(root)).type >>> 0;
    if (!LOCAL.has(fileSystem)) {
      held.lookFromMs = this.#nowMs() + LOOK_ELSEWHERE_MS;
      return;
    }
    const flags = O_PATH | fs.constants.O_DIRECTORY;
    const fd = await new Promise<number>((resolve, reject) =>
      fs.open(root, flags, (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    const { ino, dev } = fs.fstatSync(fd, { bigint: true });
    Object.assign(held, { fd, ino, dev, isInMemory: fileSystem === TMPFS, canRead: true });
    if (this.#isStopped) drop(held);
  }
}

function drop(held: Holding): void {
  if (held.fd >= 0) fs.closeSync(held.fd);
  held.fd = -1;
  held.lookFromMs = 0;
}
