/**
 * One request and its answer, as the transports hand them to the server.
 *
 * `Ask` is what a client sent, raw. `Reply` is where the answer goes; it is also the `Sink` that the
 * scheduler fills. A transport asks `express` first: an answer at hand costs no `Reply` at all.
 */
import type { Field, Head } from "../../protocol/head.js";
import type { Sink } from "../chunks/sink.js";

/** The name of a request field, in the shapes the two transports look it up by. */
export interface FieldName {
  /** Lower case. */
  readonly text: string;
  /** The same in ASCII: uWebSockets.js takes it without converting a string, 60 ns less a field. */
  readonly bytes: Buffer;
}

export const fieldName = (text: string): FieldName => ({ text, bytes: Buffer.from(text) });

/** A request. Valid only until `express` or `handle` returns: copy what is needed later. */
export interface Ask {
  /** As sent: case counts. */
  readonly method: string;
  /** The target up to its "?", as sent. */
  readonly path: string;
  /** The target after its "?", as sent; "" when there is none. */
  readonly query: string;
  /** The value of a field, "" when absent; of several with the same name, the first. */
  field(name: FieldName): string;
  /** All fields in order. Slow: for judging the framing of a request that has a body. */
  fields(): Field[];
}

/** A whole answer at hand. Without a body it is a 304. */
export interface Ready {
  readonly head: Head;
  readonly body: Buffer | undefined;
}

/** The answer's side of a request. After `sendHead`, `sendAndClose` or the last byte it is over. */
export interface Reply extends Sink {
  /** The client has left, or the answer is over: nothing may be sent any more. */
  readonly isOver: boolean;
  /** Has any byte of an answer gone out? Until then another answer may take its place. */
  readonly hasBegun: boolean;
  /** Sends a head alone. `lengthBytes` becomes `Content-Length`; undefined sends none (304, 204). */
  sendHead(head: Head, lengthBytes: number | undefined): void;
  /** Sends a small answer and closes: where the next request would begin is unknown. */
  sendAndClose(head: Head, body: Buffer, hasBody: boolean): void;
  /**
   * Sends a head and what the socket takes of a body at hand, which is not empty. Returns the bytes
   * taken. What is offered afterwards is the rest, counted from its own beginning.
   */
  sendWhole(head: Head, body: Uint8Array): number;
  /** The head that leaves with the first bytes offered. */
  begin(head: Head): void;
  /** Ends the connection now. Any promised length stays unmet, and the client sees that. */
  cut(): void;
}

/** What a transport serves. Nothing here may throw: some transports end the process on it. */
export interface Handler {
  /** An answer at hand, or undefined: then `handle`. Called for GET only. */
  express(ask: Ask): Ready | undefined;
  /** Answers now or later through `reply`. */
  handle(ask: Ask, reply: Reply): void;
  /** The transport has begun to send a `Ready` and the socket took only a part: the rest. */
  finish(rest: Uint8Array, reply: Reply): void;
}

/** A transport that listens. */
export interface Listener {
  /** "uWebSockets.js" or "node:http". */
  readonly name: string;
  readonly port: number;
  /** Connections open now. */
  connections(): number;
  /** Requests whose answer has not gone out to its last byte. */
  pending(): number;
  /** Takes no new connections and asks the others to close after their next answer. */
  stopListening(): void;
  /** Cuts what is left. */
  close(): void;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}
