/** Fear: a WebSocket that nobody admitted, or one whose client ends the process or fills memory. */
import net from "node:net";
import { describe, expect, test, vi } from "vitest";
import type { Ask } from "../../../engine/transport/exchange.js";
import { createRefusal } from "../../../engine/transport/handshake.js";
import { ask, Client, request } from "../../support/client.js";
import { Random } from "../../support/folder.js";
import { until } from "../../support/gate.js";
import { TRANSPORTS } from "../../support/server.js";
import { watch } from "../../support/watched.js";
import {
  ACCEPT,
  CLOSE,
  HANDSHAKE,
  maskedFrame,
  PING,
  PONG,
  TEXT,
  WebSocketClient,
} from "../../support/web-socket.js";

const KIB_64 = "x".repeat(64 * 1024);
const MORE_THAN_THE_KERNEL = 64 * 1024 * 1024;
/** Bytes of the answers to 500,000 pings of 125 bytes. */
const ANSWERS = 500_000 * 127;

describe("a WebSocket", () => {
  test("is accepted with the answer to its key", async () => {
    const { port, streams } = await watch("uws");
    const { head } = await WebSocketClient.open(port, "/live?since=1");
    expect(head.status).toBe(101);
    expect(head.fields.get("sec-websocket-accept")).toBe(ACCEPT);
    expect(streams).toHaveLength(1);
  });

  test("hands over each message as it is sent, of any length", async () => {
    const { port, streams } = await watch("uws");
    const socket = await WebSocketClient.open(port, "/live");
    for (const text of ["", "a", "x".repeat(126), KIB_64, "é🌊"]) {
      await until(() => streams[0]!.send(Buffer.from(text)));
      const { opcode, payload } = await socket.next();
      expect([opcode, String(payload)]).toEqual([TEXT, text]);
    }
  });

  test("takes its first message while it opens", async () => {
    for (const text of ["first", KIB_64]) {
      const onStream = vi.fn((stream) => stream.send(Buffer.from(text)));
      const { port } = await watch("uws", { onStream });
      expect(String((await (await WebSocketClient.open(port, "/live")).next()).payload)).toBe(text);
    }
  });

  test("may be ended while it opens", async () => {
    const { port, listener } = await watch("uws", { onStream: (stream) => stream.end() });
    const socket = await WebSocketClient.open(port, "/live");
    expect((await socket.next()).opcode).toBe(CLOSE);
    await socket.client.untilClosed();
    expect(listener.connections()).toBe(0);
  });

  test("is ended with a code that asks to come back", async () => {
    const { port, listener, streams, gone } = await watch("uws");
    const socket = await WebSocketClient.open(port, "/live");
    streams[0]!.end();
    streams[0]!.end();
    const { opcode, payload } = await socket.next();
    expect([opcode, payload.readUInt16BE()]).toEqual([CLOSE, 1001]);
    expect(streams[0]!.send(Buffer.from("a"))).toBe(false);
    await socket.client.untilClosed();
    expect([gone.size, listener.connections()]).toEqual([0, 0]);
  });

  test("is cut when the listener closes", async () => {
    const { port, listener, gone } = await watch("uws");
    const socket = await WebSocketClient.open(port, "/live");
    expect([listener.connections(), listener.pending()]).toEqual([1, 0]);
    listener.close();
    await socket.client.untilClosed();
    expect([listener.connections(), gone.size]).toEqual([0, 1]);
  });

  const leaving: readonly (readonly [why: string, leave: (socket: WebSocketClient) => void])[] = [
    ["leaves with a reset", ({ client }) => client.leave()],
    ["leaves with a farewell", ({ client }) => client.end()],
    ["closes", (socket) => socket.send(CLOSE, Buffer.from([0x03, 0xe8]))],
    ["closes without saying why", (socket) => socket.send(CLOSE, "")],
    ["closes with a code that is none", (socket) => socket.send(CLOSE, Buffer.from([0, 1]))],
    ["sends a message that is too long", (socket) => socket.send(TEXT, "x".repeat(1025))],
    ["sends what is no UTF-8", (socket) => socket.send(TEXT, Buffer.from([0xff]))],
    ["sends a ping that is too long", (socket) => socket.send(PING, "x".repeat(126))],
    [
      "announces a message of 2^63 bytes",
      ({ client }) => client.send(Buffer.from("81ff800000000000000000000000", "hex")),
    ],
    [
      "sends a long message in short pieces",
      ({ client }) => {
        const pieces = [TEXT, 0, 0].map((opcode) => maskedFrame(opcode, Buffer.alloc(500, "x")));
        for (const piece of pieces) piece[0]! &= 0x0f; // not the last one
        client.send(Buffer.concat(pieces));
      },
    ],
  ];
  for (const [why, leave] of leaving) {
    test(`whose client ${why} is gone once`, async () => {
      const { port, listener, streams } = await watch("uws");
      const socket = await WebSocketClient.open(port, "/live");
      const [stream] = streams;
      stream!.onGone = vi.fn();
      leave(socket);
      await until(() => listener.connections() === 0);
      expect(stream!.send(Buffer.from("a"))).toBe(false);
      stream!.end();
      expect(stream!.onGone).toHaveBeenCalledOnce();
    });
  }

  test("whose client speaks is not listened to, and answered when it pings", async () => {
    const { port, streams } = await watch("uws");
    const socket = await WebSocketClient.open(port, "/live");
    for (let n = 0; n < 100; n++) socket.send(TEXT, "x".repeat(1024));
    socket.send(PING, "are you there");
    const { opcode, payload } = await socket.next();
    expect([opcode, String(payload)]).toEqual([PONG, "are you there"]);
    expect(streams[0]!.send(Buffer.from("a"))).toBe(true);
    expect(String((await socket.next()).payload)).toBe("a");
  });

  test("whose client reads nothing is sent no more than its socket takes", async () => {
    const { port, streams } = await watch("uws");
    const socket = await WebSocketClient.open(port, "/live");
    const other = await WebSocketClient.open(port, "/live");
    let sent = 0;
    while (streams[0]!.send(Buffer.from(KIB_64))) sent++;
    expect(sent * KIB_64.length).toBeLessThan(MORE_THAN_THE_KERNEL);
    for (let n = 0; n < 1000; n++) expect(streams[0]!.send(Buffer.from("missed"))).toBe(false);
    expect(streams[1]!.send(Buffer.from("on time"))).toBe(true);
    expect(String((await other.next()).payload)).toBe("on time");

    for (let n = 0; n < sent; n++) expect((await socket.next()).payload).toHaveLength(64 * 1024);
    await until(() => streams[0]!.send(Buffer.from("back")));
    expect(String((await socket.next()).payload)).toBe("back");
  });

  test("whose client pings and reads nothing costs a bounded number of answers", async () => {
    const { port, streams } = await watch("uws");
    const socket = net.connect(port, "127.0.0.1").pause();
    socket.write(request("GET /live", ...HANDSHAKE));
    await until(() => streams.length === 1);
    while (streams[0]!.send(Buffer.from(KIB_64)));
    const pings = Buffer.concat(Array(1000).fill(maskedFrame(PING, Buffer.alloc(125))));
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 500; n++) await new Promise((resolve) => socket.write(pings, resolve));
    expect(process.memoryUsage().rss - before).toBeLessThan(ANSWERS / 2);
    expect(String((await ask(port, request("GET /a"))).body)).toBe("plain");
    socket.destroy();
  });

  test("survives noise in place of frames", async () => {
    const { port, listener } = await watch("uws");
    const random = new Random(11);
    for (let n = 0; n < 300; n++) {
      const client = await Client.connect(port);
      const noise = random.bytes(1 + random.below(300));
      const frame = maskedFrame(random.below(16), random.bytes(random.below(300)));
      frame[random.below(frame.length)] = random.below(256);
      client.send(request("GET /live", ...HANDSHAKE));
      if (random.below(2) === 0) await client.head(); // else frames follow in the same packet
      client.send(random.oneOf([noise, frame]));
      if (random.below(2) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      client.leave();
    }
    await until(() => listener.connections() === 0);
    expect(String((await ask(port, request("GET /a"))).body)).toBe("plain");
  });
});

