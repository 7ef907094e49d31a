/**
 * One request, as a list of steps that may answer early.
 *
 * 0. express   an answer at hand: see express-lane.ts
 * 1. framing   where does this request end? doubt closes the connection
 * 2. method    only what can be done to a file
 * 3. path      rooted, or refused
 * 4. file      from the table, else from a reader
 * 5. answer    protocol/respond weighs preconditions and ranges
 * 6. deliver   a head alone, or a body through the scheduler
 *
 * Owns: the order of questions. Knows no socket and no system call.
 */
import type { Entry, FileTable, Known } from "../fs/file-table.js";
import type { OpenFile } from "../fs/open-file.js";
import { type PathVerdict, type RootedPath, toFile, toRooted, toWire } from "../fs/paths.js";
import { type Answer, createAnswer } from "../protocol/answer.js";
import { type FaultCode, faultOf } from "../protocol/faults.js";
import type { Field } from "../protocol/head.js";
import { judgeMethod } from "../protocol/methods.js";
import { redirectTo } from "../protocol/redirect.js";
import { describeMethods, type Policy, respond, wholeBody } from "../protocol/respond.js";
import { Delivery, type DeliveryParts } from "./delivery.js";
import { ExpressLane } from "./express-lane.js";
import {
  isAtRest,
  type Prepared,
  type PreparedFile,
  prepareFile,
  prepareMiss,
} from "./prepared.js";
import { type Request, readRequest } from "./request.js";
import type { Ask, Handler, Ready, Reply } from "./transport/exchange.js";

export interface ServerSettings {
  /** Absolute, without a slash at its end, unless it is "/". */
  readonly root: string;
  /** Name of the file that answers for its folder. */
  readonly index: string;
  /** What is said of every file, beside what only the file knows. */
  readonly fields: readonly Field[];
}

export interface ServerParts extends Omit<DeliveryParts, "errorPages"> {
  readonly settings: ServerSettings;
  readonly policy: Policy;
  /** Something that cannot happen did: for the log. */
  readonly onBug: (error: unknown, path: string) => void;
  /** The table's clock. */
  readonly nowMs: () => number;
}

/** A request for what a file holds. */
interface FileRequest extends Request {
  readonly method: "GET" | "HEAD";
}

type Place = Extract<PathVerdict, { kind: "rooted" }>;

/** A file that changes again and again as we look is busy: one more look, then an answer. */
const LOOKS = 2;

