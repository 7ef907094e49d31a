/**
 * WebSockets through uWebSockets.js: one path, messages in one direction.
 *
 * 1. admits     the owner's question first: who may not watch learns nothing else
 * 2. handshake  judged here, since the library looks at nothing but a key's length
 * 3. open       the connection is a `Stream` from now on
 *
 * What clients say is dropped. In memory for one who reads nothing: the message sent last, and the
 * answers to pings up to `maxBackpressure`.
 */
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from "uWebSockets.js";
import type { Ask, LiveHandler, Refusal, Stream } from "./exchange.js";
import { judgeHandshake } from "./handshake.js";

/** What the transport does for this path as it does for all others. */
export interface LiveRoute {
  toAsk(req: HttpRequest, res: HttpResponse): Ask;
  refuse(res: HttpResponse, refusal: Refusal): void;
  /** A connection that was a WebSocket is one no more: the library's filter is not told. */
  onClosed(): void;
}

interface UserData {
  readonly stream: LiveStream;
}

const LIMITS: WebSocketBehavior<UserData> = {
  /** Nobody needs to say anything. A longer message closes the connection. */
  maxPayloadLength: 1024,
  /** Beyond this pings are not answered. Messages of ours never wait behind another. */
  maxBackpressure: 16 * 1024,
  /**
   * A client from which nothing came in this time, pings of ours unanswered, is cut: one that has
   * vanished, or reads nothing. Shorter: a bad line costs a new connection. A multiple of 4.
   */
  idleTimeout: 32,
  sendPingsAutomatically: true,
};

/** RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001;

/** Serves WebSockets on the handler's path. Any other GET of it is refused. */
export function serveLive(app: TemplatedApp, live: LiveHandler, route: LiveRoute): void {
  const answer = (res: HttpResponse, req: HttpRequest, context?: us_socket_context_t): void => {
    const ask = route.toAsk(req, res);
    const admission = live.admits(ask);
    if (admission !== true) return route.refuse(res, admission);
    const verdict = judgeHandshake(ask);
    if (verdict.kind === "refuse") return route.refuse(res, verdict.refusal);
    if (context === undefined) return void res.close(); // cannot be: the library knows a key
    const data: UserData = { stream: new LiveStream() };
    res.upgrade(data, verdict.key, "", "", context);
  };
  app.ws<UserData>(live.path, {
    ...LIMITS,
    upgrade: answer,
    open(ws) {
      const { stream } = ws.getUserData();
      stream.open(ws);
      live.onOpen(stream);
    },
    close(ws) {
      route.onClosed();
      ws.getUserData().stream.leave();
    },
  });
  app.get(live.path, (res, req) => answer(res, req)); // without a key, which the route above wants
}

const nothing = (): void => {};

class LiveStream implements Stream {
  onGone: () => void = nothing;
  #ws: WebSocket<UserData> | undefined;

  open(ws: WebSocket<UserData>): void {
    this.#ws = ws;
  }

  send(bytes: Uint8Array): boolean {
    const ws = this.#ws;
    if (ws === undefined || ws.getBufferedAmount() > 0) return false;
    ws.send(bytes);
    return true;
  }

  end(): void {
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.end(GOING_AWAY);
  }

  leave(): void {
    if (this.#ws === undefined) return;
    this.#ws = undefined;
    this.onGone();
  }
}
