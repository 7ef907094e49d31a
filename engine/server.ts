/**
 * One request, as a list of steps that may answer early.
 *
 * 0. express    an answer at hand: see express-desk.ts
 * 1. refuse     unclear framing, a Host that is none, a method not for files, a body nobody asked for
 * 2. ticket     everything up to step 8 was found out before and still holds
 * 3. host       which root
 * 4. path       rooted, or refused
 * 5. rules      a redirect, a rewrite, fields, error pages
 * 6. file       from the table, else from a reader; or a folder, or the app's page
 * 7. coding     the file or one of its precompressed siblings
 * 8. prepare    the heads, kept as a ticket
 * 9. respond    protocol/respond weighs preconditions and ranges; delivery.ts does the rest
 *
 * Owns: the order of questions. Knows no socket and no system call.
 */
import { isForgotten } from "../fs/file-table.js";
import { contentTypeOf } from "../fs/mime.js";
import { isReachable, type OpenFile } from "../fs/open-file.js";
import { type PathVerdict, toRooted, toWire } from "../fs/paths.js";
import type { DownloadCounter } from "../metrics/download-counter.js";
import { type Answer, createAnswer } from "../protocol/answer.js";
import { corsFields, preflightFields } from "../protocol/cors.js";
import { FAULTS, type FaultCode } from "../protocol/faults.js";
import { buildHead, type Field, type Head } from "../protocol/head.js";
import { type ListingFormat, parseListingQuery } from "../protocol/listing-query.js";
import { judgeMethod } from "../protocol/methods.js";
import { chooseCoding } from "../protocol/negotiation.js";
import { withQuery } from "../protocol/path-target.js";
import { type RedirectStatus, redirectTo } from "../protocol/redirect.js";
import { describeMethods, type Representation, respond, wholeBody } from "../protocol/respond.js";
import { type Effects, matchRules, NO_EFFECTS } from "../protocol/rules.js";
import { isAppRoute } from "../protocol/spa.js";
import { Delivery } from "./delivery.js";
import { ExpressDesk } from "./express/express-desk.js";
import type { LaneState } from "./express/express-lane.js";
import {
  decodedPath,
  Finder,
  type Found,
  type FoundFile,
  type Place,
  type Sibling,
} from "./finder.js";
import { HostCheck } from "./host-check.js";
import type { WrittenListing } from "./listings/listings.js";
import { beginOperation } from "./operations/arrival.js";
import { type PreparedFile, prepareMiss, representListing } from "./prepared.js";
import { Preparer } from "./preparer.js";
import { type FileRequest, isPlain, type Request, readRequest } from "./request.js";
import type { ServerParts, SiteSettings } from "./server-parts.js";
import { errorPageFields, listingFields, redirectFields } from "./site-fields.js";
import { createTicket, fileOf, Trail } from "./ticket.js";
import type { Trace } from "./trace.js";
import type { Ask, Handler, Ready, Reply } from "./transport/exchange.js";

/** A request on its way through the steps: what was found out so far. */
interface Walk {
  readonly request: FileRequest;
  readonly reply: Reply;
  readonly trail: Trail;
  readonly startMs: number;
  readonly root: string;
  /** Where the client's path leads. */
  readonly asked: Place;
  /** The same, or where a rule leads in its place. */
  readonly place: Place;
  readonly effects: Effects;
}

/** What is needed to say no. */
type Refused = Pick<Walk, "request" | "reply" | "trail" | "root" | "effects">;

/** What answers for a target, and where it is counted. */
interface Servable {
  readonly prepared: PreparedFile;
  readonly file: OpenFile;
  readonly download: DownloadCounter | undefined;
}

/** Where a client is sent. */
interface Elsewhere {
  readonly status: RedirectStatus;
  /** Without the request's query. */
  readonly location: string;
  readonly cacheControl?: string | undefined;
}

const OF_A_MISS = { source: undefined, download: undefined } as const;

