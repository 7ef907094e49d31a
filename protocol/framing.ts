/**
 * Request framing: where does this request end (RFC 9112 section 6.3)?
 *
 * Two servers in a row that disagree on the answer can be made to smuggle a request past the first.
 * The socket library takes doubled and unknown framing fields, so what it lets through is judged
 * here once more, and all but the plainest is refused: the connection is closed after a 400.
 */
import type { Field } from "./head.js";

/** `refuse` is answered with BAD_FRAMING. */
export type FramingVerdict =
  | { readonly kind: "no-body" }
  | { readonly kind: "sized"; readonly lengthBytes: number } // 1 or more
  | { readonly kind: "chunked" }
  | { readonly kind: "refuse" };

const NO_BODY: FramingVerdict = { kind: "no-body" };
const CHUNKED: FramingVerdict = { kind: "chunked" };
const REFUSE: FramingVerdict = { kind: "refuse" };

/** Not `toLowerCase`: it makes a k of the Kelvin sign, and this field is compared by bytes elsewhere. */
const CHUNKED_ONLY = /^chunked$/i;

/**
 * Judges all fields of a request, RFC 9112 sections 6.1 to 6.3. Only one `Content-Length` of plain
 * digits, or one `Transfer-Encoding` of exactly `chunked`, and never both, is accepted.
 *
 * Two equal lengths could be read as one (section 6.3), but no honest client sends them.
 */
export function judgeFraming(fields: readonly Field[]): FramingVerdict {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  if (lengths.length + codings.length > 1) return REFUSE;
  if (codings[0] !== undefined) return CHUNKED_ONLY.test(codings[0]) ? CHUNKED : REFUSE;
  return lengths[0] === undefined ? NO_BODY : judgeLength(lengths[0]);
}

/** A length we could not count to exactly is refused with the malformed ones. */
function judgeLength(digits: string): FramingVerdict {
  const lengthBytes = Number(digits);
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(lengthBytes)) return REFUSE;
  return lengthBytes === 0 ? NO_BODY : { kind: "sized", lengthBytes };
}

const valuesOf = (fields: readonly Field[], lowerCaseName: string): string[] =>
  fields.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value);
