/**
 * Where a redirect or a rewrite leads: a URL with captures of the path in it.
 *
 * 1. parse    the operator's text, once: `/new/:page`, `https://example.com/:rest*?from=old`
 * 2. fill     the captures in, percent-encoded
 *
 * What a client wrote into its path stays inside the path or query it was put in: the scheme and
 * the host are the operator's letter for letter, a filled path never starts with `//` (which is
 * another host to a browser) and never holds a dot segment.
 */
import type { Captures, Complaint } from "./path-pattern.js";

/** A compiled target. */
export interface PathTarget {
  /** Scheme and host; "" for a path of this server. */
  readonly origin: string;
  /** Text as it is, and names of captures, in turn. Text comes first and may be empty. */
  readonly pieces: readonly string[];
}

const ORIGIN = /^https?:\/\/(?:[a-z\d.-]+|\[[\da-f:]+\])(?::\d{1,5})?(?=[/?#]|$)/i;
/** The star of `:name*` may be repeated here, as people are used to. */
const CAPTURE = /:([a-z]\w*)\*?/i;
/** RFC 3986 appendix A, and `%`. */
const URI = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]*$/;

/**
 * Compiles a target, or says why it is none.
 *
 * @param names captures there are
 */
export function parseTarget(text: string, names: readonly string[]): PathTarget | Complaint {
  const origin = ORIGIN.exec(text)?.[0] ?? "";
  const rest = text.slice(origin.length);
  if (origin === "" && !/^\/(?!\/)/.test(rest)) {
    return { complaint: "want a path that starts with one /, or https://host/path" };
  }
  if (!URI.test(text) || !isDecodable(rest))
    return { complaint: "percent-encode what no URL may hold" };

  const pieces = rest.split(CAPTURE);
  const unknown = pieces.find((name, at) => at % 2 === 1 && !names.includes(name));
  return unknown === undefined
    ? { origin, pieces }
    : { complaint: `the path captures no :${unknown}; write %3A for a colon` };
}

/** The URL, all visible ASCII; undefined when the captures make it a path that no one may ask for. */
export function fillTarget({ origin, pieces }: PathTarget, captures: Captures): string | undefined {
  const filled = pieces
    .map((piece, at) => (at % 2 === 1 ? encode(captures.get(piece) ?? "") : piece))
    .join("");
  const { path, rest } = cutPath(filled);
  const clean = path.replace(/\/{2,}/g, "/");
  return /\/\.\.?(?:\/|$)/.test(clean) ? undefined : origin + clean + rest;
}

/** What stands for a capture; no target holds one. */
const MARK = " ";

/** The path without the segments that captures are in: where this is refused, so is any filled one. */
export function literalPath({ pieces }: PathTarget): string {
  const marked = pieces.map((piece, at) => (at % 2 === 1 ? MARK : piece)).join("");
  const segments = marked.split("/").filter((segment) => !segment.includes(MARK));
  return segments.join("/") || "/";
}

const encode = (text: string): string =>
  text
    .split("/")
    .map((segment) => encodeURIComponent(segment.toWellFormed()))
    .join("/");

/** True when the target, filled in, is a path of this server and the very one that was asked for. */
export function leadsTo(location: string, path: string): boolean {
  if (!location.startsWith("/")) return false;
  return decodeURIComponent(cutPath(location).path) === path;
}

/**
 * Passes a request's query on to where it is redirected, unless that has a query of its own.
 *
 * @param query as it was sent, without its `?`
 */
export function withQuery(location: string, query: string): string {
  if (query === "" || location.includes("?")) return location;
  const at = location.indexOf("#");
  return at === -1
    ? `${location}?${query}`
    : `${location.slice(0, at)}?${query}${location.slice(at)}`;
}

function cutPath(location: string): { path: string; rest: string } {
  const at = location.search(/[?#]/);
  if (at === -1) return { path: location, rest: "" };
  return { path: location.slice(0, at), rest: location.slice(at) };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false; // the only error it has: a % that starts no escape
  }
}
