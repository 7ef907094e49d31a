/**
 * From a place in a root to what answers for it.
 *
 * 1. a name          the file; a folder asks for its slash; with clean URLs, the page `name.html`
 * 2. a folder        its index; with listings on, the folder itself
 * 3. siblings        of a file that has some, the first wanted one that is no older than it
 *
 * Every entry looked at is noted on the trail: the answer holds as long as all of them do. Owns no
 * state. Does not know HTTP beyond the names of faults.
 */
import type { Entry, FileTable, Known } from "../fs/file-table.js";
import type { OpenFile } from "../fs/open-file.js";
import { type PathVerdict, type RootedPath, toFile } from "../fs/paths.js";
import { type FaultCode, faultOf } from "../protocol/faults.js";
import { listHostFolders, parseHost } from "../protocol/host-match.js";
import { SIBLINGS, type SiblingCoding } from "../protocol/negotiation.js";
import type { Trail } from "./ticket.js";

export type Place = Extract<PathVerdict, { kind: "rooted" }>;

/** As rules and error pages see it: with a leading slash, and the last one if it was there. */
export const decodedPath = ({ path, trailingSlash }: Place): string =>
  path === "" ? "/" : `/${path}${trailingSlash ? "/" : ""}`;

/** Where a host's root may be: below its own name, below a wildcard, or the default. [] for no host. */
export function hostRoots(hostsDir: string, host: string): string[] {
  const verdict = parseHost(host);
  if (verdict.kind === "invalid") return [];
  return listHostFolders(verdict).map((folder) => toFile(hostsDir, folder as RootedPath));
}

export interface FoundFile {
  readonly kind: "file";
  readonly entry: Entry;
  readonly file: OpenFile;
  /** Which siblings exist: see `Known`. */
  readonly siblings: number;
}

/** Whether they are of use is another question: `freshSibling`. */
export const codingsBeside = ({ siblings }: FoundFile): SiblingCoding[] =>
  SIBLINGS.filter((_, at) => (siblings & (1 << at)) !== 0).map(({ coding }) => coding);

const suffixOf = (coding: SiblingCoding): string =>
  SIBLINGS.find((sibling) => sibling.coding === coding)!.suffix;

/** What answers for a place. */
export type Found =
  | FoundFile
  | { readonly kind: "needs slash" }
  | { readonly kind: "folder"; readonly entry: Entry }
  | { readonly kind: "fault"; readonly code: FaultCode };

/** A sibling that is no older than its original. */
export interface Sibling {
  readonly coding: SiblingCoding;
  readonly entry: Entry;
  readonly file: OpenFile;
}

export interface FinderSettings {
  /** Name of the file that answers for its folder. */
  readonly index: string;
  /** `/about` finds `about.html`. */
  readonly hasCleanUrls: boolean;
  /** A folder without an index answers for itself. */
  readonly hasListings: boolean;
  /** Called for a sibling that is older than its original, and so not sent. */
  readonly onStaleSibling: () => void;
}

type Table = Pick<FileTable, "find" | "lookUp" | "startedMs">;

/** What was known of a path when it was looked at. */
interface Seen {
  readonly entry: Entry;
  readonly known: Known;
}

export class Finder {
  readonly #table: Table;
  readonly #settings: FinderSettings;

  constructor(table: Table, settings: FinderSettings) {
    this.#table = table;
    this.#settings = settings;
  }

  /** What answers for a place. Waits for a reader only where the table does not know. */
  async find(root: string, place: Place, trail: Trail): Promise<Found> {
    const isFolder = place.trailingSlash || place.path === "";
    return isFolder ? this.#findFolder(root, place, trail) : this.#findName(root, place, trail);
  }

  /**
   * The first of some siblings of a file that is no older than it. The others are not looked at: each
   * would be another open, one after the other.
   *
   * @param wanted of those there are, the best first
   */
  async freshSibling(
    root: string,
    found: FoundFile,
    wanted: readonly SiblingCoding[],
    trail: Trail,
  ): Promise<Sibling | undefined> {
    for (const coding of wanted) {
      const path = found.entry.path + suffixOf(coding);
      const { entry, known } = await this.#look(root, path, trail);
      if (known.kind !== "file") continue;
      const { file } = known;
      if (!isStale(file, found.file)) return { coding, entry, file };
      this.#settings.onStaleSibling();
    }
    return undefined;
  }

