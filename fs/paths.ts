/**
 * Wire paths in, rooted paths out: the one gate between what a client sent and what may be opened.
 *
 * 1. fast     plain characters only: nothing to decode, nothing to refuse
 * 2. decode   percent-escapes, exactly once, as strict UTF-8
 * 3. judge    dot segments, hidden names, lengths
 *
 * Refuses rather than repairs: a path that has to be cleaned up was not sent by a well-meaning
 * client. Excepted are empty segments and bare `.`, which lead nowhere: apt asks for `/./Packages` where
 * a repository is flat. The check is lexical and is only the first gate: whoever opens the file checks
 * again that a symbolic link has not left the root. Knows no disk and no HTTP status.
 */

declare const trust: unique symbol;
/**
 * Decoded once and relative to the root: no leading, trailing or double slash, no dot segment,
 * no hidden name, no backslash, no control character. "" is the root itself. Only `toRooted`
 * makes one.
 */
export type RootedPath = string & { readonly [trust]: "rooted" };

/** What a wire path asks for, or that this server will not name it, and why: for the operator. */
export type PathVerdict =
  | { readonly kind: "rooted"; readonly path: RootedPath; readonly trailingSlash: boolean }
  | { readonly kind: "malformed"; readonly why: string } // no honest client sends it: 400
  | { readonly kind: "hidden"; readonly why: string } // a dotfile: 404, as if it were not there
  | { readonly kind: "missing"; readonly why: string }; // longer than any file's name can be: 404

/** Made once: a refusal allocates nothing, however many a scanner collects. */
const refusal = <Kind extends string>(kind: Kind, why: string) => ({ kind, why }) as const;
const NO_SLASH = refusal("malformed", "it does not start with a slash");
const BARE = refusal("malformed", "it holds a character that must be percent-encoded");
const SLASH_IN_DISGUISE = refusal("malformed", "it holds an encoded slash");
const UNDECODABLE = refusal("malformed", "its percent-encoding is broken, or not UTF-8");
const UNNAMEABLE = refusal("malformed", "it decodes to a backslash or a control character");
const DOT_SEGMENT = refusal("malformed", "it holds a dot segment");
const HIDDEN = refusal("hidden", "a name in it starts with a dot");
const LONG_NAME = refusal("missing", "a name in it is longer than any file's can be");
const LONG_PATH = refusal("missing", "it is longer than any file's path can be");

/** NAME_MAX of Linux and of every file system in common use: no name can be longer. */
const NAME_BYTES = 255;
/** PATH_MAX of Linux. The root's own length comes on top; open(2) then refuses, also as missing. */
const PATH_BYTES = 4096;

/** Segments of plain characters, none starting with a dot: nothing in here needs a second look. */
const PLAIN = /^(?:\/[\w~-][\w.~-]*)*\/?$/;
/** Not visible ASCII, or a character that ends a path: only escaped can it be part of one. */
const NEVER_BARE = /[^\x21-\x7e]|[?#]/;
/** A folder named by itself (RFC 3986 section 5.2.4), with the slash that follows. */
const ITSELF = /(?<=\/)\.(?:\/|$)/g;
/** A slash in disguise: decoded, it would be a separator the client did not write. */
const ENCODED_SLASH = /%2f/i;
/** What no decoded name may hold. A backslash is a separator on Windows, a line feed forges logs. */
const NEVER_NAMED = /[\p{Cc}\\]/u;

/**
 * Judges a request's path, without its query. Total: any string gets a verdict.
 *
 * Cost on the fast road: one regular expression, one slice, one object. Double slashes and bare `.`
 * segments collapse; `toWire` gives the one spelling that needs no collapsing.
 */
export function toRooted(wire: string): PathVerdict {
  if (wire === "") return NO_SLASH;
  if (wire.length > NAME_BYTES || !PLAIN.test(wire)) return judge(wire);

  const trailingSlash = wire.endsWith("/");
  const path = wire.slice(1, trailingSlash ? -1 : undefined);
  return { kind: "rooted", path: path as RootedPath, trailingSlash };
}

/** The canonical path of a URL: `/`-led, never `//`-led, all but unreserved characters escaped. */
export function toWire(path: RootedPath, trailingSlash: boolean): string {
  if (path === "") return "/";
  const escaped = path.split("/").map(encodeURIComponent).join("/");
  return trailingSlash ? `/${escaped}/` : `/${escaped}`;
}

/**
 * The file's path on this machine. Inside `root` by its letters; links are the opener's affair.
 *
 * @param root absolute, without a slash at its end, unless it is "/"
 */
export function toFile(root: string, path: RootedPath): string {
  if (path === "") return root;
  return root === "/" ? `/${path}` : `${root}/${path}`;
}

/** Would `toRooted` let a client ask for this entry of a folder? For a name that is on the disk. */
export const isNameable = (name: string, isInRoot: boolean): boolean =>
  !NEVER_NAMED.test(name) && !isHidden(name, isInRoot ? 0 : 1);

// --- the slow road: escapes, unusual characters, or something to refuse ---

function judge(wire: string): PathVerdict {
  if (!wire.startsWith("/")) return NO_SLASH;
  if (NEVER_BARE.test(wire)) return BARE;
  if (ENCODED_SLASH.test(wire)) return SLASH_IN_DISGUISE;
  const plain = decodeOnce(wire.replace(ITSELF, ""));
  if (plain === undefined) return UNDECODABLE;
  if (NEVER_NAMED.test(plain)) return UNNAMEABLE;

  const names = plain.split("/").filter((name) => name !== "");
  if (names.some(isDotSegment)) return DOT_SEGMENT;
  if (names.some(isHidden)) return HIDDEN;
  if (names.some(isTooLong)) return LONG_NAME;

  const path = names.join("/");
  if (Buffer.byteLength(path) > PATH_BYTES) return LONG_PATH;
  return { kind: "rooted", path: path as RootedPath, trailingSlash: plain.endsWith("/") };
}

function decodeOnce(wire: string): string | undefined {
  try {
    return decodeURIComponent(wire);
  } catch {
    return undefined; // `%zz`, or bytes that are not UTF-8: the only error decodeURIComponent has
  }
}

/** By now each was escaped, or leads upward. */
const isDotSegment = (name: string): boolean => name === "." || name === "..";
/** RFC 8615 reserves `/.well-known/` for the public; dotfiles inside it stay hidden. */
const isHidden = (name: string, depth: number): boolean =>
  name.startsWith(".") && !(depth === 0 && name === ".well-known");
const isTooLong = (name: string): boolean => Buffer.byteLength(name) > NAME_BYTES;
