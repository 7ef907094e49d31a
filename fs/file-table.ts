/**
 * What is known about each path, and when it is looked at again.
 *
 * 1. find     from memory, while it is fresh
 * 2. renew    else at once where the kernel has it in memory: see cached-opens.ts
 * 3. look up  else one job to a reader, however many ask: open, fstat, small body, all in one; who
 *             waits for it is in checks.ts
 * 4. believe  for `revalidateMs` from the moment the job was sent, see belief.ts; where nothing can be
 *             renewed at once, the next request from half of that on starts a check on the side, so a busy
 *             file is never waited for
 * 5. keep     what is asked for again, in memory or open: see admission.ts. The bytes of a small file
 *             that is not kept in memory are lent
 * 6. forget   within bounds: see entries.ts and descriptors.ts
 *
 * Facts come from the opened descriptor. A stale entry is never served: it is checked first.
 * Owns: the way from a question to an entry. Does not know HTTP or chunks.
 */
import { getSystemErrorName } from "node:util";
import { Admission } from "./admission.js";
import { Belief, type Seen } from "./belief.js";
import type { CachedOpens, Judge, OpenedNow } from "./cached-opens.js";
import { type Check, Checks, type Look, type Waiter } from "./checks.js";
import { Descriptors } from "./descriptors.js";
import { createEntry, Entries, type Entry, fileOf, isForgotten, type Known } from "./entries.js";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_IRREGULAR,
  OPEN_OUTSIDE,
  OPEN_UNCHANGED,
} from "./jobs.js";
import { isReachable, isSameFile, OpenFile, wasAtRest } from "./open-file.js";
import type { FileIdentity, JobTimes, Opened, ReaderPool } from "./reader-pool.js";
import { canHaveSiblings } from "./sidecars.js";

export { type Entry, isForgotten, type Known } from "./entries.js";

export interface FileTableSettings {
  /** For how long facts are believed, milliseconds. 0: every request checks. */
  readonly revalidateMs: number;
  /** After this long without an answer from a reader, those who wait get ETIMEDOUT. */
  readonly readTimeoutMs: number;
  readonly maxOpenFiles: number;
  /** Of them, most small files for which memory has no room; 0: none is kept open. */
  readonly keptOpenFiles: number;
  /** Bytes of small bodies kept, all together; no less than the largest the pool brings. */
  readonly smallCacheBytes: number;
}

/** When the process runs out of descriptors, this many idle ones are closed at once. */
const GIVE_UP_AT_ONCE = 64;

/**
 * A file or a root that nobody has used for this long, or up to twice as long, is closed: a file that was
 * deleted keeps its room on the disk until then, and a file system cannot be unmounted. Longer: for
 * longer. Shorter: a file asked for now and then is opened anew, one job to a reader each time.
 */
const UNUSED_MS = 60_000;

/** Failures of the path, worth remembering. Others are failures of the moment. */
const LASTING = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "EACCES", "EPERM", "ELOOP", "ENXIO"]);
const OUT_OF_DESCRIPTORS = new Set(["EMFILE", "ENFILE"]);
const NO_DESCRIPTOR_FREE: Known = { kind: "failed", errno: "EMFILE" };

export class FileTable {
  readonly #pool: ReaderPool;
  readonly #cachedOpens: CachedOpens | undefined;
  readonly #settings: FileTableSettings;
  readonly #nowMs: () => number;
  readonly #descriptors: Descriptors;
  readonly #entries: Entries;
  readonly #admission: Admission;
  readonly #checks: Checks;
  readonly #belief: Belief;
  /** What was lent last, until it is taken or something else is looked at. */
  #loan: { readonly file: OpenFile | undefined; readonly bytes: Buffer } | undefined;
  #closeUnusedAtMs: number;

