/**
 * The fast transport: uWebSockets.js listens, and answers what is at hand by itself.
 *
 * An exception that leaves a handler ends the process: nothing here may throw. Asks are in
 * uws-ask.ts, and every reply that is not at hand in uws-reply.ts.
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket } from "uWebSockets.js";
import { spellAddress } from "./address.js";
import type { Handler, Listener, ListenOptions, Ready } from "./exchange.js";
import { Peers } from "./peers.js";
import { ExpressAsk, type ListenState, UwsAsk } from "./uws-ask.js";
import { serveLive } from "./uws-live.js";
import { NOT_BEGUN, UwsReply } from "./uws-reply.js";

type Uws = typeof import("uWebSockets.js");

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

// --- the express lane: no object for the reply, no call-back, no promise ---

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
