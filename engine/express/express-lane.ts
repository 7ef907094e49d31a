/**
 * The express lane: what is known of each target, so that a hot one is answered at once.
 *
 * One map look-up by the raw target, one prebuilt head, one body; inside the request call-back, with
 * no promise and no timer. Small parts of a larger file go the same way while they lie in memory.
 * Whatever is out of the ordinary (a precondition that is not a plain match, a request
 * with a body) takes the main road, which still finds its ticket here.
 *
 * Owns: tickets by target, bounded whatever clients send: see `remember`. Does not know how a target
 * is resolved.
 */
import type { FileTable } from "../../fs/file-table.js";
import { prefersJson } from "../../protocol/accept.js";
import { codingsAsked } from "../codings-asked.js";
import { type FileTicket, fileOf, isGood, keepHeads, type Ticket } from "../ticket.js";
import { type Ask, type FieldName, fieldName, type Ready } from "../transport/exchange.js";
import type { PartsAtHand } from "./parts-at-hand.js";
import { isUsualSpelling } from "./usual-spelling.js";

/** The tickets of one target: one, or one for each spelling of Accept-Encoding. */
type Tickets = Ticket | Map<string, Ticket>;

/**
 * Tickets kept, those of the oldest target forgotten first. One costs about 1 KiB, nearly all of it
 * heads, and at most half of one for its name: 100 MB at worst. Fewer than the paths of the file
 * table, and hot files fall off the lane.
 */
const MAX_TICKETS = 65_536;

/**
 * Of them, those that lead nowhere: as many as the file table remembers. More, and who guesses names
 * pushes the tickets of real files out, and fills memory with his guesses.
 */
const MAX_MISSES = 8_192;

/**
 * Characters of a target that is remembered, its host included. More: who has a thousand bytes for each
 * name fills memory with names. Fewer: a path in Cyrillic takes six for each letter.
 */
const MAX_TARGET_CHARS = 512;

/** Browsers and proxies know some twenty spellings; more are somebody's attempt to fill memory. */
const MAX_SPELLINGS = 32;

/** The longest of these has some sixty characters. */
const MAX_SPELLING_CHARS = 128;

const HOST = fieldName("host");
const ORIGIN = fieldName("origin");
const ACCEPT = fieldName("accept");
const IF_NONE_MATCH = fieldName("if-none-match");
const IF_MODIFIED_SINCE = fieldName("if-modified-since");
const RANGE = fieldName("range");

const OK = 200;

/** What sends a request to the main road. */
const OUT_OF_THE_ORDINARY = [
  fieldName("content-length"),
  fieldName("transfer-encoding"),
  fieldName("if-match"),
  fieldName("if-unmodified-since"),
] as const;

export interface LaneSettings {
  /** The same path is another file under another Host. */
  readonly variesByHost: boolean;
  /** Some origins get other fields than the rest of the world. */
  readonly variesByOrigin: boolean;
}

/** What sends a request for a part there: what stands beside `Range` decides about it. */
const CONDITIONS_OF_A_PART = [fieldName("if-range"), IF_NONE_MATCH, IF_MODIFIED_SINCE] as const;

/** What sends a request for a whole file there, when nothing is known of that file yet. */
export const NOT_PLAIN = [RANGE, ...OUT_OF_THE_ORDINARY, ...CONDITIONS_OF_A_PART] as const;

/**
 * `may answer`: with small parts, if their bytes need no disk then. `has a ticket`: but the request is
 * out of the ordinary, and takes the main road with it. `may look`: it has none, but a small file
 * that can be found without the disk is answered at once: see first-look.ts.
 */
export type LaneState = "answers" | "may answer" | "has a ticket" | "may look" | "has none";

/** What is needed of the file table. */
type Table = Pick<FileTable, "isFresh" | "hold" | "release">;

/** What a ticket is filed under. */
export interface TargetNames {
  readonly host: string;
  readonly path: string;
  readonly origin: string;
  readonly acceptEncoding: string;
}

/** What is asked of those who send parts at once. */
type Parts = Pick<PartsAtHand, "answer" | "whole" | "isFor">;

