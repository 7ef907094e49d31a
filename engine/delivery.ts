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
import type { Answer } from "../protocol/answer.js";
import { FAULTS, type FaultCode } from "../protocol/faults.js";
import type { Head } from "../protocol/head.js";
import { partOf } from "./body-part.js";
import type { Part } from "./chunks/cursor.js";
import type { Scheduler } from "./chunks/scheduler.js";
import type { Outcome, Transfer } from "./chunks/transfer.js";
import type { Operation } from "./operations/operation.js";
import type { Operations } from "./operations/operations.js";
import type { Request } from "./request.js";
import type { Trace } from "./trace.js";
import type { Reply } from "./transport/exchange.js";

export interface DeliveryParts {
  readonly table: Pick<FileTable, "hold" | "release" | "distrustFile">;
  readonly scheduler: Pick<Scheduler<OpenFile>, "start">;
  readonly counters: Counters;
  readonly operations: Pick<Operations, "begin" | "end">;
  readonly nowMs: () => number;
  /** Our page for a fault, as this client may see it. */
  readonly errorPageFor: (code: FaultCode, request: Request) => Answer;
  /** Tells the operator about a fault that is worth a line. */
  readonly report: (code: FaultCode, path: string) => void;
  /** Follows a request that is to be explained; undefined on the real road. */
  readonly trace?: Trace;
}

/** What there is to tell of a request whose answer has begun. */
type Begun = Pick<Request, "operation" | "path">;

export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** While there is no transfer, nobody else would notice that the client leaves. */
  watchForLeaving(operation: Operation, reply: Reply): void {
    reply.onGone = () => this.#end("gone", operation);
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
    const { table, trace } = this.#parts;
    trace?.sends(answer.body, file.path);
    table.hold(file);
    const letGo = (outcome: Outcome): void => this.#letGo(file, outcome);
    const parts = answer.body.map((part) => partOf(part, file));
    this.#deliver(answer, request, reply, parts, letGo, onChanged);
  }

  #letGo(file: OpenFile, outcome: Outcome): void {
    const { table } = this.#parts;
    table.release(file);
    if (outcome === "changed") table.distrustFile(file);
  }

  /** The rest of an answer, whose first bytes have gone out without a transfer. */
  finish(rest: readonly Part<OpenFile>[], request: Begun, reply: Reply): void {
    const { table } = this.#parts;
    const file = fileOf(rest);
    if (file !== undefined) table.hold(file);
    this.#transfer(rest, request.operation, reply, (outcome) => {
      if (file !== undefined) this.#letGo(file, outcome);
      this.#endBegun(outcome, request, reply);
    });
  }

  #deliver(
    { head, lengthBytes }: Answer,
    request: Request,
    reply: Reply,
    parts: readonly Part<OpenFile>[],
    letGo: (outcome: Outcome) => void,
    onChanged: () => void = () => {},
  ): void {
    const { operation } = request;
    const isBodiless = request.method === "HEAD" || lengthBytes === 0;
    operation.answered(head.status, isBodiless ? 0 : lengthBytes);
    if (isBodiless) {
      const hasNoLength = head.status === 304 || head.status === 204;
      reply.sendHead(head, hasNoLength ? undefined : lengthBytes);
      letGo("sent");
      this.#sent(0, operation);
      return;
    }
    const [only] = parts;
    if (parts.length === 1 && only?.kind === "literal") {
      letGo("sent");
      this.#sendAtHand(head, only.bytes, request, reply);
      return;
    }
    reply.begin(head);
    this.#transfer(parts, operation, reply, (outcome) => {
      letGo(outcome);
      this.#settle(outcome, request, reply, onChanged);
    });
  }

  /** What is at hand goes out at once; only a socket that is full makes it a transfer. */
  #sendAtHand(head: Head, bytes: Uint8Array, request: Begun, reply: Reply): void {
    if (reply.isOver) return;
    const { operation } = request;
    const { counters } = this.#parts;
    const taken = reply.sendWhole(head, bytes);
    counters.bytesAtHand += taken;
    if (taken === bytes.length) {
      counters.bodiesSent++;
      this.#sent(taken, operation);
    } else {
      operation.sent(taken, this.#parts.nowMs());
      this.finish([{ kind: "literal", bytes: bytes.subarray(taken) }], request, reply);
    }
  }

  /** The operation follows the transfer, which may be over before this returns. */
  #transfer(
    parts: readonly Part<OpenFile>[],
    operation: Operation,
    reply: Reply,
    onSettled: (outcome: Outcome) => void,
  ): void {
    let isSettled = false;
    const settle = (outcome: Outcome, transfer: Transfer<OpenFile>): void => {
      isSettled = true;
      operation.takeOver(transfer);
      onSettled(outcome);
    };
    const transfer = this.#parts.scheduler.start(parts, reply, settle);
    if (!isSettled) operation.follow(transfer);
  }

  /** All of an answer has gone out, without a transfer. */
  #sent(bytes: number, operation: Operation): void {
    operation.sent(bytes, this.#parts.nowMs());
    this.#parts.operations.end(operation, "sent");
  }

  #end(outcome: Outcome, operation: Operation): void {
    if (operation.isOver) return;
    this.#count(outcome);
    this.#parts.operations.end(operation, outcome);
  }

  #sendAndClose({ head, body }: Answer, request: Request, reply: Reply): void {
    const hasBody = request.method !== "HEAD";
    const page = Buffer.concat(body.map((part) => (part.kind === "literal" ? part.bytes : EMPTY)));
    const { operation } = request;
    const bytes = hasBody ? page.length : 0;
    const { counters } = this.#parts;
    counters.bytesAtHand += bytes;
    operation.answered(head.status, bytes);
    reply.sendAndClose(head, page, hasBody, request.body === "unclear");
    this.#sent(bytes, operation);
  }

  #settle(outcome: Outcome, request: Request, reply: Reply, onChanged: () => void): void {
    const { operation } = request;
    if (reply.hasBegun) return this.#endBegun(outcome, request, reply);
    operation.unanswered();
    const fault = FAULT_OF[outcome];
    if (fault === undefined) return this.#endBegun(outcome, request, reply);
    this.#count(outcome);
    operation.startOver();
    this.watchForLeaving(operation, reply);
    if (outcome === "changed") onChanged();
    else this.fail(fault, request, reply);
  }

  /** There is no other answer any more. */
  #endBegun(outcome: Outcome, { operation, path }: Begun, reply: Reply): void {
    this.#end(outcome, operation);
    const fault = FAULT_OF[outcome];
    if (fault !== undefined) this.#parts.report(fault, path);
    if (outcome !== "sent" && outcome !== "gone") reply.cut();
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

/** The one whose descriptor is needed. */
const fileOf = (parts: readonly Part<OpenFile>[]): OpenFile | undefined =>
  parts.find((part) => part.kind === "extent")?.file;
