/**
 * The rules file, `SLUICE_RULES`: read as a whole, with every complaint at once.
 *
 *   { "rules": [
 *     { "path": "/old/:page*",   "redirect": { "to": "/new/:page*", "status": 301 } },
 *     { "path": "/app/**",       "rewrite": "/app/index.html" },
 *     { "path": "/fonts/*.woff2", "cacheControl": "public, max-age=604800",
 *                                "headers": { "Access-Control-Allow-Origin": "*" } },
 *     { "path": "/tracks/*",      "mediaType": "application/gpx+xml" },
 *     { "path": "/dl/**",        "disposition": "attachment" },
 *     { "path": "/dl/:id",       "disposition": { "type": "attachment", "fileName": "report.pdf" } },
 *     { "path": "/**",           "errorPages": { "404": "/404.html" } }
 *   ] }
 *
 * Patterns are explained in path-pattern.ts, captures in targets in path-target.ts, and which rule
 * counts in rules.ts. `status` is 301, 302 (the default), 307 or 308.
 *
 * What nobody would notice later is a complaint now: a key with a slip of the hand, a header that
 * the server writes itself, a line break in a value (RFC 9110 section 5.5), a rule that says
 * nothing, a page for a status that never comes, a path that leads nowhere whatever there is on the
 * disk. Complaints are one line each and start with the place: `rules[2].headers.X-Foo: ...`.
 */
import { buildLines, type Field } from "./head.js";
import {
  type Complaint,
  namesOf,
  type PathPattern,
  parsePattern,
  samplePath,
} from "./path-pattern.js";
import { literalPath, type PathTarget, parseTarget } from "./path-target.js";
import type { RedirectStatus } from "./redirect.js";
import type { Disposition, Rule } from "./rules.js";

/** Rules to use when there are no complaints. */
export interface RulesVerdict {
  readonly rules: readonly Rule[];
  readonly complaints: readonly string[];
}

/** Names the known word someone meant, if one is close. */
type Suggest = (word: string, known: readonly string[]) => string | undefined;

/** Why a wire path is never served, whatever there is on the disk; undefined for any other. */
type Refuse = (wire: string) => string | undefined;

/** Reads the text of a rules file, or the value in it. Never throws. */
export function parseRules(source: unknown, suggest: Suggest, refuse: Refuse): RulesVerdict {
  const reader = new Reader(suggest, refuse);
  const rules = reader.readFile(source);
  return { rules, complaints: reader.complaints };
}

const FILE_KEYS = ["rules"];
const RULE_KEYS = [
  "path",
  "headers",
  "cacheControl",
  "mediaType",
  "redirect",
  "rewrite",
  "disposition",
  "errorPages",
];
const REDIRECT_KEYS = ["to", "status"];
const DISPOSITION_KEYS = ["type", "fileName"];

const REDIRECT_STATUSES: readonly unknown[] = [301, 302, 307, 308] satisfies RedirectStatus[];

/**
 * What may befall a path that rules have seen. Before that a request is refused for its method, its
 * host or its form; 412 and 416 are for programs.
 */
const PAGE_STATUSES = ["403", "404", "500", "503"];

