/**
 * What is known about each path, for how long it may be believed.
 *
 * 1. find     from memory, while it is fresh
 * 2. renew    else at once where the kernel has it in memory: see cached-opens.ts
 * 3. look up  else one job to a reader, however many ask: open, fstat, small body, all in one
 * 4. believe  for `revalidateMs` from the moment the job was sent; where nothing can be renewed at
 *             once, the next request from half of that on starts a check on the side, so a busy
 *             file is never waited for
 * 5. forget   within bounds: see entries.ts and descriptors.ts
 *
 * Memory is for what is asked for again. When it is full, a small file is kept only in place of one that
 * is asked for less. One that is glanced at is not kept the first time either: its bytes are lent.
 *
 * Facts come from the opened descriptor. A stale entry is never served: it is checked first.
 * Owns: freshness, and what is under way. Does not know HTTP or chunks.
 */
import { getSystemErrorName } from "node:util";
import type { CachedOpens, Judge } from "./cached-opens.js";
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
import { Popularity } from "./popularity.js";
import type { FileIdentity, JobTimes, Opened, ReaderPool, StartedMs } from "./reader-pool.js";
import { canHaveSiblings } from "./sidecars.js";

export { type Entry, isForgotten, type Known } from "./entries.js";

/** A question that a reader has not answered yet. */
interface Check {
  readonly root: string;
  readonly sentMs: number;
  readonly generation: number;
  readonly waiters: Waiter[];
  startedMs: StartedMs;
  isOverdue: boolean;
}

/** `times` is undefined where no reader was asked, or none has answered. */
type Waiter = (entry: Entry, times: JobTimes | undefined) => void;

/** A look at a path that a reader has not answered yet. */
export interface Look {
  readonly path: string;
  /** On the table's clock. */
  readonly sinceMs: number;
  /** When a reader started with it; Infinity while none has. */
  readonly startedMs: number;
  readonly waiters: number;
}

export interface FileTableSettings {
  /** For how long facts are believed, milliseconds. 0: every request checks. */
  readonly revalidateMs: number;
  /** After this long without an answer from a reader, those who wait get ETIMEDOUT. */
  readonly readTimeoutMs: number;
  readonly maxOpenFiles: number;
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
const TIMED_OUT: Known = { kind: "failed", errno: "ETIMEDOUT" };
const NOT_STARTED: StartedMs = () => Number.POSITIVE_INFINITY;
const NO_DESCRIPTOR_FREE: Known = { kind: "failed", errno: "EMFILE" };

export class FileTable {
  readonly #pool: ReaderPool;
  readonly #cachedOpens: CachedOpens | undefined;
  readonly #settings: FileTableSettings;
  readonly #nowMs: () => number;
  readonly #descriptors: Descriptors;
  readonly #entries: Entries;
  readonly #popularity = new Popularity();
  readonly #checks = new Map<string, Check>();
  /** What was lent last, until it is taken or something else is looked at. */
  #loan: { readonly file: OpenFile | undefined; readonly bytes: Buffer } | undefined;
  #generation = 0;
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
    this.#descriptors = new Descriptors(settings.maxOpenFiles, (fd) => pool.close(fd));
    this.#entries = new Entries(settings.smallCacheBytes, (file) => this.#descriptors.retire(file));
  }

  /**
   * What may be believed now, else undefined: then `lookUp`. Cost: one map look-up; when its time is
   * over, a look as well, of three system calls: see `CachedOpens.stillSinceMs`.
   *
   * The file may be closed and the entry forgotten when the caller has returned: hold it before.
   */
  find(path: string): Entry | undefined {
    const entry = this.#entries.get(path);
    return entry && this.#freshest(entry);
  }

