/**
 * The steps of one request, written down as they are taken: one sentence each.
 *
 * Told by the server's own steps (trace.ts), so what stands here has happened, and in this order.
 * Owns the list, and which file and which rules had a part.
 */
import type { Entry } from "../../fs/file-table.js";
import { type PathVerdict, toFile } from "../../fs/paths.js";
import type { BodyPart } from "../../protocol/answer.js";
import { FAULTS, type FaultCode } from "../../protocol/faults.js";
import { type Coding, type SiblingCoding, whyCoding } from "../../protocol/negotiation.js";
import { reasonsFor } from "../../protocol/reasons.js";
import type { Representation } from "../../protocol/respond.js";
import { shareRules } from "../../protocol/rule-shares.js";
import { isAppRoute } from "../../protocol/spa.js";
import { codingsAsked } from "../codings-asked.js";
import { codingsBeside, type Found, type FoundFile, type Place } from "../finder.js";
import type { FileRequest } from "../request.js";
import type { ServerParts } from "../server-parts.js";
import type { Circumstances } from "../site-fields.js";
import type { Trace } from "../trace.js";
import { type Ask, fieldName } from "../transport/exchange.js";
import type { Source } from "./explain-reply.js";
import { wordsOfCaching, wordsOfLook, wordsOfRule, wordsOfSiblings } from "./explain-words.js";

/** Which question a step answers. */
export type StepName =
  | "lane"
  | "method"
  | "host"
  | "path"
  | "rules"
  | "table"
  | "file"
  | "coding"
  | "head"
  | "conditions"
  | "page"
  | "fault"
  | "answer";

export interface Step {
  readonly step: StepName;
  /** One sentence. May quote the request: not for HTML without escaping. */
  readonly says: string;
}

const ACCEPT = fieldName("accept");

export class Steps implements Trace {
  readonly list: Step[] = [];
  /** Numbers of the rules that match, from 1. */
  readonly rules: number[] = [];
  /** The file that answers, a sibling included; "" while there is none. */
  file = "";
  coding: Coding = "identity";
  body: readonly BodyPart[] | undefined;
  /** The fault that the log is told of; "" for none. */
  fault: FaultCode | "" = "";
  readonly #ask: Ask;
  readonly #parts: ServerParts;

  constructor(ask: Ask, parts: ServerParts) {
    this.#ask = ask;
    this.#parts = parts;
  }

  note(step: StepName, says: string): void {
    this.list.push({ step, says });
  }

