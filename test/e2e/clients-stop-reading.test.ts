/** Fear: clients that take nothing cost memory, or the speed of those who read. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { Client, download, get, request } from "../support/client.js";
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

/** A piece is with node:http to its last byte before the socket is known to be full. */
const ONE_PIECE = { "piece.bin": new Random(5).bytes(32 * KIB), "slow-small.txt": "slow" };
const HASTY = { SLUICE_SEND_TIMEOUT_MS: "100ms" };

test.for(TRANSPORTS)(
  "a client asks for a piece 250 times, and stays and reads nothing (%s)",
  async (transport, { serve }) => {
    const server = await serve({ transport, files: ONE_PIECE, env: HASTY });
    const client = await Client.connect(server.port);
    client.send(request("GET /piece.bin").repeat(250));
    await server.untilIdle(); // though the client is still there
    client.leave();
  },
);

test("a client that reads late waits for a slow disk as long as others (node)", async ({
  serve,
}) => {
  const env = { SLUICE_SEND_TIMEOUT_MS: "1s", ...slowDisk(4000) };
  const server = await serve({ transport: "node", files: ONE_PIECE, env });
  const client = await Client.connect(server.port);
  const count = 250;
  client.send(request("GET /piece.bin").repeat(count) + request("GET /slow-small.txt"));
  await sleep(300); // until one of them is stuck
  for (let n = 0; n < count; n++) expect((await client.answer()).body.length).toBe(32 * KIB);
  expect(String((await client.answer()).body)).toBe("slow");
  client.leave();
  await server.untilIdle();
});

/** So many that their heads are more memory than may be had. */
const HEADS = 800_000;
const LONG = { timeout: 120_000 };

// Through node:http they are read no further: it counts what has not gone out.
describe("through uws, clients read nothing", () => {
  test.for([
    ["HEAD", "HEAD /hot.bin", "X: "],
    ["what has not changed", "GET /hot.bin", "If-None-Match: "],
    ["OPTIONS", "OPTIONS /hot.bin", "X: "],
  ] as const)("and ask for %s over and over", LONG, async ([, line, field], { serve }) => {
    const server = await serve({ transport: "uws", files: { "hot.bin": FILES["hot.bin"] } });
    const { fields } = await get(server.port, "/hot.bin");
    const rssBefore = server.rssBytes();
    const text = request(line, field + fields.get("etag"));
    const clients = await pour(server, text, HEADS);
    expect(server.rssBytes() - rssBefore).toBeLessThan(MORE_MEMORY);

    for (const client of clients) client.resetAndDestroy();
    await server.untilIdle();
  });
});

const DEAF_CLIENTS = 4;
/** Of requests that leave together. Of more, one would be cut across two packets: see UWS.md. */
const WAVE_BYTES = 12 * KIB;

/** Asks so many times, over connections that read nothing; one that is cut is made anew. */
async function pour({ port }: Server, text: string, times: number): Promise<readonly net.Socket[]> {
  const each = Math.floor(WAVE_BYTES / text.length);
  const wave = text.repeat(each);
  const sockets: net.Socket[] = [];
  const reader = await Client.connect(port);
  for (let sent = 0; sent < times; sent += each * DEAF_CLIENTS) {
    for (let n = 0; n < DEAF_CLIENTS; n++) {
      if (sockets[n]?.destroyed !== false) sockets[n] = await connectDeaf(port);
      sockets[n]!.write(wave);
    }
    reader.send(request("GET /"));
    await reader.answer(); // all before it has arrived
  }
  reader.leave();
  return sockets;
}

async function connectDeaf(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {}); // of a connection that was cut
  await once(socket, "connect");
  return socket;
}

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
