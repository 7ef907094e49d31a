/** Fear: who is refused while still sending is reset, and never sees why; or goes on sending for ever. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Reply } from "../../../engine/transport/exchange.js";
import { LINGER_MS } from "../../../engine/transport/linger.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { until } from "../../support/gate.js";
import { TRANSPORTS } from "../../support/server.js";

const HEAD = buildHead(413, [["Content-Type", "text/plain"]]);
const PAGE = Buffer.from("too large");
const PIECE = Buffer.alloc(1024 * 1024);
const PIECES = 8;

async function serve(transport: (typeof TRANSPORTS)[number], hasBody: boolean) {
  const nothing = (): void => {};
  const handler = {
    express: () => undefined,
    sent: nothing,
    finish: nothing,
    handle: (_: unknown, reply: Reply) => reply.sendAndClose(HEAD, PAGE, hasBody),
  };
  const log = { info: nothing, warn: nothing, error: nothing };
  const listener = await listen(transport, { host: "127.0.0.1", port: 0 }, handler, log);
  onTestFinished(() => listener.close());
  return listener;
}

describe.each(TRANSPORTS)("through %s, who is refused", (transport) => {
  test.each([
    ["a page", "POST", true],
    ["a head alone", "HEAD", false],
  ])("with %s may send to the end", async (_, method, hasBody) => {
    const listener = await serve(transport, hasBody);
    const socket = net.connect(listener.port, "127.0.0.1");
    let failure: Error | undefined;
    let answer = "";
    socket.on("error", (error) => (failure = error));
    socket.on("data", (bytes) => (answer += String(bytes)));
    await once(socket, "connect");
    socket.write(request(`${method} /`, `Content-Length: ${PIECES * PIECE.length}`));
    await until(() => answer.includes("\r\n\r\n"));
    for (let piece = 0; piece < PIECES; piece++) {
      await new Promise((resolve) => socket.write(PIECE, resolve));
      expect(socket.readableEnded).toBe(false);
    }
    await once(socket, "close");
    expect(failure).toBeUndefined();
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer.endsWith(String(PAGE))).toBe(hasBody);
    expect([listener.pending(), listener.connections()]).toEqual([0, 0]);
  });

  test("is not read past for ever, and keeps no server from stopping", async () => {
    const listener = await serve(transport, true);
    const client = await Client.connect(listener.port);
    client.send(request("POST /", "Transfer-Encoding: chunked"));
    expect((await client.answer()).status).toBe(413);
    await until(() => listener.pending() === 0);
    expect(listener.connections()).toBe(1);
    const dripping = setInterval(() => client.send("1\r\na\r\n"), LINGER_MS / 50);
    onTestFinished(() => clearInterval(dripping));
    const late = sleep(4 * LINGER_MS, "late", { ref: false });
    expect(await Promise.race([client.untilClosed(), late])).not.toBe("late");
  });
});
