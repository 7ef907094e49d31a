/**
 * The head of an answer as one block of bytes, built once and sent many times.
 *
 * This is a security boundary. The socket library writes what it is given unchecked, so between a
 * client and a forged second answer (response splitting) stands only this file:
 *
 * 1. it alone ends a header line, with CR LF
 * 2. every name is a token, every value free of control characters, or `buildHead` throws
 * 3. the fields that delimit a message belong to the transports and are refused
 *
 * A throw is a bug of ours, or a configured field, which is tried at start. Nothing a client sent
 * may be put in a field unless its verdict made it safe.
 */
import { reasonOf } from "./status.js";

/** One header field, name as it should look on the wire. */
export type Field = readonly [name: string, value: string];

/**
 * A checked head, in the two shapes the transports need. Never holds `Date`, `Content-Length`,
 * `Connection` or `Transfer-Encoding`: transports write those.
 */
export interface Head {
  readonly status: number;
  /** Code and reason phrase: `200 OK`. */
  readonly statusLine: string;
  /**
   * What stands between the version and the last CR LF: `200 OK`, then CR LF and `Name: value` for
   * each field. Shared: must not be written to.
   */
  readonly lines: Buffer;
  /** The same fields one by one. */
  readonly fields: readonly Field[];
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * RFC 9110 section 5.5: visible ASCII, space, tab, and obs-text up to U+00FF. Beyond that a
 * character would be cut to its low byte on the wire, and U+010D would arrive as CR.
 */
const FIELD_VALUE = /^[\t -~\u0080-\u00ff]*$/;

/** Names that may be set: ours and the configuration's, so they are few. */
const goodNames = new Set<string>();

const OF_THE_TRANSPORT = new Set(["connection", "content-length", "date", "transfer-encoding"]);

/**
 * Builds the head of an answer, RFC 9112 section 4 and RFC 9110 section 5.
 *
 * Cost: some microseconds and two small buffers; callers keep what they send often.
 *
 * @throws Error when a field breaks the rules above, or the status is not one we send
 */
export function buildHead(status: number, fields: readonly Field[]): Head {
  const statusLine = statusLineOf(status);
  const lines = Buffer.from(statusLine + linesOf(fields), "latin1");
  return { status, statusLine, lines, fields: [...fields] };
}

const statusLineOf = (status: number): string => `${status} ${reasonOf(status)}`;

function linesOf(fields: readonly Field[]): string {
  let lines = "";
  for (const field of fields) lines += `\r\n${toLine(field)}`;
  return lines;
}

/**
 * The head of another answer, with more fields in front of those of the first. These are not checked
 * again, which is most of the cost.
 *
 * @throws Error like `buildHead`
 */
export function extendHead(head: Head, status: number, more: readonly Field[]): Head {
  const statusLine = statusLineOf(status);
  const first = statusLine + linesOf(more);
  const known = head.statusLine.length;
  const lines = Buffer.allocUnsafe(first.length + head.lines.length - known);
  lines.write(first, "latin1");
  head.lines.copy(lines, first.length, known);
  return { status, statusLine, lines, fields: [...more, ...head.fields] };
}

/**
 * What `lines` is to an answer, with its length, for a head that is sent alone: in front of a body the
 * transport writes the length.
 *
 * @param lengthBytes integer, 0 to 2^53 - 1
 */
export function linesWithLength({ lines }: Head, lengthBytes: number): Buffer {
  const more = `\r\nContent-Length: ${lengthBytes}`;
  const all = Buffer.allocUnsafeSlow(lines.length + more.length);
  all.write(more, lines.copy(all), "latin1");
  return all;
}

/**
 * The same head in memory of its own, to be kept. Node puts small buffers into one of 8 KiB, which
 * stays as long as any of them does: one that is kept among others that are not would cost all of it.
 */
export function ownHead(head: Head): Head {
  const lines = Buffer.allocUnsafeSlow(head.lines.length);
  head.lines.copy(lines);
  return { ...head, lines };
}

/**
 * Header lines for inside a body, RFC 2046 section 5.1: each `Name: value` and CR LF.
 *
 * @throws Error like `buildHead`
 */
export const buildLines = (fields: readonly Field[]): string =>
  fields.map((field) => `${toLine(field)}\r\n`).join("");

function toLine([name, value]: Field): string {
  const complaint = complaintAbout(name, value);
  if (complaint !== "") throw new Error(`header ${JSON.stringify(name)}: ${complaint}`);
  return `${name}: ${value}`;
}

/** "" for a field that may go out. The value is not quoted: it may be secret. */
function complaintAbout(name: string, value: string): string {
  if (!goodNames.has(name)) {
    if (!TOKEN.test(name)) return "the name is not a token";
    if (OF_THE_TRANSPORT.has(name.toLowerCase())) return "only the transport may set it";
    goodNames.add(name);
  }
  return FIELD_VALUE.test(value) ? "" : "the value holds a control or non-latin1 character";
}
