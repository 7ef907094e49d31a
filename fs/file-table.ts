/**
 * What is known about each path, for how long it may be believed.
 *
 * 1. find     from memory, while it is fresh
 * 2. look up  else one job to a reader, however many ask: open, fstat, small body, all in one
 * 3. believe  for `revalidateMs` from the moment the job was sent; from half of that on the next
 *             request starts a check on the side, so a busy file is never waited for
 * 4. forget   by a clock with a second chance, within bounds of entries and of bytes
 *
 * Facts come from the opened descriptor. A stale entry is never served: it is checked first.
 * Owns: entries, small bodies, the life of descriptors. Does not know HTTP or chunks.
 */
import { getSystemErrorName } from "node:util";
import { Descriptors } from "./descriptors.js";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_IRREGULAR,
  OPEN_OUTSIDE,
  OPEN_UNCHANGED,
} from "./jobs.js";
import { isReachable, isSameFile, OpenFile } from "./open-file.js";
import type { Opened, ReaderPool } from "./reader-pool.js";
import { canHaveSiblings } from "./sidecars.js";

/** What a path leads to. */
export type Known =
  /** `siblings`: bit n says that the n-th suffix of SIBLING_SUFFIXES exists beside it. */
  | { readonly kind: "file"; readonly file: OpenFile; readonly siblings: number }
  | { readonly kind: "directory" }
  /** A device, socket or FIFO. */
  | { readonly kind: "irregular" }
  /** A link leads out of the root. */
  | { readonly kind: "outside" }
  /** `errno` is a name such as ENOENT; ETIMEDOUT when no reader answered in time. */
  | { readonly kind: "failed"; readonly errno: string };

/** One path and what is known of it. */
export interface Entry {
  readonly root: string;
  readonly path: string;
  known: Known;
  /** On the table's clock. -1 once the entry has left the table. */
  freshUntilMs: number;
  /** From here on a request starts a check on the side. */
  checkFromMs: number;
  /** Asked for since the table last looked for something to forget. */
  wasAskedFor: boolean;
  /** Rises whenever `known` changes: what was built from an older version is out of date. */
  version: number;
  /** Of the table when this was learned: see `distrust`. */
  generation: number;
}

interface Check {
  readonly sentMs: number;
  readonly generation: number;
  readonly waiters: Waiter[];
  isOverdue: boolean;
}

type Waiter = (entry: Entry) => void;

export interface FileTableSettings {
  /** For how long facts are believed, milliseconds. 0: every request checks. */
  readonly revalidateMs: number;
  /** After this long without an answer from a reader, those who wait get ETIMEDOUT. */
  readonly readTimeoutMs: number;
  readonly maxOpenFiles: number;
  /** Bytes of small bodies kept, all together. */
  readonly smallCacheBytes: number;
}

/**
 * Paths remembered. An entry costs about 400 bytes: 26 MB at worst. Fewer: a large tree is opened
 * again and again. What is missing has its own bound: a scanner's guesses push out no real file.
 */
const MAX_ENTRIES = 65_536;
const MAX_ABSENT = 8_192;

/** When the process runs out of descriptors, this many idle ones are closed at once. */
const GIVE_UP_AT_ONCE = 64;

/** Failures of the path, worth remembering. Others are failures of the moment. */
const LASTING = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "EACCES", "EPERM", "ELOOP"]);
const OUT_OF_DESCRIPTORS = new Set(["EMFILE", "ENFILE"]);
const TIMED_OUT: Known = { kind: "failed", errno: "ETIMEDOUT" };
/** Who still holds an entry that has left the table must not keep its body alive. */
const FORGOTTEN: Known = { kind: "failed", errno: "ESTALE" };
const NO_DESCRIPTOR_FREE: Known = { kind: "failed", errno: "EMFILE" };

export class FileTable {
  readonly #pool: ReaderPool;
  readonly #settings: FileTableSettings;
  readonly #nowMs: () => number;
  readonly #descriptors: Descriptors;
  readonly #present = new Map<string, Entry>();
  readonly #absent = new Map<string, Entry>();
  readonly #checks = new Map<string, Check>();
  #generation = 0;
  #bodyBytes = 0;

