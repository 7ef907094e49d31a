/** Fear: a stream is cut for being silent, or kept for one who will never read it. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Stream } from "../../../engine/transport/exchange.js";
import { EventReader } from "../../support/event-reader.js";
import { until } from "../../support/gate.js";
import { TRANSPORTS } from "../../support/server.js";
import { watch } from "../../support/watched.js";
import { WebSocketClient } from "../../support/web-socket.js";

/** uWebSockets.js cuts who takes nothing for 8 to 12 s. */
const LONGER_THAN_UWS_MS = 13_000;

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
