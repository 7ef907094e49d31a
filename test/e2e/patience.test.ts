/** Fear: a client that pauses is cut though it comes back, or kept though it never does. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { Client, request } from "../support/client.js";
import { MIB } from "../support/folder.js";
import { TRANSPORTS, test } from "../support/server.js";

/** uWebSockets.js by itself cuts whoever takes nothing for 8 to 12 s. */
const LONGER_THAN_UWS_MS = 13_000;
const SIZE = 30 * MIB;
const FILES = { "large.bin": { sizeBytes: SIZE, islands: [] } } as const;

// All at once: they wait, and do nothing else.
describe.concurrent.each(TRANSPORTS)("through %s", (transport) => {
  test("a client that pauses for long gets its whole file", async ({ serve, expect }) => {
    const server = await serve({ transport, files: FILES });
    const client = await startAndPause(server.port, LONGER_THAN_UWS_MS);
    expect(await client.body(SIZE, () => {})).toBe(SIZE);
    client.leave();
    await server.untilIdle();
  });

  test("a client that pauses beyond SLUICE_SEND_TIMEOUT_MS is cut", async ({ serve, expect }) => {
    const env = { SLUICE_SEND_TIMEOUT_MS: "2s" };
    const server = await serve({ transport, files: FILES, env });
    const client = await startAndPause(server.port, 1000);
    expect((await server.stats()).scheduler.blocked).toBe(1);
    await server.untilIdle();
    expect(await client.body(SIZE, () => {})).toBeLessThan(SIZE);
    expect((await server.stats()).counters.clientsStalled).toBe(1);
  });

  test("a client that takes a little now and then is not", async ({ serve, expect }) => {
    const env = { SLUICE_SEND_TIMEOUT_MS: "3s" };
    const server = await serve({ transport, files: FILES, env });
    const client = await startAndPause(server.port, 0);
    let got = 0;
    for (let n = 0; n < 4; n++) {
      got += await client.body(6 * MIB, () => {});
      await sleep(1500);
    }
    expect(got + (await client.body(SIZE - got, () => {}))).toBe(SIZE);
    client.leave();
  });
});

async function startAndPause(port: number, pauseMs: number): Promise<Client> {
  const client = await Client.connect(port);
  client.send(request("GET /large.bin"));
  const { status } = await client.head();
  expect(status).toBe(200);
  await sleep(pauseMs);
  return client;
}
