/**
 * A body as a list of parts, and how far it has been taken.
 *
 *      parts   | literal | extent of a file         | literal |
 *      sent    |█████████|███████████               |         |
 *                                    ▲ at (an offset in the file; in a literal, an index)
 *
 * A whole file, one range and a multipart answer are the same thing here. Parts of no bytes are
 * stepped over, so whenever there is a part there is a byte to send.
 */

import type { ChunkFile } from "./chunk-reader.js";

/** A piece of a body. `first` and `last` are file offsets, `last` inclusive: `first - 1` is empty. */
export type Part<File extends ChunkFile> =
  | { readonly kind: "literal"; readonly bytes: Uint8Array }
  | { readonly kind: "extent"; readonly file: File; readonly first: number; readonly last: number };

/** A place of a cursor. */
interface Mark<File extends ChunkFile> {
  readonly sentBytes: number;
  readonly part: Part<File> | undefined;
  readonly at: number;
  readonly aheadChunk: number;
  readonly index: number;
}

export class Cursor<File extends ChunkFile> {
  readonly totalBytes: number;
  sentBytes = 0;
  /** The part of the next byte; undefined when all is sent. */
  part: Part<File> | undefined;
  /** Position of the next byte: an offset in the extent's file, or an index into the literal. */
  at = 0;
  /** The last chunk of this part that was asked for ahead of its turn; -1 when none was. */
  aheadChunk = -1;
  readonly #parts: readonly Part<File>[];
  #index = -1;

  /**
   * @throws RangeError when there is no byte to send or an extent lies outside its file: a bug of
   *   the caller
   */
  constructor(parts: readonly Part<File>[]) {
    for (const part of parts) mustFit(part);
    this.#parts = parts;
    this.totalBytes = parts.reduce((sum, part) => sum + lengthOf(part), 0);
    if (this.totalBytes === 0) throw new RangeError("an empty body has nothing to schedule");
    this.#nextPart();
  }

  get remainingBytes(): number {
    return this.totalBytes - this.sentBytes;
  }

  /** Bytes from here to the end of the part or of the chunk, whichever comes first. */
  pieceBytes(chunkBytes: number): number {
    const part = this.part!;
    if (part.kind === "literal") return part.bytes.length - this.at;
    return Math.min(part.last + 1 - this.at, chunkBytes - (this.at % chunkBytes));
  }

  /** Are the next `want` bytes all that a chunk of its file has? */
  isWholeChunk(want: number, chunkBytes: number): boolean {
    const { part, at } = this;
    return (
      part?.kind === "extent" &&
      at % chunkBytes === 0 &&
      want === Math.min(chunkBytes, part.file.sizeBytes - at)
    );
  }

  /** @param bytes 0 to `remainingBytes`; may lead over several parts */
  advance(bytes: number): void {
    this.sentBytes += bytes;
    for (let left = bytes; left > 0; ) {
      const step = Math.min(left, endOf(this.part!) - this.at);
      left -= step;
      this.at += step;
      if (this.at === endOf(this.part!)) this.#nextPart();
    }
  }

  /** Where it stands, to come back to by `reset`. */
  mark(): Mark<File> {
    const { sentBytes, part, at, aheadChunk } = this;
    return { sentBytes, part, at, aheadChunk, index: this.#index };
  }

  reset({ sentBytes, part, at, aheadChunk, index }: Mark<File>): void {
    this.sentBytes = sentBytes;
    this.part = part;
    this.at = at;
    this.aheadChunk = aheadChunk;
    this.#index = index;
  }

  #nextPart(): void {
    do this.part = this.#parts[++this.#index];
    while (this.part !== undefined && lengthOf(this.part) === 0);
    this.aheadChunk = -1;
    this.at = this.part?.kind === "extent" ? this.part.first : 0;
  }
}

function mustFit(part: Part<ChunkFile>): void {
  if (part.kind === "literal") return;
  const { file, first, last } = part;
  const fits = first >= 0 && last >= first - 1 && last < file.sizeBytes;
  if (!fits) throw new RangeError(`bytes ${first} to ${last} of a file of ${file.sizeBytes}`);
}

const lengthOf = (part: Part<ChunkFile>): number =>
  part.kind === "literal" ? part.bytes.length : part.last - part.first + 1;
const endOf = (part: Part<ChunkFile>): number =>
  part.kind === "literal" ? part.bytes.length : part.last + 1;

/** What is left of a body when its first bytes have been taken. */
export function dropFirst<File extends ChunkFile>(
  parts: readonly Part<File>[],
  takenBytes: number,
): Part<File>[] {
  let left = takenBytes;
  return parts.flatMap((part) => {
    const taken = Math.min(left, lengthOf(part));
    left -= taken;
    if (taken === lengthOf(part)) return [];
    if (part.kind === "literal") return { ...part, bytes: part.bytes.subarray(taken) };
    return { ...part, first: part.first + taken };
  });
}