  constructor(pool: ReaderPool, settings: FileTableSettings, nowMs: () => number) {
    this.#pool = pool;
    this.#settings = settings;
    this.#nowMs = nowMs;
    this.#descriptors = new Descriptors(settings.maxOpenFiles, (fd) => pool.close(fd, () => {}));
  }

  /**
   * What may be believed now, else undefined: then `lookUp`.
   * Cost: one map look-up for what exists, two for what does not.
   */
  find(path: string): Entry | undefined {
    const entry = this.#present.get(path) ?? this.#absent.get(path);
    return entry !== undefined && this.isFresh(entry, this.#nowMs()) ? entry : undefined;
  }

  /** May this entry still be believed? Starts a check on the side when it is getting old. */
  isFresh(entry: Entry, nowMs: number): boolean {
    if (nowMs >= entry.freshUntilMs || entry.generation !== this.#generation) return false;
    if (entry.known.kind === "file" && !isReachable(entry.known.file)) return false;
    entry.wasAskedFor = true;
    if (nowMs >= entry.checkFromMs) this.#checkOnTheSide(entry);
    return true;
  }

  /**
   * Asks a reader. `done` runs later, exactly once, with an entry that is true now.
   *
   * @param root absolute; `path` lies below it by name, and is refused if a link leads out of it
   */
  lookUp(root: string, path: string, done: Waiter): void {
    const check = this.#checks.get(path);
    if (check === undefined) this.#send(root, path, [done]);
    else if (check.isOverdue) done(newEntry(root, path, TIMED_OUT));
    else check.waiters.push(done);
  }

  /** Believes nothing it knows until it has been checked again: a folder was switched as a whole. */
  distrust(): void {
    this.#generation++;
  }

  /** The file's descriptor is needed until `release`. */
  hold(file: OpenFile): void {
    this.#descriptors.hold(file);
  }

  release(file: OpenFile): void {
    this.#descriptors.release(file);
  }

  /** Answers those who have waited too long for a reader. Call it about once a second. */
  sweep(): void {
    const overdueBefore = this.#nowMs() - this.#settings.readTimeoutMs;
    for (const [path, check] of this.#checks) {
      if (check.isOverdue || check.sentMs > overdueBefore) continue;
      check.isOverdue = true;
      for (const waiter of check.waiters.splice(0)) waiter(newEntry("", path, TIMED_OUT));
    }
  }

  /** Counts for metrics. */
  stats(): { entries: number; absent: number; openFiles: number; bodyBytes: number } {
    return {
      entries: this.#present.size,
      absent: this.#absent.size,
      openFiles: this.#descriptors.count,
      bodyBytes: this.#bodyBytes,
    };
  }

  // --- asking a reader ---

  #checkOnTheSide(entry: Entry): void {
    entry.checkFromMs = entry.freshUntilMs;
    if (!this.#checks.has(entry.path)) this.#send(entry.root, entry.path, []);
  }

  #send(root: string, path: string, waiters: Waiter[]): void {
    const check: Check = {
      sentMs: this.#nowMs(),
      generation: this.#generation,
      waiters,
      isOverdue: false,
    };
    this.#checks.set(path, check);
    const file = this.#reachableFile(path);
    const siblings = canHaveSiblings(path);
    this.#pool.open({ root, path, known: file?.identity, siblings }, (opened) => {
      this.#checks.delete(path);
      // Unchanged, but forgotten or closed while the check ran: it has to be opened after all.
      const isMoot = opened.result === OPEN_UNCHANGED && this.#reachableFile(path) !== file;
      if (isMoot) this.#send(root, path, check.waiters);
      else this.#settle(root, path, check, opened);
    });
  }

  /** A file whose descriptor was given up has to be opened again: a check would not bring one. */
  #reachableFile(path: string): OpenFile | undefined {
    const file = fileOf(this.#present.get(path));
    return file !== undefined && isReachable(file) ? file : undefined;
  }

  #settle(root: string, path: string, check: Check, opened: Opened): void {
    const entry = this.#learn(root, path, check, opened);
    for (const waiter of check.waiters) waiter(entry);
  }

  // --- taking in an answer ---

  #learn(root: string, path: string, check: Check, opened: Opened): Entry {
    const before = this.#present.get(path);
    const known = this.#knownFrom(opened, before);
    if (known.kind === "failed" && !LASTING.has(known.errno)) return newEntry(root, path, known);

    if (before !== undefined && !leadsToSame(before.known, known)) this.#forget(before);
    const isAbsent = known.kind === "failed";
    const map = isAbsent ? this.#absent : this.#present;
    const entry = map.get(path) ?? newEntry(root, path, known);
    if (entry.known !== known) entry.version++;
    entry.known = known;
    entry.generation = check.generation;
    entry.freshUntilMs = check.sentMs + this.#settings.revalidateMs;
    entry.checkFromMs = check.sentMs + this.#settings.revalidateMs / 2;
    if (!map.has(path)) this.#remember(map, entry);
    if (!isAbsent) this.#absent.delete(path);
    return entry;
  }

  #knownFrom(opened: Opened, before: Entry | undefined): Known {
    switch (opened.result) {
      case OPEN_UNCHANGED:
        return sameFile(before!.known, opened.siblings);
      case OPEN_FILE:
      case OPEN_BODY:
        return this.#fileFrom(opened, before);
      case OPEN_DIRECTORY:
        return before?.known.kind === "directory" ? before.known : { kind: "directory" };
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
  #fileFrom(opened: Opened, before: Entry | undefined): Known {
    const identity = opened.identity!;
    const old = fileOf(before);
    const isOld = old !== undefined && old.fd < 0 && isSameFile(old.identity, identity);
    const file = isOld && opened.body === undefined ? old : new OpenFile(identity, -1, opened.body);
    const { siblings } = opened;
    if (opened.body !== undefined) return { kind: "file", file, siblings };
    if (!this.#descriptors.admit(file)) {
      this.#pool.close(opened.fd, () => {});
      return NO_DESCRIPTOR_FREE;
    }
    file.fd = opened.fd;
    return file === old ? sameFile(before!.known, siblings) : { kind: "file", file, siblings };
  }

  // --- remembering within bounds ---

  #remember(map: Map<string, Entry>, entry: Entry): void {
    map.set(entry.path, entry);
    this.#bodyBytes += bodyBytesOf(entry.known);
    while (this.#absent.size > MAX_ABSENT) this.#evictFrom(this.#absent);
    while (this.#isOverBudget()) this.#evictFrom(this.#present);
  }

  #isOverBudget(): boolean {
    return this.#present.size > MAX_ENTRIES || this.#bodyBytes > this.#settings.smallCacheBytes;
  }

  /** One step of the clock: the oldest entry goes, or gets its second chance. */
  #evictFrom(map: Map<string, Entry>): void {
    for (const [path, entry] of map) {
      map.delete(path);
      if (entry.wasAskedFor) {
        entry.wasAskedFor = false;
        map.set(path, entry);
      } else {
        this.#drop(entry);
      }
      return;
    }
  }

  #forget(entry: Entry): void {
    this.#present.delete(entry.path);
    this.#drop(entry);
  }

  #drop(entry: Entry): void {
    const { known } = entry;
    this.#bodyBytes -= bodyBytesOf(known);
    if (known.kind === "file") this.#descriptors.retire(known.file);
    entry.freshUntilMs = -1;
    entry.known = FORGOTTEN;
    entry.version++;
  }
}

function newEntry(root: string, path: string, known: Known): Entry {
  return {
    root,
    path,
    known,
    freshUntilMs: -1,
    checkFromMs: -1,
    wasAskedFor: true, // by whoever made us look: else it would go before all that is hot
    version: 0,
    generation: -1,
  };
}

/** The same object while nothing is new, so that nothing built from it is out of date. */
const sameFile = (known: Known, siblings: number): Known =>
  known.kind === "file" && known.siblings !== siblings ? { ...known, siblings } : known;

/** Does what was learned lead to the same bytes, whatever else has changed? */
const leadsToSame = (before: Known, now: Known): boolean =>
  before === now || (before.kind === "file" && now.kind === "file" && before.file === now.file);

const fileOf = (entry: Entry | undefined): OpenFile | undefined =>
  entry?.known.kind === "file" ? entry.known.file : undefined;

const bodyBytesOf = (known: Known): number =>
  known.kind === "file" ? (known.file.body?.length ?? 0) : 0;