describe("a handshake is refused", () => {
  const without = (name: string, ...more: readonly string[]): string =>
    request("GET /live", ...HANDSHAKE.filter((line) => !line.startsWith(`${name}:`)), ...more);

  const rows: readonly (readonly [why: string, text: string, want: number])[] = [
    ["without a key", without("Sec-WebSocket-Key"), 400],
    ["with a short key", without("Sec-WebSocket-Key", "Sec-WebSocket-Key: abc"), 400],
    [
      "with a key that is no Base64",
      without("Sec-WebSocket-Key", `Sec-WebSocket-Key: ${"!".repeat(24)}`),
      400,
    ],
    ["with two keys", without("", `Sec-WebSocket-Key: ${"A".repeat(22)}==`), 400],
    ["with the length of a body", without("", "Content-Length: 5"), 400],
    ["with a body in chunks", without("", "Transfer-Encoding: chunked"), 400],
    ["that asks for another protocol", without("Upgrade", "Upgrade: h2c"), 426],
    ["that asks for none", without("Upgrade"), 426],
    ["that does not name it an option of the connection", without("Connection"), 426],
    ["of another version", without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426],
    ["of no version", without("Sec-WebSocket-Version"), 426],
    ["that is none", request("GET /live"), 426],
  ];
  for (const [why, text, want] of rows) {
    test(`${why} (${want})`, async () => {
      const { port, listener, streams } = await watch("uws");
      const client = await Client.connect(port);
      client.send(text);
      const { status, fields, body } = await client.answer();
      expect([status, fields.get("connection")]).toEqual([want, "close"]);
      if (want === 426) expect(fields.get("sec-websocket-version")).toBe("13");
      expect(String(body)).toMatch(/^[A-Z].*\.\n$/);
      await client.untilClosed();
      await until(() => listener.connections() === 0);
      expect(streams).toEqual([]);
    });
  }

  test("not for case, for lists, or for options spread over fields", async () => {
    const { port } = await watch("uws");
    const client = await Client.connect(port);
    const spread = ["Connection: Keep-Alive", "connection: UPGRADE", "upgrade: foo, WebSocket"];
    client.send(request("GET /live", ...spread, ...HANDSHAKE.slice(2)));
    expect((await client.head()).status).toBe(101);
  });

  describe.each(TRANSPORTS)("by its owner (%s)", (transport) => {
    test("before anything is said about it", async () => {
      const admits = () => createRefusal(401, "Who are you?", [["WWW-Authenticate", "Basic"]]);
      const { port, streams } = await watch(transport, { admits });
      for (const fields of [HANDSHAKE, []]) {
        const { status, body } = await ask(port, request("GET /live", ...fields));
        expect([status, String(body)]).toEqual([401, "Who are you?\n"]);
      }
      expect(streams).toEqual([]);
    });

    test("on what its request says", async () => {
      const asked: unknown[] = [];
      const admits = ({ method, path, query, client }: Ask): true => {
        asked.push({ method, path, query, client });
        return true;
      };
      const { port } = await watch(transport, { admits });
      const client = await Client.connect(port);
      client.send(request("GET /live?token=1", ...HANDSHAKE));
      await client.head();
      const want = { method: "GET", path: "/live", query: "token=1", client: "127.0.0.1" };
      expect(asked).toEqual([want]);
    });
  });
});

