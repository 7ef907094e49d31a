/** A client that shows the frames of a WebSocket (RFC 6455 section 5), and may send any bytes. */
import { Client, type Head, request } from "./client.js";
import { readExactly } from "./event-reader.js";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** Section 1.3 has this pair as its example. */
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** What a browser sends. */
export const HANDSHAKE = [
  "Upgrade: websocket",
  "Connection: keep-alive, Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
] as const;

export const TEXT = 0x1;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export class WebSocketClient {
  readonly client: Client;
  readonly head: Head;

  private constructor(client: Client, head: Head) {
    this.client = client;
    this.head = head;
  }

  static async open(port: number, path: string): Promise<WebSocketClient> {
    const client = await Client.connect(port);
    client.send(request(`GET ${path}`, ...HANDSHAKE));
    return new WebSocketClient(client, await client.head());
  }

  /** @throws Error when the connection ends first */
  async next(): Promise<Frame> {
    const [first = 0, second = 0] = await readExactly(this.client, 2);
    let length = second & 0x7f;
    if (length === 126) length = (await readExactly(this.client, 2)).readUInt16BE();
    else if (length === 127) length = Number((await readExactly(this.client, 8)).readBigUInt64BE());
    return { opcode: first & 0x0f, payload: await readExactly(this.client, length) };
  }

  send(opcode: number, payload: Buffer | string): void {
    this.client.send(maskedFrame(opcode, Buffer.from(payload)));
  }
}

/** Section 5.3, with a mask of zeros: the payload stays as it is. */
export function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | Math.min(payload.length, 126);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
