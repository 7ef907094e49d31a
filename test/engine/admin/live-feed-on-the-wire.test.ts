/** Fear: the feed and the sockets hold each their own part, and nobody the whole. */
import { describe, expect, onTestFinished, test } from "vitest";
import { LiveFeed, MAX_VIEWERS } from "../../../engine/admin/live-feed.js";
import { createRefusal } from "../../../engine/transport/handshake.js";
import type { HistoryMessage, NowMessage } from "../../../metrics/live.js";
import { ask, request } from "../../support/client.js";
import { EventReader } from "../../support/event-reader.js";
import { until } from "../../support/gate.js";
import { TRANSPORTS } from "../../support/server.js";
import { watch } from "../../support/watched.js";
import { CLOSE, HANDSHAKE, WebSocketClient } from "../../support/web-socket.js";

/** A second of these tests. */
const SECOND_MS = 20;
/** As long as the history of ten minutes. */
const LONG = "x".repeat(250 * 1024);

function createFeed(): LiveFeed {
  let second = 0;
  const feed = new LiveFeed({
    history: () => ({ type: "history", version: LONG }) as HistoryMessage,
    now: () => ({ type: "now", unready: [`${++second}`] }) as unknown as NowMessage,
    everySecond: (run) => {
      const timer = setInterval(run, SECOND_MS);
      return () => clearInterval(timer);
    },
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => feed.stop());
  return feed;
}

const FULL = createRefusal(503, "Too many are watching.", []);

async function serveFeed(transport: "uws" | "node") {
  const feed = createFeed();
  const { port, listener } = await watch(transport, {
    admits: () => (feed.isFull ? FULL : true),
    onStream: (stream, shape) => feed.join(stream, shape),
  });
  return { feed, port, listener };
}

describe.each(TRANSPORTS)("events of the feed (%s)", (transport) => {
  test("tell the history, then the news, to each viewer", async () => {
    const { port } = await serveFeed(transport);
    for (let n = 0; n < 3; n++) {
      const reader = await EventReader.open(port, "/events");
      const { type, data } = (await reader.next())!;
      expect([type, JSON.parse(data).version]).toEqual(["history", LONG]);
      const news = [(await reader.next())!, (await reader.next())!];
      expect(news.map(({ type }) => type)).toEqual(["now", "now"]);
      const [one, two] = news.map(({ data }) => Number(JSON.parse(data).unready[0]));
      expect(two! - one!).toBe(1);
    }
  });

  test("come on time to who reads, while the others do not or leave", async () => {
    const { port, listener } = await serveFeed(transport);
    const idle = Array.from({ length: 10 }, () => EventReader.open(port, "/events"));
    const leaving = Array.from({ length: 10 }, () => EventReader.open(port, "/events"));
    const reader = await EventReader.open(port, "/events");
    await Promise.all(idle);
    for (const other of leaving) (await other).client.leave();
    await until(() => listener.connections() === 11);
    while ((await reader.next())!.type !== "now");
    const ids: number[] = [];
    for (let n = 0; n < 20; n++) ids.push(Number((await reader.next())!.id));
    expect(ids).toEqual(Array.from({ length: 20 }, (_, n) => ids[0]! + n));
  });

  test("end when the feed stops, and the server is free", async () => {
    const { feed, port, listener } = await serveFeed(transport);
    const reader = await EventReader.open(port, "/events");
    await reader.next();
    feed.stop();
    let last = await reader.next();
    while (last !== undefined) last = await reader.next();
    expect(listener.pending()).toBe(0);
    reader.client.leave();
    await until(() => listener.connections() === 0);
  });
});

test("messages of the feed tell the same", async () => {
  const { feed, port, listener } = await serveFeed("uws");
  const socket = await WebSocketClient.open(port, "/live");
  expect(JSON.parse(String((await socket.next()).payload)).version).toBe(LONG);
  expect(JSON.parse(String((await socket.next()).payload)).type).toBe("now");
  feed.stop();
  let { opcode } = await socket.next();
  while (opcode !== CLOSE) ({ opcode } = await socket.next());
  await socket.client.untilClosed();
  expect(listener.connections()).toBe(0);
});

test(`viewer ${MAX_VIEWERS + 1} is refused until one leaves`, async () => {
  const { feed, port } = await serveFeed("uws");
  const open = () => WebSocketClient.open(port, "/live");
  const sockets = await Promise.all(Array.from({ length: MAX_VIEWERS }, open));
  expect((await ask(port, request("GET /live", ...HANDSHAKE))).status).toBe(503);
  sockets[0]!.client.leave();
  await until(() => !feed.isFull);
  expect((await open()).head.status).toBe(101);
});
