/**
 * Which media type a file name stands for.
 *
 * 1. house    the few extensions where this server knows better than the database
 * 2. rank     mime-db: of several types that claim an extension, the best attested
 * 3. charset  `text/*` is declared UTF-8, everything else speaks for itself
 *
 * The map is built once, when this module is loaded. Never looks into a file.
 */
import db from "mime-db";

/** RFC 2046 section 4.5.1: bytes of unknown meaning. Browsers save them and do not guess. */
const UNKNOWN = "application/octet-stream";

/** Where mime-db is silent, or where a better-attested type is the less likely one on a web site. */
const HOUSE: ReadonlyMap<string, string> = new Map([
  ["mp4", "video/mp4"], // also application/mp4, which players do not expect
  ["3gpp", "video/3gpp"], // also audio/3gpp
  ["mts", "video/mp2t"], // a camera's recording; also a rare 3D model
  ["tgz", "application/gzip"], // RFC 6713, missing for this spelling
  ["zst", "application/zstd"], // RFC 8878, listed without an extension
]);

/**
 * Who vouches for a type, best first: the registry, mime-db's own editors (no source), then the
 * tables of two servers.
 */
const SOURCES: readonly (string | undefined)[] = ["iana", undefined, "apache", "nginx"];

/**
 * The `Content-Type` of a file, from its last extension in any case. `path` may hold folders.
 *
 * Cost: one slice and one look-up; nothing is parsed.
 */
export function contentTypeOf(path: string): string {
  const dot = path.lastIndexOf("."); // a folder's dot leads to no extension: none holds a slash
  return BY_EXTENSION.get(dot === -1 ? "" : path.slice(dot + 1).toLowerCase()) ?? UNKNOWN;
}

/** Database order decides between types of the same source: alphabetical, so stable. */
const BY_EXTENSION: ReadonlyMap<string, string> = new Map(
  [...SOURCES.toReversed().flatMap(typesFrom), ...HOUSE].map(([extension, type]) => [
    extension,
    withCharset(type),
  ]),
);

/** Pairs of extension and type, worst first: a later pair replaces an earlier one in a map. */
function typesFrom(source: string | undefined): [extension: string, type: string][] {
  return Object.entries(db)
    .filter(([, entry]) => entry.source === source)
    .toReversed()
    .flatMap(([type, { extensions = [] }]) =>
      extensions.map((one) => [one, type] as [string, string]),
    );
}

/**
 * `text/*` without a charset is guessed at by browsers, so it is declared (a classic script would
 * even take its page's: RFC 9239 section 4.1). JSON has no such parameter (RFC 8259 section 11).
 * In XML it would override what the document says of itself (RFC 7303 section 3): none is text here,
 * since mime-db lists `application/xml` before `text/xml` and SVG among the images.
 */
function withCharset(type: string): string {
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}
