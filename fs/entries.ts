/**
 * The paths that are remembered, within bounds of entries and of bytes.
 *
 *   present   what exists, however it may be served: MAX_PRESENT, and a budget for small bodies
 *   open      small files that are kept open instead: as many as may be, MAX_PRESENT at most
 *   absent    what failed for good: MAX_ABSENT, so a scanner's guesses push out no real file
 *
 * Owns: entries, from the first belief until they leave. Does not know clocks or readers.
 */
import { type Bytes, bareOf } from "./bytes.js";
import type { OpenFile } from "./open-file.js";
import type { Counted } from "./popularity.js";
import { type Member, SecondChance } from "./second-chance.js";

/** What a path leads to. */
export type Known =
  /** `siblings`: bit n says that the n-th suffix of SIBLING_SUFFIXES exists beside it. */
  | { readonly kind: "file"; readonly file: OpenFile; readonly siblings: number }
  | { readonly kind: "directory" }
  /** A device or FIFO. A socket cannot even be opened: it failed with ENXIO. */
  | { readonly kind: "irregular" }
  /** A link leads out of the root. */
  | { readonly kind: "outside" }
  /** `errno` is a name such as ENOENT; ETIMEDOUT when no reader answered in time. */
  | { readonly kind: "failed"; readonly errno: string };

/** One path and what is known of it. */
export interface Entry extends Member<Entry>, Counted {
  /** Whether a link leads out of it was judged by this one. */
  root: string;
  known: Known;
  /** Of a small file in memory, as in `known`: those who send it need not look there. */
  body: Bytes | undefined;
  /** On the table's clock. -1 when the entry is in no table, or in none any more. */
  freshUntilMs: number;
  /** From here on a request starts a check on the side. */
  checkFromMs: number;
  /** Rises whenever `known` or `root` changes: what was built from an older version is out of date. */
  version: number;
  /** Of the table when this was learned: see `FileTable.distrust`. */
  generation: number;
}

/**
 * Paths remembered. An entry costs about 400 bytes and its path: 30 MB for those that exist, as a rule.
 * Whoever makes up paths may make them 4 KiB long: 36 MB more at worst. Fewer: large trees miss.
 */
const MAX_PRESENT = 65_536;
const MAX_ABSENT = 8_192;

/** Who still holds an entry that has left must not keep its body alive. */
const FORGOTTEN: Known = { kind: "failed", errno: "ESTALE" };

/** Of what is remembered, together. */
export interface Bounds {
  /** Of small files in memory; no less than the largest. */
  readonly bodyBytes: number;
  /** Small files that are kept open. */
  readonly keptOpen: number;
}

export class Entries {
  readonly #byPath = new Map<string, Entry>();
  readonly #present = new SecondChance<Entry>();
  readonly #open = new SecondChance<Entry>();
  readonly #absent = new SecondChance<Entry>();
  readonly #bounds: Bounds;
  readonly #onFileLeft: (file: OpenFile, entry: Entry) => void;
  #bodyBytes = 0;

  /** @param onFileLeft no entry leads to this file any more, and this one did */
  constructor(bounds: Bounds, onFileLeft: (file: OpenFile, entry: Entry) => void) {
    this.#bounds = { ...bounds, keptOpen: Math.min(bounds.keptOpen, MAX_PRESENT) };
    this.#onFileLeft = onFileLeft;
  }

  get(path: string): Entry | undefined {
    return this.#byPath.get(path);
  }

  counts(): { entries: number; absent: number; bodyBytes: number } {
    return {
      entries: this.#present.size + this.#open.size,
      absent: this.#absent.size,
      bodyBytes: this.#bodyBytes,
    };
  }

