/**
 * What to answer to GET or HEAD of something that exists (RFC 9110 sections 9.3, 13 and 14).
 *
 * 1. preconditions     412 when the client wants another version, 304 when it has this one
 * 2. Range             only on GET, and only when If-Range holds
 * 3. unsatisfiable     416 with the size
 * 4. one range         206
 * 5. several ranges    206, multipart
 * 6. otherwise         200
 *
 * Decides and describes; opens nothing, sends nothing, and cannot fail: 404, 405 and the like are
 * answered before this question.
 */
import { type Answer, type BodyPart, createAnswer } from "./answer.js";
import { formatHttpDate } from "./dates.js";
import type { ErrorPages } from "./error-page.js";
import type { FaultCode } from "./faults.js";
import { buildHead, extendHead, type Field, type Head } from "./head.js";
import { ALLOWED_METHODS } from "./methods.js";
import { contentRange, frameParts, multipartType } from "./multipart.js";
import {
  ifRangeHolds,
  judgePreconditions,
  type Preconditions,
  type Validators,
} from "./preconditions.js";
import { type ByteRange, judgeRange, type RangeVerdict } from "./ranges.js";

/** The fields of a request this question looks at, each "" when absent. */
export interface Ask extends Preconditions {
  readonly method: "GET" | "HEAD";
  readonly range: string;
  readonly ifRange: string;
  /** Picks the shape of an error page. */
  readonly accept: string;
}

/** The bytes selected for a request, content coding and all, and what is said of them. */
export interface Representation {
  readonly sizeBytes: number;
  /**
   * Milliseconds since the epoch. No later than the clock was when it was looked at: `Last-Modified`
   * may not be later than the answer (RFC 9110 section 8.8.2.1), and has to be the same in each.
   */
  readonly modifiedMs: number;
  /** As on the wire; "" for none. */
  readonly etag: string;
  readonly mediaType: string;
  /**
   * Any other field of a 200: `Cache-Control`, `Vary`, `Content-Encoding`, the security and CORS
   * fields. Must not repeat what `wholeHead` writes itself.
   */
  readonly fields: readonly Field[];
}

/** What the operator and the running server add. */
export interface Policy {
  /** A `Range` of more members is ignored. Integer, 1 or more. */
  readonly maxRanges: number;
  /** A fresh random boundary for each multipart answer, see `multipartType`. */
  readonly createBoundary: () => string;
  readonly errorPages: ErrorPages;
}

/**
 * Answers a request for a representation, in the order above. RFC 9110 section 13.2.2.
 *
 * @param whole what `wholeHead` built of this representation, by whoever keeps it
 */
export function respond(
  ask: Ask,
  representation: Representation,
  policy: Policy,
  nowMs: number,
  whole: Head = wholeHead(representation),
): Answer {
  const validators = validatorsOf(representation);
  const verdict = judgePreconditions(ask, validators, nowMs);
  if (verdict === "failed") return refusal("PRECONDITION_FAILED", ask, representation, policy);
  if (verdict === "not-modified") return createAnswer(notModifiedHead(representation), []);

  const wanted = wantedRange(ask, representation, policy, nowMs);
  if (wanted.kind === "unsatisfiable") return unsatisfiable(ask, representation, policy);
  if (wanted.kind === "part") return onePart(representation, wanted.range, whole);
  if (wanted.kind === "parts") {
    return partsAnswer(representation, wanted.ranges, policy.createBoundary());
  }
  return createAnswer(whole, wholeBody(representation));
}

/**
 * The head of an unconditional 200, RFC 9110 section 15.3.1. It may be kept and sent as long as the
 * representation, its tag included, stays the same.
 */
export const wholeHead = (representation: Representation): Head =>
  extendHead(commonHead(representation), 200, validatorFields(representation));

/**
 * The head of a 206 of one part, RFC 9110 section 15.3.7.1.
 *
 * @param whole that of the 200
 */
export const partHead = (whole: Head, range: ByteRange, sizeBytes: number): Head =>
  extendHead(whole, 206, [whereOf(range, sizeBytes)]);

/** The head of a 304, RFC 9110 section 15.4.5. It may be kept like that of the 200. */
export const notModifiedHead = (representation: Representation): Head =>
  buildHead(304, identify(representation));

/** The answer to OPTIONS, RFC 9110 section 9.3.7. */
export const describeMethods = (fields: readonly Field[]): Answer =>
  createAnswer(buildHead(204, [["Allow", ALLOWED_METHODS], ...fields]), []);

/**
 * The validators of a representation as they are sent, RFC 9110 section 8.8.
 *
 * The first two seconds of 1970 are no date but the stamp of a reproducible build (ostree and Nix):
 * as a validator it would hold for ever.
 */
export function validatorsOf({ etag, modifiedMs }: Representation): Validators {
  const modifiedSec = Math.floor(modifiedMs / 1000);
  return { etag, modifiedSec: modifiedSec <= 1 ? undefined : modifiedSec };
}

