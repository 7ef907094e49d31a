/**
 * One request, as a list of steps that may answer early.
 *
 * 0. express    an answer at hand: see express-desk.ts
 * 1. refuse     unclear framing, a Host that is none, a method not for files, a body nobody asked for
 * 2. ticket     everything up to step 8 was found out before and still holds
 * 3. host       which root
 * 4. path       rooted, or refused
 * 5. rules      a redirect, a rewrite, fields, error pages
 * 6. file       from the table, else from a reader; or a folder's listing, or the app's page
 * 7. coding     the file or one of its precompressed siblings
 * 8. prepare    the heads, kept as a ticket
 * 9. respond    protocol/respond weighs preconditions and ranges; delivery.ts does the rest
 *
 * Who is not given a file is given what stands in for it: stand-ins.ts. Owns: the order of questions.
 * Knows no socket and no system call.
 */
import { type Entry, isForgotten } from "../fs/file-table.js";
import { isReachable, type OpenFile } from "../fs/open-file.js";
import { toRooted } from "../fs/paths.js";
import type { DownloadCounter } from "../metrics/download-counter.js";
import { type Answer, createAnswer } from "../protocol/answer.js";
import { corsFields, preflightFields } from "../protocol/cors.js";
import { FAULTS, type FaultCode } from "../protocol/faults.js";
import type { Field, Head } from "../protocol/head.js";
import { type ListingFormat, parseListingQuery } from "../protocol/listing-query.js";
import { judgeMethod } from "../protocol/methods.js";
import { type Coding, rankCodings } from "../protocol/negotiation.js";
import { describeMethods, type Representation, respond, wholeBody } from "../protocol/respond.js";
import { matchRules } from "../protocol/rules.js";
import { Delivery } from "./delivery.js";
import { ExpressDesk } from "./express/express-desk.js";
import type { LaneState } from "./express/express-lane.js";
import { codingsBeside, decodedPath, Finder, type FoundFile } from "./finder.js";
import { HostCheck } from "./host-check.js";
import type { WrittenListing } from "./listings/listings.js";
import { beginOperation } from "./operations/arrival.js";
import { type PreparedFile, representListing } from "./prepared.js";
import { Preparer } from "./preparer.js";
import { type FileRequest, isPlain, type Request, readRequest } from "./request.js";
import type { ServerParts, SiteSettings } from "./server-parts.js";
import { listingFields } from "./site-fields.js";
import { StandIns } from "./stand-ins.js";
import { createFileTicket, fileOf, Trail } from "./ticket.js";
import type { Trace } from "./trace.js";
import type { Ask, Handler, Ready, Reply } from "./transport/exchange.js";
import type { Walk } from "./walk.js";

/** The file that is sent, or one of its siblings. */
interface Chosen {
  readonly coding: Coding;
  readonly entry: Entry;
  readonly file: OpenFile;
}

