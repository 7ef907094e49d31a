/**
 * Finished listings that may be believed for a while, and all that are still being read.
 *
 *   written ──▶ kept ──▶ let go of ──▶ closed by its last reader
 *                  (too old, or too many)
 *
 * A listing let go of takes up its disk and its descriptor until its slowest reader has it all, so
 * there is a bound for what is kept and another for what is open. Owns: one hold on each that is
 * kept. Knows no folder.
 */
import type { FileTable } from "../../fs/file-table.js";
import type { OpenFile } from "../../fs/open-file.js";
import type { WrittenListing } from "./listings.js";

/**
 * Listings kept at most. Each holds a descriptor. Fewer: two visitors of one folder have it read
 * twice more often. They are kept for a second as a rule, so more would hardly be asked for again.
 */
const MAX_KEPT = 16;
/** Bytes kept at most, on the disk of scratch files: four listings of 100,000 entries each. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Listings open at most, those that are only being read included, and their bytes. Without a bound
 * slow readers, each of another page, could fill the disk; with it, the next ones are told to wait.
 */
const MAX_OPEN = 256;
const MAX_OPEN_BYTES = 1024 * 1024 * 1024;

/** What listings may take of the descriptors for files, one in so many. */
const KEPT_ONE_IN = 8;
const OPEN_ONE_IN = 2;

interface Kept {
  readonly listing: WrittenListing;
  readonly freshUntilMs: number;
}

type Holds = Pick<FileTable, "hold" | "release">;

export class KeptListings {
  readonly #table: Holds;
  readonly #maxKept: number;
  readonly #maxOpen: number;
  readonly #kept = new Map<string, Kept>();
  readonly #open = new Set<OpenFile>();

  /** @param maxOpenFiles descriptors for files and listings together */
  constructor(table: Holds, maxOpenFiles: number) {
    this.#table = table;
    this.#maxKept = Math.min(MAX_KEPT, Math.floor(maxOpenFiles / KEPT_ONE_IN));
    this.#maxOpen = Math.min(MAX_OPEN, Math.floor(maxOpenFiles / OPEN_ONE_IN));
  }

  /** One that may be believed now; held for the caller. */
  find(key: string, nowMs: number): WrittenListing | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || nowMs >= kept.freshUntilMs) return undefined;
    this.#table.hold(kept.listing.file);
    return kept.listing;
  }

  /** Takes over the caller's hold, and keeps the listing while it is fresh and there is room. */
  take(key: string, listing: WrittenListing, freshUntilMs: number, nowMs: number): void {
    const { file } = listing;
    this.#open.add(file);
    const isWorthIt = nowMs < freshUntilMs && file.sizeBytes <= MAX_KEPT_BYTES;
    if (!isWorthIt) return this.#table.release(file);
    this.#letGo(key);
    this.#kept.set(key, { listing, freshUntilMs });
    while (this.#isOverBudget()) this.#letGoOldest();
  }

  /** May another listing be written, beside those that are on their way? */
  hasRoom(onTheirWay: number): boolean {
    this.#forgetClosed();
    const count = this.#open.size + onTheirWay;
    return count < this.#maxOpen && bytesOf(this.#open) < MAX_OPEN_BYTES;
  }

  /** Lets go of those that are not believed any more. */
  sweep(nowMs: number): void {
    for (const [key, { freshUntilMs }] of this.#kept) if (nowMs >= freshUntilMs) this.#letGo(key);
  }

  /** Lets go of all. */
  clear(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  /** Counts for metrics. */
  stats(): { kept: number; open: number } {
    this.#forgetClosed();
    return { kept: this.#kept.size, open: this.#open.size };
  }

  /** The table closes a listing with its last hold. */
  #forgetClosed(): void {
    for (const file of this.#open) if (file.fd < 0) this.#open.delete(file);
  }

  #isOverBudget(): boolean {
    let bytes = 0;
    for (const { listing } of this.#kept.values()) bytes += listing.file.sizeBytes;
    return this.#kept.size > this.#maxKept || bytes > MAX_KEPT_BYTES;
  }

  #letGoOldest(): void {
    for (const key of this.#kept.keys()) return this.#letGo(key);
  }

  #letGo(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#table.release(kept.listing.file);
  }
}

function bytesOf(files: Iterable<OpenFile>): number {
  let bytes = 0;
  for (const { sizeBytes } of files) bytes += sizeBytes;
  return bytes;
}
