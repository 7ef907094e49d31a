/**
 * The fast transport: uWebSockets.js listens, and answers what is at hand by itself.
 *
 * An exception that leaves a handler ends the process: nothing here may throw. Asks are in
 * uws-ask.ts, and every reply that is not at hand in uws-reply.ts.
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket } from "uWebSockets.js";
import type { Bytes } from "../../fs/bytes.js";
import { Door, handOverFor, inodesOf } from "../../fs/door.js";
import { spellAddress } from "./address.js";
import type { Ask, Handler, Listener, ListenOptions, Ready, TlsMaterial } from "./exchange.js";
import { Peers } from "./peers.js";
import { ExpressAsk, type ListenState, type Push, UwsAsk } from "./uws-ask.js";
import { HeadsAlone, sayFarewell } from "./uws-farewell.js";
import { serveLive } from "./uws-live.js";
import { NOT_BEGUN, UwsReply } from "./uws-reply.js";
import { createTlsApp, HANDSHAKE_MS, pushRecords, quietMoment, RECORD_BYTES } from "./uws-tls.js";

type Uws = typeof import("uWebSockets.js");

/** Of the C library its binaries want. */
export const WHERE_IT_LOADS =
  "Node 22 or 24 on Debian 13, Ubuntu 24.04 or later, or Node 20 on any glibc from 2.27";

/**
 * Loads the binary.
 *
 * @throws Error whose message is one line for the operator, where it has none for this Node and C
 *   library: what the loader said
 */
export async function loadUws(): Promise<Uws> {
  // Read when the binary loads. The default of 4 KiB refuses honest requests with large cookies;
  // 16 KiB is what node:http and Caddy take.
  process.env["UWS_HTTP_MAX_HEADERS_SIZE"] ??= "16384";
  try {
    const { default: uws } = await import("uWebSockets.js");
    return uws;
  } catch (error) {
    throw new Error(loaderWords(error instanceof Error ? error.message : String(error)));
  }
}

/**
 * The library puts a paragraph of its own before what the loader said, which claims that it does not
 * support a version of Node that it does.
 */
export const loaderWords = (message: string): string =>
  /^.*\n\n(?:Error: )?(?<said>.+)/.exec(message)?.groups?.["said"] ?? message.split("\n", 1)[0]!;

/** @throws Error whose message is for the operator, when a port or a certificate cannot be had */
export async function listenUws(
  uws: Uws,
  options: ListenOptions,
  handler: Handler,
): Promise<Listener> {
  const pushing = options.tls === undefined ? AT_ONCE : BY_RECORDS;
  const state: ListenState = {
    isDraining: false,
    ...pushing,
    peers: new Peers(),
    headsAlone: new HeadsAlone(),
    isBehindProxies: options.isBehindProxies === true,
    pending: 0,
  };
  const route = (app: TemplatedApp): void => addRoutes(app, options, handler, state);
  const { tls } = options;
  const createApp = async (material: TlsMaterial | undefined): Promise<TemplatedApp> => {
    const app = material === undefined ? uws.App() : await createTlsApp(uws, material, route);
    if (material === undefined) route(app);
    app.filter((res, change) => countConnection(state, res, change));
    return app;
  };
  const app = await createApp(tls);
  return new UwsListener(uws, {
    first: bind(uws, app, options),
    state,
    open: async (material) => {
      const next = await createApp(material);
      return bind(uws, next, options);
    },
    isShared: options.isShared === true,
  });
}

const pushAtOnce: Push = (res, bytes, totalBytes) => res.tryEnd(bytes, totalBytes);
const AT_ONCE = { push: pushAtOnce, repeatedBytes: 0 } as const;
const BY_RECORDS = { push: pushRecords, repeatedBytes: RECORD_BYTES } as const;

function countConnection({ peers }: ListenState, res: HttpResponse, change: unknown): void {
  if (Number(change) > 0) peers.came(spellAddress(res.getRemoteAddress()));
  else peers.left();
}

function addRoutes(
  app: TemplatedApp,
  { live }: ListenOptions,
  handler: Handler,
  state: ListenState,
): void {
  if (live !== undefined) {
    serveLive(app, live, {
      toAsk: (req, res) => new UwsAsk(req, res, state),
      refuse: (res, { head, body }) => {
        const reply = new UwsReply(res, state, NOT_BEGUN);
        reply.sendAndClose(head, body, true);
        reply.goOn();
      },
      onClosed: () => state.peers.left(),
    });
  }
  app.get("/*", (res, req) => answer(handler, state, res, req, "GET"));
  app.head("/*", (res, req) => answer(handler, state, res, req, "HEAD"));
  app.any("/*", (res, req) => handle(handler, new UwsAsk(req, res, state), res, state));
}

