/**
 * Is the body right? Every byte is compared with the fixture on disk, as it comes: one of 100 MiB is never
 * held. A body in parts is, since it may come cut within a boundary.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Slice, WantedBody } from "./cell.js";

/** Length of the right body below `root`, 0 where it is the server's choice. */
export function bodyBytes(root: string, body: WantedBody): number {
  if (body.kind === "file") return statSync(join(root, body.path)).size;
  const slices = body.kind === "slice" ? [body.slice] : body.kind === "parts" ? body.slices : [];
  return slices.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** A body as it comes, beside the one that is wanted. */
interface Comparison {
  readonly feed: (piece: Buffer) => void;
  /** Undefined when every byte was right. Asked once, at the end: it closes the files. */
  readonly fault: () => string | undefined;
}

/** @param contentType of the answer, which tells what separates its parts */
export function createComparison(root: string, body: WantedBody, contentType: string): Comparison {
  if (body.kind === "any") return { feed: () => {}, fault: () => undefined };
  if (body.kind === "none") return compareWith([]);
  if (body.kind === "file") return compareWith([{ path: join(root, body.path) }]);
  if (body.kind === "slice") return compareWith([rooted(root, body.slice)]);
  return compareParts(
    body.slices.map((slice) => rooted(root, slice)),
    contentType,
  );
}

interface Expected {
  readonly path: string;
  readonly first?: number;
  readonly last?: number;
}

const rooted = (root: string, slice: Slice): Expected => ({
  ...slice,
  path: join(root, slice.path),
});

function compareWith(expected: readonly Expected[]): Comparison {
  const want = expected.map(openExpected);
  const wantBytes = want.reduce((sum, one) => sum + one.lengthBytes, 0);
  let gotBytes = 0;
  let wrongAt: number | undefined;
  return {
    feed(piece) {
      const [only] = want;
      if (wrongAt === undefined && only !== undefined) wrongAt = only.findWrong(piece, gotBytes);
      gotBytes += piece.length;
    },
    fault() {
      for (const one of want) one.close();
      if (wrongAt !== undefined) return `body differs from the file at byte ${wrongAt}`;
      return gotBytes === wantBytes ? undefined : `body of ${gotBytes} bytes, wanted ${wantBytes}`;
    },
  };
}

function openExpected({ path, first = 0, last }: Expected) {
  const fd = openSync(path, "r");
  const lengthBytes = last === undefined ? fstatSync(fd).size - first : last - first + 1;
  return {
    lengthBytes,
    close: () => closeSync(fd),
    /** Offset in the body of a byte that is not the file's, or undefined. Extra bytes are for `fault`. */
    findWrong(piece: Buffer, bodyOffset: number): number | undefined {
      const inside = piece.subarray(0, Math.max(0, lengthBytes - bodyOffset));
      const right = Buffer.alloc(inside.length);
      readSync(fd, right, 0, right.length, first + bodyOffset);
      if (right.equals(inside)) return undefined;
      return bodyOffset + inside.findIndex((byte, at) => byte !== right[at]);
    },
  };
}

/** RFC 9110 section 14.6: every part in order, with the right bytes and nothing else between. */
function compareParts(expected: readonly Expected[], contentType: string): Comparison {
  const pieces: Buffer[] = [];
  return {
    feed: (piece) => void pieces.push(piece),
    fault() {
      const boundary = /^multipart\/byteranges;\s*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
      if (boundary === undefined) return `content-type ${contentType}, wanted multipart/byteranges`;
      const parts = splitParts(Buffer.concat(pieces), boundary);
      if (parts.length !== expected.length) {
        return `${parts.length} parts, wanted ${expected.length}`;
      }
      return expected.map((want, at) => findWrongPart(want, parts[at]!, at)).find(Boolean);
    },
  };
}

function findWrongPart(want: Expected, part: Buffer, at: number): string | undefined {
  const compare = compareWith([want]);
  compare.feed(part);
  const fault = compare.fault();
  return fault === undefined ? undefined : `part ${at + 1}: ${fault}`;
}

/** Bodies between the boundaries, their head fields dropped. */
function splitParts(body: Buffer, boundary: string): Buffer[] {
  const marker = Buffer.from(`--${boundary}`);
  const parts: Buffer[] = [];
  let from = body.indexOf(marker);
  for (;;) {
    const to = from < 0 ? -1 : body.indexOf(marker, from + marker.length);
    if (to < 0) return parts;
    const bodyAt = body.indexOf("\r\n\r\n", from) + 4;
    parts.push(body.subarray(bodyAt, to - 2)); // the line end before a boundary belongs to it
    from = to;
  }
}
