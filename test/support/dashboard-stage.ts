/**
 * The dashboard on a stage: its real files, served as the admin port does, and a feed that is made
 * up. Tests play a situation and look at the page.
 */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { ADMIN_POLICY } from "../../engine/admin/answers.js";
import { loadAssets } from "../../engine/admin/dashboard/assets.js";
import type { LiveMessage } from "../../metrics/live.js";
import type { WorkerRow } from "../../metrics/worker-row.js";
import { MadeUpServer, type Situation } from "./made-up-feed.js";

/** Faster than life, so that tests do not wait: the made-up clock goes a second each time. */
const PERIOD_MS = 100;

export interface StageOptions {
  readonly situation: Situation;
  /** How long the made-up server has been running. */
  readonly pastSec?: number;
  readonly periodMs?: number;
}

export class Stage {
  readonly #assets = loadAssets();
  readonly #options: StageOptions;
  readonly #viewers = new Set<http.ServerResponse>();
  #made: MadeUpServer;
  #http: http.Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #port = 0;
  /** What the feed answers instead, as a refusal. */
  refusal: number | undefined;
  /** How often it did. */
  refused = 0;

  private constructor(options: StageOptions) {
    this.#options = options;
    this.#made = new MadeUpServer(4211, options.situation, options.pastSec ?? 0);
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    await stage.#listen();
    return stage;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  enter(situation: Situation): void {
    this.#made.enter(situation);
  }

  employ(workers: readonly WorkerRow[]): void {
    this.#made.employ(workers);
  }

  addSlowTransfer(what: string): void {
    this.#made.addSlowTransfer(what);
  }

  /** Goes away as a process does that was killed: every connection is cut. Once is enough. */
  async kill(): Promise<void> {
    if (this.#http?.listening !== true) return;
    clearInterval(this.#timer);
    this.#viewers.clear();
    const closed = once(this.#http, "close");
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  /** Waits for so many messages. */
  seconds(count: number): Promise<void> {
    return setTimeout(count * (this.#options.periodMs ?? PERIOD_MS));
  }

  /** Ends every feed, as a proxy does that is reloaded. */
  cutViewers(): void {
    for (const viewer of this.#viewers) viewer.destroy();
  }

  /** Says nothing more, but keeps every connection: a process that was stopped. */
  freeze(): void {
    clearInterval(this.#timer);
  }

  /** Goes on speaking. */
  thaw(): void {
    this.#timer = setInterval(() => this.#tell(), this.#options.periodMs ?? PERIOD_MS);
  }

  /** Comes back as another process, on the same port. */
  async restart(pid: number): Promise<void> {
    this.#made = new MadeUpServer(pid, this.#options.situation, 0);
    await this.#listen();
  }

  async #listen(): Promise<void> {
    this.#http = http.createServer((ask, reply) => this.#answer(ask, reply));
    this.#http.listen(this.#port, "127.0.0.1");
    await once(this.#http, "listening");
    this.#port = (this.#http.address() as AddressInfo).port;
    this.thaw();
  }

  #answer({ url = "" }: http.IncomingMessage, reply: http.ServerResponse): void {
    if (url === "/events") return this.#join(reply);
    const asset = this.#assets.get(url);
    if (asset === undefined) {
      reply.writeHead(404).end();
      return;
    }
    reply.writeHead(200, {
      "Content-Type": asset.mediaType,
      "Content-Security-Policy": ADMIN_POLICY,
      "X-Content-Type-Options": "nosniff",
    });
    reply.end(asset.body);
  }

  #join(reply: http.ServerResponse): void {
    if (this.refusal !== undefined) {
      this.refused++;
      reply.writeHead(this.refusal).end();
      return;
    }
    reply.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    reply.write(`retry: 1000\n\n${event(this.#made.history())}`);
    this.#viewers.add(reply);
    reply.on("close", () => this.#viewers.delete(reply));
  }

  #tell(): void {
    const text = event(this.#made.now());
    for (const viewer of this.#viewers) viewer.write(text);
  }
}

const event = (message: LiveMessage): string =>
  `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
