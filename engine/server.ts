/**
 * One request, as a list of steps that may answer early.
 *
 * 0. express    an answer at hand: see express-lane.ts
 * 1. refuse     unclear framing, a method that is not for files, a body nobody asked for
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
import type { FileTable } from "../fs/file-table.js";
import { contentTypeOf } from "../fs/mime.js";
import { isReachable, type OpenFile } from "../fs/open-file.js";
import { type PathVerdict, toRooted, toWire } from "../fs/paths.js";
import { type Answer, createAnswer } from "../protocol/answer.js";
import { corsFields, preflightFields } from "../protocol/cors.js";
import { FAULTS, type FaultCode } from "../protocol/faults.js";
import { buildHead, type Field } from "../protocol/head.js";
import { type ListingFormat, parseListingQuery } from "../protocol/listing-query.js";
import { judgeMethod } from "../protocol/methods.js";
import { chooseCoding } from "../protocol/negotiation.js";
import { withQuery } from "../protocol/path-target.js";
import { redirectTo } from "../protocol/redirect.js";
import { describeMethods, type Policy, respond, wholeBody } from "../protocol/respond.js";
import { type Effects, matchRules, NO_EFFECTS, type Rule } from "../protocol/rules.js";
import { isAppRoute } from "../protocol/spa.js";
import { Delivery, type DeliveryParts } from "./delivery.js";
import { ExpressLane } from "./express-lane.js";
import { Finder, type Found, type FoundFile, type Place, type Sibling } from "./finder.js";
import type { Listings, WrittenListing } from "./listings.js";
import { type PreparedFile, prepareFile, prepareMiss, representListing } from "./prepared.js";
import { type FileRequest, isPlain, type Request, readRequest } from "./request.js";
import { FieldBook, type FieldSettings, listingFields } from "./site-fields.js";
import { fileOf, type Ticket, Trail } from "./ticket.js";
import type { Ask, Handler, Ready, Reply } from "./transport/exchange.js";

export interface SiteSettings {
  /** Absolute, without a slash at its end, unless it is "/". Unused when there are hosts. */
  readonly root: string;
  /** A folder of roots, one for each host name; "" when there is one root for all. */
  readonly hostsDir: string;
  /** Name of the file that answers for its folder. */
  readonly index: string;
  /** Wire path of the single-page app's page; "" when there is none. */
  readonly appPage: string;
  readonly hasCleanUrls: boolean;
  /** Each answer says how long it took to find. */
  readonly hasServerTiming: boolean;
  readonly rules: readonly Rule[];
  readonly fields: FieldSettings;
}

export interface ServerParts extends Omit<DeliveryParts, "errorPageFor"> {
  readonly table: FileTable;
  /** Undefined: a folder without an index is a miss. */
  readonly listings: Listings | undefined;
  readonly site: SiteSettings;
  readonly policy: Policy;
  /** Something that cannot happen did: for the log. */
  readonly onBug: (error: unknown, path: string) => void;
  /** The table's clock. */
  readonly nowMs: () => number;
}

/** A request on its way through the steps: what was found out so far. */
interface Walk {
  readonly request: FileRequest;
  readonly reply: Reply;
  readonly trail: Trail;
  readonly startMs: number;
  readonly root: string;
  readonly place: Place;
  readonly effects: Effects;
}

/** A file that changes again and again as we look is busy: one more look, then an answer. */
const LOOKS = 2;

export class FileServer implements Handler {
  readonly #parts: ServerParts;
  readonly #site: SiteSettings;
  readonly #lane: ExpressLane;
  readonly #finder: Finder;
  readonly #delivery: Delivery;
  readonly #fields: FieldBook;