  /** @param cachedOpens asked before a reader is; undefined: readers do it all */
  constructor(
    pool: ReaderPool,
    settings: FileTableSettings,
    nowMs: () => number,
    cachedOpens?: CachedOpens,
  ) {
    this.#pool = pool;
    this.#cachedOpens = cachedOpens;
    this.#settings = settings;
    this.#nowMs = nowMs;
    this.#closeUnusedAtMs = nowMs() + UNUSED_MS;
    this.#descriptors = new Descriptors(settings.maxOpenFiles, (fd, file) => this.#close(fd, file));
    const bounds = { bodyBytes: settings.smallCacheBytes, keptOpen: settings.keptOpenFiles };
    this.#entries = new Entries(bounds, (file, entry) => this.#left(file, entry));
    this.#admission = new Admission(this.#entries);
    this.#checks = new Checks(pool, nowMs);
    this.#belief = new Belief(settings.revalidateMs, nowMs);
  }

  /**
   * What may be believed now, else undefined: then `lookUp`. Cost: one map look-up; when its time is
   * over, a look as well, of three system calls: see `CachedOpens.stillSinceMs`.
   *
   * The file may be closed and the entry forgotten when the caller has returned: hold it before.
   */
  find(root: string, path: string): Entry | undefined {
    const entry = this.#entries.get(path);
    return entry?.root === root ? this.#freshest(entry) : undefined;
  }