/** A file that changes again and again as we look is busy: two more looks, then a 503. */
const MORE_LOOKS = 2;

export class FileServer implements Handler {
  readonly #parts: ServerParts;
  readonly #site: SiteSettings;
  readonly #desk: ExpressDesk;
  readonly #hosts = new HostCheck();
  readonly #finder: Finder;
  readonly #delivery: Delivery;
  readonly #preparer: Preparer;
  readonly #trace: Trace | undefined;

  constructor(parts: ServerParts) {
    const { table, site, policy, counters, listings } = parts;
    this.#parts = parts;
    this.#site = site;
    this.#trace = parts.trace;
    const onStaleSibling = (): void => {
      counters.staleSiblings++;
    };
    const hasListings = listings !== undefined;
    this.#finder = new Finder(table, { ...site, hasListings, onStaleSibling });
    this.#preparer = new Preparer(site, parts.downloads);
    const errorPageFor = (code: FaultCode, { accept, origin }: Request): Answer =>
      policy.errorPages(code, accept, corsFields(site.fields.origins, origin));
    this.#delivery = new Delivery({ ...parts, errorPageFor });
    const shared = { hosts: this.#hosts, preparer: this.#preparer, delivery: this.#delivery };
    this.#desk = new ExpressDesk(parts, shared);
  }

  express(ask: Ask): Ready | undefined {
    return this.#desk.express(ask);
  }

  sent(ready: Ready): void {
    this.#desk.sent(ready);
  }

  finish(ask: Ask, ready: Ready, takenBytes: number, reply: Reply): void {
    this.#desk.finish(ask, ready, takenBytes, reply);
  }

  /** What the express desk has for a request, for whoever wonders. */
  peek(ask: Ask): LaneState {
    return this.#desk.peek(ask);
  }

  handle(ask: Ask, reply: Reply): void {
    const operation = beginOperation(ask, this.#parts.nowMs(), this.#parts);
    const request = readRequest(ask, operation);
    this.#delivery.watchForLeaving(operation, reply);
    try {
      this.#begin(request, reply);
    } catch (error) {
      this.#recover(error, request, reply);
    }
  }

  // --- steps 1 and 2: no waiting ---

  #begin(request: Request, reply: Reply): void {
    if (request.body === "unclear") return this.#fail("BAD_FRAMING", request, reply);
    if (!this.#hosts.isGood(request.host)) return this.#refuseHost(request, reply);
    const method = judgeMethod(request.method);
    if (method.kind === "refuse") return this.#fail(method.fault, request, reply);
    if (request.body === "large") return this.#fail("CONTENT_TOO_LARGE", request, reply);
    if (method.kind === "describe") return this.#describe(request, reply);

    const fileRequest = request as FileRequest; // as its method was just judged
    const ticket = this.#desk.lane.find(fileRequest);
    const file = ticket === undefined ? undefined : fileOf(ticket);
    if (ticket?.prepared.kind === "file" && file !== undefined) {
      const { prepared, download } = ticket;
      this.#respond({ prepared, file, download }, fileRequest, reply, () =>
        this.#walkOn(fileRequest, reply, MORE_LOOKS - 1),
      );
    } else {
      this.#walkOn(fileRequest, reply, MORE_LOOKS);
    }
  }

  #refuseHost(request: Request, reply: Reply): void {
    this.#trace?.hosted(request.host, "BAD_HOST");
    this.#fail("BAD_HOST", request, reply);
  }

