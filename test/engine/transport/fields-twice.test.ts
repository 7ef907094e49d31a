/**
 * Fear: of two fields with one name, such as the policy of an error page and that of the whole site,
 * the client gets the last alone when its connection closes.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Listener, Reply } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { TRANSPORTS } from "../../support/server.js";

const HEAD = buildHead(404, [
  ["Content-Security-Policy", "default-src 'none'"],
  ["Vary", "Accept"],
  ["Content-Security-Policy", "object-src 'none'"],
  ["Vary", "Origin"],
]);
const BODY = Buffer.from("nothing here");

async function serve(transport: "uws" | "node", act: (reply: Reply) => void): Promise<Listener> {
  const nothing = (): void => {};
  const log = { info: nothing, warn: nothing, error: nothing };
  const handle = (_ask: unknown, reply: Reply): void => act(reply);
  const handler = { express: () => undefined, sent: nothing, finish: nothing, handle };
  const listener = await listen(transport, { host: "127.0.0.1", port: 0 }, handler, log);
  onTestFinished(() => listener.close());
  return listener;
}

/** All lines of the fields that stand twice in `HEAD`, and of the connection. */
async function told(client: Client): Promise<string[]> {
  const head = String(await client.untilClosed()).split("\r\n\r\n", 1)[0]!;
  return head.split("\r\n").filter((line) => /^(?:content-security-policy|vary|conn)/i.test(line));
}

const ALL = [...HEAD.fields.map((field) => field.join(": ")), "Connection: close"].sort();

describe.each(TRANSPORTS)("through %s, fields that stand twice all arrive", (transport) => {
  test("with an answer that closes its connection", async () => {
    const { port } = await serve(transport, (reply) => reply.sendAndClose(HEAD, BODY, true));
    const client = await Client.connect(port);
    client.send(request("GET /"));
    expect((await told(client)).sort()).toEqual(ALL);
  });
});

describe("through node, fields that stand twice all arrive", () => {
  test("where an upgrade was asked for", async () => {
    const { port } = await serve("node", (reply) => reply.sendWhole(HEAD, BODY));
    const client = await Client.connect(port);
    client.send(request("GET /", "Upgrade: h2c"));
    expect((await told(client)).sort()).toEqual(ALL);
  });

  test("where the server drains", async () => {
    const listener = await serve("node", (reply) => reply.sendWhole(HEAD, BODY));
    const client = await Client.connect(listener.port);
    client.send(request("GET /"));
    await client.answer();
    await listener.stopListening();
    client.send(request("GET /"));
    expect((await told(client)).sort()).toEqual(ALL);
  });
});