export class ExpressLane {
  readonly #table: Table;
  readonly #parts: Parts;
  readonly #settings: LaneSettings;
  readonly #nowMs: () => number;
  readonly #tickets = new Map<string, Tickets>();
  /** Of all targets together. */
  #count = 0;
  /** Keys of misses, the oldest at `#oldestMiss` once there are as many as may be. */
  readonly #misses: string[] = [];
  #oldestMiss = 0;

  constructor(table: Table, parts: Parts, settings: LaneSettings, nowMs: () => number) {
    this.#table = table;
    this.#parts = parts;
    this.#settings = settings;
    this.#nowMs = nowMs;
  }

  /**
   * An answer to GET or HEAD at hand, or undefined: then the main road.
   *
   * Cost: one map look-up, seven fields asked for (some 40 ns each in uWebSockets.js), one small object.
   */
  answer(ask: Ask, nowMs: number): Ready | undefined {
    const { variesByHost, variesByOrigin } = this.#settings;
    const { path } = ask;
    const tickets = this.#tickets.get(variesByHost ? keyOf(ask.field(HOST), path) : path);
    if (tickets === undefined) return undefined;
    const ticket = tickets instanceof Map ? tickets.get(codingsAsked(ask)) : tickets;
    if (ticket === undefined || !isGood(ticket, this.#table, nowMs)) return undefined;
    if (hasAny(ask, OUT_OF_THE_ORDINARY)) return undefined;
    if (variesByOrigin && ask.field(ORIGIN) !== "") return undefined;
    const range = ask.method === "GET" ? ask.field(RANGE) : "";
    if (range !== "") return this.#part(ask, range, ticket);
    if (ticket.head !== undefined) return this.#present(ask, ticket);
    if (prefersJson(ask.field(ACCEPT))) return undefined;
    return ask.method === "GET" ? ticket.prepared.ready : ticket.prepared.headOnly;
  }

  /** An exact match of what we sent is the everyday revalidation; anything else is for `protocol/`. */
  #present(ask: Ask, ticket: FileTicket): Ready | undefined {
    const tag = ask.field(IF_NONE_MATCH);
    const date = ask.field(IF_MODIFIED_SINCE);
    if (tag === "" && date === "") {
      return ask.method === "HEAD" ? ticket.prepared.headOnly : this.#whole(ticket);
    }
    const { representation, lastModified, unchanged } = ticket.prepared;
    const isMatch = tag === "" ? date === lastModified : tag === representation.etag;
    return isMatch ? unchanged : undefined;
  }

  /** Looks at no object but the ticket and its source where the bytes are in memory. */
  #whole(ticket: FileTicket): Ready | undefined {
    const { head, lines, source, download } = ticket;
    const { body } = source;
    if (body === undefined) return this.#notInMemory(ticket);
    if (body.byteLength === 0) return undefined;
    return { head, status: OK, lines, body, lengthBytes: undefined, download };
  }