/** What answers for a target, and where it is counted. */
interface Servable {
  readonly prepared: PreparedFile;
  readonly file: OpenFile;
  readonly download: DownloadCounter | undefined;
}

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
  readonly #standIns: StandIns;
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
    this.#standIns = new StandIns({
      site,
      finder: this.#finder,
      delivery: this.#delivery,
      lane: this.#desk.lane,
      report: parts.report,
      trace: parts.trace,
    });
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
    const known = this.#findTicket(fileRequest);
    if (known === undefined) return this.#walkOn(fileRequest, reply, MORE_LOOKS);
    const onChanged = (): void => this.#walkOn(fileRequest, reply, MORE_LOOKS - 1);
    this.#respond(known, fileRequest, reply, onChanged);
  }

  /**
   * Of a file: a miss that comes this way may want another page than the one at hand. Whoever looked at
   * its siblings may have closed it for them.
   */
  #findTicket(request: FileRequest): Servable | undefined {
    const ticket = this.#desk.lane.find(request);
    if (ticket?.head === undefined) return undefined;
    const file = fileOf(ticket);
    if (file === undefined || !isReachable(file)) return undefined;
    const { prepared, download } = ticket;
    return { prepared, file, download };
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

  #walkOn(request: FileRequest, reply: Reply, moreLooks: number): void {
    const { table, nowMs } = this.#parts;
    const trail = new Trail(request.operation, table, nowMs);
    this.#walk(request, reply, trail, moreLooks)
      .catch((error: unknown) => this.#recover(error, request, reply))
      .finally(() => trail.end());
  }

  /** Steps 3 to 5: where to look. */
  async #walk(request: FileRequest, reply: Reply, trail: Trail, moreLooks: number): Promise<void> {
    const startMs = this.#parts.nowMs();
    const root = await this.#rootFor(request, trail);
    if (reply.isOver) return;
    this.#trace?.hosted(request.host, root);
    if (isFault(root)) return this.#fail(root, request, reply);

    const asked = toRooted(request.path);
    this.#trace?.asked(request.path, asked);
    if (asked.kind !== "rooted") {
      return this.#standIns.refuseAsked(asked.kind, { request, reply, trail, root });
    }
    const effects = matchRules(this.#site.rules, decodedPath(asked));
    this.#trace?.ruled(decodedPath(asked));
    if (effects.redirect !== undefined) {
      return this.#standIns.sendElsewhere(effects.redirect, { request, reply, effects });
    }
    const place = effects.rewrite === undefined ? asked : toRooted(effects.rewrite);
    if (effects.rewrite !== undefined) this.#trace?.rewritten(effects.rewrite, place);
    if (place.kind !== "rooted") {
      return this.#standIns.refuse(place.kind, { request, reply, trail, root, effects });
    }
    const walk = { request, reply, trail, startMs, moreLooks, root, asked, place, effects };
    return this.#find(walk);
  }

  async #rootFor({ host }: FileRequest, trail: Trail): Promise<string | FaultCode> {
    const { root, hostsDir } = this.#site;
    return hostsDir === "" ? root : this.#finder.rootFor(hostsDir, host, trail);
  }

  /** Step 6: what answers there. */
  async #find(walk: Walk): Promise<void> {
    const { reply, trail, root, asked, place } = walk;
    const found = await this.#finder.find(root, place, trail);
    // A rewrite may lose the slash of the client's path: whoever asked for a folder gets it nevertheless.
    if (found.kind === "needs slash" && asked.trailingSlash) return this.#find(withSlash(walk));
    this.#trace?.found(found, place, root);
    if (reply.isOver) return;
    if (found.kind === "file") return this.#answerFile(found, walk, false);
    if (found.kind === "folder") return this.#answerFolder(walk);
    if (found.kind === "needs slash") return this.#standIns.sendToFolder(walk);

    const app = await this.#standIns.appPageFor(found.code, walk);
    if (reply.isOver) return;
    if (app !== undefined) return this.#answerFile(app, walk, true);
    return this.#standIns.failToFind(found.code, walk);
  }

  /** Steps 7 to 9: a file answers. */
  async #answerFile(found: FoundFile, walk: Walk, isStandIn: boolean): Promise<void> {
    const { request, reply, trail, root } = walk;
    const wanted = rankCodings(request.acceptEncoding, codingsBeside(found));
    const sibling = await this.#finder.freshSibling(root, found, wanted, trail);
    if (reply.isOver) return;
    const chosen: Chosen = sibling ?? { coding: "identity", entry: found.entry, file: found.file };
    this.#trace?.negotiated(found, wanted, chosen.coding);
    if (!isReachable(chosen.file)) return this.#lookAgain(walk);
    const servable = this.#prepare(found, chosen, walk, isStandIn);
    this.#respond(servable, request, reply, () => this.#lookAgain(walk));
  }

  #prepare(found: FoundFile, chosen: Chosen, walk: Walk, isStandIn: boolean): Servable {
    const { request, trail, root, asked, place, effects } = walk;
    const { file, coding } = chosen;
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
    const prepared = this.#preparer.prepare(file, coding, about, this.#timing(walk));
    this.#trace?.prepared(about, prepared.representation);
    const download = this.#preparer.counterOf(filePath, root);

    const isOfUse = trail.witnesses.every(({ entry }) => !isForgotten(entry));
    if (isOfUse && !isStandIn && !this.#site.hasServerTiming) {
      const ticket = createFileTicket(trail.witnesses, {
        prepared,
        source: chosen.entry,
        download,
      });
      this.#desk.lane.remember(request, about.path, ticket, isNegotiated);
    }
    return { prepared, file, download };
  }

  /** The file changed, or was forgotten while we waited for something else. */
  #lookAgain({ request, reply, moreLooks }: Walk): void {
    this.#trace?.looksAgain();
    if (moreLooks === 0) this.#fail("FILE_CHANGED", request, reply);
    else this.#walkOn(request, reply, moreLooks - 1);
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
      if (isFault(listing)) return await this.#standIns.fail(listing, walk);
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

const withSlash = (walk: Walk): Walk => ({
  ...walk,
  place: { ...walk.place, trailingSlash: true },
});

const isFault = (outcome: unknown): outcome is FaultCode =>
  typeof outcome === "string" && Object.hasOwn(FAULTS, outcome);
