/**
 * Fear: an answer that is cut, or over, within the request's call-back ends the process, is counted as
 * pending for ever, or tells its owner twice that the client has left.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Reply } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { TRANSPORTS } from "../../support/server.js";

const HEAD = buildHead(200, [["Content-Type", "text/plain"]]);
const PART = Buffer.from("part of it");
const OTHER = Buffer.from("another answer");
const NONE = Buffer.alloc(0);

type Act = (reply: Reply) => void;

const begin: Act = (reply) => {
  reply.begin(HEAD);
  reply.offer(PART, 10 * PART.length);
};

const CUTS: readonly (readonly [string, Act])[] = [
  ["before its head", (reply) => reply.cut()],
  [
    "after a part of its body",
    (reply) => {
      begin(reply);
      reply.cut();
    },
  ],
  [
    "twice, and offered more",
    (reply) => {
      begin(reply);
      reply.cut();
      reply.cut();
      reply.offer(PART, 10 * PART.length);
    },
  ],
];

async function serve(transport: "uws" | "node", act: Act) {
  const seen = { gone: 0 };
  const nothing = (): void => {};
  const log = { info: nothing, warn: nothing, error: nothing };
  const handler = {
    express: () => undefined,
    sent: nothing,
    finish: nothing,
    handle: (_ask: unknown, reply: Reply) => {
      reply.onGone = () => {
        seen.gone++;
      };
      act(reply);
    },
  };
  const listener = await listen(transport, { host: "127.0.0.1", port: 0 }, handler, log);
  onTestFinished(() => listener.close());
  return { listener, seen };
}

describe.each(TRANSPORTS)("through %s, an answer that is cut at once", (transport) => {
  test.each(CUTS)("%s ends its connection and nothing else", async (_when, act) => {
    const { listener, seen } = await serve(transport, act);
    for (const turn of [1, 2]) {
      const client = await Client.connect(listener.port);
      client.send(request("GET /"));
      await client.untilClosed();
      expect(seen.gone).toBe(turn);
      expect(listener.pending()).toBe(0);
    }
  });
});

describe.each(TRANSPORTS)("through %s, an answer that is over at once", (transport) => {
  test("tells nobody when its client leaves", async () => {
    const { listener, seen } = await serve(transport, (reply) => {
      reply.sendWhole(HEAD, PART);
    });
    const client = await Client.connect(listener.port);
    client.send(request("GET /"));
    expect((await client.answer()).body.equals(PART)).toBe(true);
    expect(listener.pending()).toBe(0);
    client.leave();
    const next = await Client.connect(listener.port);
    next.send(request("GET /"));
    await next.answer();
    expect(seen.gone).toBe(0);
  });

  test("of those that close, takes no other answer in its place", async () => {
    const over: boolean[] = [];
    const { listener, seen } = await serve(transport, (reply) => {
      reply.sendAndClose(HEAD, PART, true);
      over.push(reply.isOver);
      reply.sendAndClose(HEAD, OTHER, true);
      reply.sendHead(HEAD, 0);
      reply.begin(HEAD);
      reply.offer(OTHER, OTHER.length);
      reply.cut();
    });
    const client = await Client.connect(listener.port);
    client.send(request("GET /"));
    const { body, fields } = await client.answer();
    expect([String(body), fields.get("connection")]).toEqual([String(PART), "close"]);
    expect((await client.untilClosed()).length).toBe(0);
    expect(over).toEqual([true]);
    expect(seen.gone).toBe(0);
    expect(listener.pending()).toBe(0);
  });

  test("of those that close, may have no body or an empty one", async () => {
    for (const [bytes, hasBody] of [
      [PART, false],
      [NONE, true],
      [NONE, false],
    ] as const) {
      const { listener } = await serve(transport, (reply) => {
        reply.sendAndClose(HEAD, bytes, hasBody);
      });
      const client = await Client.connect(listener.port);
      client.send(request("HEAD /"));
      const { status, fields } = await client.head();
      expect([status, fields.get("connection"), fields.has("date")]).toEqual([200, "close", true]);
      expect((await client.untilClosed()).length).toBe(0);
    }
  });
});