  /**
   * As `find`, and of a path that it does not know whatever can be seen at once. Undefined: `lookUp`.
   *
   * A small file that is not kept comes in an entry that is forgotten, and may come without its bytes,
   * which `takeLoan` has.
   */
  glance(root: string, path: string): Entry | undefined {
    const entry = this.#entries.get(path);
    if (entry !== undefined) return this.#freshest(entry);
    if (this.#checks.has(path)) return undefined;
    return this.#lookNow(root, path, undefined, this.#isWorthKeeping)?.entry;
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
    if (!this.#isBelieved(entry, nowMs)) {
      this.#renew(entry);
      if (!this.#isBelieved(entry, nowMs)) return false;
    }
    entry.wasAskedFor = true;
    this.#popularity.hit(entry);
    if (nowMs >= entry.checkFromMs) this.#checkOnTheSide(entry);
    return true;
  }

  /**
   * Looks at the disk: at once where the kernel has all of it in memory, else by way of a reader.
   * `done` runs exactly once with an entry that is true until it returns: later, or at once when the
   * answer is at hand or a reader is overdue with the same question.
   *
   * @param root absolute; `path` lies below it by name, and is refused if a link leads out of it.
   *   No root lies in another: what is known of a path is known for one root.
   */
  lookUp(root: string, path: string, done: Waiter): void {
    const check = this.#checks.get(path);
    if (check === undefined) this.#lookAt(root, path, done);
    else if (check.isOverdue) done(createEntry(root, path, TIMED_OUT), undefined);
    else check.waiters.push(done);
  }

  /** Believes nothing it knows until it has been checked again: a folder was switched as a whole. */
  distrust(): void {
    this.#generation++;
    this.#cachedOpens?.distrust();
  }

  /** The file's descriptor is needed until `release`. */
  hold(file: OpenFile): void {
    this.#descriptors.hold(file);
  }

  release(file: OpenFile): void {
    this.#descriptors.release(file);
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
      this.#descriptors.closeUnused();
      this.#cachedOpens?.closeUnused();
    }
    const overdueBefore = nowMs - this.#settings.readTimeoutMs;
    for (const [path, check] of this.#checks) {
      if (check.isOverdue || check.sentMs > overdueBefore) continue;
      check.isOverdue = true;
      const { root } = check;
      for (const waiter of check.waiters.splice(0)) {
        waiter(createEntry(root, path, TIMED_OUT), undefined);
      }
    }
    this.#pool.giveUpOpens(this.#settings.readTimeoutMs);
  }

  /** What readers have been asked and not answered, those overdue included. */
  *looks(): Generator<Look> {
    for (const [path, { sentMs, startedMs, waiters }] of this.#checks) {
      yield { path, sinceMs: sentMs, startedMs: startedMs(), waiters: waiters.length };
    }
  }

  /** When a reader started with the look at a path that is waited for; Infinity while none has. */
  startedMs(path: string): number {
    return this.#checks.get(path)?.startedMs() ?? NOT_STARTED();
  }

  /** Lets go of the roots it holds open. */
  stop(): void {
    this.#cachedOpens?.stop();
  }

  /** Counts for metrics. */
  stats(): { entries: number; absent: number; openFiles: number; bodyBytes: number } {
    return { ...this.#entries.counts(), openFiles: this.#descriptors.count };
  }

  // --- looking at the disk ---

  /** What its path leads to by now, if that may be believed. */
  #freshest(entry: Entry): Entry | undefined {
    const nowMs = this.#nowMs();
    if (this.isFresh(entry, nowMs)) return entry;
    const renewed = this.#entries.get(entry.path);
    return renewed !== undefined && this.#isBelieved(renewed, nowMs) ? renewed : undefined;
  }

  #isBelieved({ known, freshUntilMs, generation }: Entry, nowMs: number): boolean {
    if (nowMs >= freshUntilMs || generation !== this.#generation) return false;
    return known.kind !== "file" || isReachable(known.file);
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
    this.#lookNow(root, path, this.#reliableFile(path)?.identity);
  }

  /** Nearly every file is what it was: then there is nothing to learn but that it is. */
  #isConfirmed(entry: Entry): boolean {
    const { root, path, known } = entry;
    if (known.kind !== "file" || !canBeVouchedFor(known.file)) return false;
    const { identity } = known.file;
    const sinceMs = this.#cachedOpens?.stillSinceMs(root, path, identity, known.siblings) ?? -1;
    if (sinceMs < 0) return false;
    this.#believeFrom(sinceMs, this.#generation, entry);
    return true;
  }

