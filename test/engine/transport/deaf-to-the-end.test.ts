/** Fear: a connection that is to be closed stays for as long as its client reads nothing. */
import { expect, onTestFinished, test } from "vitest";
import type { Reply, Stream } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { until } from "../../support/gate.js";

const HEAD = buildHead(400, [["Content-Type", "text/plain"]]);
const PAGE = Buffer.from("no, and good bye");
/** More than the kernel takes for who reads nothing. */
const EVENT = Buffer.from(`data: ${"x".repeat(64 * 1024 * 1024)}\n\n`);

test("a last answer closes also where the socket is full", async () => {
  const streams: Stream[] = [];
  const nothing = (): void => {};
  const handler = {
    express: () => undefined,
    sent: nothing,
    finish: nothing,
    handle: ({ path }: { path: string }, reply: Reply) => {
      if (path === "/events") streams.push(reply.openStream(HEAD));
      else reply.sendAndClose(HEAD, PAGE, true);
    },
  };
  const log = { info: nothing, warn: nothing, error: nothing };
  const listener = await listen("uws", { host: "127.0.0.1", port: 0 }, handler, log);
  onTestFinished(() => listener.close());

  const client = await Client.connect(listener.port);
  client.send(request("GET /events"));
  await until(() => streams.length === 1);
  streams[0]!.send(EVENT);
  streams[0]!.end(); // the library has the rest, and takes another request
  const asking = setInterval(() => client.send(request("GET /")), 500);
  onTestFinished(() => clearInterval(asking));
  await until(() => listener.connections() === 0);
  expect(listener.pending()).toBe(0);
});
