/**
 * Fear: a stream is cut for being silent, or kept for one who will never read it; and a request that
 * comes a byte at a time holds its connection for as long as it likes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Stream } from "../../../engine/transport/exchange.js";
import { Client, request } from "../../support/client.js";
import { EventReader } from "../../support/event-reader.js";
import { until } from "../../support/gate.js";
import { TRANSPORTS } from "../../support/server.js";
import { watch } from "../../support/watched.js";
import { WebSocketClient } from "../../support/web-socket.js";

/** uWebSockets.js cuts who takes nothing for 8 to 12 s. */
const LONGER_THAN_UWS_MS = 13_000;

/** Node by itself looks every 30 s for heads that are late, and lets bodies be. */
const STILL_OPEN_MS = 20_000;
const DRIP_MS = 500;

const HEAD = "GET / HTTP/1.1\r\nHost: test\r\n";

/** All that comes of it is a drip. */
const TRICKLES: readonly (readonly [what: string, first: string, drip: string])[] = [
  ["nothing at all", "", ""],
  ["empty lines before a request", "", "\r\n"],
  ["a head without a field", "GET / HTTP/1.1\r\n\r\n", ""],
  ["bytes behind such a head", "GET / HTTP/1.1\r\n\r\n", "a"],
  ["requests behind such a head", "GET / HTTP/1.1\r\n\r\n", request("GET /")],
  ["the value of a field", `${HEAD}X-Long: `, "a"],
  ["one field after the other", HEAD, "X-More: a\r\n"],
  ["the head after one that was answered", `${request("GET /")}${HEAD}X-Long: `, "a"],
  ["the body of a request that was answered", `${HEAD}Content-Length: 1000\r\n\r\n`, "a"],
  ["a body in chunks", `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, "1\r\na\r\n"],
];

const A = Buffer.from("data: a\n\n");
const MIB = Buffer.from(`data: ${"x".repeat(1024 * 1024)}\n\n`);

// All at once: they wait, and do nothing else.
describe.concurrent.each(TRANSPORTS)("through %s", (transport) => {
  test("a stream waits as it should", async ({ expect, onTestFinished }) => {
    const { port, listener, streams, gone } = await watch(transport, { onTestFinished });
    const readers: EventReader[] = [];
    for (let n = 0; n < 4; n++) readers.push(await EventReader.open(port, "/events"));
    const [silent, steady, stalled, ended] = streams as [Stream, Stream, Stream, Stream];
    await fill(stalled);
    await fill(ended);
    ended.end();

    const before = performance.now();
    while (performance.now() - before < LONGER_THAN_UWS_MS) {
      expect(steady.send(A)).toBe(true);
      expect((await readers[1]!.next())?.data).toBe("a");
      await sleep(1000);
    }
    expect(silent.send(A)).toBe(true);
    expect((await readers[0]!.next())?.data).toBe("a");
    expect([...gone]).toEqual(transport === "uws" ? [stalled] : []);
    await until(() => listener.connections() === (transport === "uws" ? 2 : 3));
  });

  test("what comes a byte at a time ends", async ({ expect, onTestFinished }) => {
    const { port, listener } = await watch(transport, { onTestFinished });
    const fates = TRICKLES.map(async ([what, first, drip]) => [
      what,
      await fateOf(port, first, drip),
    ]);
    expect(await Promise.all(fates)).toEqual(TRICKLES.map(([what]) => [what, "closed"]));
    expect(listener.connections()).toBe(0);
  });
});

test.concurrent("a silent WebSocket stays", async ({ expect, onTestFinished }) => {
  const { port, streams } = await watch("uws", { onTestFinished });
  const socket = await WebSocketClient.open(port, "/live");
  await sleep(LONGER_THAN_UWS_MS);
  expect(streams[0]!.send(Buffer.from("a"))).toBe(true);
  expect(String((await socket.next()).payload)).toBe("a");
});

/** Until the client, who reads nothing, has no room for what was sent last. */
async function fill(stream: Stream): Promise<void> {
  for (let refused = 0; refused < 5; ) {
    if (stream.send(MIB)) refused = 0;
    else refused++;
    await sleep(5);
  }
  expect(stream.send(MIB)).toBe(false);
}

async function fateOf(port: number, first: string, drip: string): Promise<string> {
  const client = await Client.connect(port);
  client.send(first);
  const dripping = setInterval(() => client.send(drip), DRIP_MS);
  const closed = client.untilClosed().then(() => "closed");
  const fate = await Promise.race([closed, sleep(STILL_OPEN_MS, "still open", { ref: false })]);
  clearInterval(dripping);
  client.leave();
  return fate;
}
