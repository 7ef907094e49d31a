/**
 * One request and its answer, as the transports hand them to the server.
 *
 * `Ask` is what a client sent, raw. `Reply` is where the answer goes; it is also the `Sink` that the
 * scheduler fills. A transport asks `express` first: an answer at hand costs no `Reply` at all.
 */
import type { Bytes } from "../../fs/bytes.js";
import type { DownloadCounter } from "../../metrics/download-counter.js";
import type { Field, Head } from "../../protocol/head.js";
import type { Sink } from "../chunks/sink.js";

/** The name of a request field, in the shapes the two transports look it up by. */
export interface FieldName {
  /** Lower case. */
  readonly text: string;
  /** The same in ASCII: uWebSockets.js takes it in this shape at 31 ns, a view at 37, a string at 90. */
  readonly bytes: ArrayBuffer;
}

export const fieldName = (text: string): FieldName => ({
  text,
  bytes: new TextEncoder().encode(text).buffer,
});

/** A request. Valid only until `express` or `handle` returns: copy what is needed later. */
export interface Ask {
  /** As sent: case counts. */
  readonly method: string;
  /** The target up to its "?", as sent. */
  readonly path: string;
  /** The target after its "?", as sent; "" when there is none. */
  readonly query: string;
  /** "HTTP/1.1", as in a request line. */
  readonly version: string;
  /**
   * Two fields name its host, or one that says where it ends is empty: see doubt.ts. Where that costs
   * much, it is only looked at behind proxies, and false elsewhere.
   */
  readonly isDoubtful: boolean;
  /** Address of the peer. Ask before the answer is sent. Cost: one system call. */
  readonly client: string;
  /** The value of a field, "" when absent; of several with the same name, the first. */
  field(name: FieldName): string;
  /** All fields in order. Slow: for judging the framing of a request that has a body. */
  fields(): Field[];
}

/** A whole answer at hand: to be sent, or begun, before `express` is asked again. */
export interface Ready {
  readonly head: Head;
  /** As in the head, which is not looked at where these suffice: see `FileTicket`. */
  readonly status: number;
  /** As in the head; of a head alone that has a length, with that. */
  readonly lines: Bytes;
  /** Undefined for a head alone: of a 304, or for a HEAD. */
  readonly body: Bytes | undefined;
  /** Of a head alone that has a length, bytes; undefined for any other. */
  readonly lengthBytes: number | undefined;
  /** Where to count it as a download; undefined when it is none. */
  readonly download: DownloadCounter | undefined;
}

export const readyOf = (
  head: Head,
  body: Bytes | undefined,
  download: DownloadCounter | undefined,
): Ready => ({
  head,
  status: head.status,
  lines: head.lines,
  body,
  lengthBytes: undefined,
  download,
});

/** An answer with a body: no to what was asked. */
export interface Refusal {
  readonly head: Head;
  readonly body: Buffer;
}

/**
 * What is told for as long as somebody listens: server-sent events, or the messages of a WebSocket.
 *
 * Nothing waits in it but the bytes sent last, which the socket has in part: a slow listener misses
 * what is sent meanwhile, and costs no more than one message.
 */
export interface Stream {
  /**
   * Sends whole events, or one message in UTF-8, unless the socket still has some of the last ones:
   * then nothing is taken and false is returned. May be shared by streams; must not be overwritten.
   */
  send(bytes: Uint8Array): boolean;
  /** Ends it. Who has not taken the last bytes some seconds later is cut. Nothing may follow. */
  end(): void;
  /** Set by the owner: the client has left or was cut. At most once, and not after `end`. */
  onGone: () => void;
}

/** For a client that left before its stream was opened. */
export function createGoneStream(): Stream {
  const stream: Stream = { onGone: () => {}, send: () => false, end: () => {} };
  setImmediate(() => stream.onGone());
  return stream;
}

/**
 * The answer's side of a request. After `sendHead`, `sendAndClose`, `openStream` or the last byte it
 * is over.
 */
