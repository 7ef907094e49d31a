/**
 * The admin port: one request, as a list of questions that may answer early.
 *
 * 1. framing   unclear where the request ends: refused, and the connection closed
 * 2. gate      who may ask
 * 3. method    only GET and HEAD read
 * 4. body      nobody asked for one; a large one is not waited for
 * 5. query     of a size that is worth reading
 * 6. place     the page and its assets, the live feed, a route; else nothing
 *
 * Owns: the order of questions. What is shown is in routes.ts, and known to the source.
 */
import type { Head } from "../../protocol/head.js";
import { judgeMethod } from "../../protocol/methods.js";
import { type Question, readQuestion } from "../request.js";
import type { Ask, Handler, Reply } from "../transport/exchange.js";
import type { AdminSource } from "./admin-source.js";
import { type AdminAnswer, adminHead, answerText } from "./answers.js";
import { readCaller } from "./caller.js";
import type { Asset } from "./dashboard/assets.js";
import { createGate, type Gate } from "./gate.js";
import { HeldBodies } from "./held-bodies.js";
import { ROUTES, type Route } from "./routes.js";
import { SharedAnswer } from "./shared-answer.js";

/**
 * Opens a stream of events with this head and takes the reply over. False when no place is free:
 * then nothing has been sent.
 */
type OpenFeed = (head: Head, reply: Reply) => boolean;

export interface AdminParts {
  readonly source: AdminSource;
  /** `SLUICE_ADMIN_TOKEN`; "" when there is none. */
  readonly token: string;
  /** By path; "/" is the page. Empty: there is no dashboard. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** Undefined: there is no live feed. */
  readonly openFeed: OpenFeed | undefined;
  /** Something that cannot happen did: for the log. */
  readonly onBug: (error: unknown, path: string) => void;
}

/** Where the live feed is. */
const FEED_PATH = "/events";

/** A long path and a browser's whole set of fields to explain. Transports end at 16 KiB. */
const MAX_QUERY_CHARS = 8 * 1024;

/** Routes answer from memory, except `/explain`, which may wait for a disk. */
const PATIENCE_MS = 30_000;

const TOO_MANY = [["Retry-After", "5"]] as const;

export class AdminServer implements Handler {
  readonly #parts: AdminParts;
  readonly #gate: Gate;
  readonly #held: HeldBodies;
  readonly #shared: ReadonlyMap<Route, SharedAnswer<AdminAnswer>>;
  readonly #patienceMs: number;

