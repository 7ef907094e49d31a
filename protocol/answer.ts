/**
 * What a transport is asked to send: a head and a body that is a list of parts.
 *
 * A whole file, a range, several ranges and an error page differ only in that list, and the length
 * of the body is known before its first byte goes out.
 */
import type { Head } from "./head.js";

/** Bytes at hand, never empty, or a stretch of the file: `first` and `last` inclusive, from 0. */
export type BodyPart =
  | { readonly kind: "literal"; readonly bytes: Buffer }
  | { readonly kind: "extent"; readonly first: number; readonly last: number };

/**
 * A head and its body. To a HEAD request the transport sends the head and `Content-Length` and
 * leaves out the body; to 204 and 304 it sends neither length nor body (RFC 9110 section 8.6).
 */
export interface Answer {
  readonly head: Head;
  readonly body: readonly BodyPart[];
  /** The sum over `body`: the value of `Content-Length`. */
  readonly lengthBytes: number;
}

/** Puts a body under a head and adds up its length. */
export const createAnswer = (head: Head, body: readonly BodyPart[]): Answer => ({
  head,
  body,
  lengthBytes: body.reduce((sum, part) => sum + lengthOf(part), 0),
});

const lengthOf = (part: BodyPart): number =>
  part.kind === "literal" ? part.bytes.length : part.last - part.first + 1;
