/**
 * What was found out about a target, kept until anything it rests on changes.
 *
 * Finding a file means: host, path, rules, index, siblings, heads. A ticket holds the result and the
 * table entries that led to it. It is good while each of them is fresh and of the same version; the
 * bytes themselves stay with the table, so a forgotten file is not kept alive from here.
 */
import type { Entry, FileTable } from "../fs/file-table.js";
import type { OpenFile } from "../fs/open-file.js";
import type { JobTimes } from "../fs/reader-pool.js";
import type { DownloadCounter } from "../metrics/download-counter.js";
import type { StartedMs } from "./chunks/wait.js";
import type { Operation } from "./operations/operation.js";
import type { Prepared } from "./prepared.js";

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

/**
 * The first witness, mostly the only one, stands in the ticket itself: of a large tree each object is
 * far away in memory, and two less are 4% of what a request costs.
 */
export interface Ticket {
  /** Undefined when it rests on nothing. */
  readonly entry: Entry | undefined;
  readonly version: number;
  readonly others: readonly Witness[];
  readonly prepared: Prepared;
  /** Where the bytes come from; undefined for a miss. */
  readonly source: Entry | undefined;
  /** Of the file; undefined for a miss, and when nothing is counted. */
  readonly download: DownloadCounter | undefined;
}

const NO_OTHERS: readonly Witness[] = [];

export function createTicket(
  [first, ...others]: readonly Witness[],
  { prepared, source, download }: Pick<Ticket, "prepared" | "source" | "download">,
): Ticket {
  return {
    entry: first?.entry,
    version: first?.version ?? 0,
    others: others.length === 0 ? NO_OTHERS : others,
    prepared,
    source,
    download,
  };
}

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
export const fileOf = ({ source }: Ticket): OpenFile | undefined =>
  source?.known.kind === "file" ? source.known.file : undefined;
