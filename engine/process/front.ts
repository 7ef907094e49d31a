/**
 * What the transport talks to: the server that answers now. A reload puts another in its place; what
 * the old one has begun it ends, over the same table, pool and sockets.
 */
import type { Explain } from "../explain/explain.js";
import type { FileServer } from "../server.js";
import type { Ask, Handler, Ready, Reply } from "../transport/exchange.js";

/** A server, and who can tell what it would answer. */
export interface Desk {
  readonly server: FileServer;
  readonly explain: Explain;
}

export class Front implements Handler {
  #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Between two events: a transport asks and tells of one answer within one. */
  replace(desk: Desk): void {
    this.#desk = desk;
  }

  readonly explain: Explain = (target, fields) => this.#desk.explain(target, fields);

  express(ask: Ask): Ready | undefined {
    return this.#desk.server.express(ask);
  }

  sent(ready: Ready): void {
    this.#desk.server.sent(ready);
  }

  finish(ask: Ask, ready: Ready, takenBytes: number, reply: Reply): void {
    this.#desk.server.finish(ask, ready, takenBytes, reply);
  }

  handle(ask: Ask, reply: Reply): void {
    this.#desk.server.handle(ask, reply);
  }
}
