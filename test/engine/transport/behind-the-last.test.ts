/** Fear: what is sent behind a request that was the last is answered, logged and counted all the same. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Ask, Reply } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { TRANSPORTS } from "../../support/server.js";

const HEAD = buildHead(413, [["Content-Type", "text/plain"]]);
const PAGE = Buffer.from("too large");
const CHUNKED = `${request("GET /first", "Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`;
const BEHIND = request("GET /behind");

describe.each(TRANSPORTS)("through %s, behind an answer that closes", (transport) => {
  test.each([
    ["in one packet", [CHUNKED + BEHIND]],
    ["in another", [CHUNKED, BEHIND]],
    ["in two parts", [CHUNKED + BEHIND.slice(0, 9), BEHIND.slice(9)]],
  ])("nobody is asked for more (%s)", async (_, packets) => {
    const asked: string[] = [];
    const nothing = (): void => {};
    const handler = {
      express: () => undefined,
      sent: nothing,
      finish: nothing,
      handle: (ask: Ask, reply: Reply) => {
        asked.push(ask.path);
        if (ask.path === "/first") reply.sendAndClose(HEAD, PAGE, true);
        else reply.sendHead(HEAD, 0);
      },
    };
    const log = { info: nothing, warn: nothing, error: nothing };
    const listener = await listen(transport, { host: "127.0.0.1", port: 0 }, handler, log);
    onTestFinished(() => listener.close());
    const client = await Client.connect(listener.port);
    for (const packet of packets) {
      client.send(packet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.untilClosed();
    expect(asked).toEqual(["/first"]);
    expect(listener.pending()).toBe(0);
  });
});
