/**
 * Patterns that paths are matched against, segment by segment.
 *
 * | in a pattern | matches                                                            | captured |
 * | ------------ | ------------------------------------------------------------------ | -------- |
 * | `text`       | itself; letter case counts                                         |          |
 * | `*`          | any characters within a segment, or none: `/img/*.png`             |          |
 * | `**`         | any number of whole segments, or none: `/docs/**`                  |          |
 * | `:name`      | one or more characters of a segment: `/blog/:post`, `/p-:id.html`  | yes      |
 * | `:name*`     | like `**`: `/old/:rest*`                                           | yes      |
 *
 * A pattern covers the whole path, and a slash at its end or the path's makes no difference.
 * Patterns are written like URLs or like names, `/a%20b` or `/a b`; write `%2A`, `%3A` and `%3F` for
 * a star, a colon and a question mark that mean themselves. A segment has one capture or any number
 * of stars, not both.
 *
 * Cost: the product of both lengths in segments at worst, whatever the path. There is no
 * regular expression of the operator's, and so none that a client could keep busy.
 */

/** A compiled pattern. */
export interface PathPattern {
  readonly segments: readonly Segment[];
}

type Segment =
  | { readonly kind: "glob"; readonly pieces: readonly string[] } // the text around the stars
  | { readonly kind: "one"; readonly name: string; readonly before: string; readonly after: string }
  | { readonly kind: "deep"; readonly name: string | undefined };

/** Captured text, decoded, by name. Of a `:name*`, segments with slashes between, or "". */
export type Captures = ReadonlyMap<string, string>;

/** Thrown away with the pattern it is about: one line, for the operator. */
export type Complaint = { readonly complaint: string };

/** Compiles a pattern, or says why it is none. */
export function parsePattern(text: string): PathPattern | Complaint {
  if (!text.startsWith("/")) return { complaint: "a path starts with /" };
  if (text.includes("?")) return { complaint: "a path has no query; write %3F for a ?" };

  const segments: Segment[] = [];
  for (const part of text.replace(/\/$/, "").split("/").slice(1)) {
    const segment = parseSegment(part);
    if ("complaint" in segment) return segment;
    segments.push(segment);
  }
  const names = namesOf({ segments });
  const twice = names.find((name, at) => names.indexOf(name) < at);
  return twice === undefined ? { segments } : { complaint: `:${twice} is there twice` };
}

/** The names a pattern captures, in its order. */
export const namesOf = ({ segments }: PathPattern): string[] =>
  segments.flatMap((segment) => ("name" in segment ? (segment.name ?? []) : []));

/**
 * A wire path that the pattern matches, the shortest, with "x" for whatever segment may be several
 * things: where this one is refused, so is every other.
 */
export function samplePath({ segments }: PathPattern): string {
  const names = segments.flatMap((segment) => {
    if (segment.kind === "deep") return [];
    return segment.kind === "glob" && segment.pieces.length === 1 ? segment.pieces : ["x"];
  });
  return `/${names.map((name) => encodeURIComponent(name.toWellFormed())).join("/")}`;
}

const DEEP_CAPTURE = /^:([a-z]\w*)\*$/i;
const CAPTURE = /:([a-z]\w*)/i;

function parseSegment(part: string): Segment | Complaint {
  if (part === "**") return { kind: "deep", name: undefined };
  const deepName = DEEP_CAPTURE.exec(part)?.[1];
  if (deepName !== undefined) return { kind: "deep", name: deepName };
  if (part.includes("**")) return { complaint: "** stands alone between slashes" };

  const [before = "", name, after = ""] = part.split(CAPTURE, 3);
  const isMixed =
    name !== undefined && (part.includes("*") || CAPTURE.test(part.slice(before.length + 1)));
  if (isMixed) return { complaint: "a segment has one capture or stars, not more" };

  const texts = (name === undefined ? part.split("*") : [before, after]).map(decode);
  if (!texts.every((text) => text !== undefined)) return { complaint: "write % as %25" };
  if (part === "" || texts.some((text) => text.includes("/")) || /^\.\.?$/.test(texts.join("*"))) {
    return { complaint: "no path has an empty segment, a dot segment or an encoded slash" };
  }
  return name === undefined
    ? { kind: "glob", pieces: texts }
    : { kind: "one", name, before: texts[0]!, after: texts[1]! };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // the only error it has: a % that starts no escape
  }
}

/** The segments of a decoded path, as `matchPattern` wants them. */
export const splitPath = (path: string): string[] => path.split("/").filter((part) => part !== "");

/**
 * Captures of a path that matches, or undefined. Each `**` takes as few segments as it can.
 *
 * When something does not fit, only the last `**` met takes one more segment: an earlier one could
 * do nothing that the last cannot.
 */
export function matchPattern(pattern: PathPattern, parts: readonly string[]): Captures | undefined {
  const { segments } = pattern;
  const starts: number[] = []; // where in the path each segment begins
  let deep = -1;
  let deepEnd = 0;
  let at = 0;
  let next = 0;
  while (next < segments.length || at < parts.length) {
    const segment = segments[next];
    if (segment?.kind === "deep") {
      deep = next;
      deepEnd = at;
      starts[next++] = at;
    } else if (segment !== undefined && at < parts.length && fits(segment, parts[at]!)) {
      starts[next++] = at++;
    } else if (deep !== -1 && deepEnd < parts.length) {
      next = deep + 1;
      at = ++deepEnd;
    } else {
      return undefined;
    }
  }
  return capture(segments, parts, starts);
}

function fits(segment: Exclude<Segment, { kind: "deep" }>, part: string): boolean {
  if (segment.kind === "glob") return fitsGlob(segment.pieces, part);
  const { before, after } = segment;
  return (
    part.length > before.length + after.length && part.startsWith(before) && part.endsWith(after)
  );
}

/** Each piece as far left as it goes: no backtracking. */
function fitsGlob(pieces: readonly string[], part: string): boolean {
  const first = pieces[0]!;
  if (pieces.length === 1) return part === first;
  if (!part.startsWith(first)) return false;

  let at = first.length;
  for (let piece = 1; piece < pieces.length - 1; piece++) {
    const found = part.indexOf(pieces[piece]!, at);
    if (found === -1) return false;
    at = found + pieces[piece]!.length;
  }
  const last = pieces.at(-1)!;
  return part.length - last.length >= at && part.endsWith(last);
}

function capture(
  segments: readonly Segment[],
  parts: readonly string[],
  starts: readonly number[],
): Captures {
  const captures = new Map<string, string>();
  segments.forEach((segment, at) => {
    if (segment.kind === "glob" || segment.name === undefined) return;
    const text = parts.slice(starts[at], starts[at + 1]).join("/");
    const inner =
      segment.kind === "deep"
        ? text
        : text.slice(segment.before.length, text.length - segment.after.length);
    captures.set(segment.name, inner);
  });
  return captures;
}
