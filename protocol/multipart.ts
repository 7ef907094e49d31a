/**
 * Several ranges in one body: multipart/byteranges (RFC 9110 section 14.6, RFC 2046 section 5.1).
 *
 *   CRLF --boundary CRLF part head CRLF    bytes 0-9
 *   CRLF --boundary CRLF part head CRLF    bytes 50-59
 *   CRLF --boundary-- CRLF
 *
 * The first CRLF may be left out, after an empty preamble. Apache and nginx send it, and zsync counts on
 * it: without, it throws the boundary away, leaves and asks again, for ever.
 *
 * What stands between the bytes is literal, so the body is a list of parts like any other and its
 * length is known up front. Part heads are checked and ended by head.ts, as on top of an answer.
 */
import type { BodyPart } from "./answer.js";
import { buildLines } from "./head.js";
import type { ByteRange } from "./ranges.js";

/** What RFC 2046 allows in a boundary and RFC 9110 in a parameter without quotes. */
const BOUNDARY = /^[0-9A-Za-z'+_.-]{1,70}$/;

/**
 * The `Content-Type` of an answer with several ranges.
 *
 * @param boundary 1 to 70 letters, digits or `'+_.-`; must not occur in the file, so: random
 * @throws Error for any other boundary
 */
export function multipartType(boundary: string): string {
  if (!BOUNDARY.test(boundary)) throw new Error(`not a boundary: ${JSON.stringify(boundary)}`);
  return `multipart/byteranges; boundary=${boundary}`;
}

/** `Content-Range` of a part, RFC 9110 section 14.4; both ends inclusive. */
export const contentRange = ({ first, last }: ByteRange, sizeBytes: number): string =>
  `bytes ${first}-${last}/${sizeBytes}`;

/**
 * The body of an answer with several ranges, in the order given.
 *
 * @param ranges two or more, all inside the file
 * @param mediaType of the file itself, repeated in each part (RFC 9110 section 15.3.7.2)
 * @param boundary one that `multipartType` accepted
 */
export function frameParts(
  ranges: readonly ByteRange[],
  mediaType: string,
  sizeBytes: number,
  boundary: string,
): BodyPart[] {
  const parts = ranges.flatMap((range): BodyPart[] => {
    const lines = buildLines([
      ["Content-Type", mediaType],
      ["Content-Range", contentRange(range, sizeBytes)],
    ]);
    return [literal(`\r\n--${boundary}\r\n${lines}\r\n`), { kind: "extent", ...range }];
  });
  return [...parts, literal(`\r\n--${boundary}--\r\n`)];
}

const literal = (text: string): BodyPart => ({
  kind: "literal",
  bytes: Buffer.from(text, "latin1"),
});
