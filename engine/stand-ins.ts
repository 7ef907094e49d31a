/**
 * Stand-ins: what is sent in place of a file that is not there, or that cannot be had.
 *
 * elsewhere   a redirect, of a rule or to a folder's slash
 * app         the single-page app's page; only looked for here, and sent like any other file
 * no          the operator's page for the status, else ours
 *
 * Owns no state. Does not know why there is no file: it is told a fault.
 */
import { contentTypeOf } from "../fs/mime.js";
import { isReachable } from "../fs/open-file.js";
import { type PathVerdict, toRooted, toWire } from "../fs/paths.js";
import { createAnswer } from "../protocol/answer.js";
import { FAULTS, type FaultCode } from "../protocol/faults.js";
import { buildHead } from "../protocol/head.js";
import { withQuery } from "../protocol/path-target.js";
import { type RedirectStatus, redirectTo } from "../protocol/redirect.js";
import { wholeBody } from "../protocol/respond.js";
import { matchRules, NO_EFFECTS } from "../protocol/rules.js";
import { isAppRoute } from "../protocol/spa.js";
import type { Delivery } from "./delivery.js";
import type { ExpressLane } from "./express/express-lane.js";
import { decodedPath, type Finder, type FoundFile } from "./finder.js";
import { prepareMiss } from "./prepared.js";
import type { Request } from "./request.js";
import type { ServerParts, SiteSettings } from "./server-parts.js";
import { errorPageFields, redirectFields } from "./site-fields.js";
import { createMissTicket, type Trail } from "./ticket.js";
import type { Trace } from "./trace.js";
import type { Reply } from "./transport/exchange.js";
import type { Redirected, Refused, Walk } from "./walk.js";

export interface StandInParts {
  readonly site: Pick<SiteSettings, "appPage" | "rules" | "fields">;
  readonly finder: Pick<Finder, "find">;
  readonly delivery: Pick<Delivery, "send" | "sendFile" | "fail" | "errorPage">;
  readonly lane: Pick<ExpressLane, "remember">;
  readonly report: ServerParts["report"];
  readonly trace: Trace | undefined;
}

/** Where a client is sent. */
interface Elsewhere {
  readonly status: RedirectStatus;
  /** Without the request's query. */
  readonly location: string;
  readonly cacheControl?: string | undefined;
}

/** Why a path leads nowhere. */
type Refusal = Exclude<PathVerdict["kind"], "rooted">;

export class StandIns {
  readonly #parts: StandInParts;
  readonly #site: StandInParts["site"];

  constructor(parts: StandInParts) {
    this.#parts = parts;
    this.#site = parts.site;
  }

  // --- elsewhere ---

  sendElsewhere(
    { status, location, cacheControl }: Elsewhere,
    { request, reply, effects }: Redirected,
  ): void {
    const fields = redirectFields(this.#site.fields, effects, cacheControl, request.origin);
    const answer = redirectTo(status, withQuery(location, request.query), fields);
    this.#parts.delivery.send(answer, request, reply);
  }

  /** A folder was asked for without the slash at its end. */
  sendToFolder(walk: Walk): void {
    this.sendElsewhere({ status: 301, location: toWire(walk.asked.path, true) }, walk);
  }

  // --- the app's page ---

  /** The page that answers in place of what is not there; undefined where none stands in. */
  async appPageFor(code: FaultCode, walk: Walk): Promise<FoundFile | undefined> {
    if (code !== "FILE_MISSING") return undefined;
    const page = await this.#findAppPage(walk);
    this.#parts.trace?.stoodIn(page, decodedPath(walk.place));
    return page;
  }

  async #findAppPage({ request, root, place, trail }: Walk): Promise<FoundFile | undefined> {
    const { appPage } = this.#site;
    const { method, accept } = request;
    if (appPage === "" || !isAppRoute({ method, path: decodedPath(place), accept })) {
      return undefined;
    }
    return this.#findPage(appPage, root, trail);
  }

  // --- no ---

  /** The path of the client is refused. */
  async refuseAsked(kind: Refusal, walk: Omit<Refused, "effects">): Promise<void> {
    const { request, reply } = walk;
    if (kind === "malformed") return this.#failPlainly(REFUSED_PATH[kind], request, reply);
    // A hidden one is decoded and matched like any other, or its 404 would tell that it is hidden.
    const effects = matchRules(this.#site.rules, decodeURIComponent(request.path));
    return this.refuse(kind, { ...walk, effects });
  }

  /** The path is refused that a rule put in its place. */
  async refuse(kind: Refusal, walk: Refused): Promise<void> {
    return this.fail(REFUSED_PATH[kind], walk);
  }

  /** Nothing was found at a place: a miss that its path alone decides is at hand from now on. */
  async failToFind(code: FaultCode, walk: Walk): Promise<void> {
    if (code === "FILE_MISSING" && walk.effects === NO_EFFECTS && this.#site.appPage === "") {
      this.#keepMiss(code, walk);
    }
    return this.fail(code, walk);
  }

  /** Says no, with the operator's page for it if there is one. */
  async fail(code: FaultCode, walk: Refused): Promise<void> {
    const page = walk.effects.errorPages.get(FAULTS[code].status);
    if (page !== undefined) return this.#failWithPage(code, page, walk);
    this.#failPlainly(code, walk.request, walk.reply);
  }

  #keepMiss(code: FaultCode, { request, trail, asked }: Walk): void {
    const { delivery, lane } = this.#parts;
    const miss = prepareMiss(delivery.errorPage(code, { ...request, accept: "" }));
    const ticket = createMissTicket(trail.witnesses, miss);
    lane.remember(request, decodedPath(asked), ticket, false);
  }

  async #failWithPage(code: FaultCode, wire: string, walk: Refused): Promise<void> {
    const { request, reply, root, trail, effects } = walk;
    const { delivery, report, trace } = this.#parts;
    const found = await this.#findPage(wire, root, trail);
    trace?.paged(code, wire, found);
    if (reply.isOver) return;
    const isAtHand = found !== undefined && isReachable(found.file);
    if (!isAtHand) return this.#failPlainly(code, request, reply);
    const mediaType = contentTypeOf(found.entry.path);
    const fields = errorPageFields(this.#site.fields, code, mediaType, effects, request.origin);
    const head = buildHead(FAULTS[code].status, fields);
    const answer = createAnswer(head, wholeBody({ sizeBytes: found.file.sizeBytes }));
    report(code, request.path);
    delivery.sendFile(answer, found.file, request, reply, () =>
      this.#failPlainly(code, request, reply),
    );
  }

  /** With a page of ours. */
  #failPlainly(code: FaultCode, request: Request, reply: Reply): void {
    this.#parts.delivery.fail(code, request, reply);
  }

  async #findPage(wire: string, root: string, trail: Trail): Promise<FoundFile | undefined> {
    const place = toRooted(wire);
    if (place.kind !== "rooted") return undefined;
    const found = await this.#parts.finder.find(root, place, trail);
    return found.kind === "file" ? found : undefined;
  }
}

const REFUSED_PATH = {
  malformed: "BAD_PATH",
  hidden: "FILE_HIDDEN",
  missing: "FILE_MISSING",
} as const satisfies Record<Refusal, FaultCode>;
