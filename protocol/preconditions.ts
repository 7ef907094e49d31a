/**
 * Preconditions: may this request go on, and has the client our bytes already (RFC 9110 section 13)?
 *
 * The order of section 13.2.2:
 *
 * 1. If-Match               false: 412
 * 2. If-Unmodified-Since    only without If-Match; false: 412
 * 3. If-None-Match          false: 304
 * 4. If-Modified-Since      only without If-None-Match; false: 304
 * 5. If-Range               false: the Range field is ignored
 *
 * Written for GET and HEAD of something that exists; other answers come before this question.
 */
import { parseHttpDate } from "./dates.js";
import { isSameStrong, isSameWeak, parseEntityTags } from "./entity-tag.js";

/** The conditional fields of a request, each "" when absent. */
export interface Preconditions {
  readonly ifMatch: string;
  readonly ifNoneMatch: string;
  readonly ifModifiedSince: string;
  readonly ifUnmodifiedSince: string;
}

/** What the selected representation can be recognized by, RFC 9110 section 8.8. */
export interface Validators {
  /** As on the wire, quotes and `W/` included; "" when there is none. */
  readonly etag: string;
  /** `Last-Modified` as sent, whole seconds since the epoch; undefined when none is sent. */
  readonly modifiedSec: number | undefined;
}

/** `not-modified` is answered with 304, `failed` with 412. */
export type PreconditionVerdict = "proceed" | "not-modified" | "failed";

/** Steps 1 to 4 of RFC 9110 section 13.2.2. A date that is none is a field that is absent. */
export function judgePreconditions(
  ask: Preconditions,
  file: Validators,
  nowMs: number,
): PreconditionVerdict {
  if (!isStillWanted(ask, file, nowMs)) return "failed";
  return isAlreadyHeld(ask, file, nowMs) ? "not-modified" : "proceed";
}

/**
 * `If-Range`, RFC 9110 section 13.1.5: is the copy whose missing bytes are asked for our copy?
 * A tag must match strongly. A date must be the very second we send, and that second must be over:
 * the client vouches that it was over when it fetched its bytes, and we that it is over now.
 *
 * @param ifRange "" when absent, which holds
 */
export function ifRangeHolds(ifRange: string, file: Validators, nowMs: number): boolean {
  if (ifRange === "" || isSameStrong(ifRange, file.etag)) return true;
  if (file.modifiedSec === undefined || file.modifiedSec + 1 > nowMs / 1000) return false;
  return parseHttpDate(ifRange, nowMs) === file.modifiedSec;
}

/** `If-Match` silences `If-Unmodified-Since`, RFC 9110 section 13.1.4. */
function isStillWanted(ask: Preconditions, file: Validators, nowMs: number): boolean {
  if (ask.ifMatch !== "") return isListed(ask.ifMatch, file.etag, isSameStrong);
  return isUnmodifiedSince(ask.ifUnmodifiedSince, file, nowMs) ?? true;
}

/** `If-None-Match` silences `If-Modified-Since`, RFC 9110 section 13.1.3. */
function isAlreadyHeld(ask: Preconditions, file: Validators, nowMs: number): boolean {
  if (ask.ifNoneMatch !== "") return isListed(ask.ifNoneMatch, file.etag, isSameWeak);
  return isUnmodifiedSince(ask.ifModifiedSince, file, nowMs) ?? false;
}

/** `*` matches whatever exists, RFC 9110 sections 13.1.1 and 13.1.2. */
function isListed(
  field: string,
  etag: string,
  isSame: (one: string, other: string) => boolean,
): boolean {
  const tags = parseEntityTags(field);
  return tags === "*" || tags.some((tag) => isSame(tag, etag));
}

/** Undefined when there is nothing to compare: no valid date asked, as a rule none at all, or none known. */
function isUnmodifiedSince(date: string, file: Validators, nowMs: number): boolean | undefined {
  if (date === "" || file.modifiedSec === undefined) return undefined;
  const sinceSec = parseHttpDate(date, nowMs);
  return sinceSec === undefined ? undefined : file.modifiedSec <= sinceSec;
}
