/**
 * Precompressed siblings: `app.js.br` beside `app.js`, made once by a build and sent many times.
 *
 * Knows which files may have some. Which one a client gets is settled elsewhere.
 */
import db from "mime-db";
import { contentTypeOf } from "./mime.js";

/** Compressed by their nature, where mime-db does not say: media, archives, office documents. */
const PACKED =
  /^(?:audio|image|video)\/|^font\/woff|zip|zstd|compressed|package|\brar\b|x-xz|(?:office|open)document|macroenabled/;
/** Text among them: playlists and drawings. */
const TEXT = new Set(["audio/x-mpegurl", "image/vnd.dxf"]);

const COMPRESSIBLE: ReadonlySet<string> = new Set(
  Object.entries(db)
    .filter(([type, { compressible }]) => compressible ?? (!PACKED.test(type) || TEXT.has(type)))
    .map(([type]) => type),
);

/**
 * Would a build compress this file? Pictures, video and archives are compressed already: for those
 * a look at the disk for three more names would be wasted at every check. In doubt it would: a sibling
 * that is there and never sent would be missed by nobody but its maker.
 */
export function canHaveSiblings(path: string): boolean {
  const type = contentTypeOf(path); // has a charset only where it is text
  return type.startsWith("text/") || COMPRESSIBLE.has(type);
}
