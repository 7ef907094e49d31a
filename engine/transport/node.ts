/**
 * The portable transport: node:http -> Ask, Reply.
 *
 * For machines the fast one has no binary for. Slower by a factor of several, but the same answers,
 * and it also speaks HTTP/1.0 and absolute-form. Node writes later than `write` returns, and the
 * slab is reused, so `offer` copies: a bounded piece at a time, and nothing while the socket is full.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import { type AddressInfo, Server as PlainServer, type Socket } from "node:net";
import type { Field, Head } from "../../protocol/head.js";
import { plainAddress } from "./address.js";
import { Doubt } from "./doubt.js";
import {
  type Ask,
  createGoneStream,
  type FieldName,
  type Handler,
  type Listener,
  type ListenOptions,
  type LiveHandler,
  type Ready,
  type Reply,
  type Stream,
  type TlsMaterial,
} from "./exchange.js";
import { createRefusal } from "./handshake.js";
import { NodeContexts } from "./node-tls.js";

/**
 * Bytes copied and given to Node in one piece. Smaller: more calls per MiB. Larger: more memory for
 * each client that stops reading: this much and some 10 KiB of Node's own, so 1,000 of them cost
 * 41 MiB. With 64 KiB they cost 72.
 */
const PIECE_BYTES = 32 * 1024;

/**
 * As long as the fast transport waits for a request to arrive, its body included, or to be followed
 * by another. The clock starts with the connection or with the request's first byte, and a byte now
 * and then does not turn it back.
 */
const IDLE_MS = 10_000;

/** Node looks for those who are late this often: they are cut after 10 to 12 s. Its default is 30 s. */
const LOOK_EVERY_MS = 2000;

/**
 * Requests that may wait behind the one being answered. One costs about 3 KiB, so this much of
 * pipelining costs less than 1 MiB. More than any honest client sends; beyond it the connection is
 * cut, as the fast transport does at the first.
 */
const MAX_WAITING = 256;

/**
 * How long who takes nothing of the last bytes is waited for, unless the owner says otherwise. Node
 * looks twice before it calls a connection idle: after 5 to 10 s, as by the fast transport, it is cut.
 */
const LAST_BYTES_MS = 5000;

const TIMEOUTS = {
  keepAliveTimeout: IDLE_MS,
  requestTimeout: IDLE_MS, // of the head alone as well
  connectionsCheckingInterval: LOOK_EVERY_MS,
};

/** @throws Error whose message is for the operator, or with `code` when the port cannot be had */
export async function listenNode(options: ListenOptions, handler: Handler): Promise<Listener> {
  const listener = createListener(options.tls);
  const { server } = listener;
  const { sendTimeoutMs = LAST_BYTES_MS } = options;
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    inTurn(req, res, () => {
      if (listener.isDraining || asksToUpgrade(req)) res.setHeader("Connection", "close");
      const reply = new NodeReply(req, res, listener.countUntilClosed(res), sendTimeoutMs);
      const ask = new NodeAsk(req);
      if (ask.method === "GET" && ask.path === options.live?.path) refuse(options.live, ask, reply);
      else answer(handler, ask, reply);
    });
  };
  server.on("request", onRequest);
  server.on("checkContinue", onRequest); // a body nobody will read is not asked for
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return listener;
}

function createListener(material: TlsMaterial | undefined): NodeListener {
  if (material === undefined) return new NodeListener("node:http", createServer(TIMEOUTS));
  const contexts = new NodeContexts(material);
  const server = contexts.createServer({ ...TIMEOUTS, handshakeTimeout: IDLE_MS }, material);
  return new NodeListener("node:https", server, (next) => contexts.renew(server, next));
}

class NodeListener implements Listener {
  readonly name: string;
  readonly server: Server | TlsServer;
  isDraining = false;
  #pending = 0;
  readonly #renew: (material: TlsMaterial) => void;
  readonly #sockets = new Set<Socket>();

  constructor(
    name: string,
    server: Server | TlsServer,
    renew: (material: TlsMaterial) => void = () => {},
  ) {
    this.name = name;
    this.server = server;
    this.#renew = renew;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async renew(material: TlsMaterial): Promise<void> {
    this.#renew(material);
  }

  connections(): number {
    return this.#sockets.size;
  }

  pending(): number {
    return this.#pending;
  }

  /**
   * "close" comes when Node has handed the last byte to the kernel: later than our last write.
   * Returns what ends the counting earlier.
   */
  countUntilClosed(res: ServerResponse): () => void {
    let isCounted = true;
    const discount = (): void => {
      if (isCounted) this.#pending--;
      isCounted = false;
    };
    this.#pending++;
    res.once("close", discount);
    return discount;
  }

  /**
   * By the close of a plain server: that of an HTTP server cuts what is idle, and with it the request
   * that is on its way there.
   */
  async stopListening(): Promise<void> {
    this.isDraining = true;
    PlainServer.prototype.close.call(this.server);
  }

