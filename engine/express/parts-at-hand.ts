/**
 * Small parts of files, and small files that are kept open, sent within the request's call-back where
 * their bytes need no disk.
 *
 * Who looks at documents, maps and archives over HTTP asks for many such (`Range`, RFC 9110 section
 * 14.2), one or several at once, and an operation and a transfer of its own cost each of them more
 * than sending it does.
 *
 * The bytes are lent: they stand until the scheduler is asked again. What a socket does not take of
 * them at once a transfer sends, from the file.
 */
import { viewOf } from "../../fs/bytes.js";
import { isReachable, type OpenFile } from "../../fs/open-file.js";
import type { DownloadCounter } from "../../metrics/download-counter.js";
import { type ByteRange, judgeRange } from "../../protocol/ranges.js";
import {
  mostRanges,
  type Policy,
  partHead,
  partsAnswer,
  type Representation,
} from "../../protocol/respond.js";
import { partOf } from "../body-part.js";
import { dropFirst, type Part } from "../chunks/cursor.js";
import type { Scheduler } from "../chunks/scheduler.js";
import type { PreparedFile } from "../prepared.js";
import { type Ready, readyOf } from "../transport/exchange.js";

/**
 * Bytes of the largest parts that are sent so, all together. Larger: one client's parts keep the event loop longer
 * than others wait for their turn. Smaller: 64 KiB, which viewers like to ask for, would not fit with
 * what they add to it.
 */
const MOST_BYTES = 128 * 1024;

/** Who has bytes for which nobody has to wait. */
type Bytes = Pick<Scheduler<OpenFile>, "atHand" | "wholeAtHand">;

export class PartsAtHand {
  readonly #scheduler: Bytes;
  readonly #policy: Policy;
  /** The last answer, and what its body was made of: its bytes were lent. */
  #lent: Ready | undefined;
  #parts: readonly Part<OpenFile>[] = [];

  constructor(scheduler: Bytes, policy: Policy) {
    this.#scheduler = scheduler;
    this.#policy = policy;
  }

  /**
   * A 206 at hand, its body valid until the next call. Undefined: the main road.
   *
   * @param field `Range`, not ""; nothing else in the request is a condition
   */
  answer(
    field: string,
    prepared: PreparedFile,
    file: OpenFile,
    download: DownloadCounter | undefined,
  ): Ready | undefined {
    const { representation } = prepared;
    const ranges = this.#smallRanges(field, representation);
    if (ranges === undefined || !isReachable(file)) return undefined;
    const [range] = ranges;
    return ranges.length === 1
      ? this.#onePart(range!, prepared, file, download)
      : this.#manyParts(ranges, representation, file, download);
  }

  /** A 200 at hand, of a file that is not kept in memory, its body valid until the next call. */
  whole(
    prepared: PreparedFile,
    file: OpenFile,
    download: DownloadCounter | undefined,
  ): Ready | undefined {
    const { sizeBytes } = file;
    if (!file.isKeptOpen || sizeBytes === 0 || sizeBytes > MOST_BYTES) return undefined;
    const body = this.#scheduler.wholeAtHand(file);
    if (body === undefined) return undefined;
    const parts = [partOf({ kind: "extent", first: 0, last: sizeBytes - 1 }, file)];
    return this.#lend(readyOf(prepared.whole, body, download), parts);
  }

  /** Would it answer, if the bytes are at hand then? */
  isFor(field: string, { representation }: PreparedFile): boolean {
    return this.#smallRanges(field, representation) !== undefined;
  }

  /**
   * What a socket has left of an answer from here; undefined for any other.
   *
   * @param repeatedBytes so many of them have to be offered once more as they are: see `Sink`
   */
  restOf(ready: Ready, takenBytes: number, repeatedBytes: number): Part<OpenFile>[] | undefined {
    if (ready !== this.#lent) return undefined;
    const again = Buffer.from(viewOf(ready.body!).subarray(takenBytes, takenBytes + repeatedBytes));
    const rest = dropFirst(this.#parts, takenBytes + again.length);
    return again.length === 0 ? rest : [{ kind: "literal", bytes: again }, ...rest];
  }

  /** The ranges that are asked for, of few bytes together; undefined for any other answer. */
  #smallRanges(field: string, representation: Representation): readonly ByteRange[] | undefined {
    const most = field.includes(",") ? mostRanges(representation, this.#policy) : 1;
    const verdict = judgeRange(field, representation.sizeBytes, most);
    if (verdict.kind === "part") return isSmall([verdict.range]) ? [verdict.range] : undefined;
    return verdict.kind === "parts" && isSmall(verdict.ranges) ? verdict.ranges : undefined;
  }

  #onePart(
    range: ByteRange,
    { representation, whole }: PreparedFile,
    file: OpenFile,
    download: DownloadCounter | undefined,
  ): Ready | undefined {
    const { first, last } = range; // not spread: that would cost as much as the rest
    const part = partOf({ kind: "extent", first, last }, file);
    const body = part.kind === "literal" ? part.bytes : this.#scheduler.atHand([part]);
    if (body === undefined) return undefined;
    const head = partHead(whole, range, representation.sizeBytes);
    return this.#lend(readyOf(head, body, download), [part]);
  }

  #manyParts(
    ranges: readonly ByteRange[],
    representation: Representation,
    file: OpenFile,
    download: DownloadCounter | undefined,
  ): Ready | undefined {
    const boundary = this.#policy.createBoundary();
    const { head, body } = partsAnswer(representation, ranges, boundary);
    const parts = body.map((part) => partOf(part, file));
    const bytes = this.#scheduler.atHand(parts);
    return bytes && this.#lend(readyOf(head, bytes, download), parts);
  }

  #lend(ready: Ready, parts: readonly Part<OpenFile>[]): Ready {
    this.#lent = ready;
    this.#parts = parts;
    return ready;
  }
}

const isSmall = (ranges: readonly ByteRange[]): boolean =>
  ranges.reduce((sum, { first, last }) => sum + last + 1 - first, 0) <= MOST_BYTES;