/** Fields that follow from the file or the connection, or have a key of their own. */
const NOT_BY_RULE: ReadonlyMap<string, string> = new Map([
  ["cache-control", 'write it as "cacheControl"'],
  ["content-disposition", 'write it as "disposition"'],
  ["content-type", 'write it as "mediaType"'],
  ["location", 'write it as "redirect"'],
  ...[
    "accept-ranges",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "date",
    "etag",
    "keep-alive",
    "last-modified",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ].map((name) => [name, "only the server knows the right value"] as const),
]);

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
/** RFC 9110 sections 8.3.1 and 5.6.6: a type, a subtype, and parameters. */
const MEDIA_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"[ !#-[\\]-~]*"))*$`,
);

/** What the rule's pattern captures; undefined when that is not known, because it is none. */
type Names = readonly string[] | undefined;
type Dictionary = Readonly<Record<string, unknown>>;

/** Reads values of unknown shape; what does not fit is complained about and left out. */
class Reader {
  readonly complaints: string[] = [];
  readonly #suggest: Suggest;
  readonly #refuse: Refuse;

  constructor(suggest: Suggest, refuse: Refuse) {
    this.#suggest = suggest;
    this.#refuse = refuse;
  }

  readFile(source: unknown): Rule[] {
    const value = typeof source === "string" ? this.#readJson(source) : source;
    const file = this.#readDictionary(value, "rules file", FILE_KEYS);
    if (file === undefined) return [];
    if (Array.isArray(file["rules"])) {
      return file["rules"].flatMap((rule, at) => this.#readRule(rule, `rules[${at}]`));
    }
    this.#complain("rules", "want a list of rules");
    return [];
  }

  #readJson(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      this.#complain("rules file", `no JSON: ${oneLine(String(error))}`);
      return { rules: [] };
    }
  }

  #readRule(value: unknown, place: string): Rule[] {
    const rule = this.#readDictionary(value, place, RULE_KEYS);
    if (rule === undefined) return [];
    const said = Object.entries(rule).filter((entry) => !saysNothing(entry));
    if (said.length === 0) this.#complain(place, "does nothing");
    if (rule["redirect"] !== undefined && rule["rewrite"] !== undefined) {
      this.#complain(place, "a redirect or a rewrite, not both");
    }
    const pattern = this.#readPattern(rule["path"], `${place}.path`);
    const names = pattern && namesOf(pattern);
    const hasPages = said.some(([key]) => key === "errorPages"); // for what is refused, too
    if (pattern !== undefined && !hasPages) this.#judge(samplePath(pattern), `${place}.path`);
    const says = {
      headers: this.#readHeaders(rule["headers"], `${place}.headers`),
      cacheControl: this.#readCacheControl(rule["cacheControl"], `${place}.cacheControl`),
      mediaType: this.#readMediaType(rule["mediaType"], `${place}.mediaType`),
      redirect: this.#readRedirect(rule["redirect"], `${place}.redirect`, names),
      rewrite: this.#readRewrite(rule["rewrite"], `${place}.rewrite`, names),
      disposition: this.#readDisposition(rule["disposition"], `${place}.disposition`),
      errorPages: this.#readErrorPages(rule["errorPages"], `${place}.errorPages`),
    };
    return pattern === undefined ? [] : [{ pattern, ...says }];
  }

  #readPattern(value: unknown, place: string): PathPattern | undefined {
    const text = this.#readText(value, place);
    return text === undefined ? undefined : this.#accept(parsePattern(text), place);
  }

  #readHeaders(value: unknown, place: string): Field[] {
    if (value === undefined) return [];
    const fields: Field[] = [];
    for (const [name, given] of this.#entries(value, place)) {
      const at = placeOf(place, name);
      const text = this.#readText(given, at);
      if (text === undefined) continue;
      const reason = NOT_BY_RULE.get(name.toLowerCase()) ?? complaintAbout([name, text]);
      const isTwice = fields.some(([other]) => other.toLowerCase() === name.toLowerCase());
      if (reason !== "") this.#complain(at, reason);
      else if (isTwice) this.#complain(at, "is there twice, in different case");
      else fields.push([name, text]);
    }
    return fields;
  }

  #readCacheControl(value: unknown, place: string): string | undefined {
    const text = value === undefined ? undefined : this.#readText(value, place);
    if (text === undefined) return undefined;
    const reason = complaintAbout(["Cache-Control", text]);
    if (reason !== "") this.#complain(place, reason);
    return text;
  }

  #readMediaType(value: unknown, place: string): string | undefined {
    const text = value === undefined ? undefined : this.#readText(value, place);
    if (text === undefined || MEDIA_TYPE.test(text)) return text;
    this.#complain(place, "want a type such as text/plain; charset=utf-8");
    return undefined;
  }

  #readRedirect(value: unknown, place: string, names: Names): Rule["redirect"] {
    if (value === undefined) return undefined;
    const redirect = this.#readDictionary(value, place, REDIRECT_KEYS);
    if (redirect === undefined) return undefined;
    const target = this.#readTarget(redirect["to"], `${place}.to`, names);
    const status = redirect["status"] ?? 302;
    if (!isRedirectStatus(status)) {
      this.#complain(`${place}.status`, `want one of ${REDIRECT_STATUSES.join(", ")}`);
      return undefined;
    }
    return target && { target, status };
  }

  #readRewrite(value: unknown, place: string, names: Names): PathTarget | undefined {
    if (value === undefined) return undefined;
    const target = this.#readTarget(value, place, names);
    if (target === undefined) return undefined;
    const isPath = target.origin === "" && target.pieces.every((piece) => !/[?#]/.test(piece));
    if (!isPath) this.#complain(place, "leads to a path of this server, without ? or #");
    else this.#judge(literalPath(target), place);
    return target;
  }

  #readTarget(value: unknown, place: string, names: Names): PathTarget | undefined {
    const text = this.#readText(value, place);
    if (text === undefined || names === undefined) return undefined;
    return this.#accept(parseTarget(text, names), place);
  }

  #readDisposition(value: unknown, place: string): Disposition | undefined {
    if (value === undefined) return undefined;
    const long = typeof value === "string" ? { type: value } : value;
    const given = this.#readDictionary(long, place, DISPOSITION_KEYS);
    if (given === undefined) return undefined;
    const { type, fileName } = given;
    if (type !== "attachment" && type !== "inline") {
      this.#complain(place, 'want "attachment" or "inline"');
      return undefined;
    }
    if (fileName === undefined) return { type, fileName };
    return { type, fileName: this.#readText(fileName, `${place}.fileName`) };
  }

  #readErrorPages(value: unknown, place: string): Map<number, string> {
    const pages = new Map<number, string>();
    if (value === undefined) return pages;
    for (const [status, page] of this.#entries(value, place)) {
      const at = placeOf(place, status);
      const text = this.#readText(page, at);
      if (!PAGE_STATUSES.includes(status)) {
        const all = PAGE_STATUSES.join(", ");
        this.#complain(at, `want a status that files are refused with, one of ${all}`);
      } else if (text !== undefined && !/^\/(?!\/)[!-~]*$/.test(text)) {
        this.#complain(at, "want a path that starts with one /, percent-encoded");
      } else if (text !== undefined && this.#judge(text, at)) pages.set(Number(status), text);
    }
    return pages;
  }

  /** May there be anything at this path? */
  #judge(wire: string, place: string): boolean {
    const why = this.#refuse(wire);
    if (why !== undefined) this.#complain(place, `is never served: ${why}`);
    return why === undefined;
  }

  // --- shapes ---

  #readText(value: unknown, place: string): string | undefined {
    if (typeof value === "string" && value !== "") return value;
    this.#complain(place, value === undefined ? "is missing" : "want a text that is not empty");
    return undefined;
  }

  #readDictionary(value: unknown, place: string, known: readonly string[]): Dictionary | undefined {
    if (!isDictionary(value)) {
      this.#complain(place, "want an object in { }");
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.#complainOfKey(key, place, known);
    }
    return value;
  }

  #complainOfKey(key: string, place: string, known: readonly string[]): void {
    const meant = this.#suggest(key, known);
    const hint = meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${meant}?`;
    this.#complain(placeOf(place, key), `nobody knows this key, ${hint}`);
  }

  #entries(value: unknown, place: string): [string, unknown][] {
    if (isDictionary(value)) return Object.entries(value);
    this.#complain(place, "want an object in { }");
    return [];
  }

  /** Passes a compiled thing on, or its complaint. */
  #accept<V extends object>(verdict: V, place: string): Exclude<V, Complaint> | undefined {
    if (!("complaint" in verdict)) return verdict as Exclude<V, Complaint>;
    this.#complain(place, `${verdict.complaint}`);
    return undefined;
  }

  #complain(place: string, text: string): void {
    this.complaints.push(`${place}: ${text}`);
  }
}

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of what may be empty; of the rest that is a complaint of its own. */
const LISTS = ["headers", "errorPages"];

const saysNothing = ([key, value]: [string, unknown]): boolean =>
  key === "path" || (LISTS.includes(key) && isDictionary(value) && Object.keys(value).length === 0);

const isRedirectStatus = (value: unknown): value is RedirectStatus =>
  REDIRECT_STATUSES.includes(value);

/** `rules[2].headers.X-Foo`; a key that would not read as one word is quoted. */
const placeOf = (place: string, key: string): string =>
  /^[\w-]+$/.test(key) ? `${place}.${key}` : `${place}[${JSON.stringify(key)}]`;

const oneLine = (text: string): string => text.replace(/\s+/g, " ");

/** "" for a field that may go out. The head's own judgement, asked before there is a request. */
function complaintAbout(field: Field): string {
  try {
    buildLines([field]);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