/** The part of a representation that is sent when no precondition stands in the way. */
export function wantedRange(
  ask: Ask,
  representation: Representation,
  policy: Policy,
  nowMs: number,
): RangeVerdict {
  const isHonored =
    ask.method === "GET" && ifRangeHolds(ask.ifRange, validatorsOf(representation), nowMs);
  if (!isHonored) return { kind: "whole" };
  return judgeRange(ask.range, representation.sizeBytes, mostRanges(representation, policy));
}

/**
 * A client could take a coding named on top of a multipart body for one of the wrapper, so of an
 * encoded representation one range is sent, or all of it.
 */
export const mostRanges = (representation: Representation, { maxRanges }: Policy): number =>
  isEncoded(representation) ? 1 : maxRanges;

const isEncoded = ({ fields }: Representation): boolean =>
  fields.some(([name]) => name.toLowerCase() === "content-encoding");

/** RFC 9110 section 15.5.17. */
const unsatisfiable = (ask: Ask, file: Representation, policy: Policy): Answer =>
  refusal("RANGE_NOT_SATISFIABLE", ask, file, policy, [
    ["Content-Range", `bytes */${file.sizeBytes}`],
  ]);

/** Whoever may read the representation may read this, and it depends on the same fields of a request. */
function refusal(
  code: FaultCode,
  { accept }: Ask,
  { fields }: Representation,
  policy: Policy,
  extra: readonly Field[] = [],
): Answer {
  const kept = fields.filter(([name]) => isForReaders(name.toLowerCase()));
  return policy.errorPages(code, accept, [...extra, ...kept]);
}

/**
 * RFC 9110 section 15.3.7.1. After If-Range, too, the whole description: the section would leave
 * out what the client has, but apt-cacher-ng takes a part without `Last-Modified` for another file's.
 */
function onePart(file: Representation, range: ByteRange, whole: Head): Answer {
  const head = partHead(whole, range, file.sizeBytes);
  return createAnswer(head, [{ kind: "extent", first: range.first, last: range.last }]);
}

const whereOf = (range: ByteRange, sizeBytes: number): Field => [
  "Content-Range",
  contentRange(range, sizeBytes),
];

/**
 * The answer to a request for several parts, RFC 9110 section 15.3.7.2:
 * `Content-Range` stands in the parts and not in the head.
 *
 * @param ranges two or more, as `judgeRange` tells them
 */
export function partsAnswer(
  file: Representation,
  ranges: readonly ByteRange[],
  boundary: string,
): Answer {
  const fields = describe(file, multipartType(boundary));
  const body = frameParts(ranges, file.mediaType, file.sizeBytes, boundary);
  return createAnswer(buildHead(206, fields), body);
}

/** The body of that 200: no parts at all for an empty file. */
export const wholeBody = ({ sizeBytes }: Pick<Representation, "sizeBytes">): BodyPart[] =>
  sizeBytes === 0 ? [] : [{ kind: "extent", first: 0, last: sizeBytes - 1 }];

/** Everything there is to say to a client that sees these bytes for the first time. */
const describe = (file: Representation, contentType: string): Field[] => [
  ...validatorFields(file),
  ...commonFields(file, contentType),
];

const validatorFields = (file: Representation): Field[] => [
  ...lastModified(file),
  ...entityTag(file),
];

const commonFields = ({ fields }: Representation, contentType: string): Field[] => [
  ["Content-Type", contentType],
  ["Accept-Ranges", "bytes"],
  ...fields,
];

/** Heads without validators, by their list of fields and media type. */
const commonHeads = new WeakMap<readonly Field[], Map<string, Head>>();

/** What a file has in common with others that have the very same list of fields: built once for all. */
function commonHead(file: Representation): Head {
  const { fields, mediaType } = file;
  const known = commonHeads.get(fields)?.get(mediaType);
  if (known !== undefined) return known;
  const byType = commonHeads.get(fields) ?? new Map<string, Head>();
  const head = buildHead(200, commonFields(file, mediaType));
  commonHeads.set(fields, byType.set(mediaType, head));
  return head;
}

/**
 * What a client that holds a description needs to find it again and keep it fresh. The date only
 * for want of a tag, as RFC 9110 section 15.4.5 suggests.
 */
function identify(file: Representation): Field[] {
  const validator = file.etag === "" ? lastModified(file) : entityTag(file);
  return [...validator, ...file.fields.filter(([name]) => isForCaches(name.toLowerCase()))];
}

const FOR_CACHES = new Set(["cache-control", "content-location", "expires"]);

/** CORS fields describe no representation, and a browser takes its fresh ones from the 304. */
const isForCaches = (lowerCaseName: string): boolean =>
  FOR_CACHES.has(lowerCaseName) || isForReaders(lowerCaseName);

const isForReaders = (lowerCaseName: string): boolean =>
  lowerCaseName === "vary" || lowerCaseName.startsWith("access-control-");

const entityTag = ({ etag }: Representation): Field[] => (etag === "" ? [] : [["ETag", etag]]);

function lastModified(file: Representation): Field[] {
  const { modifiedSec } = validatorsOf(file);
  return modifiedSec === undefined ? [] : [["Last-Modified", formatHttpDate(modifiedSec)]];
}