  /**
   * Undefined: only a reader can tell.
   *
   * @param known of the file that the path leads to, if a look can vouch for it
   * @param isWorthKeeping asked before a small file is read; undefined: it is read anyway, and kept if
   *   there is room
   */
  #lookNow(
    root: string,
    path: string,
    known: FileIdentity | undefined,
    isWorthKeeping?: Judge,
  ): { entry: Entry; times: JobTimes } | undefined {
    if (this.#cachedOpens === undefined) return undefined;
    const asked = { root, path, known, siblings: canHaveSiblings(path) };
    const now = this.#cachedOpens.open(asked, isWorthKeeping);
    if (now === undefined) return undefined;
    const { opened, seenMs, fate } = now;
    const since = { root, sentMs: seenMs, generation: this.#generation };
    const isJudged = isWorthKeeping !== undefined;
    const isKept = isJudged ? fate === "kept" : this.#hasRoomFor(path, opened);
    const entry = isKept
      ? this.#learn(path, since, opened)
      : createLooseEntry(root, path, opened, fate !== "lent");
    this.#loan = fate === "lent" ? { file: fileOf(entry.known), bytes: opened.body! } : undefined;
    return { entry, times: opened.times };
  }

  /** Who has to go for it, and was asked for no less often, has won another round. */
  readonly #isWorthKeeping: Judge = (path, sizeBytes) => {
    const times = this.#popularity.count(path);
    if (times < 2 || !this.#entries.isFull(sizeBytes)) return times >= 2;
    const other = this.#entries.leastValuable();
    if (other === undefined || times > this.#popularity.timesOf(other)) return true;
    other.wasAskedFor = true;
    return false;
  };

  /** Of what had to be read anyway: only a small file that was not known yet takes others' room. */
  #hasRoomFor(path: string, { result, identity }: Opened): boolean {
    const isNew = result === OPEN_BODY && this.#entries.get(path) === undefined;
    if (!isNew || !this.#entries.isFull(identity!.sizeBytes)) return true;
    return this.#isWorthKeeping(path, identity!.sizeBytes);
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
    const check: Check = {
      root,
      sentMs: this.#nowMs(),
      generation: this.#generation,
      waiters,
      startedMs: NOT_STARTED,
      isOverdue: false,
    };
    this.#checks.set(path, check);
    const file = this.#reliableFile(path);
    const siblings = canHaveSiblings(path);
    const request = { root, path, known: file?.identity, siblings };
    check.startedMs = this.#pool.open(request, (opened) => {
      this.#checks.delete(path);
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
    const entry = this.#hasRoomFor(path, opened)
      ? this.#learn(path, check, opened)
      : createLooseEntry(check.root, path, opened, true);
    const { root, waiters, generation } = check;
    const isDistrusted = generation !== this.#generation;
    if (isDistrusted && waiters.length > 0) this.#send(root, path, waiters);
    else for (const waiter of waiters) waiter(entry, opened.times);
  }

  // --- taking in an answer ---

  #learn(
    path: string,
    { root, sentMs, generation }: Pick<Check, "root" | "sentMs" | "generation">,
    opened: Opened,
  ): Entry {
    const known = this.#knownFrom(path, opened);
    const isOfTheMoment = known.kind === "failed" && !LASTING.has(known.errno);
    if (isOfTheMoment) return createEntry(root, path, known);

    const entry = this.#entries.believe(root, path, known);
    if (isForgotten(entry)) this.#popularity.keep(entry);
    this.#believeFrom(sentMs, generation, entry);
    return entry;
  }

  #believeFrom(sinceMs: number, generation: number, entry: Entry): void {
    const { revalidateMs } = this.#settings;
    entry.generation = generation;
    entry.freshUntilMs = sinceMs + revalidateMs;
    entry.checkFromMs = sinceMs + revalidateMs / 2;
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
