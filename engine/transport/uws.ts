/**
 * The fast transport: uWebSockets.js -> Ask, Reply.
 *
 * What its author's promises and our measurements say must be done here and nowhere else:
 *
 * - `onAborted` is registered before anything that may fail: without it an unanswered request ends
 *   the process, and so does an exception that leaves a handler
 * - bodies go out by `tryEnd`, small ones too: `end` keeps what the socket does not take, so a client
 *   that pipelines requests and reads nothing would grow our memory without bound
 * - after the last byte or an abort every method of the response throws: `#res` is dropped then
 * - writes outside the request call-back are corked, or each piece is a system call
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket } from "uWebSockets.js";
import type { Field, Head } from "../../protocol/head.js";
import { spellAddress } from "./address.js";
import {
  type Ask,
  createGoneStream,
  type FieldName,
  type Handler,
  type Listener,
  type ListenOptions,
  type Ready,
  type Reply,
  type Stream,
} from "./exchange.js";
import { Peers } from "./peers.js";
import { serveLive } from "./uws-live.js";
import { UwsStream } from "./uws-stream.js";

type Uws = typeof import("uWebSockets.js");

/** It speaks no other version, and refuses those who do before we hear of them. */
const VERSION = "HTTP/1.1";

/** Loads the binary. Rejects where it has none for this Node and C library. */
export async function loadUws(): Promise<Uws> {
  // Read when the binary loads. The default of 4 KiB refuses honest requests with large cookies;
  // 16 KiB is what node:http and Caddy take.
  process.env["UWS_HTTP_MAX_HEADERS_SIZE"] ??= "16384";
  const { default: uws } = await import("uWebSockets.js");
  return uws;
}

/** @throws Error when the port cannot be had */
export function listenUws(uws: Uws, options: ListenOptions, handler: Handler): Listener {
  const app = uws.App();
  const state: ListenState = { isDraining: false, peers: new Peers(), pending: 0 };
  const countConnection = (res: HttpResponse, change: unknown): void => {
    if (Number(change) > 0) state.peers.came(spellAddress(res.getRemoteAddress()));
    else state.peers.left();
  };
  app.filter(countConnection);
  if (options.live !== undefined) {
    serveLive(app, options.live, {
      toAsk: (req, res) => new UwsAsk(req, res, state),
      refuse: (res, { head, body }) =>
        new UwsReply(res, state, NOT_BEGUN).sendAndClose(head, body, true),
      onClosed: () => state.peers.left(),
    });
  }
  app.get("/*", (res, req) => answerGet(handler, state, res, req));
  app.any("/*", (res, req) =>
    handler.handle(new UwsAsk(req, res, state), new UwsReply(res, state, NOT_BEGUN)),
  );
  return new UwsListener(uws, app, bind(app, options), state);
}

interface ListenState {
  isDraining: boolean;
  readonly peers: Peers;
  /** Replies that are not over. */
  pending: number;
}

const NO_ROOM = "the port cannot be listened on";

function bind(app: TemplatedApp, { host, port }: ListenOptions): us_listen_socket {
  let socket: us_listen_socket | false = false;
  app.listen(host, port, (token) => {
    socket = token;
  });
  if (socket === false) throw new Error(NO_ROOM);
  return socket;
}

class UwsListener implements Listener {
  readonly name = "uWebSockets.js";
  readonly port: number;
  readonly #uws: Uws;
  readonly #app: TemplatedApp;
  readonly #state: ListenState;
  #socket: us_listen_socket | undefined;

  constructor(uws: Uws, app: TemplatedApp, socket: us_listen_socket, state: ListenState) {
    this.#uws = uws;
    this.#app = app;
    this.#socket = socket;
    this.#state = state;
    this.port = uws.us_socket_local_port(socket);
  }

  connections(): number {
    return this.#state.peers.count;
  }

  pending(): number {
    return this.#state.pending;
  }

  stopListening(): void {
    this.#state.isDraining = true;
    if (this.#socket !== undefined) this.#uws.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  close(): void {
    this.stopListening();
    this.#app.close();
  }
}

let addressedTo: HttpResponse | undefined;
let address = "";

/** The ask and the reply of one request want it one right after the other. */
function addressOf(res: HttpResponse, { peers }: ListenState): string {
  const { only } = peers;
  if (only !== "") return only;
  if (addressedTo === res) return address;
  addressedTo = res;
  address = spellAddress(res.getRemoteAddress());
  return address;
}

// --- the express lane: no object for the reply, no call-back, no promise ---

/** One for all requests of the lane: it is only read before the call-back returns. */
class ExpressAsk implements Ask {
  readonly method = "GET";
  readonly version = VERSION;
  request: HttpRequest | undefined;
  response: HttpResponse | undefined;
  #state: ListenState | undefined;
  #path: string | undefined;

  /** Takes the place of the one before. */
  begin(request: HttpRequest, response: HttpResponse, state: ListenState): void {
    this.request = request;
    this.response = response;
    this.#state = state;
    this.#path = undefined;
  }

