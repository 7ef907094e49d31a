/**
 * The live feed: what a second brought, told to everybody who watches.
 *
 *   join ──▶ history ──▶ now ──▶ now ──▶ ...       a viewer, of server-sent events or messages
 *                 a full socket: missed, not kept ──▶ missed for too long: let go
 *
 * A message is built and written out once for all viewers, and only while there is one. Owns: who
 * watches, and the timer. Knows no socket and no figure.
 */
import type { HistoryMessage, LiveMessage, NowMessage } from "../../metrics/live.js";
import type { Stream } from "../transport/exchange.js";

export interface LiveFeedParts {
  history(): HistoryMessage;
  now(): NowMessage;
  /** Calls back each second, after the second's figures are in, until the result is called. */
  everySecond(run: () => void): () => void;
  /** A message could not be built: the viewers go without, the server goes on. */
  onBug(error: unknown): void;
}

/** Server-sent events, or the messages of a WebSocket. */
export type FeedShape = "events" | "messages";

/**
 * Viewers at once. Each costs a send a second and, if it reads nothing, one message in memory: 32
 * times the 250 KiB of a long history, 8 MiB at worst.
 */
export const MAX_VIEWERS = 32;

/** A minute of messages missed in a row: whoever comes back after that is better off anew. */
const MAX_MISSED = 60;

/** How long a browser waits before it connects again: a restarted server is back by then. */
const RETRY_MS = 1000;

interface Viewer {
  readonly stream: Stream;
  readonly shape: FeedShape;
  hasHistory: boolean;
  /** Messages in a row that its socket had no room for. */
  missed: number;
}

export class LiveFeed {
  readonly #parts: LiveFeedParts;
  readonly #viewers = new Set<Viewer>();
  /** Of this second, for all who join in it: ten minutes of figures take milliseconds to write. */
  #history: Message | undefined;
  #lastId = 0;
  #endTimer: (() => void) | undefined;
  #isStopped = false;

  constructor(parts: LiveFeedParts) {
    this.#parts = parts;
  }

  /** Is there no place for another viewer? Ask before a stream is opened. */
  get isFull(): boolean {
    return this.#isStopped || this.#viewers.size >= MAX_VIEWERS;
  }

  /** Tells a new viewer all that is remembered, then each second's news. Ends it when full. */
  join(stream: Stream, shape: FeedShape): void {
    if (this.isFull) return stream.end();
    const viewer: Viewer = { stream, shape, hasHistory: false, missed: 0 };
    stream.onGone = () => this.#forget(viewer);
    this.#viewers.add(viewer);
    this.#endTimer ??= this.#parts.everySecond(() => this.#tick());
    this.#tell(viewer, undefined);
  }

  /** Lets everybody go, and nobody in. */
  stop(): void {
    this.#isStopped = true;
    for (const viewer of this.#viewers) this.#letGo(viewer);
  }

  #tick(): void {
    this.#history = undefined;
    const now = this.#build(() => this.#parts.now());
    for (const viewer of this.#viewers) this.#tell(viewer, now);
  }

  /** Whoever has no history yet gets that first. */
  #tell(viewer: Viewer, now: Message | undefined): void {
    const message = viewer.hasHistory ? now : this.#buildHistory();
    if (message === undefined) return;
    if (viewer.stream.send(message.as(viewer.shape))) {
      viewer.hasHistory = true;
      viewer.missed = 0;
    } else if (++viewer.missed >= MAX_MISSED) {
      this.#letGo(viewer);
    }
  }

  #buildHistory(): Message | undefined {
    this.#history ??= this.#build(() => this.#parts.history());
    return this.#history;
  }

  #build(message: () => LiveMessage): Message | undefined {
    try {
      return new Message(message(), ++this.#lastId);
    } catch (error) {
      this.#parts.onBug(error);
      return undefined;
    }
  }

  #letGo(viewer: Viewer): void {
    viewer.stream.end();
    this.#forget(viewer);
  }

  #forget(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#endTimer?.();
    this.#endTimer = undefined;
    this.#history = undefined;
  }
}

/** One message in the shapes that are asked for, each written out once. */
class Message {
  readonly #json: Buffer;
  readonly #type: LiveMessage["type"];
  readonly #id: number;
  #event: Buffer | undefined;

  /** @throws TypeError when the message cannot be written as JSON */
  constructor(message: LiveMessage, id: number) {
    this.#json = Buffer.from(JSON.stringify(message));
    this.#type = message.type;
    this.#id = id;
  }

  as(shape: FeedShape): Uint8Array {
    if (shape === "messages") return this.#json;
    this.#event ??= Buffer.concat([Buffer.from(this.#eventHead()), this.#json, END_OF_EVENT]);
    return this.#event;
  }

  /** JSON holds no line feed, so it is one `data` line (HTML, section 9.2.5). */
  #eventHead(): string {
    const retry = this.#type === "history" ? `retry: ${RETRY_MS}\n` : "";
    return `${retry}id: ${this.#id}\nevent: ${this.#type}\ndata: `;
  }
}

const END_OF_EVENT = Buffer.from("\n\n");
