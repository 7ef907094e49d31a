/**
 * Answers on their way out: a head alone, or a body through the scheduler, and what becomes of a
 * transfer that cannot go on.
 *
 * While nothing has been sent, a failed transfer turns into an error page. Afterwards the length is
 * promised: the connection is cut, and the client sees that the body is short. It is never padded,
 * mixed, or ended as if it were whole.
 */
import type { FileTable } from "../fs/file-table.js";
import type { OpenFile } from "../fs/open-file.js";
import type { Counters } from "../metrics/counters.js";
import type { Answer, BodyPart } from "../protocol/answer.js";
import { FAULTS, type FaultCode } from "../protocol/faults.js";
import type { Head } from "../protocol/head.js";
import type { Part } from "./chunks/cursor.js";
import type { Scheduler } from "./chunks/scheduler.js";
import type { Outcome } from "./chunks/transfer.js";
import type { Request } from "./request.js";
import type { Reply } from "./transport/exchange.js";

export interface DeliveryParts {
  readonly table: FileTable;
  readonly scheduler: Scheduler<OpenFile>;
  readonly counters: Counters;
  /** Our page for a fault, as this client may see it. */
  readonly errorPageFor: (code: FaultCode, request: Request) => Answer;
  /** Tells the operator about a fault that is worth a line. */
  readonly report: (code: FaultCode, path: string) => void;
}

export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Answers with a page at hand: an error or a redirect. */
  send(answer: Answer, request: Request, reply: Reply): void {
    this.#deliver(answer, request, reply, literalsOf(answer), () => {});
  }

  errorPage(code: FaultCode, request: Request): Answer {
    return this.#parts.errorPageFor(code, request);
  }

  fail(code: FaultCode, request: Request, reply: Reply): void {
    this.#parts.report(code, request.path);
    const answer = this.errorPage(code, request);
    const mustClose = FAULTS[code].closes === true || hasUnreadBody(request);
    if (mustClose) this.#sendAndClose(answer, request, reply);
    else this.send(answer, request, reply);
  }

  /**
   * Answers with a file, or parts of it.
   *
   * @param onChanged the file changed before a byte of it went out: ask the table again
   */
  sendFile(
    answer: Answer,
    file: OpenFile,
    request: Request,
    reply: Reply,
    onChanged: () => void,
  ): void {
    const { table } = this.#parts;
    table.hold(file);
    const release = (): void => table.release(file);
    const parts = answer.body.map((part) => partOf(part, file));
    this.#deliver(answer, request, reply, parts, release, onChanged);
  }

  /** The rest of an answer that a transport has begun by itself. */
  finish(rest: Uint8Array, reply: Reply): void {
    this.#parts.scheduler.start([{ kind: "literal", bytes: rest }], reply, (outcome) => {
      this.#count(outcome);
      if (outcome !== "sent" && !reply.isOver) reply.cut();
    });
  }

  #deliver(
    { head, lengthBytes }: Answer,
    request: Request,
    reply: Reply,
    parts: readonly Part<OpenFile>[],
    release: () => void,
    onChanged: () => void = () => {},
  ): void {
    this.#parts.counters.answered(head.status);
    if (request.method === "HEAD" || lengthBytes === 0) {
      const hasNoLength = head.status === 304 || head.status === 204;
      reply.sendHead(head, hasNoLength ? undefined : lengthBytes);
      release();
      return;
    }
    const [only] = parts;
    if (parts.length === 1 && only?.kind === "literal") {
      release();
      this.#sendAtHand(head, only.bytes, reply);
      return;
    }
    reply.begin(head);
    this.#parts.scheduler.start(parts, reply, (outcome) => {
      release();
      this.#settle(outcome, request, reply, onChanged);
    });
  }

  /** What is at hand goes out at once; only a socket that is full makes it a transfer. */
  #sendAtHand(head: Head, bytes: Uint8Array, reply: Reply): void {
    if (reply.isOver) return;
    const taken = reply.sendWhole(head, bytes);
    if (taken < bytes.length) this.finish(bytes.subarray(taken), reply);
    else this.#parts.counters.bodiesSent++;
  }

  #sendAndClose({ head, body }: Answer, request: Request, reply: Reply): void {
    this.#parts.counters.answered(head.status);
    const page = Buffer.concat(body.map((part) => (part.kind === "literal" ? part.bytes : EMPTY)));
    reply.sendAndClose(head, page, request.method !== "HEAD");
  }

  #settle(outcome: Outcome, request: Request, reply: Reply, onChanged: () => void): void {
    this.#count(outcome);
    if (outcome === "sent" || outcome === "gone") return;
    const fault = FAULT_OF[outcome];
    if (reply.hasBegun || fault === undefined) {
      if (fault !== undefined) this.#parts.report(fault, request.path);
      reply.cut();
    } else if (outcome === "changed") {
      onChanged();
    } else {
      this.fail(fault, request, reply);
    }
  }

  #count(outcome: Outcome): void {
    const { counters } = this.#parts;
    switch (outcome) {
      case "sent":
        counters.bodiesSent++;
        break;
      case "gone":
        counters.clientsGone++;
        break;
      case "client stalled":
        counters.clientsStalled++;
        break;
      case "changed":
        counters.filesChanged++;
        break;
      case "read failed":
        counters.readsFailed++;
        break;
      case "read timed out":
        counters.readsTimedOut++;
        break;
    }
  }
}

const EMPTY = Buffer.alloc(0);

/** What a failed transfer is to the operator, and to a client that has received nothing yet. */
const FAULT_OF: Partial<Record<Outcome, FaultCode>> = {
  changed: "FILE_CHANGED",
  "read failed": "DISK_FAILED",
  "read timed out": "READ_TIMED_OUT",
};

/** Its sender may go on for ever, or the next request begins nobody knows where. */
const hasUnreadBody = ({ body }: Request): boolean => body === "large" || body === "unclear";

const literalsOf = ({ body }: Answer): Part<OpenFile>[] =>
  body.map((part) => {
    if (part.kind === "extent") throw new Error("a stretch of a file, without the file");
    return part;
  });

function partOf(part: BodyPart, file: OpenFile): Part<OpenFile> {
  if (part.kind === "literal") return part;
  const { first, last } = part;
  if (file.body === undefined) return { kind: "extent", file, first, last };
  return { kind: "literal", bytes: file.body.subarray(first, last + 1) };
}
