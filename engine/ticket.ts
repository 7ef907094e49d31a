/**
 * What was found out about a target, kept until anything it rests on changes.
 *
 * Finding a file means: host, path, rules, index, siblings, heads. A ticket holds the result and the
 * table entries that led to it. It is good while each of them is fresh and of the same version; the
 * bytes themselves stay with the table, so a forgotten file is not kept alive from here.
 */
import { type Bytes, bareOf } from "../fs/bytes.js";
import type { Entry, FileTable } from "../fs/file-table.js";
import type { OpenFile } from "../fs/open-file.js";
import type { JobTimes } from "../fs/reader-pool.js";
import type { DownloadCounter } from "../metrics/download-counter.js";
import type { Head } from "../protocol/head.js";
import type { StartedMs } from "./chunks/wait.js";
import type { Operation } from "./operations/operation.js";
import type { PreparedFile, PreparedMiss } from "./prepared.js";

/** An entry as it was when it was looked at. */
export interface Witness {
  readonly entry: Entry;
  readonly version: number;
}

/**
 * The entries looked at on the way to an answer, in order, and the time that was waited for them.
 *
 * What was found stays open until the end of the way: while its siblings are looked for, others may
 * look at the same file, and one that was just written to is opened anew by each of them.
 */
export class Trail {
  readonly witnesses: Witness[] = [];
  readonly #operation: Operation;
  readonly #table: Pick<FileTable, "hold" | "release">;
  readonly #nowMs: () => number;
  readonly #held: OpenFile[] = [];

  constructor(
    operation: Operation,
    table: Pick<FileTable, "hold" | "release">,
    nowMs: () => number,
  ) {
    this.#operation = operation;
    this.#table = table;
    this.#nowMs = nowMs;
  }

  /**
   * From here until `waited` somebody else is at work: a reader, or the thread of listings.
   *
   * @param startedMs of a reader
   */
  waits(startedMs?: StartedMs): void {
    this.#operation.looks(this.#nowMs(), startedMs);
  }

  waited(times?: JobTimes): void {
    this.#operation.looked(this.#nowMs(), times);
  }

  add(entry: Entry): void {
    this.witnesses.push({ entry, version: entry.version });
    if (entry.known.kind !== "file") return;
    this.#table.hold(entry.known.file);
    this.#held.push(entry.known.file);
  }

  /** The way is at its end: whoever sends what was found holds it by now. */
  end(): void {
    for (const file of this.#held.splice(0)) this.#table.release(file);
  }
}

/** The first witness, mostly the only one, stands in the ticket itself: see `FileTicket`. */
interface Grounds {
  /** Undefined when it rests on nothing. */
  readonly entry: Entry | undefined;
  readonly version: number;
  readonly others: readonly Witness[];
}

/**
 * Whatever an unconditional 200 wants stands in the ticket, and in the entry that the bytes come from: of
 * a large tree each object lies far away in memory, and six less are a tenth of what a request costs.
 */
export interface FileTicket extends Grounds {
  readonly prepared: PreparedFile;
  /** Of the 200; another copy once it is kept: see `keepHeads`. */
  head: Head;
  lines: Bytes;
  /** Where the bytes come from. */
  readonly source: Entry;
  /** Undefined when nothing is counted. */
  readonly download: DownloadCounter | undefined;
}

export interface MissTicket extends Grounds {
  readonly prepared: PreparedMiss;
  readonly head: undefined;
}

export type Ticket = FileTicket | MissTicket;

const NO_OTHERS: readonly Witness[] = [];

/** Not spread from parts: its fields would lie in two places. */
export function createFileTicket(
  [first, ...others]: readonly Witness[],
  { prepared, source, download }: Pick<FileTicket, "prepared" | "source" | "download">,
): FileTicket {
  const head = prepared.whole;
  return {
    entry: first?.entry,
    version: first?.version ?? 0,
    others: others.length === 0 ? NO_OTHERS : others,
    prepared,
    head,
    lines: head.lines,
    source,
    download,
  };
}

/** It is to stay, and so are its heads: in memory of their own. */
export function keepHeads(ticket: FileTicket): void {
  ticket.prepared.keep();
  ticket.head = ticket.prepared.whole;
  ticket.lines = bareOf(ticket.head.lines);
}

export const createMissTicket = (
  [first, ...others]: readonly Witness[],
  prepared: PreparedMiss,
): MissTicket => ({
  entry: first?.entry,
  version: first?.version ?? 0,
  others,
  prepared,
  head: undefined,
});

type Table = Pick<FileTable, "isFresh">;

/** Cost: for each witness a few comparisons; now and then a look at the disk. */
export function isGood({ entry, version, others }: Ticket, table: Table, nowMs: number): boolean {
  if (entry !== undefined && !isAsItWas(entry, version, table, nowMs)) return false;
  for (const other of others) {
    if (!isAsItWas(other.entry, other.version, table, nowMs)) return false;
  }
  return true;
}

/** To ask may show that it has changed. */
const isAsItWas = (entry: Entry, version: number, table: Table, nowMs: number): boolean =>
  table.isFresh(entry, nowMs) && entry.version === version;

/** The file of a good ticket. */
export const fileOf = ({ source }: FileTicket): OpenFile | undefined =>
  source.known.kind === "file" ? source.known.file : undefined;
