/** Fear: a slow request, and the wrong one is blamed for it. */

import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, vi } from "vitest";
import type { SlowOperation } from "../../metrics/operations.js";
import { Client, get, request } from "../support/client.js";
import { Folder, MIB, Random } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";
import { slowDisk } from "../support/slow-disk.js";

const READ_MS = 600;
const SLOW_MS = 300;
const BLOCK_LOOP_MS = 1_500;
const BLOCKED_LOOP = fileURLToPath(new URL("../support/blocked-loop.cjs", import.meta.url));

const CLIENT_SLEEPS_MS = 3_000;
/** More than the kernel holds for a connection. */
const LARGE_BYTES = 16 * MIB;

const random = new Random(11);
const SLOTS = 4;
const SLOW_FILES = ["a", "b", "c", "d"].map((letter) => `slow-${letter}.bin`);
const FILES = {
  "large.bin": { sizeBytes: LARGE_BYTES, islands: [] },
  "medium.bin": random.bytes(MIB),
  ...Object.fromEntries(SLOW_FILES.map((name) => [name, random.bytes(MIB)])),
};

const site = new Folder(FILES);
afterAll(() => site.remove());

const disk = slowDisk(READ_MS);
const ENV = {
  ...disk,
  NODE_OPTIONS: `${disk["NODE_OPTIONS"]} --require ${BLOCKED_LOOP}`,
  BLOCK_LOOP_MS: String(BLOCK_LOOP_MS),
  SLUICE_SLOW_MS: String(SLOW_MS),
};

/** The slow request for this path, when it has ended. */
const slowRequest = (server: Server, path: string): Promise<SlowOperation> =>
  vi.waitUntil(
    async () => {
      const { slowest } = await server.report();
      return slowest.find(({ kind, what }) => kind === "request" && what === `GET ${path}`);
    },
    { timeout: 20_000, interval: 50 },
  );

const BLAMES_CLIENT = /slow, blame client: GET (\/large\.bin\S+) for 127\.0\.0\.1 has taken /;

/** A client that has read the head of a large answer, and nothing else for a while. */
async function startReading(server: Server, query: string): Promise<Client> {
  const client = await Client.connect(server.port);
  client.send(request(`GET /large.bin${query}`));
  await client.head();
  await sleep(CLIENT_SLEEPS_MS);
  return client;
}

const sum = ({ queueMs, diskMs, loopMs, drainMs }: SlowOperation): number =>
  queueMs + diskMs + loopMs + drainMs;

describe.each(TRANSPORTS)("through %s", (transport) => {
  const shared = sharedServer({ transport, folder: site, env: ENV });

  test("a disk that is slow is to blame", async () => {
    const server = shared();
    await get(server.port, "/medium.bin"); // the readers and the code are warm
    await get(server.port, "/slow-a.bin");
    const slow = await slowRequest(server, "/slow-a.bin");
    expect(slow).toMatchObject({ blame: "disk", status: 200, sentBytes: MIB, outcome: "sent" });
    expect(slow.diskMs).toBeGreaterThanOrEqual(READ_MS);
    expect(slow.tookMs).toBeCloseTo(sum(slow), 0);
    await server.untilSays(/warning: slow, blame disk: GET \/slow-a\.bin for 127\.0\.0\.1 /);
  });

  test("a client that reads slowly is to blame", async () => {
    const server = shared();
    let client = await startReading(server, "?1");
    // Told once, and on a busy machine the loop may have had the larger part by then.
    for (const query of ["?2", "?3"]) {
      if (BLAMES_CLIENT.test(server.out + server.err)) break;
      client.leave();
      client = await startReading(server, query);
    }
    const [, target] = await server.untilSays(BLAMES_CLIENT);
    await client.body(LARGE_BYTES, () => {});
    client.leave();
    const slow = await slowRequest(server, target!);
    expect(slow).toMatchObject({ blame: "client", sentBytes: LARGE_BYTES });
    expect(slow.drainMs).toBeGreaterThan(CLIENT_SLEEPS_MS / 2);
  });

  test("a loop that is blocked is to blame, also for what the disk had ready", async () => {
    const server = shared();
    await get(server.port, "/medium.bin"); // the readers and the code are warm
    const client = await Client.connect(server.port);
    client.send(request("GET /slow-b.bin", "Range: bytes=0-0"));
    await server.until(({ scheduler }) => scheduler.reading === 1);
    server.signal("SIGWINCH");
    await client.answer();
    client.leave();
    const slow = await slowRequest(server, "/slow-b.bin");
    expect(slow).toMatchObject({ blame: "loop", status: 206, sentBytes: 1 });
    expect(slow.diskMs).toBeLessThan(BLOCK_LOOP_MS);
    const { slowest, loopLag } = await server.report();
    expect(slowest.find(({ kind }) => kind === "stall")).toMatchObject({ blame: "loop" });
    expect(loopLag.maxUs).toBeGreaterThan(BLOCK_LOOP_MS * 500);
  });

  test("a pool that is full is to blame", async ({ serve }) => {
    const env = { ...ENV, SLUICE_POOL_BYTES: "1MiB", SLUICE_CHUNK_BYTES: "256KiB" };
    const server = await serve({ transport, folder: site, env });
    const others = SLOW_FILES.map((name) => get(server.port, `/${name}`, "Range: bytes=0-0"));
    await server.until(({ pool }) => pool.loading === SLOTS);
    await get(server.port, "/medium.bin", "Range: bytes=0-0");
    await Promise.all(others);
    const slow = await slowRequest(server, "/medium.bin");
    expect(slow).toMatchObject({ blame: "queue", status: 206 });
    await server.untilSays(/warning: slow, blame queue: GET \/medium\.bin /);
  });
});

test("what is under way is told: the request, its look at the disk, its read", async ({
  serve,
}) => {
  const server = await serve({ transport: "uws", folder: site, env: ENV });
  const client = await Client.connect(server.port);
  client.send(request("GET /slow-c.bin"));
  await server.until(({ scheduler }) => scheduler.reading === 1);
  const { underWay } = await server.report();
  client.leave();
  expect(underWay).toMatchObject([
    {
      kind: "request",
      what: "GET /slow-c.bin",
      client: "127.0.0.1",
      phase: "disk",
      totalBytes: MIB,
    },
    { kind: "read", what: `${server.folder.at("slow-c.bin")}, chunk 0`, phase: "disk", waiters: 1 },
  ]);
});