  #describe(request: Request, reply: Reply): void {
    const { origins, everywhere } = this.#site.fields;
    const { origin, requestedMethod } = request;
    const cors = preflightFields(origins, origin, requestedMethod) ?? corsFields(origins, origin);
    this.#delivery.send(describeMethods([...everywhere, ...cors]), request, reply);
  }

  // --- steps 3 to 9: may wait for a reader ---

  #walkOn(request: FileRequest, reply: Reply, looks: number): void {
    this.#walk(request, reply, looks).catch((error: unknown) =>
      this.#recover(error, request, reply),
    );
  }

  async #walk(request: FileRequest, reply: Reply, looks: number): Promise<void> {
    const startMs = this.#parts.nowMs();
    const trail = new Trail(request.operation, this.#parts.nowMs);
    const root = await this.#rootFor(request, trail);
    if (reply.isOver) return;
    this.#trace?.hosted(request.host, root);
    if (isFault(root)) return this.#fail(root, request, reply);

    const asked = toRooted(request.path);
    this.#trace?.asked(request.path, asked);
    if (asked.kind !== "rooted") return this.#refuse(asked.kind, { request, reply, trail, root });

    const effects = matchRules(this.#site.rules, decodedPath(asked));
    this.#trace?.ruled(decodedPath(asked));
    if (effects.redirect !== undefined) {
      return this.#sendElsewhere(effects.redirect, { request, reply, effects });
    }
    const place = effects.rewrite === undefined ? asked : toRooted(effects.rewrite);
    if (effects.rewrite !== undefined) this.#trace?.rewritten(effects.rewrite, place);
    if (place.kind !== "rooted") {
      const refused = { request, reply, trail, root, effects };
      return this.#failWithPage(REFUSED_PATH[place.kind], refused);
    }
    await this.#find({ request, reply, trail, startMs, root, asked, place, effects }, looks);
  }

  /** A rewrite may lose the slash of the client's path: whoever asked for a folder gets it nevertheless. */
  async #find(walk: Walk, looks: number): Promise<void> {
    const { reply, trail, root, asked, place } = walk;
    const found = await this.#finder.find(root, place, trail);
    if (found.kind === "needs slash" && asked.trailingSlash) {
      return this.#find({ ...walk, place: { ...place, trailingSlash: true } }, looks);
    }
    this.#trace?.found(found, place, root);
    if (!reply.isOver) await this.#answer(found, walk, looks);
  }

  async #rootFor({ host }: FileRequest, trail: Trail): Promise<string | FaultCode> {
    const { root, hostsDir } = this.#site;
    return hostsDir === "" ? root : this.#finder.rootFor(hostsDir, host, trail);
  }

  async #answer(found: Found, walk: Walk, looks: number): Promise<void> {
    switch (found.kind) {
      case "file":
        return this.#answerFile(found, walk, looks, false);
      case "needs slash":
        return this.#sendElsewhere({ status: 301, location: toWire(walk.asked.path, true) }, walk);
      case "folder":
        return this.#answerFolder(walk);
      case "fault":
        return this.#answerFault(found.code, walk, looks);
    }
  }

  async #answerFile(
    found: FoundFile,
    walk: Walk,
    looks: number,
    isStandIn: boolean,
  ): Promise<void> {
    const { request, reply, trail, root, asked, place, effects } = walk;
    const siblings = await this.#finder.siblingsOf(root, found, trail);
    if (reply.isOver) return;
    const chosen = choose(found, siblings, request.acceptEncoding);
    this.#trace?.negotiated(found, siblings, chosen.coding);
    if (!isReachable(chosen.file)) return this.#lookAgain(walk, looks);
    const isNegotiated = found.siblings !== 0;
    const filePath = found.entry.path;
    const about = {
      path: decodedPath(asked),
      place: decodedPath(place),
      filePath,
      effects,
      origin: request.origin,
      isNegotiated,
      isStandIn,
    };
    const { file, coding } = chosen;
    const prepared = this.#preparer.prepare(file, coding, about, this.#timing(walk));
    this.#trace?.prepared(about, prepared.representation);
    const download = this.#preparer.counterOf(filePath, root);
    const source = chosen.entry;
    const ticket = createTicket(trail.witnesses, { prepared, source, download });
    const isOfUse = trail.witnesses.every(({ entry }) => !isForgotten(entry));
    const isKept = isOfUse && !isStandIn && !this.#site.hasServerTiming;
    if (isKept) this.#desk.lane.remember(request, decodedPath(asked), ticket, isNegotiated);

    this.#respond({ prepared, file: chosen.file, download }, request, reply, () =>
      this.#lookAgain(walk, looks),
    );
  }

  /** The file changed, or was forgotten while we waited for something else. */
  #lookAgain({ request, reply }: Walk, looks: number): void {
    this.#trace?.looksAgain();
    if (looks === 0) this.#fail("FILE_CHANGED", request, reply);
    else this.#walkOn(request, reply, looks - 1);
  }

  #respond(
    { prepared, file, download }: Servable,
    request: FileRequest,
    reply: Reply,
    onChanged: () => void,
  ): void {
    const { representation } = prepared;
    const answer = isPlain(request)
      ? createAnswer(prepared.whole, wholeBody(representation))
      : this.#weigh(request, representation, prepared.whole);
    const { status } = answer.head;
    const isDownload = request.method === "GET" && (status === 200 || status === 206);
    if (isDownload && download !== undefined) request.operation.downloads(download, status === 206);
    this.#delivery.sendFile(answer, file, request, reply, onChanged);
  }

  #weigh(request: FileRequest, representation: Representation, whole?: Head): Answer {
    const nowMs = Date.now();
    this.#trace?.weighed(request, representation, nowMs);
    return respond(request, representation, this.#parts.policy, nowMs, whole);
  }

  /** A listing is written to a file of its own first: it may be long, and its reader slow. */
  async #answerFolder(walk: Walk): Promise<void> {
    const { request, reply, trail, root, place } = walk;
    const { view, format } = parseListingQuery(request.query, request.accept);
    const order = { root, folder: place.path, view, format };
    trail.waits();
    const listing = await this.#parts.listings!.write(order);
    trail.waited();
    try {
      if (reply.isOver) return;
      if (isFault(listing)) return await this.#failWithPage(listing, walk);
      this.#sendListing(listing, format, walk);
    } finally {
      if (!isFault(listing)) this.#parts.table.release(listing.file);
    }
  }

  #sendListing(listing: WrittenListing, format: ListingFormat, walk: Walk): void {
    const { request, reply, effects } = walk;
    const said = listingFields(this.#site.fields, format, effects, request.origin);
    const fields = [...said, ...this.#timing(walk)];
    const representation = representListing(listing, format, fields);
    const answer = this.#weigh(request, representation);
    this.#delivery.sendFile(answer, listing.file, request, reply, () =>
      this.#fail("FILE_CHANGED", request, reply),
    );
  }

  // --- when there is nothing, or it cannot be had ---

  async #answerFault(code: FaultCode, walk: Walk, looks: number): Promise<void> {
    const { request, reply, trail, asked, effects } = walk;
    if (code === "FILE_MISSING") {
      const app = await this.#findAppPage(walk);
      this.#trace?.stoodIn(app, decodedPath(walk.place));
      if (reply.isOver) return;
      if (app !== undefined) return this.#answerFile(app, walk, looks, true);
    }
    if (code === "FILE_MISSING" && effects === NO_EFFECTS && this.#site.appPage === "") {
      const miss = prepareMiss(this.#delivery.errorPage(code, { ...request, accept: "" }));
      const ticket = createTicket(trail.witnesses, { prepared: miss, ...OF_A_MISS });
      this.#desk.lane.remember(request, decodedPath(asked), ticket, false);
    }
    return this.#failWithPage(code, walk);
  }

  async #findAppPage({ request, root, place, trail }: Walk): Promise<FoundFile | undefined> {
    const { appPage } = this.#site;
    const { method, accept } = request;
    if (appPage === "" || !isAppRoute({ method, path: decodedPath(place), accept })) {
      return undefined;
    }
    return this.#findPage(appPage, root, trail);
  }

  async #findPage(wire: string, root: string, trail: Trail): Promise<FoundFile | undefined> {
    const place = toRooted(wire);
    if (place.kind !== "rooted") return undefined;
    const found = await this.#finder.find(root, place, trail);
    return found.kind === "file" ? found : undefined;
  }

  /** A hidden path is decoded and matched like any other, or its 404 would tell that it is hidden. */
  async #refuse(kind: keyof typeof REFUSED_PATH, walk: Omit<Refused, "effects">): Promise<void> {
    const { request, reply } = walk;
    if (kind === "malformed") return this.#fail(REFUSED_PATH[kind], request, reply);
    const effects = matchRules(this.#site.rules, decodeURIComponent(request.path));
    return this.#failWithPage(REFUSED_PATH[kind], { ...walk, effects });
  }

  async #failWithPage(code: FaultCode, walk: Refused): Promise<void> {
    const page = walk.effects.errorPages.get(FAULTS[code].status);
    if (page !== undefined) return this.#answerWithPage(code, page, walk);
    this.#fail(code, walk.request, walk.reply);
  }

  /** The operator's own page for a status. */
  async #answerWithPage(code: FaultCode, wire: string, walk: Refused): Promise<void> {
    const { request, reply, root, trail, effects } = walk;
    const found = await this.#findPage(wire, root, trail);
    this.#trace?.paged(code, wire, found);
    if (reply.isOver) return;
    if (found === undefined) return this.#fail(code, request, reply);
    const mediaType = contentTypeOf(found.entry.path);
    const fields = errorPageFields(this.#site.fields, code, mediaType, effects, request.origin);
    const head = buildHead(FAULTS[code].status, fields);
    const answer = createAnswer(head, wholeBody({ sizeBytes: found.file.sizeBytes }));
    this.#parts.report(code, request.path);
    this.#delivery.sendFile(answer, found.file, request, reply, () =>
      this.#fail(code, request, reply),
    );
  }

  #sendElsewhere(
    { status, location, cacheControl }: Elsewhere,
    { request, reply, effects }: Pick<Walk, "request" | "reply" | "effects">,
  ): void {
    const fields = redirectFields(this.#site.fields, effects, cacheControl, request.origin);
    const answer = redirectTo(status, withQuery(location, request.query), fields);
    this.#delivery.send(answer, request, reply);
  }

  /** The draft Server-Timing of W3C: how long it took to find what is now sent. */
  #timing({ startMs }: Walk): Field[] {
    if (!this.#site.hasServerTiming) return [];
    const tookMs = this.#parts.nowMs() - startMs;
    return [["Server-Timing", `find;dur=${tookMs.toFixed(3)}`]];
  }

  #fail(code: FaultCode, request: Request, reply: Reply): void {
    this.#delivery.fail(code, request, reply);
  }

  /** A bug of ours costs its own request: an exception that reached a transport would end us all. */
  #recover(error: unknown, request: Request, reply: Reply): void {
    this.#parts.onBug(error, request.path);
    if (reply.isOver) return;
    if (reply.hasBegun) reply.cut();
    else this.#fail("SERVER_BUG", request, reply);
  }
}

const REFUSED_PATH = {
  malformed: "BAD_PATH",
  hidden: "FILE_HIDDEN",
  missing: "FILE_MISSING",
} as const satisfies Record<Exclude<PathVerdict["kind"], "rooted">, FaultCode>;

const isFault = (outcome: unknown): outcome is FaultCode =>
  typeof outcome === "string" && Object.hasOwn(FAULTS, outcome);

function choose(found: FoundFile, siblings: readonly Sibling[], acceptEncoding: string) {
  const coding = chooseCoding(
    acceptEncoding,
    siblings.map((sibling) => sibling.coding),
  );
  const { entry, file } = siblings.find((sibling) => sibling.coding === coding) ?? found;
  return { coding, entry, file };
}