export class FileServer implements Handler {
  readonly #table: FileTable<Prepared>;
  readonly #settings: ServerSettings;
  readonly #policy: Policy;
  readonly #lane: ExpressLane;
  readonly #delivery: Delivery;
  readonly #parts: ServerParts;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#table = parts.table;
    this.#settings = parts.settings;
    this.#policy = parts.policy;
    this.#lane = new ExpressLane(parts.table, parts.nowMs);
    this.#delivery = new Delivery({ ...parts, errorPages: parts.policy.errorPages });
  }

  express(ask: Ask): Ready | undefined {
    const ready = this.#lane.find(ask);
    if (ready !== undefined) this.#parts.counters.answered(ready.head.status);
    return ready;
  }

  handle(ask: Ask, reply: Reply): void {
    const request = readRequest(ask);
    this.#guarded(request, reply, () => this.#begin(request, reply));
  }

  finish(rest: Buffer, reply: Reply): void {
    this.#delivery.finish(rest, reply);
  }

  // --- the steps ---

  #begin(request: Request, reply: Reply): void {
    if (request.body === "unclear") return this.#fail("BAD_FRAMING", request, reply);

    const method = judgeMethod(request.method);
    if (method.kind === "refuse") return this.#fail(method.fault, request, reply);
    if (request.body === "large") return this.#fail("CONTENT_TOO_LARGE", request, reply);
    if (method.kind === "describe") return this.#delivery.send(describeMethods([]), request, reply);

    const place = toRooted(request.path);
    if (place.kind !== "rooted") return this.#fail(REFUSED_PATH[place.kind], request, reply);

    this.#find(place, { ...request, method: method.method }, reply);
  }

  #find(place: Place, request: FileRequest, reply: Reply): void {
    const path = this.#fileFor(place);
    const entry = this.#table.find(path);
    if (entry !== undefined) this.#answer(entry, place, request, reply, LOOKS);
    else this.#lookUp(path, place, request, reply, LOOKS);
  }

  #lookUp(path: string, place: Place, request: FileRequest, reply: Reply, looks: number): void {
    this.#table.lookUp(this.#settings.root, path, (entry) => {
      if (reply.isOver) return;
      this.#guarded(request, reply, () => this.#answer(entry, place, request, reply, looks - 1));
    });
  }

  /** A folder is answered for by its index. */
  #fileFor({ path, trailingSlash }: Place): string {
    const isFolder = trailingSlash || path === "";
    const inside = path === "" ? this.#settings.index : `${path}/${this.#settings.index}`;
    return toFile(this.#settings.root, isFolder ? (inside as RootedPath) : path);
  }

  #answer(
    entry: Entry<Prepared>,
    place: Place,
    request: FileRequest,
    reply: Reply,
    looks: number,
  ): void {
    const { known } = entry;
    if (known.kind === "file") {
      this.#answerFile(entry, known.file, request, reply, () => {
        if (looks === 0) this.#fail("FILE_CHANGED", request, reply);
        else this.#lookUp(entry.path, place, request, reply, looks);
      });
    } else if (known.kind === "directory" && !place.trailingSlash) {
      this.#delivery.send(toFolder(place, request.query), request, reply);
    } else {
      this.#answerMiss(entry, faultOfKnown(known), request, reply);
    }
  }

  #answerFile(
    entry: Entry<Prepared>,
    file: OpenFile,
    request: FileRequest,
    reply: Reply,
    onChanged: () => void,
  ): void {
    const nowMs = Date.now();
    const prepared = this.#prepare(entry, file, nowMs);
    if (prepared.ready !== undefined && entry.derived === prepared) {
      this.#lane.remember(request.path, entry);
    }
    const answer = isPlain(request)
      ? createAnswer(prepared.whole, wholeBody(prepared.representation))
      : respond(request, prepared.representation, this.#policy, nowMs);
    this.#delivery.sendFile(answer, file, request, reply, onChanged);
  }

  #prepare(entry: Entry<Prepared>, file: OpenFile, nowMs: number): PreparedFile {
    if (entry.derived?.kind === "file") return entry.derived;
    const prepared = prepareFile(file, entry.path, this.#settings.fields, nowMs);
    if (isAtRest(prepared)) entry.derived = prepared;
    return prepared;
  }

  #answerMiss(entry: Entry<Prepared>, code: FaultCode, request: Request, reply: Reply): void {
    if (code === "FILE_MISSING") {
      entry.derived ??= prepareMiss(this.#policy.errorPages(code, ""));
      this.#lane.remember(request.path, entry);
    }
    this.#fail(code, request, reply);
  }

  #fail(code: FaultCode, request: Request, reply: Reply): void {
    this.#delivery.fail(code, request, reply);
  }

  /** A bug of ours costs its own request: an exception that reached a transport would end us all. */
  #guarded(request: Request, reply: Reply, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#parts.onBug(error, request.path);
      if (reply.hasBegun) reply.cut();
      else this.#fail("SERVER_BUG", request, reply);
    }
  }
}

const REFUSED_PATH = {
  malformed: "BAD_PATH",
  hidden: "FILE_HIDDEN",
  missing: "FILE_MISSING",
} as const satisfies Record<Exclude<PathVerdict["kind"], "rooted">, FaultCode>;

/** Nothing in it for protocol/respond to weigh: the prebuilt head will do. */
const isPlain = (request: Request): boolean =>
  request.range === "" &&
  request.ifNoneMatch === "" &&
  request.ifModifiedSince === "" &&
  request.ifMatch === "" &&
  request.ifUnmodifiedSince === "";

/** `/docs` -> `/docs/`, so that relative links in the index lead into the folder. */
const toFolder = ({ path }: Place, query: string): Answer =>
  redirectTo(301, toWire(path, true) + (query === "" ? "" : `?${query}`));

function faultOfKnown(known: Known): FaultCode {
  if (known.kind === "outside") return "OUTSIDE_ROOT";
  return known.kind === "failed" ? faultOf(known.errno) : "FILE_MISSING";
}
