/** Fear: something a client can send ends the process, or makes it wrong from then on. */
import net from "node:net";
import { expect } from "vitest";
import { get, request } from "../support/client.js";
import { Random } from "../support/folder.js";
import { type Server, TRANSPORTS, test } from "../support/server.js";

/**
 * Through node:http it is Node's parser that takes the noise, not code of ours: fewer tries show
 * that what comes through it is borne.
 */
const TRIES = { uws: 100_000, node: 10_000 } as const;
/** Enough to keep both sides busy. */
const CONNECTIONS = 32;

const FILES = { "a.txt": "hello", "dir/index.html": "<p>" } as const;

for (const transport of TRANSPORTS) {
  const count = TRIES[transport];
  test(`${count} tries of noise, and it still serves (${transport})`, async ({ serve }) => {
    const server = await serve({ transport, files: FILES });
    const tries = new Tries(count, new Random(7));
    await Promise.all(Array.from({ length: CONNECTIONS }, () => shout(server, tries)));

    expect(server.hasExited).toBe(false);
    expect(server.err).not.toContain("bug");
    expect(String((await get(server.port, "/a.txt")).body)).toBe("hello");
    await server.untilIdle();
  });
}

/** Hands out what to send: well-formed in all but one respect, or not at all. */
class Tries {
  left: number;
  readonly #random: Random;

  constructor(count: number, random: Random) {
    this.left = count;
    this.#random = random;
  }

  /** One to four in a packet: what follows a broken one is often not looked at any more. */
  next(): Buffer {
    const count = Math.min(this.left, 1 + this.#random.below(4));
    this.left -= count;
    return Buffer.concat(Array.from({ length: count }, () => this.#one()));
  }

  #one(): Buffer {
    switch (this.#random.below(4)) {
      case 0:
        return this.#random.bytes(this.#random.below(200));
      case 1:
        return Buffer.from(request(`GET /${this.#scrap(60)}`), "latin1");
      case 2:
        return Buffer.from(request("GET /a.txt", ...this.#fields()), "latin1");
      default:
        return this.#damaged(request("GET /dir/?q", "Range: bytes=0-1", "Accept: */*"));
    }
  }

  #fields(): string[] {
    return Array.from({ length: this.#random.below(6) }, () => {
      const value = this.#random.oneOf([...VALUES, this.#scrap(40)]);
      return `${this.#random.oneOf([...NAMES, this.#scrap(10)])}: ${value}`;
    });
  }

  /** One byte of it is another. */
  #damaged(text: string): Buffer {
    const bytes = Buffer.from(text);
    bytes[this.#random.below(bytes.length)] = this.#random.below(256);
    return bytes;
  }

  /** Letters that mean something to a server, in no order, and now and then any byte. */
  #scrap(longest: number): string {
    const letters = Array.from({ length: this.#random.below(longest) }, () =>
      this.#random.below(20) === 0
        ? String.fromCharCode(this.#random.below(256))
        : this.#random.oneOf(MEANINGFUL),
    );
    return letters.join("");
  }
}

const MEANINGFUL = [
  "/",
  "..",
  "%",
  "%2",
  "%2e",
  "%00",
  "%ff",
  "\\",
  "a",
  ".txt",
  "?",
  "#",
  ":",
  '"',
];
const NAMES = [
  ...["Range", "If-Range", "If-None-Match", "If-Match", "If-Modified-Since", "Accept"],
  ...["Content-Length", "Transfer-Encoding", "Connection", "Expect", "Host", "Upgrade", "Cookie"],
];
const VALUES = [
  ...["bytes=0-0", "bytes=-0", "bytes=9-1", "bytes=0-1,2-3,-1", "bytes=99999999999999999999-"],
  ...[
    "*",
    'W/"x"',
    '""',
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "0",
    "5",
    "-1",
    "chunked",
    "100-continue",
  ],
  ...["close", "websocket", "application/json", ",,,,", ";q=", "\u00ff"],
];

/** Sends packet after packet, on a new connection whenever the server has closed the last one. */
async function shout(server: Server, tries: Tries): Promise<void> {
  while (tries.left > 0 && !server.hasExited) await shoutUntilClosed(server.port, tries);
}

function shoutUntilClosed(port: number, tries: Tries): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    const leave = (): void => {
      socket.resetAndDestroy();
      resolve();
    };
    const send = (): void => {
      // What is half a request gets no answer: nobody waits for one.
      socket.setTimeout(2, leave);
      if (tries.left > 0) socket.write(tries.next());
      else leave();
    };
    socket.on("connect", send);
    socket.on("data", send);
    socket.on("end", leave);
    socket.on("error", leave);
  });
}