  close(): void {
    void this.stopListening();
    this.server.closeAllConnections();
  }
}

/** Requests waiting for their turn, by connection. */
const waiting = new WeakMap<Socket, number>();

/**
 * Answers the requests of a connection one at a time. Node would take all that were pipelined at
 * once: each would copy its first piece into memory, and none of them be told when the client leaves.
 */
function inTurn(req: IncomingMessage, res: ServerResponse, run: () => void): void {
  const { socket } = req;
  if (res.socket !== null) return run();
  const count = (waiting.get(socket) ?? 0) + 1;
  waiting.set(socket, count);
  if (count > MAX_WAITING) socket.destroy();
  // Emitted when the answer before this one has gone out, and never if the client has.
  res.once("socket", () => {
    waiting.set(socket, waiting.get(socket)! - 1);
    socket.setTimeout(0); // that was for the answer before this one: see NodeReply
    run();
  });
}

/**
 * Node stops reading a packet behind a request for another protocol, and goes on with the next: a
 * request between them would never be answered, and the answers after it be taken for others.
 */
const asksToUpgrade = (req: IncomingMessage): boolean => req.headers.upgrade !== undefined;

const NO_WEBSOCKETS = createRefusal(
  501,
  "There are no WebSockets here: the server runs on node:http, without uWebSockets.js.",
  [],
);

function refuse(live: LiveHandler, ask: Ask, reply: NodeReply): void {
  const admission = live.admits(ask);
  const { head, body } = admission === true ? NO_WEBSOCKETS : admission;
  reply.sendAndClose(head, body, true);
}

function answer(handler: Handler, ask: Ask, reply: NodeReply): void {
  const { method } = ask;
  const isForExpress = (method === "GET" || method === "HEAD") && !ask.isDoubtful;
  const ready = isForExpress ? handler.express(ask) : undefined;
  if (ready === undefined) handler.handle(ask, reply);
  else sendReady(handler, ask, reply, ready);
}

function sendReady(handler: Handler, ask: Ask, reply: NodeReply, ready: Ready): void {
  const { head, body, alone } = ready;
  if (body === undefined) reply.sendHead(head, alone?.lengthBytes);
  const taken = body === undefined ? 0 : reply.sendWhole(head, body);
  if (body === undefined || taken === body.length) handler.sent(ready);
  else handler.finish(ask, ready, taken, reply);
}

class NodeAsk implements Ask {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version: string;
  readonly client: string;
  readonly isDoubtful: boolean;
  readonly #request: IncomingMessage;
  /** Undefined: as the field says. */
  readonly #host: string | undefined;

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.method = request.method ?? "";
    this.version = `HTTP/${request.httpVersion}`;
    this.client = plainAddress(request.socket.remoteAddress ?? "");
    this.isDoubtful = isDoubtful(request);
    const { host, target } = splitTarget(request.url ?? "");
    this.#host = host;
    const mark = target.indexOf("?");
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark + 1);
  }

  field(name: FieldName): string {
    if (name.text === "host" && this.#host !== undefined) return this.#host;
    const value = this.#request.headers[name.text];
    return typeof value === "string" ? value : (value?.[0] ?? "");
  }

  fields(): Field[] {
    const raw = this.#request.rawHeaders;
    const fields: Field[] = [];
    for (let at = 0; at < raw.length; at += 2) fields.push([raw[at]!, raw[at + 1]!]);
    return fields;
  }
}

function isDoubtful({ rawHeaders }: IncomingMessage): boolean {
  const doubt = new Doubt();
  for (let at = 0; at < rawHeaders.length; at += 2)
    doubt.take(rawHeaders[at]!, rawHeaders[at + 1]!);
  return doubt.isFound;
}

/** RFC 9112 section 3.2.2: a server must take `http://host/path`, and then no other word for the host. */
function splitTarget(url: string): { readonly host?: string; readonly target: string } {
  const [absolute, host] = /^https?:\/\/([^/?]*)/i.exec(url) ?? [];
  if (absolute === undefined || host === undefined) return { target: url };
  const rest = url.slice(absolute.length);
  return { host, target: rest.startsWith("/") ? rest : `/${rest}` };
}

const nothing = (): void => {};

class NodeReply implements Reply {
  readonly client: string;
  readonly repeatedBytes = 0;
  onDrained: () => void = nothing;
  onGone: () => void = nothing;
  isOver = false;
  hasBegun = false;
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
    this.#res = res;
    this.#discount = discount;
    this.#lastBytesMs = lastBytesMs;
    this.client = plainAddress(req.socket.remoteAddress ?? "");
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

  sendAndClose(head: Head, body: Buffer, hasBody: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#res.setHeader("Connection", "close");
    this.#writeHead(head, hasBody ? body.length : undefined);
    this.#end(hasBody ? body : undefined);
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

/**
 * In memory for a listener that reads nothing: the piece sent last. Node cuts nobody for reading
 * nothing; its owner does.
 */
class NodeStream implements Stream {
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
