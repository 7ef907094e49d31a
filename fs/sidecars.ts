/**
 * Precompressed siblings: `app.js.br` beside `app.js`, made once by a build and sent many times.
 *
 * Knows which files may have some. Which one a client gets is settled elsewhere.
 */
import db from "mime-db";
import { contentTypeOf } from "./mime.js";

const COMPRESSIBLE: ReadonlySet<string> = new Set(
  Object.entries(db)
    .filter(([, { compressible }]) => compressible === true)
    .map(([type]) => type),
);

/**
 * Would a build compress this file? Pictures, video and archives are compressed already: for those
 * a look at the disk for three more names would be wasted at every check.
 */
export function canHaveSiblings(path: string): boolean {
  const type = contentTypeOf(path); // has a charset only where it is text
  return type.startsWith("text/") || COMPRESSIBLE.has(type);
}