  /**
   * As `find`, and of a path that it does not know whatever can be seen at once. Undefined: `lookUp`.
   *
   * A small file that is not kept comes in an entry that is forgotten. One that is not kept in memory may
   * come without its bytes, which `takeLoan` has.
   */
  glance(root: string, path: string): Entry | undefined {
    const known = this.#entries.get(path);
    if (known !== undefined) {
      const entry = known.root === root ? this.#freshest(known) : undefined;
      if (entry !== undefined) return entry;
      if (this.#entries.get(path) !== undefined) return undefined;
    }
    if (this.#checks.has(path)) return undefined;
    return this.#lookNow(root, path, undefined, this.#admission.judge)?.entry;
  }

  /** The bytes of a file that has just been glanced at: they stand until the table is asked again. */
  takeLoan(file: OpenFile): Buffer | undefined {
    const loan = this.#loan;
    this.#loan = undefined;
    return loan?.file === file ? loan.bytes : undefined;
  }

  /**
   * May this entry still be believed? One whose time is over is looked at, where that can be done at
   * once; its version may rise meanwhile. Elsewhere a check on the side starts before that.
   */
  isFresh(entry: Entry, nowMs: number): boolean {
    if (!this.#belief.holds(entry, nowMs)) {
      this.#renew(entry);
      if (!this.#belief.holds(entry, nowMs)) return false;
    }
    entry.wasAskedFor = true;
    this.#admission.hit(entry);
    if (nowMs >= entry.checkFromMs) this.#checkOnTheSide(entry);
    if (entry.body !== undefined) return true;
    const file = fileOf(entry.known);
    return file?.isKeptOpen !== true || this.#staysOpen(entry, file);
  }

  /**
   * Looks at the disk: at once where the kernel has all of it in memory, else by way of a reader.
   * `done` runs exactly once with an entry that is true until it returns: later, or at once when the
   * answer is at hand or a reader is overdue with the same question.
   *
   * @param root absolute; `path` lies below it by name, and is refused if a link leads out of it.
   *   What is known of a path is known for one root, the last that it was looked up in: a reload may
   *   bring a root that lies in the one before, or has it inside
   */
  lookUp(root: string, path: string, done: Waiter): void {
    this.#lookUpFor(root, path, this.#nowMs(), done);
  }

  /** Believes nothing it knows until it has been checked again: a folder was switched as a whole. */
  distrust(): void {
    this.#belief.distrust();
    this.#cachedOpens?.distrust();
  }

  /** The file's descriptor is needed until `release`. */
  hold(file: OpenFile): void {
    this.#descriptors.hold(file);
  }

  release(file: OpenFile): void {
    this.#descriptors.release(file);
  }

  /** A read has shown that it is no longer what it was: whoever asks for its path opens it anew. */
  distrustFile(file: OpenFile): void {
    const entry = this.#entries.get(file.path);
    if (fileOf(entry?.known) === file) this.#entries.forget(entry!);
  }

  /**
   * Takes charge of a descriptor that no path leads to. Held for the caller; the last `release`
   * closes it. Undefined when no more may be open: then it has been closed.
   */
  adopt(fd: number, identity: FileIdentity): OpenFile | undefined {
    const file = new OpenFile("", identity, undefined, Date.now());
    if (!this.#admitOrClose(file, fd)) return undefined;
    this.#descriptors.hold(file);
    this.#descriptors.retire(file);
    return file;
  }

  /**
   * Answers those who have waited too long for a reader, forgets what no reader has begun by then, and
   * now and then closes what nobody uses.
   * Call it about once a second.
   */
  sweep(): void {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#closeUnusedAtMs) {
      this.#closeUnusedAtMs = nowMs + UNUSED_MS;
      this.#descriptors.closeUnused((fd) => this.#pool.close(fd));
      this.#cachedOpens?.closeUnused();
    }
    this.#checks.expire(this.#settings.readTimeoutMs);
  }

  /** What readers have been asked and not answered, those overdue included. */
  looks(): Generator<Look> {
    return this.#checks.looks();
  }

  /** When a reader started with the look at a path that is waited for; Infinity while none has. */
  startedMs(path: string): number {
    return this.#checks.startedMs(path);
  }

  /** Lets go of the roots it holds open. */
  stop(): void {
    this.#cachedOpens?.stop();
  }

  /** Counts for metrics. */
  stats() {
    return {
      ...this.#entries.counts(),
      mostBodyBytes: this.#settings.smallCacheBytes,
      openFiles: this.#descriptors.count,
      mostOpenFiles: this.#settings.maxOpenFiles,
      keptOpenFiles: this.#descriptors.keptOpen,
    };
  }

  // --- small files that are kept open ---

  /** False: it has come to be worth memory, and is looked at anew. */
  #staysOpen(entry: Entry, file: OpenFile): boolean {
    if (this.#admission.hasOutgrown(entry, file.sizeBytes)) {
      this.#entries.forget(entry);
      return false;
    }
    this.#descriptors.noteUse(file);
    return true;
  }

  /** Until somebody else is asked for more often, and as long as there are descriptors. */
  #keepOpen(path: string, since: Seen, opened: Opened): Entry | undefined {
    const { identity, fd, siblings, observedMs } = opened;
    const file = new OpenFile(path, identity!, undefined, observedMs, true);
    this.#pool.noteDevice(file.identity.dev);
    if (!this.#admitOrClose(file, fd)) return undefined;
    return this.#believe(path, since, { kind: "file", file, siblings });
  }

  /** A small file was opened on the loop and is closed there: to ask a reader takes longer. */
  #close(fd: number, { isKeptOpen }: OpenFile): void {
    if (isKeptOpen) this.#cachedOpens?.close(fd);
    else this.#pool.close(fd);
  }

  #left(file: OpenFile, entry: Entry): void {
    this.#descriptors.retire(file);
    this.#admission.left(entry);
  }

  // --- looking at the disk ---

