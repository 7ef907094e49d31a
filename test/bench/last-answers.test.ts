/** Fear: a server that ends a connection in good order is measured as one that loses it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { runClosedRaw } from "../../bench/load/closed-raw.js";

test("after the last answer of a connection the load goes on with another", async () => {
  const last = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n";
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections++;
    socket.on("error", () => {}).once("data", () => socket.end(last));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const ask = { method: "HEAD", target: "/", headers: {}, status: 200, bodyBytes: 0 } as const;
  const result = await runClosedRaw({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    asks: Array.from({ length: 20 }, () => ask),
    connections: 2,
    durationSec: 60,
    isOnce: true,
  });
  server.close();
  expect(result).toMatchObject({ answered: 20, wrongStatus: 0, connectionsLost: 0 });
  expect(connections).toBeGreaterThanOrEqual(20);
});