  constructor(parts: ServerParts) {
    const { table, site, policy, counters, listings, nowMs } = parts;
    this.#parts = parts;
    this.#site = site;
    this.#fields = new FieldBook(site.fields);
    const { origins } = site.fields;
    const variesByOrigin = origins !== "*" && origins.length > 0;
    this.#lane = new ExpressLane(
      table,
      { variesByHost: site.hostsDir !== "", variesByOrigin },
      nowMs,
    );
    const onStaleSibling = (): void => {
      counters.staleSiblings++;
    };
    const hasListings = listings !== undefined;
    this.#finder = new Finder(table, { ...site, hasListings, onStaleSibling });
    const errorPageFor = (code: FaultCode, { accept, origin }: Request): Answer =>
      policy.errorPages(code, accept, corsFields(origins, origin));
    this.#delivery = new Delivery({ ...parts, errorPageFor });
  }

  express(ask: Ask): Ready | undefined {
    const ready = this.#lane.answer(ask);
    if (ready !== undefined) this.#parts.counters.answered(ready.head.status);
    return ready;
  }

  handle(ask: Ask, reply: Reply): void {
    const request = readRequest(ask);
    try {
      this.#begin(request, reply);
    } catch (error) {
      this.#recover(error, request, reply);
    }
  }

  finish(rest: Uint8Array, reply: Reply): void {
    this.#delivery.finish(rest, reply);
  }

  // --- steps 1 and 2: no waiting ---

  #begin(request: Request, reply: Reply): void {
    if (request.body === "unclear") return this.#fail("BAD_FRAMING", request, reply);
    const method = judgeMethod(request.method);
    if (method.kind === "refuse") return this.#fail(method.fault, request, reply);
    if (request.body === "large") return this.#fail("CONTENT_TOO_LARGE", request, reply);
    if (method.kind === "describe") return this.#describe(request, reply);

    const fileRequest: FileRequest = { ...request, method: method.method };
    const ticket = this.#lane.find(fileRequest);
    const file = ticket === undefined ? undefined : fileOf(ticket);
    if (ticket?.prepared.kind === "file" && file !== undefined) {
      this.#respond(ticket.prepared, file, fileRequest, reply, () =>
        this.#walkOn(fileRequest, reply, LOOKS - 1),
      );
    } else {
      this.#walkOn(fileRequest, reply, LOOKS);
    }
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
    const trail = new Trail();
    const root = await this.#rootFor(request, trail);
    if (isFault(root)) return this.#fail(root, request, reply);

    const asked = toRooted(request.path);
    if (asked.kind !== "rooted") return this.#fail(REFUSED_PATH[asked.kind], request, reply);

    const effects = matchRules(this.#site.rules, decodedPath(asked));
    if (effects.redirect !== undefined) {
      const { status, location } = effects.redirect;
      return this.#sendElsewhere(status, withQuery(location, request.query), request, reply);
    }
    const place = effects.rewrite === undefined ? asked : toRooted(effects.rewrite);
    if (place.kind !== "rooted") return this.#fail(REFUSED_PATH[place.kind], request, reply);

    const walk: Walk = { request, reply, trail, startMs, root, place, effects };
    const found = await this.#finder.find(root, place, trail);
    if (!reply.isOver) await this.#answer(found, walk, looks);
  }

  async #rootFor({ host }: FileRequest, trail: Trail): Promise<string | FaultCode> {
    const { root, hostsDir } = this.#site;
    return hostsDir === "" ? root : this.#finder.rootFor(hostsDir, host, trail);
  }

  async #answer(found: Found, walk: Walk, looks: number): Promise<void> {
    const { request, reply, place } = walk;
    switch (found.kind) {
      case "file":
        return this.#answerFile(found, walk, looks, false);
      case "needs slash":
        return this.#sendElsewhere(
          301,
          withQuery(toWire(place.path, true), request.query),
          request,
          reply,
        );
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
    const { request, reply, trail, root, place, effects } = walk;
    const siblings = await this.#finder.siblingsOf(root, found, trail);
    if (reply.isOver) return;
    const chosen = choose(found, siblings, request.acceptEncoding);
    if (!isReachable(chosen.file)) return this.#lookAgain(walk, looks);
    const isNegotiated = found.siblings !== 0;
    const filePath = found.entry.path;
    const about = {
      path: decodedPath(place),
      filePath,
      effects,
      origin: request.origin,
      isNegotiated,
      isStandIn,
    };
    const fields = [...this.#fields.forFile(about), ...this.#timing(walk)];
    const guise = { mediaType: contentTypeOf(filePath), coding: chosen.coding, fields };
    const prepared = prepareFile(chosen.file, guise, Date.now());
    const ticket: Ticket = { witnesses: trail.witnesses, prepared, source: chosen.entry };
    const isKept = !isStandIn && !this.#site.hasServerTiming;
    if (isKept) this.#lane.remember(request, ticket, isNegotiated);

    this.#respond(prepared, chosen.file, request, reply, () => this.#lookAgain(walk, looks));
  }

  /** The file changed, or was forgotten while we waited for something else. */
  #lookAgain({ request, reply }: Walk, looks: number): void {
    if (looks === 0) this.#fail("FILE_CHANGED", request, reply);
    else this.#walkOn(request, reply, looks - 1);
  }

  #respond(
    prepared: PreparedFile,
    file: OpenFile,
    request: FileRequest,
    reply: Reply,
    onChanged: () => void,
  ): void {
    const { representation, whole } = prepared;
    const answer = isPlain(request)
      ? createAnswer(whole, wholeBody(representation))
      : respond(request, representation, this.#parts.policy, Date.now(), whole);
    this.#delivery.sendFile(answer, file, request, reply, onChanged);
  }

  /** A listing is written to a file of its own first: it may be long, and its reader slow. */
  async #answerFolder(walk: Walk): Promise<void> {
    const { request, reply, root, place } = walk;
    const { view, format } = parseListingQuery(request.query, request.accept);
    const order = { root, folder: place.path, view, format };
    const listing = await this.#parts.listings!.write(order);
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
    const answer = respond(request, representation, this.#parts.policy, Date.now());
    this.#delivery.sendFile(answer, listing.file, request, reply, () =>
      this.#fail("FILE_CHANGED", request, reply),
    );
  }

  // --- when there is nothing, or it cannot be had ---

  async #answerFault(code: FaultCode, walk: Walk, looks: number): Promise<void> {
    const { request, reply, trail, effects } = walk;
    if (code === "FILE_MISSING") {
      const app = await this.#findAppPage(walk);
      if (reply.isOver) return;
      if (app !== undefined) return this.#answerFile(app, walk, looks, true);
    }
    if (code === "FILE_MISSING" && effects === NO_EFFECTS && this.#site.appPage === "") {
      const miss = prepareMiss(this.#delivery.errorPage(code, { ...request, accept: "" }));
      const ticket: Ticket = { witnesses: trail.witnesses, prepared: miss, source: undefined };
      this.#lane.remember(request, ticket, false);
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

  async #failWithPage(code: FaultCode, walk: Walk): Promise<void> {
    const page = walk.effects.errorPages.get(FAULTS[code].status);
    if (page !== undefined) return this.#answerWithPage(code, page, walk);
    this.#fail(code, walk.request, walk.reply);
  }

  /** The operator's own page for a status. It is no representation of anything: no tag, no ranges. */
  async #answerWithPage(code: FaultCode, wire: string, walk: Walk): Promise<void> {
    const { request, reply, root, trail } = walk;
    const found = await this.#findPage(wire, root, trail);
    if (reply.isOver) return;
    const ours = this.#delivery.errorPage(code, request);
    if (found === undefined) return this.#fail(code, request, reply);
    const type: Field = ["Content-Type", contentTypeOf(found.entry.path)];
    const others = ours.head.fields.filter(([name]: Field) => !OF_OUR_PAGE.has(name.toLowerCase()));
    const head = buildHead(ours.head.status, [type, ...others]);
    const answer = createAnswer(head, wholeBody({ sizeBytes: found.file.sizeBytes }));
    this.#parts.report(code, request.path);
    this.#delivery.sendFile(answer, found.file, request, reply, () =>
      this.#fail(code, request, reply),
    );
  }

  #sendElsewhere(
    status: 301 | 302 | 307 | 308,
    location: string,
    request: Request,
    reply: Reply,
  ): void {
    const { everywhere, origins } = this.#site.fields;
    const fields = [...everywhere, ...corsFields(origins, request.origin)];
    this.#delivery.send(redirectTo(status, location, fields), request, reply);
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

/** Fields that describe our own page and not the operator's. */
const OF_OUR_PAGE = new Set(["content-type", "content-security-policy", "vary"]);

const isFault = (outcome: unknown): outcome is FaultCode =>
  typeof outcome === "string" && Object.hasOwn(FAULTS, outcome);

const decodedPath = ({ path, trailingSlash }: Place): string =>
  path === "" ? "/" : `/${path}${trailingSlash ? "/" : ""}`;

function choose(found: FoundFile, siblings: readonly Sibling[], acceptEncoding: string) {
  const coding = chooseCoding(
    acceptEncoding,
    siblings.map((sibling) => sibling.coding),
  );
  const { entry, file } = siblings.find((sibling) => sibling.coding === coding) ?? found;
  return { coding, entry, file };
}
