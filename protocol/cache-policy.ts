/**
 * How long a file may be kept without asking: the `Cache-Control` of a file no rule speaks about.
 *
 * 1. pages    always asked for again: they name everything else
 * 2. hashed   kept for a year: changed content has another name, and another address
 * 3. others   what the operator set
 *
 * There is always an answer: without one, caches guess a tenth of the file's age (RFC 9111
 * section 4.2.2). Errors and stand-ins get `NO_STORE` from whoever builds them; never ask here
 * with the path that was missing, or a 404 would be kept for a year under a hashed name.
 */
import { hasContentHash, type NamedFile } from "./content-hash.js";

/** For errors, and for pages that stand in for something missing. */
export const NO_STORE = "no-store";

/** Kept, but revalidated before each use (RFC 9111 section 5.2.2.4). */
export const NO_CACHE = "no-cache";
/** A year, and no revalidation even on reload (RFC 8246). */
const FOREVER = "public, max-age=31536000, immutable";

const PAGE = /^(?:text\/html|application\/xhtml\+xml)(?:;|$)/;
/**
 * Folders whose every file is named by its content, by their makers' promise: Next.js and
 * SvelteKit. Nuxt's `/_nuxt/` is not one: it holds `builds/latest.json`.
 */
const FOREVER_FOLDER = /\/(?:_next\/static|_app\/immutable)\//;

/** A file that was found, and what it was found by. */
interface FoundName extends NamedFile {
  /** `path`, or where a rule leads in its place: decoded, with a leading slash. */
  readonly place: string;
}

/**
 * The `Cache-Control` for a file that was found.
 *
 * @param otherwise the operator's value for what is neither a page nor hashed
 */
export function cacheControlFor(file: FoundName, otherwise: string): string {
  switch (cacheKindOf(file)) {
    case "page":
      return NO_CACHE;
    case "hashed":
      return FOREVER;
    case "other":
      return otherwise;
  }
}

/**
 * What a file is to a cache: the three of the list above. A rule may lead the same address to another
 * file tomorrow, so behind one both have to tell of the content.
 */
export function cacheKindOf({ path, place, mediaType }: FoundName): "page" | "hashed" | "other" {
  if (PAGE.test(mediaType)) return "page";
  const isHashed = isNamedByContent(path, mediaType);
  return isHashed && (place === path || isNamedByContent(place, mediaType)) ? "hashed" : "other";
}

const isNamedByContent = (path: string, mediaType: string): boolean =>
  FOREVER_FOLDER.test(path) || hasContentHash({ path, mediaType });
