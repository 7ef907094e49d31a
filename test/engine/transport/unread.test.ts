/**
 * Fear: who sends node:http what its parser does not take is told something else than by the fast
 * transport, or nothing, or loses the answer to what came before.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Ask, Reply } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { until } from "../../support/gate.js";

const HEAD = buildHead(200, [["Content-Type", "text/plain"]]);
const HELLO = Buffer.from("hello");

async function serve() {
  const asked: string[] = [];
  const nothing = (): void => {};
  const handler = {
    express: () => undefined,
    sent: nothing,
    finish: nothing,
    handle: ({ path }: Ask, reply: Reply) => {
      asked.push(path);
      if (path !== "/late") reply.sendWhole(HEAD, HELLO);
    },
  };
  const log = { info: nothing, warn: nothing, error: nothing };
  const listener = await listen("node", { host: "127.0.0.1", port: 0 }, handler, log);
  onTestFinished(() => listener.close());
  return { listener, asked };
}

describe("node:http", () => {
  test.each([
    ["a method that is none of its own", request("FOO /"), 501],
    ["a method in lower case", request("get /"), 501],
    ["CONNECT", request("CONNECT a.test:443"), 405],
    ["a client of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["a space in the target", request("GET /a b"), 400],
    ["a head that is too large", request("GET /", `X-Large: ${"a".repeat(20_000)}`), 431],
  ])("refuses %s", async (_, bytes, status) => {
    const { listener, asked } = await serve();
    const client = await Client.connect(listener.port);
    client.send(bytes);
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    expect(answer.fields.get("connection")).toBe("close");
    expect(answer.fields.get("allow")).toBe(status === 405 ? "GET, HEAD, OPTIONS" : undefined);
    expect([answer.isCut, answer.body.length > 0]).toEqual([false, true]);
    client.send(request("GET /behind"));
    expect(String(await client.untilClosed())).toBe("");
    client.end();
    await until(() => listener.connections() === 0);
    expect(asked).toEqual([]);
  });

  test("answers what came before", async () => {
    const { listener } = await serve();
    const client = await Client.connect(listener.port);
    client.send(request("GET /") + request("FOO /"));
    expect((await client.answer()).status).toBe(200);
    expect((await client.answer()).status).toBe(501);
  });

  test("says nothing in place of an answer that is still to come", async () => {
    const { listener, asked } = await serve();
    const client = await Client.connect(listener.port);
    client.send(request("GET /late"));
    await until(() => asked.length === 1);
    client.send(request("FOO /"));
    expect(String(await client.untilClosed())).toBe("");
    await until(() => listener.pending() === 0);
  });
});
