/**
 * A client that shows the wire: it sends what it is told, byte by byte, and reads an answer only
 * when asked to. Whoever does not read pushes back: beyond 64 KiB nothing leaves the kernel.
 */
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { type Content, holds, KIB } from "./folder.js";

export interface Head {
  readonly status: number;
  /** As sent, without the empty line. */
  readonly text: string;
  /** By lower-case name; of several with the same name, the last. */
  readonly fields: ReadonlyMap<string, string>;
}

export interface Answer extends Head {
  readonly body: Buffer;
  /** The connection ended before the body was as long as its head promised. */
  readonly isCut: boolean;
}

/** A body that was not kept. */
export interface Download extends Head {
  readonly lengthBytes: number;
  /** All bytes that came are those of the content they were compared with. */
  readonly isSame: boolean;
  readonly isCut: boolean;
}

/** `GET /a`, `Range: bytes=0-0` -> the request's text, with the Host that HTTP/1.1 demands. */
export const request = (line: string, ...fields: readonly string[]): string =>
  [`${line} HTTP/1.1`, "Host: test", ...fields, "", ""].join("\r\n");

const END_OF_HEAD = "\r\n\r\n";
const NO_BYTES = Buffer.alloc(0);

export class Client {
  readonly #socket: net.Socket;
  /** The same for each piece: a new one each time costs more than what is done with it. */
  readonly #buffer = Buffer.allocUnsafeSlow(64 * KIB);
  /** Read from the socket, not yet asked for; mostly a part of the buffer. */
  #rest: Buffer = NO_BYTES;
  #isOver = false;
  #onNews = (): void => {};

  /** TLS does not stop between two records: the next would overwrite what was not asked for yet. */
  readonly #isSecure: boolean;

  private constructor(isSecure: boolean, open: (onread: net.OnReadOpts) => net.Socket) {
    this.#isSecure = isSecure;
    const callback = (length: number): boolean => this.#receive(length);
    this.#socket = open({ buffer: this.#buffer, callback });
    this.#socket.on("error", () => {}); // a connection that is cut ends what is read: no more is wanted
    for (const event of ["end", "close"]) this.#socket.once(event, () => this.#finish());
  }

  /** @param localAddress one of loopback: to the server, another is another client */
  static async connect(port: number, localAddress = "127.0.0.1"): Promise<Client> {
    const to = { port, host: "127.0.0.1", localAddress, noDelay: true };
    const client = new Client(false, (onread) => net.connect({ ...to, onread }));
    await once(client.#socket, "connect");
    return client;
  }

  /** @param options what to ask for; whoever signed the certificate is believed */
  static async secure(port: number, options: tls.ConnectionOptions = {}): Promise<Client> {
    const to = { port, host: "127.0.0.1", rejectUnauthorized: false, ...options };
    const client = new Client(true, (onread) =>
      tls.connect({ ...to, onread } as tls.ConnectionOptions),
    );
    await once(client.#socket, "secureConnect");
    return client;
  }

  /** The server's certificate, in PEM; of a secure connection. */
  get certificate(): string {
    return String((this.#socket as tls.TLSSocket).getPeerX509Certificate());
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** Reads the next head. @throws Error when the connection ends before it does */
  async head(): Promise<Head> {
    let end = this.#rest.indexOf(END_OF_HEAD);
    while (end < 0) {
      if (!(await this.#readMore())) throw new Error("the connection ended without an answer");
      end = this.#rest.indexOf(END_OF_HEAD);
    }
    const text = this.#take(end + END_OF_HEAD.length).toString("latin1");
    return parseHead(text.slice(0, end));
  }

  /**
   * Reads the next `lengthBytes` and hands them over piece by piece. Returns how many came.
   *
   * @param onBytes must copy what it keeps
   */
  async body(lengthBytes: number, onBytes: (bytes: Buffer) => void): Promise<number> {
    let left = lengthBytes;
    while (left > 0 && (this.#rest.length > 0 || (await this.#readMore()))) {
      const bytes = this.#take(Math.min(left, this.#rest.length));
      left -= bytes.length;
      onBytes(bytes);
    }
    return lengthBytes - left;
  }

  /** Reads the next answer whole. */
  async answer(method = "GET"): Promise<Answer> {
    const head = await this.head();
    const body = Buffer.allocUnsafe(bodyLength(head, method));
    let at = 0;
    const got = await this.body(body.length, (bytes) => {
      at += bytes.copy(body, at);
    });
    return { ...head, body: body.subarray(0, got), isCut: got < body.length };
  }

  /**
   * Reads the next answer and compares each byte with `content` as it comes. As strict as a hash of
   * both, at a tenth of the price.
   *
   * @param firstByte where in the content the answer begins
   */
  async download(content: Content, firstByte = 0): Promise<Download> {
    const head = await this.head();
    const promised = bodyLength(head, "GET");
    let at = firstByte;
    let isSame = true;
    const lengthBytes = await this.body(promised, (bytes) => {
      isSame &&= holds(content, at, bytes);
      at += bytes.length;
    });
    return { ...head, lengthBytes, isSame, isCut: lengthBytes < promised };
  }

  /** Waits until the server has closed the connection. Returns what it sent before. */
  async untilClosed(): Promise<Buffer> {
    while (await this.#readMore());
    return this.#rest;
  }

  /** Leaves politely: what was sent is still delivered. */
  end(): void {
    this.#socket.end();
  }

  /** Leaves at once, with a reset where it can: the kernel keeps nothing of the connection then. */
  leave(): void {
    if (this.#socket instanceof tls.TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** Appends the next piece to the rest. Resolves to false when there is none any more. */
  async #readMore(): Promise<boolean> {
    if (this.#isOver) return false;
    if (this.#rest.length > 0) this.#rest = Buffer.from(this.#rest); // the buffer is written anew
    await new Promise<void>((resolve) => {
      this.#onNews = resolve;
      this.#socket.resume();
    });
    return !this.#isOver;
  }

  /** Takes one piece. Returns false, so that Node reads no more until the next is asked for. */
  #receive(length: number): false {
    const read = this.#buffer.subarray(0, length);
    const piece = this.#isSecure ? Buffer.from(read) : read;
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#onNews();
    return false;
  }

  #finish(): void {
    this.#isOver = true;
    this.#onNews();
  }
}

/** Sends one request on a connection of its own and reads the answer. */
export async function ask(port: number, text: string): Promise<Answer> {
  const client = await Client.connect(port);
  client.send(text);
  const answer = await client.answer(text.slice(0, text.indexOf(" ")));
  client.leave();
  return answer;
}

export const get = (port: number, path: string, ...fields: readonly string[]): Promise<Answer> =>
  ask(port, request(`GET ${path}`, ...fields));

/** Like `get`, for bodies that are too large to keep. */
export async function download(port: number, path: string, content: Content): Promise<Download> {
  const client = await Client.connect(port);
  client.send(request(`GET ${path}`));
  const answer = await client.download(content);
  client.leave();
  return answer;
}

function parseHead(text: string): Head {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const fields = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(" ")[1]), text, fields: new Map(fields) };
}

/** RFC 9112 section 6.3, as far as this server goes: it always says how long a body is. */
function bodyLength({ status, fields, text }: Head, method: string): number {
  if (method === "HEAD" || status === 204 || status === 304) return 0;
  const length = fields.get("content-length");
  if (length === undefined) throw new Error(`an answer without a length: ${text}`);
  return Number(length);
}
