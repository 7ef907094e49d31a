/**
 * Server-sent events through node:http.
 *
 * In memory for a listener that reads nothing: the piece sent last. Node cuts nobody for reading
 * nothing; its owner does.
 */
import type { ServerResponse } from "node:http";
import type { Stream } from "./exchange.js";

/**
 * How long who takes nothing of the last bytes is waited for, unless the owner says otherwise. Node
 * looks twice before it calls a connection idle: after 5 to 10 s, as by the fast transport, it is cut.
 */
export const LAST_BYTES_MS = 5000;

const nothing = (): void => {};

export class NodeStream implements Stream {
  onGone: () => void = nothing;
  readonly #res: ServerResponse;
  #isOver = false;

  constructor(res: ServerResponse) {
    this.#res = res;
    res.once("close", () => this.#leave());
    res.flushHeaders();
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isOver || this.#res.writableLength > 0) return false;
    this.#res.write(bytes);
    return true;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#res.setTimeout(LAST_BYTES_MS);
    this.#res.end();
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onGone();
  }
}
