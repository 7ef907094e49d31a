/** A listener in this process with one stream of server-sent events and one WebSocket path. */
import { onTestFinished as onThisTestFinished } from "vitest";
import type {
  Ask,
  Handler,
  Listener,
  LiveHandler,
  Refusal,
  Reply,
  Stream,
} from "../../engine/transport/exchange.js";
import { listen, type TransportChoice } from "../../engine/transport/listen.js";
import { buildHead } from "../../protocol/head.js";

const EVENTS_HEAD = buildHead(200, [["Content-Type", "text/event-stream"]]);
const PLAIN_HEAD = buildHead(200, [["Content-Type", "text/plain"]]);
const PLAIN_BODY = Buffer.from("plain");

interface WatchedOptions {
  readonly admits?: (ask: Ask) => true | Refusal;
  /** Of the test, where several run at once. */
  readonly onTestFinished?: (run: () => void) => void;
  readonly onStream?: (stream: Stream, shape: "events" | "messages") => void;
}

/** What the listener has seen. */
interface Watched {
  readonly listener: Listener;
  readonly port: number;
  /** Opened, in order. */
  readonly streams: Stream[];
  readonly gone: Set<Stream>;
}

/**
 * `GET /events` is a stream, `/late` one that is opened a while after, `/live` a WebSocket; all else
 * is five bytes.
 */
export async function watch(
  transport: Exclude<TransportChoice, "auto">,
  {
    admits = () => true,
    onStream = () => {},
    onTestFinished = onThisTestFinished,
  }: WatchedOptions = {},
): Promise<Watched> {
  const streams: Stream[] = [];
  const gone = new Set<Stream>();
  const open = (stream: Stream, shape: "events" | "messages"): void => {
    streams.push(stream);
    stream.onGone = () => gone.add(stream);
    onStream(stream, shape);
  };
  const openEvents = (reply: Reply): void => open(reply.openStream(EVENTS_HEAD), "events");
  const handler: Handler = {
    express: () => undefined,
    sent: () => {},
    finish: () => {},
    handle(ask, reply) {
      if (ask.method === "HEAD") reply.sendHead(EVENTS_HEAD, undefined);
      else if (ask.path === "/events") openEvents(reply);
      else if (ask.path === "/late") setTimeout(() => openEvents(reply), 30);
      else sendPlain(reply);
    },
  };
  const live: LiveHandler = { path: "/live", admits, onOpen: (stream) => open(stream, "messages") };
  const nothing = (): void => {};
  const log = { info: nothing, warn: nothing, error: nothing };
  const listener = await listen(transport, { host: "127.0.0.1", port: 0, live }, handler, log);
  onTestFinished(() => listener.close());
  return { listener, port: listener.port, streams, gone };
}

const sendPlain = (reply: Reply): void => void reply.sendWhole(PLAIN_HEAD, PLAIN_BODY);