  /** The root that serves a host: the first that is there. */
  async rootFor(hostsDir: string, host: string, trail: Trail): Promise<string | FaultCode> {
    const roots = hostRoots(hostsDir, host);
    if (roots.length === 0) return "BAD_HOST";
    for (const root of roots) {
      const { known } = await this.#look(root, root, trail);
      if (known.kind === "directory") return root;
      if (!isNoRoot(known)) return faultOfKnown(known);
    }
    return "MISDIRECTED";
  }

  async #findName(root: string, { path }: Place, trail: Trail): Promise<Found> {
    const seen = await this.#look(root, toFile(root, path), trail);
    const found = foundFrom(seen);
    if (seen.known.kind === "directory") return { kind: "needs slash" };
    if (!this.#settings.hasCleanUrls || !isMissing(found)) return found;

    const page = foundFrom(
      await this.#look(root, toFile(root, `${path}.html` as RootedPath), trail),
    );
    return page.kind === "file" ? page : found;
  }

  async #findFolder(root: string, { path }: Place, trail: Trail): Promise<Found> {
    const { index, hasListings } = this.#settings;
    const inside = path === "" ? index : `${path}/${index}`;
    const found = foundFrom(await this.#look(root, toFile(root, inside as RootedPath), trail));
    if (!hasListings || !isMissing(found)) return found;

    const { entry, known } = await this.#look(root, toFile(root, path), trail);
    return known.kind === "directory" ? { kind: "folder", entry } : found;
  }

  async #look(root: string, path: string, trail: Trail): Promise<Seen> {
    const entry = this.#table.find(root, path);
    return entry === undefined ? this.#lookUp(root, path, trail) : note(entry, trail);
  }

  #lookUp(root: string, path: string, trail: Trail): Promise<Seen> {
    trail.waits(() => this.#table.startedMs(path));
    return new Promise((resolve) =>
      this.#table.lookUp(root, path, (entry, times) => {
        trail.waited(times);
        resolve(note(entry, trail));
      }),
    );
  }
}

/** An entry is true until we return to the table, which may forget it before we go on. */
function note(entry: Entry, trail: Trail): Seen {
  trail.add(entry);
  return { entry, known: entry.known };
}

/**
 * May another root answer in place of this one? Not where it is there and cannot be looked at: a host
 * would show another's site, or the default one, while its disk does not answer.
 */
export const isNoRoot = (known: Known): boolean =>
  known.kind !== "directory" && faultOfKnown(known) === "FILE_MISSING";

const SECOND_NS = 1_000_000_000n;

/**
 * Compressors hand on the time of what they compress, and some cut it to whole seconds (brotli before
 * 1.1, pigz): such a time is compared by whole seconds. Who writes to the original later in the same
 * second, and compresses it no more, is not noticed then.
 */
function isStale({ identity: sibling }: OpenFile, { identity: original }: OpenFile): boolean {
  const isCut = sibling.mtimeNs % SECOND_NS === 0n;
  const unitNs = isCut ? SECOND_NS : 1n;
  return sibling.mtimeNs / unitNs < original.mtimeNs / unitNs;
}

const isMissing = (found: Found): boolean =>
  found.kind === "fault" && found.code === "FILE_MISSING";

function foundFrom({ entry, known }: Seen): Found {
  if (known.kind !== "file") return { kind: "fault", code: faultOfKnown(known) };
  return { kind: "file", entry, file: known.file, siblings: known.siblings };
}

/** Why what is known is no file to send. A file where a folder is wanted is as good as nothing. */
function faultOfKnown(known: Known): FaultCode {
  if (known.kind === "outside") return "OUTSIDE_ROOT";
  return known.kind === "failed" ? faultOf(known.errno) : "FILE_MISSING";
}