function handle(handler: Handler, ask: Ask, res: HttpResponse, state: ListenState): void {
  const reply = new UwsReply(res, state, NOT_BEGUN);
  handler.handle(ask, reply);
  reply.goOn();
}

function bind(uws: Uws, app: TemplatedApp, { host, port }: ListenOptions): OnAir {
  let socket: us_listen_socket | false = false;
  const others = inodesOf(port);
  app.listen(host, port, (token) => {
    socket = token;
  });
  if (socket === false) throw new Error(`port ${port} of ${host} cannot be listened on`);
  return { app, socket, door: new Door(uws.us_socket_local_port(socket), others) };
}

/** An app that listens. */
interface OnAir {
  readonly app: TemplatedApp;
  readonly socket: us_listen_socket;
  readonly door: Door;
}

interface UwsListenerParts {
  readonly first: OnAir;
  readonly state: ListenState;
  readonly open: (material: TlsMaterial) => Promise<OnAir>;
  readonly isShared: boolean;
}

class UwsListener implements Listener {
  readonly name = "uWebSockets.js";
  readonly port: number;
  readonly #uws: Uws;
  readonly #state: ListenState;
  readonly #open: UwsListenerParts["open"];
  readonly #isShared: boolean;
  /** New connections come to these: one, or two while it is renewed. */
  readonly #listening: Set<OnAir>;
  /** Those renewed too: connections of theirs may be open. */
  readonly #apps: TemplatedApp[];

  constructor(uws: Uws, { first, state, open, isShared }: UwsListenerParts) {
    this.#uws = uws;
    this.#listening = new Set([first]);
    this.#apps = [first.app];
    this.#state = state;
    this.#open = open;
    this.#isShared = isShared;
    this.port = uws.us_socket_local_port(first.socket);
  }

  connections(): number {
    return this.#state.peers.count;
  }

  pending(): number {
    return this.#state.pending;
  }

  async renew(material: TlsMaterial): Promise<void> {
    const before = [...this.#listening];
    const next = await this.#open(material);
    this.#apps.push(next.app);
    this.#listening.add(next);
    const leaving = this.#state.isDraining ? [...this.#listening] : before;
    await Promise.all(leaving.map((one) => this.#leaveWell(one)));
  }

  async stopListening(): Promise<void> {
    this.#state.isDraining = true;
    await Promise.all([...this.#listening].map((one) => this.#leaveWell(one)));
  }

  close(): void {
    this.#state.isDraining = true;
    for (const one of this.#listening) this.#leave(one);
    for (const app of this.#apps) app.close();
  }

  /** Where another listener stays on the port, no connection is to be lost; alone there is no choice. */
  async #leaveWell(one: OnAir): Promise<void> {
    if (one.door.isOneOfMany()) {
      await quietMoment(one.door);
      if (!this.#isShared) handOverFor(HANDSHAKE_MS);
    }
    this.#leave(one);
  }

  #leave(one: OnAir): void {
    if (this.#listening.delete(one)) this.#uws.us_listen_socket_close(one.socket);
  }
}

// --- the express lane: no object for the reply, no call-back, no promise ---

const expressAsk = new ExpressAsk();

/** Cost of a hot file: the look-ups of `express`, one head, one body, one send. */
function answer(
  handler: Handler,
  state: ListenState,
  res: HttpResponse,
  req: HttpRequest,
  method: "GET" | "HEAD",
): void {
  expressAsk.begin(req, res, state, method);
  const isForMainRoad = state.isDraining || expressAsk.isDoubtful;
  const ready = isForMainRoad ? undefined : handler.express(expressAsk);
  if (ready === undefined) handle(handler, expressAsk, res, state);
  else if (ready.body === undefined) sendHead(handler, state, res, ready);
  else sendReady(handler, state, res, ready, ready.body);
}

function sendHead(handler: Handler, state: ListenState, res: HttpResponse, ready: Ready): void {
  const { lines } = ready;
  if (state.headsAlone.isLast()) {
    sayFarewell(res, state, lines, undefined, true);
  } else {
    res.writeStatus(lines);
    res.endWithoutBody();
  }
  handler.sent(ready);
}

function sendReady(
  handler: Handler,
  state: ListenState,
  res: HttpResponse,
  ready: Ready,
  body: Bytes,
): void {
  res.writeStatus(ready.lines);
  if (state.push(res, body, body.byteLength)[1]) return handler.sent(ready);
  const taken = res.getWriteOffset();
  const reply = new UwsReply(res, state, taken);
  handler.finish(expressAsk, ready, taken, reply);
  reply.goOn();
}
