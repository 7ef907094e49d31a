/**
 * Reply -> responses of node:http.
 *
 * Node writes later than `write` returns, and the slab is reused, so `offer` copies: a bounded piece
 * at a time, and nothing while the socket is full.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Head } from "../../protocol/head.js";
import { plainAddress } from "./address.js";
import { createGoneStream, type Reply, type Stream } from "./exchange.js";
import { LINGER_MS } from "./linger.js";
import { NodeStream } from "./node-stream.js";
import { lingering } from "./node-unread.js";

/**
 * Bytes copied and given to Node in one piece. Smaller: more calls per MiB. Larger: more memory for
 * each client that stops reading: this much and some 10 KiB of Node's own, so 1,000 of them cost
 * 41 MiB. With 64 KiB they cost 72.
 */
const PIECE_BYTES = 32 * 1024;

const nothing = (): void => {};

export class NodeReply implements Reply {
  readonly client: string;
  readonly repeatedBytes = 0;
  onDrained: () => void = nothing;
  onGone: () => void = nothing;
  isOver = false;
  hasBegun = false;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #discount: () => void;
  readonly #lastBytesMs: number;
  #head: Head | undefined;
  #taken = 0;
  #isFull = false;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    discount: () => void,
    lastBytesMs: number,
  ) {
    this.#req = req;
    this.#res = res;
    this.#discount = discount;
    this.#lastBytesMs = lastBytesMs;
    this.client = plainAddress(req.socket.remoteAddress ?? "");
    if (hasBody(req)) req.resume(); // what is left unread when the connection closes, resets it
    res.on("drain", () => this.#drain());
    res.on("close", () => this.#leave());
    res.on("error", nothing); // the close that follows tells all there is to tell
  }

  sendHead(head: Head, lengthBytes: number | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#writeHead(head, lengthBytes);
    this.#end();
  }

  sendWhole(head: Head, body: Uint8Array): number {
    this.begin(head);
    const taken = this.offer(body, body.length);
    this.#taken = 0;
    return taken;
  }

  sendAndClose(head: Head, body: Buffer, hasBody: boolean, hasNoEnd = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#res.shouldKeepAlive = false;
    this.#writeHead(head, hasBody ? body.length : undefined);
    const last = hasBody ? body : undefined;
    if (!hasNoEnd && isComing(this.#req)) this.#linger(last);
    else this.#end(last);
  }

  begin(head: Head): void {
    this.#head = head;
  }

  offer(bytes: Uint8Array, totalBytes: number): number {
    if (this.isOver) return this.#taken;
    if (!this.hasBegun) this.#writeHead(this.#head!, totalBytes);
    for (let at = 0; at < bytes.length && !this.#isFull; at += PIECE_BYTES) {
      this.#write(Buffer.from(bytes.subarray(at, at + PIECE_BYTES)));
    }
    if (this.#taken === totalBytes) {
      this.isOver = true;
      this.#end();
    }
    return this.#taken;
  }

  openStream(head: Head): Stream {
    if (this.isOver) return createGoneStream();
    this.isOver = true;
    this.#discount();
    this.#writeHead(head, undefined);
    return new NodeStream(this.#res);
  }

  cut(): void {
    this.#res.destroy();
  }

  #write(copy: Buffer): void {
    this.#isFull = !this.#res.write(copy);
    this.#taken += copy.length;
  }

  #writeHead(head: Head, lengthBytes: number | undefined): void {
    this.hasBegun = true;
    const fields = head.fields.flat();
    if (lengthBytes !== undefined) fields.push("Content-Length", String(lengthBytes));
    this.#res.writeHead(head.status, fields);
  }

  /** Nobody else waits for what Node has: without a deadline it would keep it, and the connection. */
  #end(last?: Buffer): void {
    this.#res.end(last);
    if (!this.#res.writableFinished) this.#res.setTimeout(this.#lastBytesMs);
  }

  /** Node closes with the end of the answer: until the request has come, that is kept back. */
  #linger(last: Buffer | undefined): void {
    const res = this.#res;
    if (last === undefined || last.length === 0) res.flushHeaders();
    else res.write(last, () => this.#discount());
    lingering.add(res);
    const end = (): void => this.#end();
    const timer = setTimeout(end, LINGER_MS);
    this.#req.once("end", end);
    res.once("close", () => clearTimeout(timer));
  }

  #drain(): void {
    this.#isFull = false;
    if (!this.isOver) this.onDrained();
  }

  #leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onGone();
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;

/** Of a request without a body Node says only later that it is complete. */
const isComing = (req: IncomingMessage): boolean => hasBody(req) && !req.complete;