  /** Who asks may be told what was seen up to `revalidateMs` before, and waits for the next look else. */
  #lookUpFor(root: string, path: string, askedMs: number, done: Waiter): void {
    const isOld = this.#checks.beganBefore(path, askedMs - this.#settings.revalidateMs);
    const isAsked = this.#checks.join(root, path, (entry, times) => {
      if (entry.root === root && !isOld) done(entry, times);
      else this.#lookUpFor(root, path, askedMs, done);
    });
    if (!isAsked) this.#lookAt(root, path, done);
  }

  /** What its path leads to by now, if that may be believed. */
  #freshest(entry: Entry): Entry | undefined {
    const nowMs = this.#nowMs();
    if (this.isFresh(entry, nowMs)) return entry;
    const renewed = this.#entries.get(entry.path);
    return renewed !== undefined && this.#belief.holds(renewed, nowMs) ? renewed : undefined;
  }

  #lookAt(root: string, path: string, done: Waiter): void {
    const now = this.#lookNow(root, path, this.#reliableFile(path)?.identity);
    if (now === undefined) this.#send(root, path, [done]);
    else done(now.entry, now.times);
  }

  /** A path that a reader was asked about is left to him. */
  #renew(entry: Entry): void {
    const { root, path } = entry;
    if (isForgotten(entry) || this.#checks.has(path) || this.#isConfirmed(entry)) return;
    // What is to become of it is for who weighs it, when it is glanced at.
    if (fileOf(entry.known)?.isKeptOpen === true) this.#entries.forget(entry);
    else this.#lookNow(root, path, this.#reliableFile(path)?.identity);
  }

  /** Nearly every file is what it was: then there is nothing to learn but that it is. */
  #isConfirmed(entry: Entry): boolean {
    const { root, path, known } = entry;
    if (known.kind !== "file" || !canBeVouchedFor(known.file)) return false;
    const { identity } = known.file;
    const groundSeenMs =
      this.#cachedOpens?.stillSinceMs(root, path, identity, known.siblings) ?? -1;
    if (groundSeenMs < 0) return false;
    this.#belief.trust(entry, this.#belief.seenNow(root, groundSeenMs));
    return true;
  }

  /**
   * Undefined: only a reader can tell.
   *
   * @param known of the file that the path leads to, if a look can vouch for it
   * @param judge asked before a small file is read; undefined: it is read anyway, and kept if there is
   *   room
   */
  #lookNow(
    root: string,
    path: string,
    known: FileIdentity | undefined,
    judge?: Judge,
  ): { entry: Entry; times: JobTimes } | undefined {
    if (this.#cachedOpens === undefined) return undefined;
    const asked = { root, path, known, siblings: canHaveSiblings(path) };
    const now = this.#cachedOpens.open(asked, judge);
    if (now === undefined) return undefined;
    const { body, times } = now.opened;
    const since = this.#belief.seenNow(root, now.seenMs);
    const entry = this.#take(path, since, now, judge !== undefined);
    const file = fileOf(entry.known);
    const isLent = body !== undefined && file?.body === undefined;
    this.#loan = isLent ? { file, bytes: body } : undefined;
    return { entry, times };
  }

  #take(path: string, since: Seen, { opened, fate }: OpenedNow, isJudged: boolean): Entry {
    const isKept = isJudged ? fate === "kept" : this.#admission.hasRoomFor(path, opened);
    if (isKept) return this.#learn(path, since, opened);
    const open = opened.fd < 0 ? undefined : this.#keepOpen(path, since, opened);
    return open ?? createLooseEntry(since.root, path, opened, fate !== "lent");
  }

  // --- asking a reader ---

  /** Once for each time it is believed; not at all what can be looked at when that is over. */
  #checkOnTheSide(entry: Entry): void {
    const { root, path } = entry;
    entry.checkFromMs = entry.freshUntilMs;
    const isRenewable = this.#cachedOpens?.holds(root) === true;
    if (!isRenewable && !this.#checks.has(path)) this.#send(root, path, []);
  }

  #send(root: string, path: string, waiters: Waiter[]): void {
    const file = this.#reliableFile(path);
    const request = { root, path, known: file?.identity, siblings: canHaveSiblings(path) };
    this.#checks.ask(request, this.#belief.generation, waiters, (check, opened) => {
      // Unchanged, but forgotten or closed while the check ran: it has to be opened after all.
      const isMoot = opened.result === OPEN_UNCHANGED && this.#reliableFile(path) !== file;
      if (isMoot) this.#send(root, path, check.waiters);
      else this.#settle(path, check, opened);
    });
  }

  /** The file a check can vouch for. */
  #reliableFile(path: string): OpenFile | undefined {
    const file = this.#fileAt(path);
    return file !== undefined && canBeVouchedFor(file) ? file : undefined;
  }

  #fileAt(path: string): OpenFile | undefined {
    return fileOf(this.#entries.get(path)?.known);
  }

  #settle(path: string, check: Check, opened: Opened): void {
    const entry = this.#admission.hasRoomFor(path, opened)
      ? this.#learn(path, check, opened)
      : createLooseEntry(check.root, path, opened, true);
    const { root, waiters, generation } = check;
    const isDistrusted = generation !== this.#belief.generation;
    if (isDistrusted && waiters.length > 0) this.#send(root, path, waiters);
    else tellAll(waiters, entry, opened.times);
  }

  // --- taking in an answer ---

  #learn(path: string, since: Seen, opened: Opened): Entry {
    const known = this.#knownFrom(path, opened);
    const isOfTheMoment = known.kind === "failed" && !LASTING.has(known.errno);
    return isOfTheMoment ? createEntry(since.root, path, known) : this.#believe(path, since, known);
  }

  #believe(path: string, since: Seen, known: Known): Entry {
    const entry = this.#entries.believe(since.root, path, known);
    if (isForgotten(entry)) this.#admission.admitted(entry);
    this.#belief.trust(entry, since);
    return entry;
  }

  #knownFrom(path: string, opened: Opened): Known {
    switch (opened.result) {
      case OPEN_UNCHANGED:
        return { kind: "file", file: this.#fileAt(path)!, siblings: opened.siblings };
      case OPEN_BODY:
        return createSmallFile(path, opened, true);
      case OPEN_FILE:
        return this.#takeFile(path, opened, this.#fileAt(path));
      case OPEN_DIRECTORY:
        return { kind: "directory" };
      case OPEN_IRREGULAR:
        return { kind: "irregular" };
      case OPEN_OUTSIDE:
        return { kind: "outside" };
      case OPEN_FAILED:
        return this.#failure(getSystemErrorName(opened.errno));
      default:
        throw new Error(`unknown result ${opened.result} of an open`);
    }
  }

  #failure(errno: string): Known {
    if (OUT_OF_DESCRIPTORS.has(errno)) this.#descriptors.giveUp(GIVE_UP_AT_ONCE);
    return { kind: "failed", errno };
  }

  /** Keeps the same object for the same file, and with it whatever is cached under it. */
  #takeFile(
    path: string,
    { identity, fd, siblings, observedMs }: Opened,
    old: OpenFile | undefined,
  ): Known {
    const isOld =
      old !== undefined &&
      !isReachable(old) &&
      wasAtRest(old) &&
      isSameFile(old.identity, identity!);
    const file = isOld ? old : new OpenFile(path, identity!, undefined, observedMs);
    this.#pool.noteDevice(file.identity.dev);
    return this.#admitOrClose(file, fd) ? { kind: "file", file, siblings } : NO_DESCRIPTOR_FREE;
  }

  #admitOrClose(file: OpenFile, fd: number): boolean {
    const isAdmitted = this.#descriptors.admit(file, fd);
    if (!isAdmitted) this.#pool.close(fd);
    return isAdmitted;
  }
}

/**
 * Can a look tell that its bytes are what they were? One whose descriptor was given up, or that was
 * written to just before it was read, has to be opened again.
 */
const canBeVouchedFor = (file: OpenFile): boolean => isReachable(file) && wasAtRest(file);

/** One who asks below another root may have it looked at anew, and the entry lead elsewhere after that. */
function tellAll(waiters: readonly Waiter[], entry: Entry, times: JobTimes): void {
  const { root, path, known } = entry;
  for (const waiter of waiters) {
    waiter(entry.known === known ? entry : createEntry(root, path, known), times);
  }
}

/** Of a small file that is not kept: for who has just asked. */
const createLooseEntry = (root: string, path: string, opened: Opened, hasBody: boolean): Entry =>
  createEntry(root, path, createSmallFile(path, opened, hasBody));

function createSmallFile(
  path: string,
  { identity, body, siblings, observedMs }: Opened,
  hasBody: boolean,
): Known {
  const file = new OpenFile(path, identity!, hasBody ? body : undefined, observedMs);
  return { kind: "file", file, siblings };
}
