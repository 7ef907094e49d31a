/** Fear: the body that came with a request, and that nobody read, cuts the end of a long answer. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Reply } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import { buildHead } from "../../../protocol/head.js";
import { Client, request } from "../../support/client.js";
import { TRANSPORTS } from "../../support/server.js";

const HEAD = buildHead(200, [["Content-Type", "text/plain"]]);
const LONG = Buffer.alloc(6 * 1024 * 1024);
const BODY = "x".repeat(64 * 1024);

function sendLong(reply: Reply): void {
  let taken = 0;
  const push = (): void => {
    for (let before = -1; before < taken && !reply.isOver; ) {
      before = taken;
      taken = reply.offer(LONG.subarray(taken), LONG.length);
    }
  };
  reply.begin(HEAD);
  reply.onDrained = push;
  push();
}

test.each(TRANSPORTS)("through %s a long answer comes whole", async (transport) => {
  const nothing = (): void => {};
  const handler = {
    express: () => undefined,
    sent: nothing,
    finish: nothing,
    handle: (_: unknown, reply: Reply) => sendLong(reply),
  };
  const log = { info: nothing, warn: nothing, error: nothing };
  const listener = await listen(transport, { host: "127.0.0.1", port: 0 }, handler, log);
  onTestFinished(() => listener.close());
  const client = await Client.connect(listener.port);
  // Not told to go on, and sends nevertheless: by node, that answer is the last.
  const fields = ["Expect: 100-continue", `Content-Length: ${BODY.length}`];
  client.send(request("GET /", ...fields) + BODY);
  const { status } = await client.head();
  if (status === 100) await client.head(); // uWebSockets.js says it by itself
  let got = 0;
  while (got < LONG.length) {
    const more = await client.body(Math.min(64 * 1024, LONG.length - got), nothing);
    if (more === 0) break;
    got += more;
    await sleep(1);
  }
  expect(got).toBe(LONG.length);
  client.leave();
});