describe.each(TRANSPORTS)("elsewhere (%s)", (transport) => {
  test("a request to upgrade is answered like any other", async () => {
    const { port, streams } = await watch(transport);
    for (const path of ["/", "/live/", "/liver", "/LIVE", "/live/x"]) {
      expect((await ask(port, request(`GET ${path}`, ...HANDSHAKE))).status).toBe(200);
    }
    for (const upgrade of ["h2c", "websocket", ",", "TLS/1.0"]) {
      const fields = [`Upgrade: ${upgrade}`, "Connection: Upgrade"];
      expect((await ask(port, request("GET /a", ...fields))).status).toBe(200);
    }
    expect(streams).toEqual([]);
  });

  test("no answer is taken for another's after a request to upgrade", async () => {
    const { port } = await watch(transport);
    const client = await Client.connect(port);
    client.send(request("GET /a", ...HANDSHAKE) + request("GET /b"));
    const { status, fields } = await client.answer();
    expect(status).toBe(200);
    if (transport === "uws") expect((await client.answer()).status).toBe(200);
    else expect(fields.get("connection")).toBe("close");
  });

  test("only GET asks for a WebSocket", async () => {
    const { port, streams } = await watch(transport);
    expect((await ask(port, request("POST /live", ...HANDSHAKE))).status).toBe(200);
    expect((await ask(port, request("HEAD /live", ...HANDSHAKE))).status).toBe(200);
    expect(streams).toEqual([]);
  });
});

test("node:http says that it has none", async () => {
  const { port, streams } = await watch("node");
  for (const fields of [HANDSHAKE, []]) {
    const { status, fields: got, body } = await ask(port, request("GET /live", ...fields));
    expect([status, got.get("connection")]).toEqual([501, "close"]);
    expect(String(body)).toContain("no WebSockets");
  }
  expect(streams).toEqual([]);
});
