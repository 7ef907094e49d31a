/**
 * Clients that never stop asking, over connections that they use for a while and then open anew; and
 * what has become of each request.
 *
 * A client that is told `Connection: close` goes on over another connection, as HTTP wants it.
 */
import net from "node:net";
import { request } from "./client.js";

export interface LoadOptions {
  readonly port: number;
  readonly clients: number;
  readonly path: string;
  /** Body of every answer, or what tells from one whether it is right. */
  readonly isRight: (body: string) => boolean;
}

/** Requests after which a client opens another connection: most of the cost of one is to connect. */
const PER_CONNECTION = 8;

const END_OF_HEAD = "\r\n\r\n";

export class SteadyLoad {
  answered = 0;
  connections = 0;
  /** What came in place of an answer. */
  readonly failures: string[] = [];
  readonly #options: LoadOptions;
  readonly #text: string;
  readonly #clients: Promise<unknown>;
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#text = request(`GET ${options.path}`);
    const clients = Array.from({ length: options.clients }, () => this.#run());
    this.#clients = Promise.all(clients);
  }

  /** Resolves when every request that was sent has been answered, or has failed. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#clients;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) await this.#useConnection();
  }

  #useConnection(): Promise<void> {
    return new Promise((resolve) => {
      const socket = net.connect({ port: this.#options.port, host: "127.0.0.1", noDelay: true });
      let rest = "";
      let left = PER_CONNECTION;
      let isWaiting = true;
      const end = (failure?: string): void => {
        if (failure !== undefined && isWaiting) this.failures.push(failure);
        isWaiting = false;
        socket.destroy();
        resolve();
      };
      this.connections++;
      socket.setEncoding("latin1");
      socket.on("connect", () => socket.write(this.#text));
      socket.on("error", ({ message }) => end(message));
      socket.on("close", () => end("closed without an answer"));
      socket.on("data", (bytes: string) => {
        rest += bytes;
        const verdict = this.#judge(rest);
        if (verdict === undefined) return;
        rest = "";
        left--;
        if (verdict.failure !== undefined) return end(verdict.failure);
        this.answered++;
        isWaiting = !(verdict.closes || left === 0 || this.#isOver);
        if (isWaiting) socket.write(this.#text);
        else end();
      });
    });
  }

  /** Undefined while the answer is not whole. */
  #judge(text: string): { closes: boolean; failure?: string } | undefined {
    const at = text.indexOf(END_OF_HEAD);
    if (at < 0) return undefined;
    const head = text.slice(0, at);
    const body = text.slice(at + END_OF_HEAD.length);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (body.length < length) return undefined;
    const closes = /^connection: close/im.test(head);
    const isRight = head.startsWith("HTTP/1.1 200") && this.#options.isRight(body);
    return isRight ? { closes } : { closes, failure: text };
  }
}
