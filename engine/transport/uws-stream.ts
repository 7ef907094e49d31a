/**
 * Server-sent events through uWebSockets.js, which buffers whatever it is given.
 *
 *   send ──▶ write(events) ──▶ write(comment) ──▶ true: all is with the kernel
 *                                                 false: full, until onWritable and a comment say no
 *
 * A corked write does not tell whether the socket took it: the socket is written to when the cork is
 * drawn. The next write does, since what is left of the last one goes first. So a comment follows
 * each piece, whose chunk it completes, and nothing is written while the socket is full.
 *
 * In memory for a listener that reads nothing: the piece sent last, and at most one cork (16 KiB)
 * written within the request's call-back, whose end nobody tells. uWebSockets.js cuts it 8 to 12 s
 * after the socket was full. A stream that is silent but not full lives on.
 */
import type { HttpResponse } from "uWebSockets.js";
import type { Stream } from "./exchange.js";

/** A comment and an empty line: clients read past both, wherever an event may begin. */
const COMMENT = Buffer.from(":\n\n");

const nothing = (): void => {};

export class UwsStream implements Stream {
  onGone: () => void = nothing;
  #res: HttpResponse | undefined;
  #isFull = false;

  /** @param writeHead called corked; the first comment completes the head */
  constructor(res: HttpResponse, writeHead: () => void) {
    this.#res = res;
    res.onAborted(() => this.#leave());
    res.onWritable(() => {
      this.#look(res);
      return true;
    });
    res.cork(() => {
      writeHead();
      res.write(COMMENT);
    });
  }

  send(bytes: Uint8Array): boolean {
    const res = this.#res;
    if (res === undefined || this.#isFull) return false;
    res.cork(() => {
      res.write(bytes);
    });
    this.#look(res);
    return true;
  }

  end(): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#res = undefined;
    res.cork(() => {
      res.end();
    });
  }

  /** Writes what is left, then a comment: that goes to the kernel too, or the socket is full. */
  #look(res: HttpResponse): void {
    res.cork(() => {
      this.#isFull = !res.write(COMMENT);
    });
  }

  #leave(): void {
    this.#res = undefined;
    this.onGone();
  }
}