  constructor(parts: AdminParts, held = new HeldBodies(), patienceMs = PATIENCE_MS) {
    this.#parts = parts;
    this.#gate = createGate(parts.token);
    this.#held = held;
    this.#shared = new Map(
      [...ROUTES.values()]
        .filter(({ kind }) => kind === "figures")
        .map((route) => [route, new SharedAnswer(() => route.answer(parts.source, ""))]),
    );
    this.#patienceMs = patienceMs;
  }

  /** Nothing here is asked for so often. */
  express(): undefined {}

  handle(ask: Ask, reply: Reply): void {
    const request = readQuestion(ask);
    try {
      const refusal = this.#judge(request, ask);
      if (refusal === undefined) this.#serve(request, reply);
      else this.#send(refusal, request, reply);
    } catch (error) {
      this.#recover(error, request, reply);
    }
  }

  /** Never called, like `finish`: they are for what `express` gave. */
  sent(): void {}

  finish(): void {}

  /** Why this caller may not ask, as an answer; undefined when he may. For WebSockets too. */
  refusalOf(ask: Ask): AdminAnswer | undefined {
    const verdict = this.#gate(readCaller(ask));
    if (verdict.kind === "open") return undefined;
    return answerText(verdict.status, verdict.says, verdict.status === 401 ? CHALLENGE : []);
  }

  // --- the questions ---

  #judge({ body, method, query }: Question, ask: Ask): AdminAnswer | undefined {
    if (body === "unclear") return answerText(400, "it is not clear where this request ends");
    return (
      this.refusalOf(ask) ??
      judgeReading(method) ??
      (body === "large" ? answerText(413, "nothing is uploaded here") : undefined) ??
      (query.length > MAX_QUERY_CHARS ? answerText(414, "the query is too long") : undefined)
    );
  }

  #serve(request: Question, reply: Reply): void {
    const { path, query } = request;
    const asset = this.#parts.assets.get(path);
    if (asset !== undefined) return this.#sendAsset(asset, request, reply);
    if (path === FEED_PATH) return this.#feed(request, reply);

    const route = ROUTES.get(path);
    if (route === undefined) return this.#send(answerText(404, NOTHING), request, reply);
    const isRefused = route.kind !== "probe" && this.#held.isFull;
    if (isRefused) return this.#send(answerText(503, HELD, TOO_MANY), request, reply);
    this.#run(route, query, request, reply).catch((error: unknown) =>
      this.#recover(error, request, reply),
    );
  }

  #sendAsset({ mediaType, body }: Asset, request: Question, reply: Reply): void {
    this.#send({ head: adminHead(200, mediaType), body }, request, reply);
  }

  #feed(request: Question, reply: Reply): void {
    const { openFeed } = this.#parts;
    if (openFeed === undefined) return this.#send(answerText(404, NOTHING), request, reply);
    const head = adminHead(200, "text/event-stream");
    if (request.method === "HEAD") return reply.sendHead(head, undefined);
    if (!openFeed(head, reply)) this.#send(answerText(503, VIEWERS, TOO_MANY), request, reply);
  }

  async #run(route: Route, query: string, request: Question, reply: Reply): Promise<void> {
    const giveUp = setTimeout(() => {
      this.#send(answerText(503, "this took too long to find out", TOO_MANY), request, reply);
    }, this.#patienceMs).unref();
    try {
      this.#send(await this.#answer(route, query), request, reply);
    } finally {
      clearTimeout(giveUp);
    }
  }

  #answer(route: Route, query: string): AdminAnswer | Promise<AdminAnswer> {
    return this.#shared.get(route)?.ask() ?? route.answer(this.#parts.source, query);
  }

  // --- answers ---

  /** An answer that comes when another has begun is too late, and dropped. */
  #send({ head, body }: AdminAnswer, request: Question, reply: Reply): void {
    if (reply.isOver || reply.hasBegun) return;
    const hasBody = request.method !== "HEAD";
    if (request.body === "large" || request.body === "unclear") {
      reply.sendAndClose(head, body, hasBody, request.body === "unclear");
    } else if (hasBody) {
      this.#held.send(head, body, reply);
    } else {
      reply.sendHead(head, body.length);
    }
  }

  /** A bug of ours costs its own request: an exception that reached a transport would end us all. */
  #recover(error: unknown, request: Question, reply: Reply): void {
    this.#parts.onBug(error, request.path);
    if (reply.hasBegun && !reply.isOver) reply.cut();
    else this.#send(answerText(500, "something went wrong; the log says what"), request, reply);
  }
}

/** RFC 7617 section 2.1. A browser then asks for the password, and remembers it. */
const CHALLENGE = [["WWW-Authenticate", 'Basic realm="Sluice", charset="UTF-8"']] as const;

/** RFC 9110 section 10.2.1: what may be done here, with a 405. */
const ALLOW = [["Allow", "GET, HEAD"]] as const;

const NOTHING = `nothing is here; there is ${[...ROUTES.keys()].join(", ")}`;
const HELD = "others have not taken their answers yet; try again in a moment";
const VIEWERS = "as many watch as can; try again in a moment";

function judgeReading(method: string): AdminAnswer | undefined {
  const verdict = judgeMethod(method);
  if (verdict.kind === "serve") return undefined;
  const isKnown = verdict.kind === "describe" || verdict.fault === "METHOD_NOT_ALLOWED";
  return isKnown
    ? answerText(405, "this port can only be read", ALLOW)
    : answerText(501, "this method is not known");
}
