/**
 * The first look at a file: one that no ticket tells of, answered at once where that can be done.
 *
 * In a large tree most files are asked for rarely, so this is no rare case there. What the kernel has
 * in memory needs nobody else: it is found, read and sent within the request's call-back. Nothing is
 * kept of it until the table keeps it: then it gets its ticket.
 *
 * Whatever waits, or is not plainly a small file under its own name, is for the main road: siblings,
 * redirects, listings, preconditions, ranges, and all that is not there.
 */
import { viewOf } from "../../fs/bytes.js";
import { type Entry, type FileTable, isForgotten } from "../../fs/file-table.js";
import type { OpenFile } from "../../fs/open-file.js";
import { type RootedPath, toFile, toRooted } from "../../fs/paths.js";
import type { DownloadCounter } from "../../metrics/download-counter.js";
import { type Effects, matchRules, type Rule } from "../../protocol/rules.js";
import type { Part } from "../chunks/cursor.js";
import { codingsAsked } from "../codings-asked.js";
import { decodedPath, hostRoots, isNoRoot, type Place } from "../finder.js";
import type { PreparedFile } from "../prepared.js";
import type { Preparer } from "../preparer.js";
import { createFileTicket } from "../ticket.js";
import { type Ask, fieldName, type Ready, readyOf } from "../transport/exchange.js";
import { type ExpressLane, hasAny, NOT_PLAIN } from "./express-lane.js";

const HOST = fieldName("host");
const ORIGIN = fieldName("origin");

export interface FirstLookParts {
  readonly table: Pick<FileTable, "find" | "glance" | "takeLoan">;
  readonly lane: Pick<ExpressLane, "remember">;
  readonly preparer: Preparer;
  /** As in `SiteSettings`. */
  readonly site: FirstLookSettings;
}

interface FirstLookSettings {
  readonly root: string;
  readonly hostsDir: string;
  readonly index: string;
  readonly hasServerTiming: boolean;
  readonly rules: readonly Rule[];
}

/** The root of a request. */
interface Base {
  readonly root: string;
  /** Of where hosts may have their roots, up to this one; none when there is one root for all. */
  readonly hosts: readonly Entry[];
}

interface Wanted {
  readonly base: Base;
  readonly place: Place;
  /** Decoded. */
  readonly path: string;
  readonly effects: Effects;
}

export class FirstLook {
  readonly #parts: FirstLookParts;
  readonly #isOff: boolean;
  readonly #onlyBase: Base;
  /** The last answer, if its bytes were lent. */
  #lent: Ready | undefined;

  constructor(parts: FirstLookParts) {
    this.#parts = parts;
    this.#isOff = parts.site.hasServerTiming;
    this.#onlyBase = { root: parts.site.root, hosts: [] };
  }

  /**
   * A 200 at hand to GET or HEAD, its body valid until the next call. Undefined: the main road.
   *
   * Cost: for what is for the main road some look-ups; else what the kernel takes, and a head.
   */
  answer(ask: Ask): Ready | undefined {
    this.#lent = undefined;
    const wanted = this.#judge(ask);
    return wanted && this.#look(ask, wanted);
  }

  /** Would it look? What it would see is another question. */
  isFor(ask: Ask): boolean {
    return this.#judge(ask) !== undefined;
  }

  /** What a socket has left of an answer whose bytes were lent; undefined for any other. */
  restOf(ready: Ready, takenBytes: number): Part<OpenFile>[] | undefined {
    if (ready !== this.#lent) return undefined;
    return [{ kind: "literal", bytes: Buffer.from(viewOf(ready.body!).subarray(takenBytes)) }];
  }

  #look(ask: Ask, { base, place, path, effects }: Wanted): Ready | undefined {
    const { site, table, preparer } = this.#parts;
    const { root, hosts } = base;
    const filePath = pathOf(place, root, site.index);
    const entry = table.glance(root, filePath);
    if (entry?.known.kind !== "file" || entry.known.siblings !== 0) return undefined;
    const { file } = entry.known;
    const loan = table.takeLoan(file);
    const body = loan ?? file.body;
    if (body === undefined || body.length === 0) return undefined;

    const origin = ask.field(ORIGIN);
    const about = {
      path,
      place: path,
      filePath,
      effects,
      origin,
      isNegotiated: false,
      isStandIn: false,
    };
    const prepared = preparer.prepare(file, "identity", about);
    const download = preparer.counterOf(filePath, root);
    if (!isForgotten(entry)) this.#keep(ask, path, [...hosts, entry], prepared, download);
    if (ask.method === "HEAD") return prepared.headOnly;
    const ready = readyOf(prepared.whole, body, download);
    if (loan !== undefined) this.#lent = ready;
    return ready;
  }

  /** Undefined when whatever there is to see is for the main road. */
  #judge(ask: Ask): Wanted | undefined {
    if (this.#isOff || hasAny(ask, NOT_PLAIN)) return undefined;
    const place = toRooted(ask.path);
    if (place.kind !== "rooted") return undefined;
    const path = decodedPath(place);
    const effects = matchRules(this.#parts.site.rules, path);
    if (effects.redirect !== undefined || effects.rewrite !== undefined) return undefined;
    const base = this.#parts.site.hostsDir === "" ? this.#onlyBase : this.#baseFor(ask.field(HOST));
    return base && { base, place, path, effects };
  }

  /** Undefined where a reader has to be asked for a root, or there is none. */
  #baseFor(host: string): Base | undefined {
    const hosts: Entry[] = [];
    for (const root of hostRoots(this.#parts.site.hostsDir, host)) {
      const entry = this.#parts.table.find(root, root);
      if (entry === undefined) return undefined;
      hosts.push(entry);
      if (entry.known.kind === "directory") return { root, hosts };
      if (!isNoRoot(entry.known)) return undefined;
    }
    return undefined;
  }

  /** @param entries all that were looked at, the file's the last */
  #keep(
    ask: Ask,
    path: string,
    entries: readonly Entry[],
    prepared: PreparedFile,
    download: DownloadCounter | undefined,
  ): void {
    const names = {
      host: ask.field(HOST),
      path: ask.path,
      origin: ask.field(ORIGIN),
      acceptEncoding: codingsAsked(ask),
    };
    const witnesses = entries.map((entry) => ({ entry, version: entry.version }));
    const ticket = createFileTicket(witnesses, { prepared, source: entries.at(-1)!, download });
    this.#parts.lane.remember(names, path, ticket, false);
  }
}

/** Of the file that answers for a place: a folder's index, or what has the name. */
function pathOf({ path, trailingSlash }: Place, root: string, index: string): string {
  if (path === "") return toFile(root, index as RootedPath);
  return toFile(root, trailingSlash ? (`${path}/${index}` as RootedPath) : path);
}
