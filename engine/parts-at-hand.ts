/**
 * Small parts of files, sent within the request's call-back where their bytes need no disk.
 *
 * Who looks at documents, maps and archives over HTTP asks for many such (`Range`, RFC 9110 section
 * 14.2), and an operation and a transfer of its own cost each of them more than sending it does.
 *
 * The bytes are lent: they stand until the scheduler is asked again. What a socket does not take of
 * them at once a transfer sends, from the file.
 */
import { isReachable, type OpenFile } from "../fs/open-file.js";
import type { DownloadCounter } from "../metrics/download-counter.js";
import { type ByteRange, judgeRange } from "../protocol/ranges.js";
import { partHead } from "../protocol/respond.js";
import type { Part } from "./chunks/cursor.js";
import type { Scheduler } from "./chunks/scheduler.js";
import type { PreparedFile } from "./prepared.js";
import type { Ready } from "./transport/exchange.js";

/**
 * Bytes of the largest part that is sent so. Larger: one client's parts keep the event loop longer
 * than others wait for their turn. Smaller: 64 KiB, which viewers like to ask for, would not fit with
 * what they add to it.
 */
const MOST_BYTES = 128 * 1024;

export class PartsAtHand {
  readonly #scheduler: Pick<Scheduler<OpenFile>, "atHand">;
  /** The last answer, and where its bytes begin in the file: they were lent. */
  #lent: Ready | undefined;
  #file: OpenFile | undefined;
  #first = 0;

  constructor(scheduler: Pick<Scheduler<OpenFile>, "atHand">) {
    this.#scheduler = scheduler;
  }

  /**
   * A 206 at hand, its body valid until the next call. Undefined: the main road.
   *
   * @param field `Range`, not ""; nothing else in the request is a condition
   */
  answer(
    field: string,
    { representation, whole }: PreparedFile,
    file: OpenFile,
    download: DownloadCounter | undefined,
  ): Ready | undefined {
    const range = smallRange(field, representation.sizeBytes);
    if (range === undefined || !isReachable(file)) return undefined;
    const { first, last } = range;
    const body =
      file.body?.subarray(first, last + 1) ?? this.#scheduler.atHand(file, first, last + 1 - first);
    if (body === undefined) return undefined;
    const ready = { head: partHead(whole, range, representation.sizeBytes), body, download };
    this.#lent = file.body === undefined ? ready : undefined;
    this.#file = file;
    this.#first = first;
    return ready;
  }

  /** What a socket has left of an answer of the express lane. */
  restOf(ready: Ready, takenBytes: number): Part<OpenFile> {
    const { length } = ready.body!;
    if (ready !== this.#lent) return { kind: "literal", bytes: ready.body!.subarray(takenBytes) };
    const first = this.#first + takenBytes;
    return { kind: "extent", file: this.#file!, first, last: this.#first + length - 1 };
  }
}

/** One range of few bytes; undefined for any other, and for several. */
export function smallRange(field: string, sizeBytes: number): ByteRange | undefined {
  const verdict = judgeRange(field, sizeBytes, 1);
  if (verdict.kind !== "part") return undefined;
  const { first, last } = verdict.range;
  return last - first < MOST_BYTES ? verdict.range : undefined;
}
