/** Fear: clients that take nothing cost memory, or the speed of those who read. */
import { describe, expect } from "vitest";
import { Client, download, request } from "../support/client.js";
import { KIB, MIB, Random } from "../support/folder.js";
import { type Server, TRANSPORTS, test } from "../support/server.js";
import { slowDisk } from "../support/slow-disk.js";

/** What forgets a client is behind the transport: through node:http fewer show that it is told. */
const STALLED = { uws: 1000, node: 250 } as const;
/** What a crowd of stalled clients may cost, all together. */
const MORE_MEMORY = 64 * MIB;
/** A crowd may slow down others a little, not by orders of magnitude. */
const SLOWER_AT_MOST = 5;
/** Of which one shows what the server can do: a busy machine slows down most of them. */
const DOWNLOADS = 50;

/** So that a whole download is more than the pool holds, and yet soon over. */
const SMALL_POOL = { SLUICE_POOL_BYTES: "16MiB" } as const;
const FILES = {
  "large.bin": { sizeBytes: 32 * MIB, islands: [[16 * MIB, Buffer.from("middle")]] },
  "other.bin": { sizeBytes: 32 * MIB, islands: [] },
  "hot.bin": new Random(3).bytes(60 * KIB),
} as const;

describe.each(TRANSPORTS)("through %s", (transport) => {
  const count = STALLED[transport];
  test(`${count} clients stop in the middle: memory stays, others go on`, async ({ serve }) => {
    const server = await serve({ transport, files: FILES, env: SMALL_POOL });
    await takeWhole(server, "large.bin"); // the slab is in use from end to end
    const msBefore = await soonest(server, 5);
    const rssBefore = server.rssBytes();

    const random = new Random(4);
    const stalled = await Promise.all(
      Array.from({ length: count }, () => stopReading(server, random.below(256 * KIB))),
    );
    const msAmid = await soonest(server, DOWNLOADS, SLOWER_AT_MOST * msBefore);
    await server.until(({ scheduler }) => scheduler.blocked === count);
    expect((await server.stats()).pool.pinned).toBe(0);
    expect(server.rssBytes() - rssBefore).toBeLessThan(MORE_MEMORY);
    expect(msAmid / msBefore).toBeLessThan(SLOWER_AT_MOST);

    for (const client of stalled) client.leave();
    await server.untilIdle();
  });

  for (const name of ["hot.bin", "large.bin"]) {
    test(`a client asks for ${name} 10,000 times and reads nothing`, async ({ serve }) => {
      const server = await serve({ transport, files: FILES, env: SMALL_POOL });
      for (const each of ["large.bin", "hot.bin", "other.bin"] as const) {
        await takeWhole(server, each);
      }
      const peakBefore = server.peakRssBytes();

      const client = await Client.connect(server.port);
      client.send(request(`GET /${name}`).repeat(10_000));
      await takeWhole(server, "other.bin");
      expect(server.peakRssBytes() - peakBefore).toBeLessThan(MORE_MEMORY);

      client.leave();
      await server.untilIdle();
    });
  }
});

test.for(TRANSPORTS)(
  "a client asks 100,000 times behind a read that takes long (%s)",
  async (transport, { serve }) => {
    const files = { "slow-small.txt": "slow" };
    const server = await serve({ transport, files, env: slowDisk(20_000) });
    const peakBefore = server.peakRssBytes();
    const client = await Client.connect(server.port);
    client.send(request("GET /slow-small.txt").repeat(100_000));
    await client.untilClosed();
    expect(server.peakRssBytes() - peakBefore).toBeLessThan(MORE_MEMORY);
  },
);

async function stopReading({ port }: Server, afterBytes: number): Promise<Client> {
  const client = await Client.connect(port);
  client.send(request("GET /large.bin"));
  await client.head();
  await client.body(afterBytes, () => {});
  return client;
}

/** Milliseconds of the soonest of so many whole downloads, or of the first below the limit. */
async function soonest(server: Server, downloads: number, limitMs = 0): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < downloads && !(best < limitMs); n++) {
    const from = performance.now();
    await takeWhole(server, "other.bin");
    best = Math.min(best, performance.now() - from);
  }
  return best;
}

async function takeWhole({ port }: Server, name: keyof typeof FILES): Promise<void> {
  expect(await download(port, `/${name}`, FILES[name])).toMatchObject({
    isSame: true,
    isCut: false,
  });
}
