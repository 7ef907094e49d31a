/** Methods: what may be done to a file here, and how to refuse the rest (RFC 9110 section 9). */
import type { FaultCode } from "./faults.js";

/** `describe` is answered with 204 and `Allow`, RFC 9110 section 9.3.7. */
export type MethodVerdict =
  | { readonly kind: "serve"; readonly method: "GET" | "HEAD" }
  | { readonly kind: "describe" }
  | { readonly kind: "refuse"; readonly fault: FaultCode };

/** The value of `Allow`, RFC 9110 section 10.2.1. */
export const ALLOWED_METHODS = "GET, HEAD, OPTIONS";

/**
 * Known to the world (IANA's method registry) but not for files. PRI is left out: it stands in the
 * preface of HTTP/2 and no request ever has it.
 */
const REGISTERED_METHODS =
  "ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE LABEL LINK LOCK MERGE MKACTIVITY " +
  "MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT " +
  "QUERY REBIND REPORT SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF " +
  "VERSION-CONTROL";

const VERDICTS: ReadonlyMap<string, MethodVerdict> = new Map<string, MethodVerdict>([
  ["GET", { kind: "serve", method: "GET" }],
  ["HEAD", { kind: "serve", method: "HEAD" }],
  ["OPTIONS", { kind: "describe" }],
  ...REGISTERED_METHODS.split(" ").map((name) => [name, refuse("METHOD_NOT_ALLOWED")] as const),
]);

const UNKNOWN = refuse("UNKNOWN_METHOD");

/**
 * Judges a method token as received. Case counts (RFC 9110 section 9.1): `get` is some other
 * method. What is registered is 405, what is not is 501.
 */
export const judgeMethod = (method: string): MethodVerdict => VERDICTS.get(method) ?? UNKNOWN;

function refuse(fault: FaultCode): MethodVerdict {
  return { kind: "refuse", fault };
}
