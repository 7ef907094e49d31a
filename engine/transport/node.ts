/**
 * The portable transport: node:http -> Ask, Reply.
 *
 * For machines the fast one has no binary for. Slower by a factor of several, but the same answers,
 * and it also speaks HTTP/1.0 and absolute-form.
 *
 * 1. turn     one request of a connection after the other: node-turns.ts
 * 2. ask      what was asked: node-ask.ts
 * 3. express  an answer at hand is sent at once
 * 4. handle   any other comes when it comes: node-reply.ts, and node-stream.ts for what has no end
 *
 * Owns: the port, its connections, and the requests that are not over.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import { type AddressInfo, Server as PlainServer, type Socket } from "node:net";
import { viewOf } from "../../fs/bytes.js";
import type {
  Ask,
  Handler,
  Listener,
  ListenOptions,
  LiveHandler,
  Ready,
  TlsMaterial,
} from "./exchange.js";
import { createRefusal } from "./handshake.js";
import { NodeAsk } from "./node-ask.js";
import { NodeReply } from "./node-reply.js";
import { LAST_BYTES_MS } from "./node-stream.js";
import { NodeContexts } from "./node-tls.js";
import { inTurn } from "./node-turns.js";
import { refuseUnread } from "./node-unread.js";

/**
 * As long as the fast transport waits for a request to arrive, its body included, or to be followed
 * by another. The clock starts with the connection or with the request's first byte, and a byte now
 * and then does not turn it back.
 */
const IDLE_MS = 10_000;

/** Node looks for those who are late this often: they are cut after 10 to 12 s. Its default is 30 s. */
const LOOK_EVERY_MS = 2000;

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
      if (listener.isDraining || asksToUpgrade(req)) res.shouldKeepAlive = false;
      const reply = new NodeReply(req, res, listener.countUntilClosed(res), sendTimeoutMs);
      const ask = new NodeAsk(req);
      if (ask.method === "GET" && ask.path === options.live?.path) refuse(options.live, ask, reply);
      else answer(handler, ask, reply);
    });
  };
  server.on("request", onRequest);
  server.on("checkContinue", onRequest); // a body nobody will read is not asked for
  refuseUnread(server);
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
  const { head, body, lengthBytes } = ready;
  if (body === undefined) reply.sendHead(head, lengthBytes);
  const taken = body === undefined ? 0 : reply.sendWhole(head, viewOf(body));
  if (body === undefined || taken === body.byteLength) handler.sent(ready);
  else handler.finish(ask, ready, taken, reply);
}
