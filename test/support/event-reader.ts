/** Reads an answer of server-sent events (HTML, section 9.2) as it comes, chunk by chunk. */
import { Client, type Head, request } from "./client.js";

export interface ServerEvent {
  /** "" when the event has no name. */
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

export class EventReader {
  readonly client: Client;
  readonly head: Head;
  #text = "";

  private constructor(client: Client, head: Head) {
    this.client = client;
    this.head = head;
  }

  static async open(port: number, path: string): Promise<EventReader> {
    const client = await Client.connect(port);
    client.send(request(`GET ${path}`));
    return new EventReader(client, await client.head());
  }

  /** The next event, or undefined when the answer ended well. @throws Error when it was cut */
  async next(): Promise<ServerEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const chunk = await readChunk(this.client);
        if (chunk === "") return undefined;
        this.#text += chunk;
        continue;
      }
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      const data = fieldOf(lines, "data");
      if (data !== "") return { type: fieldOf(lines, "event"), data, id: fieldOf(lines, "id") };
    }
  }
}

const fieldOf = (lines: readonly string[], name: string): string =>
  lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";

/** RFC 9112 section 7.1. "" for the last one. */
async function readChunk(client: Client): Promise<string> {
  let size = "";
  while (!size.endsWith("\r\n")) size += (await readExactly(client, 1)).toString("latin1");
  const bytes = await readExactly(client, Number.parseInt(size, 16) + 2);
  return bytes.subarray(0, -2).toString();
}

/** @throws Error when the connection ends before that */
export async function readExactly(client: Client, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const got = await client.body(length, (bytes) => pieces.push(Buffer.from(bytes)));
  if (got < length) throw new Error("the connection was cut");
  return Buffer.concat(pieces);
}
