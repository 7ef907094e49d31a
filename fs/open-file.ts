/**
 * One file as it was when its descriptor was opened: an identity, and how its bytes are reached.
 *
 * A file that changes on disk becomes another `OpenFile`; transfers under way keep the one they
 * began with. Small files carry their bytes and no descriptor, or where memory has no room for them a
 * descriptor and no bytes.
 */
import type { FileIdentity } from "./reader-pool.js";
import type { Member } from "./second-chance.js";

export class OpenFile implements Member<OpenFile> {
  static #opened = 0;

  /** Integer, another one for each object. */
  readonly id = ++OpenFile.#opened;
  /** What it was opened by; "" when no path leads to it. */
  readonly path: string;
  readonly identity: FileIdentity;
  /** Integer, 0 to 2^53 - 1. */
  readonly sizeBytes: number;
  /** Modification time, milliseconds since the epoch, with its fraction cut off. */
  readonly modifiedMs: number;
  /** The whole file when it is small, else undefined. Never written to. */
  readonly body: Buffer | undefined;
  /** -1 while closed: the file is small, or its descriptor was given up for a more valuable one. */
  fd = -1;
  /** Transfers and reads that need the descriptor now. It is not closed before this is 0. */
  users = 0;
  /** Has been held before: the next hold, when this one is over, shows that it is asked for again. */
  wasHeld = false;
  wasAskedFor = false;
  /** Opened or held since unused descriptors were last closed. */
  wasUsed = true;
  older: OpenFile | undefined;
  newer: OpenFile | undefined;
  /** The table does not lead here any more: the last user closes the descriptor. */
  isRetired = false;

  /** Wall clock just before it was opened, milliseconds since the epoch. */
  readonly observedMs: number;
  /** It is small, and memory has no room for it. */
  readonly isKeptOpen: boolean;

  constructor(
    path: string,
    identity: FileIdentity,
    body: Buffer | undefined,
    observedMs: number,
    isKeptOpen = false,
  ) {
    this.path = path;
    this.observedMs = observedMs;
    this.isKeptOpen = isKeptOpen;
    this.identity = identity;
    this.sizeBytes = identity.sizeBytes;
    this.modifiedMs = Number(identity.mtimeNs / 1_000_000n);
    this.body = body;
  }
}

/** Can its bytes be had without opening it again? */
export const isReachable = (file: OpenFile): boolean => file.body !== undefined || file.fd >= 0;

/**
 * How long a file must have been at rest for its time stamp to vouch for its bytes, milliseconds.
 *
 * Kernels stamp files with the time of their last timer tick, and some file systems keep whole
 * seconds: a second write within one stamp leaves no trace. Shorter: such a write is never noticed.
 * Longer: a file that was just deployed is opened again at more of its checks.
 */
export const REST_MS = 1000;

/** Was it at rest when it was read? Otherwise the next check has to open it again. */
export const wasAtRest = (file: OpenFile): boolean => quietMs(file, file.observedMs) >= REST_MS;

/**
 * For how long had nobody written to it by then, milliseconds? Negative where the clock of the file
 * system is ahead.
 *
 * Both stamps count: who sets mtime back moves ctime, and some file systems keep no ctime of their own.
 * But an mtime to come was set by somebody, who moved ctime.
 *
 * @param seenAtMs milliseconds since the epoch
 */
export function quietMs({ modifiedMs, identity }: OpenFile, seenAtMs: number): number {
  const changedMs = Number(identity.ctimeNs / 1_000_000n);
  return seenAtMs - (modifiedMs > seenAtMs ? changedMs : Math.max(modifiedMs, changedMs));
}

/**
 * The check of a path: same file, same bytes, same permissions, as far as the file system can tell.
 *
 * Only ctime tells of bytes that were written under an mtime that is set back, as by archives with a
 * fixed time, `cp -p` and `rsync --inplace`; of another file with such an mtime that got the inode of
 * the one before it, which ext4 gives to the next file made; and of a `chmod`. A link, a rename or a
 * `chown` moves it too: then the file is opened again for nothing, once.
 */
export const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.dev === b.dev && hasSameBytes(a, b);

/**
 * The look at an open descriptor after a read: has nobody written to the file since?
 *
 * Not by ctime: a deploy that renames a new file over this one takes a name from it, which moves its
 * ctime, and so do `chmod` and a backup's hard link. All downloads under way would be cut for bytes
 * that are the same. The price: who writes in place and sets mtime back between two reads of one
 * transfer is not seen by it, nor by one that begins before the next check of the path.
 */
export const hasSameBytes = (a: WrittenState, b: WrittenState): boolean =>
  a.mtimeNs === b.mtimeNs && a.sizeBytes === b.sizeBytes;

type WrittenState = Pick<FileIdentity, "mtimeNs" | "sizeBytes">;
