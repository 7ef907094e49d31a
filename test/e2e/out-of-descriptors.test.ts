/** Fear: more clients than there are descriptors, and the server ends, spins, or never recovers. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, vi } from "vitest";
import { REST_MS } from "../../fs/open-file.js";
import { Client, get, request } from "../support/client.js";
import { limitDescriptors } from "../support/descriptors.js";
import { TRANSPORTS, test } from "../support/server.js";

const SPARE = 20;
const MORE_THAN_FIT = 3 * SPARE;
/** Each second the server looks at itself, which takes a descriptor too. */
const LONGER_THAN_A_LOOK_MS = 1500;

const FILES = { "hot.txt": "hot", "cold.txt": "cold", "later.txt": "later" } as const;

describe.each(TRANSPORTS)("through %s", (transport) => {
  test("what is in memory is served on, and all else again when clients leave", async ({
    serve,
  }) => {
    const server = await serve({ transport, files: FILES });
    await sleep(REST_MS); // what was just written is opened again when it is checked
    const early = await Client.connect(server.port);
    const statusOf = async (path: string): Promise<number> => {
      early.send(request(`GET ${path}`));
      return (await early.answer()).status;
    };
    expect(await statusOf("/hot.txt")).toBe(200);
    limitDescriptors(server.pid, SPARE);
    const crowd = await Promise.all(
      Array.from({ length: MORE_THAN_FIT }, () => Client.connect(server.port)),
    );
    await sleep(LONGER_THAN_A_LOOK_MS);

    expect(await statusOf("/hot.txt")).toBe(200);
    expect(await statusOf("/cold.txt")).toBe(503);
    expect((await server.stats()).connections).toBeLessThan(MORE_THAN_FIT);

    for (const client of [...crowd, early]) client.leave();
    await server.untilIdle();
    expect(String((await get(server.port, "/cold.txt")).body)).toBe("cold");
    expect(String((await get(server.port, "/later.txt")).body)).toBe("later");
  });

  test("workers and their supervisor live on, and serve again when clients leave", async ({
    serve,
  }) => {
    const env = { SLUICE_WORKERS: "1" };
    const server = await serve({ transport, files: FILES, env });
    const [worker] = server.workers();
    expect((await get(server.port, "/hot.txt")).status).toBe(200);
    limitDescriptors(server.pid, 0);
    limitDescriptors(worker!, SPARE);
    const crowd = await Promise.all(
      Array.from({ length: MORE_THAN_FIT }, () => Client.connect(server.port)),
    );
    await sleep(2 * LONGER_THAN_A_LOOK_MS);

    expect([server.hasExited, server.err]).toEqual([false, ""]);
    expect(server.workers()).toEqual([worker]);
    for (const client of crowd) client.leave();
    const statusOf = async (): Promise<number> => (await get(server.port, "/cold.txt")).status;
    await vi.waitUntil(async () => (await statusOf()) === 200, PATIENCE);
  });
});

const PATIENCE = { timeout: 20_000, interval: 50 };