export interface Reply extends Sink {
  /** The client has left, or the answer is over: nothing may be sent any more. */
  readonly isOver: boolean;
  /** Has any byte of an answer gone out? Until then another answer may take its place. */
  readonly hasBegun: boolean;
  /** Sends a head alone. `lengthBytes` becomes `Content-Length`; undefined sends none (304, 204). */
  sendHead(head: Head, lengthBytes: number | undefined): void;
  /**
   * Sends a small answer and closes, where the next request would begin is unknown: when this one has
   * been read past, or some seconds later.
   *
   * @param hasNoEnd it is unclear where this one ends: then at once
   */
  sendAndClose(head: Head, body: Buffer, hasBody: boolean, hasNoEnd?: boolean): void;
  /**
   * Sends a head and what the socket takes of a body at hand, which is not empty. Returns the bytes
   * taken. What is offered afterwards is the rest, counted from its own beginning.
   */
  sendWhole(head: Head, body: Uint8Array): number;
  /** The head that leaves with the first bytes offered. */
  begin(head: Head): void;
  /**
   * Answers a GET with server-sent events that have no end of their own. The head leaves at once;
   * the transport may put comments (`:`) between events. Before any byte of another answer.
   */
  openStream(head: Head): Stream;
  /** Ends the connection now. Any promised length stays unmet, and the client sees that. */
  cut(): void;
}

/** What a transport serves. Nothing here may throw: some transports end the process on it. */
export interface Handler {
  /** An answer at hand, or undefined: then `handle`. Called for GET and HEAD only. */
  express(ask: Ask): Ready | undefined;
  /** The transport has sent all of what `express` has just returned. */
  sent(ready: Ready): void;
  /** It has sent a part, of `takenBytes` of its body, and the socket is full: the rest. */
  finish(ask: Ask, ready: Ready, takenBytes: number, reply: Reply): void;
  /** Answers now or later through `reply`. */
  handle(ask: Ask, reply: Reply): void;
}

/** What WebSockets are served with. Nothing here may throw either. */
export interface LiveHandler {
  /** Of the target, without a query: "/live". */
  readonly path: string;
  /** True, or the answer for who may not watch. Asked before the handshake itself is judged. */
  admits(ask: Ask): true | Refusal;
  /** Somebody watches: what they say is not listened to. */
  onOpen(stream: Stream): void;
}

/** A certificate and its key, judged: as text, and where the same text lies. */
export interface KeyPair {
  readonly certPath: string;
  readonly keyPath: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** What to prove with who we are. */
export interface TlsMaterial {
  /** For clients that ask for no name, or for one nobody has; undefined: their handshake fails. */
  readonly fallback: KeyPair | undefined;
  /** By the names they are for, lower case; no name twice. The fallback may be among them. */
  readonly named: readonly (KeyPair & { readonly names: readonly string[] })[];
  /** Whether the files still hold the text: for a transport that reads them itself. */
  isStill(): Promise<boolean>;
}

/** A transport that listens. */
export interface Listener {
  /** "uWebSockets.js", "node:http" or "node:https". */
  readonly name: string;
  readonly port: number;
  /** Connections open now. */
  connections(): number;
  /**
   * Requests whose answer has not gone out to its last byte. Streams and WebSockets do not count:
   * nobody waits for the end of what has none. `close` cuts them.
   */
  pending(): number;
  /**
   * Asks connections to close after their next answer, and takes no new ones: from the moment this
   * resolves where others listen on the port, else at once. Never rejects.
   */
  stopListening(): Promise<void>;
  /** Cuts what is left. */
  close(): void;
  /**
   * Serves new connections with other certificates, and those there are as before. One at a time.
   *
   * @throws Error whose message is for the operator: nothing has changed then
   */
  renew(material: TlsMaterial): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Without it a WebSocket is asked for in vain: the request is answered like any other. */
  readonly live?: LiveHandler;
  /** With it the port speaks HTTPS, and nothing else. */
  readonly tls?: TlsMaterial;
  /**
   * How long a client may take nothing of what the transport has of an answer that is over, where the
   * transport has to look to that itself; 5 s without it.
   */
  readonly sendTimeoutMs?: number;
  /**
   * One connection may carry what several clients ask: then a fast transport, too, looks at all fields
   * of each request, some 0.2 µs a field.
   */
  readonly isBehindProxies?: boolean;
  /** Other processes listen on it too, and whoever watches them has connections handed over. */
  readonly isShared?: boolean;
}