  looked(entry: Entry, source: Source): void {
    this.note("table", wordsOfLook(entry, source, this.#parts.nowMs()));
  }

  failed(code: FaultCode): void {
    const { status, says, log } = FAULTS[code];
    const told = log === "silent" ? "the log is not told" : `the log is told, as ${log}`;
    this.fault = code;
    this.note("fault", `${code}: a client sees ${status}, "${says}"; ${told}`);
  }

  // --- told by the server ---

  hosted(host: string, root: string | FaultCode): void {
    const { hostsDir } = this.#parts.site;
    if (root === "BAD_HOST") this.note("host", `${quote(host)} is no name of a host`);
    else if (hostsDir === "") this.note("host", `every host has the root ${root}`);
    else if (root === "MISDIRECTED")
      this.note("host", `${quote(host)} has no folder in ${hostsDir}`);
    else if (root in FAULTS) this.note("host", `the folder of ${quote(host)} cannot be looked at`);
    else this.note("host", `${quote(host)} has the root ${root}`);
  }

  asked(wire: string, verdict: PathVerdict): void {
    this.#judged(quote(wire), verdict);
  }

  ruled(path: string): void {
    const { rules } = this.#parts.site;
    const shares = shareRules(rules, path);
    if (rules.length === 0) this.note("rules", "there are none");
    else if (shares.length === 0) {
      this.note("rules", `none of ${rules.length} rules matches ${path}`);
    }
    for (const share of shares) {
      this.rules.push(share.number);
      this.note("rules", wordsOfRule(share));
    }
  }

  rewritten(wire: string, verdict: PathVerdict): void {
    this.#judged(`by a rule ${quote(wire)} in its place`, verdict);
  }

  found(found: Found, place: Place, root: string): void {
    this.note("file", this.#wordsOfFound(found, place, root));
  }

  stoodIn(page: FoundFile | undefined, path: string): void {
    const { appPage } = this.#parts.site;
    if (appPage === "") return;
    const miss = { method: this.#ask.method, path, accept: this.#ask.field(ACCEPT) };
    if (page !== undefined) this.note("file", `the app's page ${appPage} stands in`);
    else if (isAppRoute(miss)) this.note("file", `the app's page ${appPage} is not there either`);
    else this.note("file", `the app's page ${appPage} stands in for pages only, and this is none`);
  }

  negotiated(found: FoundFile, wanted: readonly SiblingCoding[], coding: Coding): void {
    const useless = uselessOf(wanted, coding);
    const available = codingsBeside(found).filter((one) => !useless.includes(one));
    this.coding = coding;
    this.note("coding", wordsOfSiblings(found, coding, useless));
    this.note("coding", `${coding} is sent: ${whyCoding(codingsAsked(this.#ask), available)}`);
  }

  prepared(about: Circumstances, { mediaType, etag }: Representation): void {
    this.note("head", wordsOfCaching(about, mediaType));
    if (etag.startsWith("W/")) this.note("head", "the tag is weak: the file was just written to");
  }

  weighed(request: FileRequest, representation: Representation, nowMs: number): void {
    const { policy } = this.#parts;
    for (const reason of reasonsFor(request, representation, policy, nowMs)) {
      this.note("conditions", reason);
    }
  }

  paged(code: FaultCode, wire: string, page: FoundFile | undefined): void {
    const { status } = FAULTS[code];
    this.note("page", `${wire} is the page for ${status}${page ? "" : ", but it is not there"}`);
  }

  looksAgain(): void {
    this.note("file", "it changed while it was looked at: all is looked up again");
  }

  sends(body: readonly BodyPart[], path: string): void {
    this.body = body;
    this.file = path;
  }

  // --- sentences ---

  #judged(whose: string, verdict: PathVerdict): void {
    if (verdict.kind === "rooted") {
      const slash = verdict.path !== "" && verdict.trailingSlash ? "/" : "";
      this.note("path", `${whose} is /${verdict.path}${slash} below the root`);
    } else {
      this.note("path", `${whose} is refused as ${verdict.kind}: ${verdict.why}`);
    }
  }

  #wordsOfFound(found: Found, place: Place, root: string): string {
    const isFolder = place.trailingSlash || place.path === "";
    switch (found.kind) {
      case "file": {
        const { path } = found.entry;
        if (isFolder) return `${path}, the folder's index, answers`;
        if (path === toFile(root, place.path)) return `${path} answers`;
        return `${path} answers: with clean URLs a page is asked for without .html`;
      }
      case "needs slash":
        return "a folder is asked for without the slash at its end: 301 to the path with it";
      case "folder":
        return `${found.entry.path} has no index: its listing answers`;
      case "fault":
        return isFolder && found.code === "FILE_MISSING"
          ? this.#wordsOfNoIndex()
          : "nothing answers";
    }
  }

  #wordsOfNoIndex(): string {
    const { listings, site } = this.#parts;
    return listings === undefined
      ? `nothing answers: no ${site.index} there, and listings are off`
      : `nothing answers: no ${site.index} there, and no folder to be listed`;
  }
}

const quote = (text: string): string => JSON.stringify(text);

/** Those that were tried and not sent. */
function uselessOf(wanted: readonly SiblingCoding[], sent: Coding): readonly SiblingCoding[] {
  return sent === "identity" ? wanted : wanted.slice(0, wanted.indexOf(sent));
}
