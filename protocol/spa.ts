/**
 * Does a miss get the single-page app's page? For apps that keep their routes in the browser.
 *
 * 1. method   only reading
 * 2. path     nothing that looks like a file or belongs to machines
 * 3. wish     only who wants a page, by `Accept`
 *
 * A missing script answered with a page and 200 is the classic failure here: the browser then
 * reports a syntax error in line 1, and a cache keeps the page under the script's name. In doubt
 * it stays a 404.
 */
import { wantsHtml } from "./accept.js";

/** A request for which there is no file. */
export interface Miss {
  readonly method: string;
  /** Decoded, with a leading slash, without a query. */
  readonly path: string;
  /** The `Accept` header; "" when there is none. */
  readonly accept: string;
}

/**
 * True when the app's page may answer. The answer then depends on `Accept` (send `Vary: Accept`)
 * and stands in for something that is not there (send `Cache-Control: no-store`).
 */
export function isAppRoute(miss: Miss): boolean {
  if (miss.method !== "GET" && miss.method !== "HEAD") return false;
  if (looksLikeFile(miss.path)) return false;
  return wantsHtml(miss.accept);
}

/** `.js`, `.mp3`, `.webmanifest`: letters and digits, with at least one letter. `/docs/v1.2` is a route. */
const EXTENSION = /\.(?=\d{0,11}[a-z])([a-z\d]{1,12})$/i;

/**
 * A name with an extension other than a page's, or a segment that starts with a dot: neither
 * `/.well-known/…` nor a scanner's `/.env` may be told 200.
 */
function looksLikeFile(path: string): boolean {
  if (path.includes("/.")) return true;
  const extension = EXTENSION.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && extension !== "html" && extension !== "htm";
}
