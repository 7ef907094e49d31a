/**
 * Reply -> responses of uWebSockets.js, for every request that is not answered on the express lane.
 *
 * What its author's promises and our measurements say must be done here:
 *
 * - `onAborted` is registered when the request's call-back ends with the answer still to come, by
 *   `goOn`: without it an unanswered request ends the process, and until then nobody can leave
 * - bodies go out by `tryEnd`, small ones too: `end` keeps what the socket does not take, so a client
 *   that pipelines requests and reads nothing would grow our memory without bound
 * - heads alone are kept like that, whoever reads them or not: now and then one is the last on its
 *   connection, see uws-farewell.ts
 * - after the last byte or an abort every method of the response throws: `#res` is dropped then
 * - writes after the request's call-back are corked, or each piece is a system call; within it they
 *   are, and a cork of ours would only cost a closure
 */
import type { HttpResponse } from "uWebSockets.js";
import { type Head, linesWithLength } from "../../protocol/head.js";
import { createGoneStream, type Reply, type Stream } from "./exchange.js";
import { addressOf, type ListenState } from "./uws-ask.js";
import { sayFarewell } from "./uws-farewell.js";
import { UwsStream } from "./uws-stream.js";

const nothing = (): void => {};

/** In place of a count of bytes: no head has been written, so another answer is still possible. */
export const NOT_BEGUN = -1;

export class UwsReply implements Reply {
  onDrained: () => void = nothing;
  onGone: () => void = nothing;
  hasBegun: boolean;
  #res: HttpResponse | undefined;
  readonly #state: ListenState;
  /** Body bytes that had gone out before those that are offered. */
  #before: number;
  #hasDrains = false;
  #taken = 0;
  #head: Head | undefined;
  /** Does the request's call-back still run? */
  #isWithin = true;

  /** To be made within the request's call-back, and told by `goOn` before that returns. */
  constructor(res: HttpResponse, state: ListenState, before: number) {
    this.#res = res;
    this.#state = state;
    this.#before = Math.max(0, before);
    this.hasBegun = before !== NOT_BEGUN;
    state.pending++;
    if (this.hasBegun) this.#expectDrains(res);
  }

  /** The request's call-back is about to return. */
  goOn(): void {
    this.#isWithin = false;
    this.#res?.onAborted(() => this.#leave());
  }

  /** Cost: one system call, so only those ask who share among clients. */
  get client(): string {
    return this.#res === undefined ? "" : addressOf(this.#res, this.#state);
  }

  get repeatedBytes(): number {
    return this.#state.repeatedBytes;
  }

  get isOver(): boolean {
    return this.#res === undefined;
  }

  sendHead(head: Head, lengthBytes: number | undefined): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#finish();
    if (this.#state.headsAlone.isLast()) {
      const lines = lengthBytes === undefined ? head.lines : linesWithLength(head, lengthBytes);
      sayFarewell(res, this.#state, lines, undefined, this.#isWithin);
      return;
    }
    this.#corked(res, () => {
      this.#writeHead(res, head);
      if (lengthBytes !== undefined) res.writeHeader("Content-Length", String(lengthBytes));
      res.endWithoutBody();
    });
  }

  sendAndClose(head: Head, body: Buffer, hasBody: boolean, hasNoEnd = false): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#finish();
    const isAlone = !hasBody || body.length < 2; // no page is a single byte
    const lingers = this.#isWithin && !hasNoEnd;
    sayFarewell(res, this.#state, head.lines, isAlone ? undefined : body, lingers);
  }

  sendWhole(head: Head, body: Uint8Array): number {
    this.begin(head);
    const taken = this.offer(body, body.length);
    this.#before = taken;
    this.#taken = 0;
    return taken;
  }

  begin(head: Head): void {
    this.#head = head;
  }

  offer(bytes: Uint8Array, totalBytes: number): number {
    const res = this.#res;
    if (res === undefined) return this.#taken;
    this.#corked(res, () => {
      if (!this.hasBegun) this.#writeHead(res, this.#head!);
      this.hasBegun = true;
      this.#push(res, bytes, totalBytes);
    });
    return this.#taken;
  }

  openStream(head: Head): Stream {
    const res = this.#res;
    if (res === undefined) return createGoneStream();
    this.#finish();
    this.hasBegun = true;
    return new UwsStream(res, () => this.#writeHead(res, head));
  }

  cut(): void {
    const res = this.#res;
    res?.close(); // runs `onAborted`, where that is registered
    if (res !== undefined && this.#isWithin) this.#leave();
  }

  #corked(res: HttpResponse, write: () => void): void {
    if (this.#isWithin) write();
    else res.cork(write);
  }

  #push(res: HttpResponse, bytes: Uint8Array, totalBytes: number): void {
    const [isTaken, isDone] = this.#state.push(res, bytes, totalBytes + this.#before);
    if (isDone) {
      this.#finish();
      this.#taken = totalBytes;
    } else {
      this.#expectDrains(res);
      this.#taken = isTaken ? this.#taken + bytes.length : res.getWriteOffset() - this.#before;
    }
  }

  #writeHead(res: HttpResponse, head: Head): void {
    res.writeStatus(head.lines);
    if (this.#state.isDraining) res.writeHeader("Connection", "close");
  }

  /** Once per response: registering again has called the older call-back. */
  #expectDrains(res: HttpResponse): void {
    if (this.#hasDrains) return;
    this.#hasDrains = true;
    res.onWritable(() => {
      this.onDrained();
      return true;
    });
  }

  /** After the last byte or an abort the response may not be touched. */
  #finish(): void {
    this.#res = undefined;
    this.#state.pending--;
  }

  #leave(): void {
    this.#finish();
    this.onGone();
  }
}
