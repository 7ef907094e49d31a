/**
 * Entity tags: made from what the disk says of a file, compared as RFC 9110 section 8.8.3 says.
 *
 *   "18a2f3c9d4e51b00-1000-2f1c"       as stored
 *   "18a2f3c8e2a8c000-1000-2f1c-18a2f3c9d4e51b00"   the same of a file whose time was set
 *   "18a2f3c9d4e51b00-1000-2f1c-br"    the same file sent with another coding: other bytes, other tag
 *   W/"18a2f3c9d4e51b00-1000-2f1c"     too young to vouch for every byte
 *
 * A tag is handled as its wire text, quotes and `W/` included.
 *
 * ctime is part of it only where mtime cannot vouch: see `isSet`. It moves with every `chmod`, `chown`
 * and hard link too, and after each of them every client would fetch anew what it has.
 */

/** What tells one state of a file from the next. All of it from one `fstat`. */
export interface FileIdentity {
  /** Nanoseconds since the epoch. */
  readonly modifiedNs: bigint;
  readonly sizeBytes: number;
  /**
   * Tells apart two files of one size and one time stamp, as reproducible builds make them.
   * 0n where several machines serve copies of one tree and must agree on the tag.
   */
  readonly inode: bigint;
  /** Of its last change of any kind, nanoseconds since the epoch. Nobody can set it. */
  readonly changedNs: bigint;
}

/**
 * Was the time of modification set, and not left by whoever wrote the file? Archives, version control
 * and reproducible builds set whole seconds, often the same for ever. A release that is unpacked over
 * the last one then has files of the same time, size and even inode (ext4 gives a freed one to the next
 * file made) and other bytes: a page that names other scripts is a case in point. A writer leaves
 * a whole second once in a million times, or on a file system that keeps no more.
 */
const isSet = (modifiedNs: bigint): boolean => modifiedNs % 1_000_000_000n === 0n;

/**
 * How long a file must have been at rest before its tag is strong, in milliseconds.
 *
 * The kernel stamps files with the time of its last timer tick, 1 to 10 ms apart whatever the
 * nanoseconds say, and some file systems keep whole seconds: two writes in a row may leave one
 * stamp. Shorter, and a tag we called strong outlives its bytes; longer, and a download that
 * began right after a deployment cannot be resumed. One second is RFC 9110's own measure
 * (section 8.8.2.2).
 */
const REST_MS = 1000;

/**
 * The tag of a file, RFC 9110 section 8.8.3: strong, or weak (section 8.8.1) while the file was
 * modified less than a second before `nowMs`, or after it, when one of two clocks is wrong.
 *
 * @param variant names the coding applied, such as `br`; "" for the bytes as stored
 * @param nowMs milliseconds since the epoch, no later than the `fstat`: a file looked at in its
 *   first second may have changed since, and waiting does not make what was seen any surer
 */
export function makeEntityTag(file: FileIdentity, variant: string, nowMs: number): string {
  const { modifiedNs, sizeBytes, inode, changedNs } = file;
  const written = `${modifiedNs.toString(16)}-${sizeBytes.toString(16)}-${inode.toString(16)}`;
  const stamps = isSet(modifiedNs) ? `${written}-${changedNs.toString(16)}` : written;
  const opaque = variant === "" ? stamps : `${stamps}-${variant}`;
  const isAtRest = nowMs - Number(modifiedNs / 1_000_000n) >= REST_MS;
  return isAtRest ? `"${opaque}"` : `W/"${opaque}"`;
}

/** Strong comparison, RFC 9110 section 8.8.3.2: equal, and neither is weak. */
export const isSameStrong = (one: string, other: string): boolean =>
  one === other && !one.startsWith("W/");

/** Weak comparison, RFC 9110 section 8.8.3.2: the opaque parts are equal. */
export const isSameWeak = (one: string, other: string): boolean =>
  opaqueOf(one) === opaqueOf(other);

const opaqueOf = (tag: string): string => (tag.startsWith("W/") ? tag.slice(2) : tag);

const LONE_STAR = /^[ \t]*\*[ \t]*$/;
/**
 * One member of a list and the comma or end behind it; empty members before it are skipped. Sticky:
 * goes on where it stopped, and the match that fails puts it back to the start.
 */
const NEXT_TAG = /[ \t,]*((?:W\/)?"[!#-~\u0080-\uffff]*")[ \t]*(?:,|$)/y;

/**
 * Reads the list of `If-Match` and `If-None-Match`, RFC 9110 sections 13.1.1 and 13.1.2. A comma
 * inside the quotes belongs to its tag. A member that is not an entity tag ends the list: what
 * stands behind it cannot be trusted to be where it seems.
 *
 * Cost: linear in the length of the field.
 *
 * @returns the tags as written, or "*" for a field that is a lone `*`
 */
export function parseEntityTags(field: string): readonly string[] | "*" {
  if (LONE_STAR.test(field)) return "*";
  const tags: string[] = [];
  for (let found = NEXT_TAG.exec(field); found !== null; found = NEXT_TAG.exec(field)) {
    tags.push(found[1]!);
  }
  return tags;
}