  get client(): string {
    return addressOf(this.response!, this.#state!);
  }

  get path(): string {
    this.#path ??= this.request!.getUrl();
    return this.#path;
  }

  get query(): string {
    return this.request!.getQuery() ?? "";
  }

  field(name: FieldName): string {
    return this.request!.getHeader(name.bytes);
  }

  fields(): Field[] {
    return fieldsOf(this.request!);
  }
}

const expressAsk = new ExpressAsk();

/** Cost of a hot file: the look-ups of `express`, one head, one body, one send. */
function answerGet(
  handler: Handler,
  state: ListenState,
  res: HttpResponse,
  req: HttpRequest,
): void {
  expressAsk.begin(req, res, state);
  const ready = state.isDraining ? undefined : handler.express(expressAsk);
  if (ready === undefined) handler.handle(expressAsk, new UwsReply(res, state, NOT_BEGUN));
  else if (ready.body === undefined) sendUnchanged(handler, res, ready);
  else sendReady(handler, state, res, ready, ready.body);
}

function sendUnchanged(handler: Handler, res: HttpResponse, ready: Ready): void {
  const { head } = ready;
  res.writeStatus(head.statusLine);
  res.writeHeader(head.firstName, head.block);
  res.endWithoutBody();
  handler.sent(ready);
}

function sendReady(
  handler: Handler,
  state: ListenState,
  res: HttpResponse,
  ready: Ready,
  body: Buffer,
): void {
  const { head } = ready;
  if (head.status !== 200) res.writeStatus(head.statusLine);
  res.writeHeader(head.firstName, head.block);
  if (res.tryEnd(body, body.length)[1]) return handler.sent(ready);
  const taken = res.getWriteOffset();
  handler.finish(expressAsk, ready, taken, new UwsReply(res, state, taken));
}

// --- every other request ---

class UwsAsk implements Ask {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version = VERSION;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #state: ListenState;

  constructor(request: HttpRequest, response: HttpResponse, state: ListenState) {
    this.#request = request;
    this.#response = response;
    this.#state = state;
    this.method = request.getCaseSensitiveMethod();
    this.path = request.getUrl();
    this.query = request.getQuery() ?? "";
  }

  get client(): string {
    return addressOf(this.#response, this.#state);
  }

  field(name: FieldName): string {
    return this.#request.getHeader(name.bytes);
  }

  fields(): Field[] {
    return fieldsOf(this.#request);
  }
}

function fieldsOf(request: HttpRequest): Field[] {
  const fields: Field[] = [];
  request.forEach((name, value) => {
    fields.push([name, value]);
  });
  return fields;
}

const nothing = (): void => {};

/** In place of a count of bytes: no head has been written, so another answer is still possible. */
const NOT_BEGUN = -1;

class UwsReply implements Reply {
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

  constructor(res: HttpResponse, state: ListenState, before: number) {
    this.#res = res;
    this.#state = state;
    this.#before = Math.max(0, before);
    this.hasBegun = before !== NOT_BEGUN;
    state.pending++;
    res.onAborted(() => this.#leave());
    if (this.hasBegun) this.#expectDrains(res);
  }

  /** Cost: one system call, so only those ask who share among clients. */
  get client(): string {
    return this.#res === undefined ? "" : addressOf(this.#res, this.#state);
  }

  get isOver(): boolean {
    return this.#res === undefined;
  }

  sendHead(head: Head, lengthBytes: number | undefined): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#finish();
    res.cork(() => {
      this.#writeHead(res, head);
      if (lengthBytes !== undefined) res.writeHeader("Content-Length", String(lengthBytes));
      res.endWithoutBody();
    });
  }

  /**
   * Not at once: of requests that arrive in one packet the second makes uWebSockets.js forget that
   * the first one closes, and it is answered too. An answer still owed makes it cut the connection.
   */
  sendAndClose(head: Head, body: Buffer, hasBody: boolean): void {
    setImmediate(() => this.#sendLast(head, hasBody ? body : undefined));
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
    res.cork(() => {
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
    this.#res?.close();
  }

  #sendLast(head: Head, body: Buffer | undefined): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#finish();
    res.cork(() => {
      this.#writeHead(res, head);
      if (body === undefined) res.endWithoutBody(undefined, true);
      else res.end(body, true);
    });
  }

  #push(res: HttpResponse, bytes: Uint8Array, totalBytes: number): void {
    const [isTaken, isDone] = res.tryEnd(bytes, totalBytes + this.#before);
    if (isDone) {
      this.#finish();
      this.#taken = totalBytes;
    } else {
      this.#expectDrains(res);
      this.#taken = isTaken ? this.#taken + bytes.length : res.getWriteOffset() - this.#before;
    }
  }

  #writeHead(res: HttpResponse, head: Head): void {
    res.writeStatus(head.statusLine);
    if (head.fields.length > 0) res.writeHeader(head.firstName, head.block);
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