  /** From now on `path` leads to `known`: in the same entry while that leads to the same bytes. */
  believe(root: string, path: string, known: Known): Entry {
    const before = this.#byPath.get(path);
    if (before !== undefined && leadsToSame(before.known, known))
      return update(before, root, known);
    if (before !== undefined) this.#drop(before);

    const entry = createEntry(root, path, known);
    this.#byPath.set(path, entry);
    this.#listFor(known).add(entry);
    this.#bodyBytes += bodyBytesOf(known);
    while (this.#isOverBounds()) this.#drop(this.#present.leastValuable()!);
    while (this.#open.size > this.#bounds.keptOpen) this.#drop(this.#open.leastValuable()!);
    while (this.#absent.size > MAX_ABSENT) this.#drop(this.#absent.leastValuable()!);
    return entry;
  }

  /** What is known of it is true no more, or of no use. */
  forget(entry: Entry): void {
    if (this.#byPath.get(entry.path) === entry) this.#drop(entry);
  }

  /** Would another have to go for a small file of this size? */
  isFull(sizeBytes: number): boolean {
    const bodyBytes = this.#bodyBytes + sizeBytes;
    return this.#present.size >= MAX_PRESENT || bodyBytes > this.#bounds.bodyBytes;
  }

  /** Who would go first, of what exists. It stays. */
  leastValuable(): Entry | undefined {
    return this.#present.leastValuable();
  }

  /** May one more be kept open? */
  hasFreeOpen(): boolean {
    return this.#open.size < this.#bounds.keptOpen;
  }

  /** Who would go first, of what is kept open; undefined when nothing is. It stays. */
  leastValuableOpen(): Entry | undefined {
    return this.#open.leastValuable();
  }

  #isOverBounds(): boolean {
    return this.#present.size > MAX_PRESENT || this.#bodyBytes > this.#bounds.bodyBytes;
  }

  #listFor(known: Known): SecondChance<Entry> {
    if (known.kind === "failed") return this.#absent;
    return fileOf(known)?.isKeptOpen === true ? this.#open : this.#present;
  }

  /** Whoever keeps it from now on finds that it is neither fresh nor what it was. */
  #drop(entry: Entry): void {
    const { known } = entry;
    this.#byPath.delete(entry.path);
    this.#listFor(known).remove(entry);
    this.#bodyBytes -= bodyBytesOf(known);
    entry.freshUntilMs = -1;
    entry.known = FORGOTTEN;
    entry.body = undefined;
    entry.version++;
    if (known.kind === "file") this.#onFileLeft(known.file, entry);
  }
}

/** An entry that is in no table: an answer for those who wait, and for nobody after them. */
export function createEntry(root: string, path: string, known: Known): Entry {
  return {
    root,
    path,
    known,
    body: bodyOf(known),
    freshUntilMs: -1,
    checkFromMs: -1,
    wasAskedFor: true, // by whoever made us look: else it would go before all that is hot
    older: undefined,
    newer: undefined,
    version: 0,
    generation: -1,
    timesAsked: 0,
    age: 0,
  };
}

function update(entry: Entry, root: string, known: Known): Entry {
  if (entry.root !== root || siblingsOf(entry.known) !== siblingsOf(known)) {
    entry.root = root;
    entry.known = known;
    entry.version++;
  }
  entry.wasAskedFor = true;
  return entry;
}

/** Does what was learned lead to the same bytes, or to the same lack of any? */
const leadsToSame = (before: Known, now: Known): boolean =>
  before.kind === now.kind && fileOf(before) === fileOf(now) && errnoOf(before) === errnoOf(now);

const siblingsOf = (known: Known): number => (known.kind === "file" ? known.siblings : 0);
const errnoOf = (known: Known): string => (known.kind === "failed" ? known.errno : "");
const bodyOf = (known: Known): Bytes | undefined => {
  const body = fileOf(known)?.body;
  return body && bareOf(body);
};
const bodyBytesOf = (known: Known): number => fileOf(known)?.body?.length ?? 0;

/** It is in no table: what was seen is true for who has just asked, and for nobody after him. */
export const isForgotten = ({ freshUntilMs }: Entry): boolean => freshUntilMs < 0;

/** The file, when it is one. */
export const fileOf = (known: Known | undefined): OpenFile | undefined =>
  known?.kind === "file" ? known.file : undefined;
