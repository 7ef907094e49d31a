/** A directory listing for programs. */
import type { ListingEntry } from "./listing-order.js";
import type { Listing } from "./listing-page.js";
import { toHref } from "./names.js";
import { joinPieces } from "./pieces.js";
import { isoTime } from "./readable.js";

/**
 * The listing as JSON, in pieces; of the same listing always the same bytes.
 *
 *   {"path":"/a/","total":2,"sort":"name","order":"asc","offset":0,"limit":null,"entries":[
 *   {"name":"b","href":"./b/","type":"directory","modified":"2026-11-22T18:44:03Z"},
 *   {"name":"c.txt","href":"./c.txt","type":"file","size":14,"modified":"2026-11-22T18:44:03Z"}
 *   ]}
 *
 * `total` counts the folder, not the page. `limit` is null when all were asked for, `modified`
 * when the file system's time is no time. `size` is in bytes; folders have none.
 */
export const writeListingJson = (listing: Listing): Generator<string> => joinPieces(parts(listing));

function* parts({ path, entries, view }: Listing): Generator<string> {
  const { sort, order, offset, limit } = view;
  const about = JSON.stringify({ path, total: entries.length, sort, order, offset, limit });
  yield `${about.slice(0, -1)},"entries":[`;
  let separator = "\n";
  for (let at = offset; at < Math.min(entries.length, offset + limit); at++) {
    yield separator + toJson(entries[at]!);
    separator = ",\n";
  }
  yield "\n]}\n";
}

const toJson = ({ name, isDirectory, sizeBytes, modifiedMs }: ListingEntry): string =>
  JSON.stringify({
    name,
    href: toHref(name, isDirectory),
    type: isDirectory ? "directory" : "file",
    size: isDirectory ? undefined : sizeBytes,
    modified: isoTime(modifiedMs) || null,
  });
