/** Fear: something stays behind after a client has left, and one day it is all that is left. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { Client, get, request } from "../support/client.js";
import { MIB, Random } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

/** What forgets a client is behind the transport: through node:http fewer show that it is told. */
const CLIENTS = { uws: 2000, node: 200 } as const;
const AT_ONCE = 50;

const random = new Random(2);
const SMALL = "hello";
const FILES = {
  "small.txt": SMALL,
  "medium.bin": random.bytes(MIB),
  "large.bin": { sizeBytes: 100 * MIB, islands: [] },
} as const;

/** A server that does nothing uses none; one that spins uses 100. */
const IDLE_TICKS_PER_SEC = 20;

for (const transport of TRANSPORTS) {
  const count = CLIENTS[transport];
  test(`${count} clients leave at random points, and nothing stays behind (${transport})`, async ({
    serve,
  }) => {
    const env = { SLUICE_REVALIDATE_MS: "50" };
    const server = await serve({ transport, files: FILES, env });
    for (const name of Object.keys(FILES)) await leaveAfter(server, request(`GET /${name}`), 1);
    await server.untilIdle();
    const fdsBefore = server.openFds();

    const crowd = Array.from({ length: AT_ONCE }, async () => {
      for (let n = 0; n < count / AT_ONCE; n++) await comeAndLeave(server);
    });
    await Promise.all(crowd);

    await server.untilIdle();
    const { downloads } = await server.report();
    expect(downloads.map(({ inProgress }) => inProgress)).toEqual([0, 0, 0]);
    await replaceAll(server); // a file somebody still held would stay open beside its successor
    expect(server.openFds()).toBe(fdsBefore);
    expect(String((await get(server.port, "/small.txt")).body)).toBe(SMALL);
    expect(await ticksOfAQuietSecond(server)).toBeLessThan(IDLE_TICKS_PER_SEC);
  });
}

describe.each(TRANSPORTS)("a client that leaves in its own way (%s)", (transport) => {
  const ways: readonly (readonly [why: string, leave: (client: Client) => void])[] = [
    ["with a reset", (client) => client.leave()],
    ["with a farewell, in the middle of its body", (client) => client.end()],
    [
      "with a farewell, while it asks for more",
      (client) => {
        client.send(request("GET /large.bin"));
        client.end();
      },
    ],
  ];
  const shared = sharedServer({ transport, files: FILES });
  for (const [why, leave] of ways) {
    test(`${why}: is counted and forgotten`, async () => {
      const server = shared();
      const before = (await server.stats()).counters.clientsGone;
      const client = await Client.connect(server.port);
      client.send(request("GET /large.bin"));
      await client.head();
      leave(client);
      // Whoever only says farewell may still read: then the body goes on, and this ends it.
      setTimeout(() => client.leave(), 500);
      await server.untilIdle();
      expect((await server.stats()).counters.clientsGone).toBeGreaterThan(before);
    });
  }
});

/** One of many: asks for something, takes as much as it pleases, and is gone. */
async function comeAndLeave(server: Server): Promise<void> {
  const name = random.oneOf(["small.txt", "medium.bin", "large.bin", "large.bin", "missing"]);
  const from = random.below(100 * MIB);
  const text = request(`GET /${name}`, ...random.oneOf([[], [`Range: bytes=${from}-`]]));
  const isWhole = random.below(4) > 0;
  const sent = isWhole ? text : text.slice(0, random.below(text.length));
  const takes = isWhole ? random.oneOf([0, 1, random.below(MIB), random.below(2 * MIB)]) : 0;
  await leaveAfter(server, sent, takes);
}

async function leaveAfter({ port }: Server, text: string, takesBytes: number): Promise<void> {
  const client = await Client.connect(port);
  client.send(text);
  if (takesBytes === 0) await sleep(random.below(3));
  else await takeUpTo(client, takesBytes);
  client.leave();
}

async function takeUpTo(client: Client, bytes: number): Promise<void> {
  const { fields } = await client.head();
  await client.body(Math.min(bytes, Number(fields.get("content-length"))), () => {});
}

async function replaceAll(server: Server): Promise<void> {
  for (const [name, content] of Object.entries(FILES)) server.folder.replace(name, content);
  await sleep(100);
  for (const name of Object.keys(FILES)) await get(server.port, `/${name}`, "Range: bytes=0-0");
  await server.untilIdle();
}

async function ticksOfAQuietSecond(server: Server): Promise<number> {
  const before = server.cpuTicks();
  await sleep(1000);
  return server.cpuTicks() - before;
}