  #notInMemory(ticket: FileTicket): Ready | undefined {
    const file = fileOf(ticket);
    return file && this.#parts.whole(ticket.prepared, file, ticket.download);
  }

  /** The table has to hear that the file is wanted, or it closes its descriptor for another's. */
  #part(ask: Ask, range: string, ticket: Ticket): Ready | undefined {
    if (ticket.head === undefined) return undefined;
    const { prepared, download } = ticket;
    const file = fileOf(ticket);
    if (file === undefined) return undefined;
    if (hasAny(ask, CONDITIONS_OF_A_PART)) return undefined;
    this.#table.hold(file);
    try {
      return this.#parts.answer(range, prepared, file, download);
    } finally {
      this.#table.release(file);
    }
  }

  /** The ticket of a request on the main road. */
  find(names: TargetNames): Ticket | undefined {
    if (this.#settings.variesByOrigin && names.origin !== "") return undefined;
    const tickets = this.#tickets.get(this.#keyOf(names));
    const ticket = tickets instanceof Map ? tickets.get(names.acceptEncoding) : tickets;
    return ticket !== undefined && isGood(ticket, this.#table, this.#nowMs()) ? ticket : undefined;
  }

  /** What it has for a request now; none is counted, and none remembered. */
  peek(ask: Ask): LaneState {
    const range = ask.field(RANGE);
    const isPlain = ask.method === "HEAD" || (ask.method === "GET" && range === "");
    if (isPlain && this.answer(ask, this.#nowMs()) !== undefined) return "answers";
    const names: TargetNames = {
      host: ask.field(HOST),
      path: ask.path,
      origin: ask.field(ORIGIN),
      acceptEncoding: codingsAsked(ask),
    };
    const ticket = this.find(names);
    if (ticket === undefined) return "has none";
    if (ticket.head === undefined || !this.#isForPart(ask, range, ticket)) return "has a ticket";
    return fileOf(ticket)?.body === undefined ? "may answer" : "answers";
  }

  #isForPart(ask: Ask, range: string, { prepared }: FileTicket): boolean {
    if (ask.method !== "GET" || range === "") return false;
    const isOrdinary = !hasAny(ask, OUT_OF_THE_ORDINARY) && !hasAny(ask, CONDITIONS_OF_A_PART);
    return isOrdinary && this.#parts.isFor(range, prepared);
  }

  /**
   * Keeps a ticket, if its target is written as honest clients do, and is not too long.
   *
   * @param path what the target's path decodes to, with a leading slash
   * @param isNegotiated the answer depends on Accept-Encoding
   */
  remember(names: TargetNames, path: string, ticket: Ticket, isNegotiated: boolean): void {
    if (this.#settings.variesByOrigin && names.origin !== "") return;
    const key = this.#keyOf(names);
    if (key.length > MAX_TARGET_CHARS || !isUsualSpelling(names.path, path)) return;
    const spelling = isNegotiated ? names.acceptEncoding : undefined;
    if (spelling !== undefined && spelling.length > MAX_SPELLING_CHARS) return;

    const ownKey = copyOf(key);
    if (ticket.head === undefined) this.#noteMiss(ownKey);
    else keepHeads(ticket);
    if (spelling === undefined) this.#put(ownKey, ticket);
    else this.#putSpelling(ownKey, spelling, ticket);
    if (this.#count > MAX_TICKETS) this.#forgetOldest();
  }

  #noteMiss(key: string): void {
    if (isMiss(this.#tickets.get(key))) return;
    const oldest = this.#misses[this.#oldestMiss];
    if (oldest !== undefined && isMiss(this.#tickets.get(oldest))) this.#forget(oldest);
    this.#misses[this.#oldestMiss] = key;
    this.#oldestMiss = (this.#oldestMiss + 1) % MAX_MISSES;
  }

  #keyOf({ host, path }: TargetNames): string {
    return this.#settings.variesByHost ? keyOf(host, path) : path;
  }

  #put(key: string, tickets: Tickets): void {
    this.#count += countOf(tickets) - countOf(this.#tickets.get(key));
    this.#tickets.set(key, tickets);
  }

  #putSpelling(key: string, spelling: string, ticket: Ticket): void {
    const spellings = this.#spellingsOf(key);
    if (!spellings.has(spelling)) this.#count++;
    spellings.set(spelling, ticket);
  }

  #spellingsOf(key: string): Map<string, Ticket> {
    const tickets = this.#tickets.get(key);
    if (tickets instanceof Map && tickets.size < MAX_SPELLINGS) return tickets;
    const spellings = new Map<string, Ticket>();
    this.#put(key, spellings);
    return spellings;
  }

  #forget(key: string): void {
    this.#count -= countOf(this.#tickets.get(key));
    this.#tickets.delete(key);
  }

  #forgetOldest(): void {
    for (const target of this.#tickets.keys()) return this.#forget(target);
  }
}

const countOf = (tickets: Tickets | undefined): number => {
  if (tickets === undefined) return 0;
  return tickets instanceof Map ? tickets.size : 1;
};

/** A text that is cut from another keeps all of that in memory: a path, all of its query. */
const copyOf = (text: string): string => Buffer.from(text, "latin1").toString("latin1");

/** No path holds a space, so it is known where the host ends, whatever is in that. */
const keyOf = (host: string, path: string): string => `${host} ${path}`;

const isMiss = (tickets: Tickets | undefined): boolean =>
  tickets !== undefined && !(tickets instanceof Map) && tickets.head === undefined;

export const hasAny = (ask: Ask, names: readonly FieldName[]): boolean => {
  for (const name of names) if (ask.field(name) !== "") return true;
  return false;
};
