/**
 * What the main road needs of a request, copied out while the request is still there.
 */
import { judgeFraming } from "../protocol/framing.js";
import type { Preconditions } from "../protocol/preconditions.js";
import { codingsAsked } from "./codings-asked.js";
import type { TargetNames } from "./express/express-lane.js";
import type { Operation } from "./operations/operation.js";
import { type Ask, fieldName } from "./transport/exchange.js";

/** What a client asked. Fields are "" when absent. */
export interface Question extends Preconditions, TargetNames {
  readonly method: string;
  readonly query: string;
  readonly range: string;
  readonly ifRange: string;
  readonly accept: string;
  /** Of a preflight. */
  readonly requestedMethod: string;
  /**
   * Does a body follow? A small one is read past. "large" is not waited for, and "unclear" is where
   * request smuggling lives: both close the connection.
   */
  readonly body: "none" | "small" | "large" | "unclear";
}

/** A request that may be answered later. */
export interface Request extends Question {
  /** What becomes of it is noted there. */
  readonly operation: Operation;
}

/** A request for what a file holds. */
export interface FileRequest extends Request {
  readonly method: "GET" | "HEAD";
}

/**
 * A body up to this is read past, to keep the connection. Larger: an upload that nobody asked for
 * keeps a connection busy. Smaller: a mistaken form post costs its sender a new connection.
 */
const SKIPPED_BYTES = 64 * 1024;

const HOST = fieldName("host");
const ORIGIN = fieldName("origin");
const REQUESTED_METHOD = fieldName("access-control-request-method");
const IF_MATCH = fieldName("if-match");
const IF_NONE_MATCH = fieldName("if-none-match");
const IF_MODIFIED_SINCE = fieldName("if-modified-since");
const IF_UNMODIFIED_SINCE = fieldName("if-unmodified-since");
const RANGE = fieldName("range");
const IF_RANGE = fieldName("if-range");
const ACCEPT = fieldName("accept");
const CONTENT_LENGTH = fieldName("content-length");
const TRANSFER_ENCODING = fieldName("transfer-encoding");

export function readRequest(ask: Ask, operation: Operation): Request {
  const request: Question & { operation?: Operation } = readQuestion(ask);
  request.operation = operation;
  return request as Request;
}

export const readQuestion = (ask: Ask): Question => ({
  method: ask.method,
  host: ask.field(HOST),
  path: ask.path,
  query: ask.query,
  origin: ask.field(ORIGIN),
  requestedMethod: ask.field(REQUESTED_METHOD),
  ifMatch: ask.field(IF_MATCH),
  ifNoneMatch: ask.field(IF_NONE_MATCH),
  ifModifiedSince: ask.field(IF_MODIFIED_SINCE),
  ifUnmodifiedSince: ask.field(IF_UNMODIFIED_SINCE),
  range: ask.field(RANGE),
  ifRange: ask.field(IF_RANGE),
  accept: ask.field(ACCEPT),
  acceptEncoding: codingsAsked(ask),
  body: judgeBody(ask),
});

/** Nothing in it for protocol/respond to weigh: a prebuilt head will do. */
export const isPlain = (request: Request): boolean =>
  request.range === "" &&
  request.ifNoneMatch === "" &&
  request.ifModifiedSince === "" &&
  request.ifMatch === "" &&
  request.ifUnmodifiedSince === "";

/**
 * A plain GET has neither field; asking for all fields costs 100 ns each. Where the transport does not
 * doubt, an empty value passes for an absent one, as it does there: then no body is read either.
 */
function judgeBody(ask: Ask): Request["body"] {
  if (ask.isDoubtful) return "unclear";
  if (ask.field(CONTENT_LENGTH) === "" && ask.field(TRANSFER_ENCODING) === "") return "none";
  const verdict = judgeFraming(ask.fields());
  if (verdict.kind === "refuse") return "unclear";
  if (verdict.kind === "no-body") return "none";
  return verdict.kind === "sized" && verdict.lengthBytes <= SKIPPED_BYTES ? "small" : "large";
}
