/** Fear: bytes that are lost, doubled, shifted or another client's. */
import { afterAll, describe, expect } from "vitest";
import { Client, download, request } from "../support/client.js";
import { type Content, Folder, GIB, MIB, Random, sparse } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

const CHUNK = MIB; // SLUICE_CHUNK_BYTES by default
const CROWD = 64;
const PAUSING = 4;

const random = new Random(1);
const FILES = {
  nothing: "",
  "one-byte": "x",
  "chunk-less-1": random.bytes(CHUNK - 1),
  chunk: random.bytes(CHUNK),
  "chunk-plus-1": random.bytes(CHUNK + 1),
  "ten-chunks": random.bytes(10 * CHUNK),
} as const;
/**
 * More than the pool holds, and the more the better. Whatever reads, caches and cuts it is behind
 * the transport: through node:http a tenth of it shows what there may be to see.
 */
const LARGE = {
  uws: ["one-gibibyte", sparse(GIB, random)],
  node: ["100-mebibytes", sparse(100 * MIB, random)],
} as const;

/**
 * Both ways to the disk: files that were just written are in the kernel's memory, and none would pass
 * through a reader. They end in the same pool, before the transport, so one way for each will do.
 */
const CACHED_READS = { uws: "on", node: "off" } as const;

const site = new Folder({ ...FILES, ...Object.fromEntries(Object.values(LARGE)) });
afterAll(() => site.remove());

describe.each(TRANSPORTS)("through %s", (transport) => {
  const env = { SLUICE_CACHED_READS: CACHED_READS[transport] };
  const server = sharedServer({ transport, folder: site, env });
  const [large, islands] = LARGE[transport];
  const { sizeBytes } = islands;

  for (const [name, content] of Object.entries(FILES)) {
    test.each([1, CROWD])(`${name}, for %i at once`, async (clients) => {
      const want = { lengthBytes: content.length, isSame: true, isCut: false };
      const all = await Promise.all(
        Array.from({ length: clients }, () => download(server().port, `/${name}`, content)),
      );
      for (const got of all) expect(got).toMatchObject(want);
    });
  }

  test(`${large}, for one`, async () => {
    const got = await download(server().port, `/${large}`, islands);
    expect(got).toMatchObject({ lengthBytes: sizeBytes, isSame: true, isCut: false });
  });

  test(`${large}, for ${CROWD} at once, each a part of it`, async () => {
    const share = sizeBytes / CROWD;
    const parts = Array.from(
      { length: CROWD },
      (_, n): Stretch => [n * share, (n + 1) * share - 1],
    );
    await Promise.all(parts.map((part) => expectParts(server(), large, islands, [part])));
  });

  test.each([1, CROWD])("1,000 random ranges, by %i at once", async (clients) => {
    const each = Math.ceil(1000 / clients);
    const lists = Array.from({ length: clients }, () => randomParts(sizeBytes, each));
    await Promise.all(lists.map((list) => expectParts(server(), large, islands, list)));
  });

  test("for clients that pause while others fill the pool with other bytes", async ({ serve }) => {
    const share = 6 * MIB; // more than the kernel keeps for a client that does not read
    const own = random.bytes(PAUSING * share);
    const other = { sizeBytes: 20 * MIB, islands: [] };
    const env = { SLUICE_POOL_BYTES: "4MiB" };
    const server = await serve({ transport, files: { own, other }, env });
    // A chunk that two had asked for would stay in the pool: each has a part to itself.
    const parts = Array.from({ length: PAUSING }, (_, n) =>
      own.subarray(n * share, (n + 1) * share),
    );
    const paused = await Promise.all(
      parts.map(async (_, n) => {
        const client = await Client.connect(server.port);
        client.send(request("GET /own", `Range: bytes=${n * share}-${(n + 1) * share - 1}`));
        return client;
      }),
    );
    await untilStill(server);
    await download(server.port, "/other", other);
    for (const [n, client] of paused.entries()) {
      expect(await client.download(parts[n]!)).toMatchObject({ lengthBytes: share, isSame: true });
      client.leave();
    }
  });

  test("1,000 random ranges of a file of some chunks", async () => {
    const lists = Array.from({ length: CROWD }, () => randomParts(10 * CHUNK, 1000 / CROWD));
    const name = "ten-chunks";
    await Promise.all(lists.map((list) => expectParts(server(), name, FILES[name], list)));
  });
});

/** Waits until no socket takes anything any more. */
async function untilStill(server: Server): Promise<void> {
  let before = -1;
  await server.until(({ scheduler }) => {
    const isStill = scheduler.sentBytes > 0 && scheduler.sentBytes === before;
    before = scheduler.sentBytes;
    return isStill;
  });
}

/** First and last byte, both included. */
type Stretch = readonly [first: number, last: number];

/** Half of them begin or end beside the border of a chunk, where mistakes live. */
function randomParts(sizeBytes: number, count: number): Stretch[] {
  return Array.from({ length: count }, () => {
    const anywhere = random.below(sizeBytes);
    const nearBorder = Math.round(anywhere / CHUNK) * CHUNK + random.below(3) - 1;
    const first = clamp(random.oneOf([anywhere, nearBorder]), sizeBytes);
    const length = random.oneOf([1, 2, random.below(1000), random.below(2 * CHUNK)]);
    return [first, clamp(first + length, sizeBytes)];
  });
}

const clamp = (at: number, sizeBytes: number): number => Math.min(Math.max(at, 0), sizeBytes - 1);

/** Asks for one part after the other on one connection, and compares each with the content. */
async function expectParts(
  { port }: Server,
  name: string,
  content: Content,
  parts: readonly Stretch[],
): Promise<void> {
  const client = await Client.connect(port);
  for (const [first, last] of parts) {
    client.send(request(`GET /${name}`, `Range: bytes=${first}-${last}`));
    const { status, lengthBytes, isSame } = await client.download(content, first);
    const got = { status, lengthBytes, isSame };
    const want = { status: 206, lengthBytes: last + 1 - first, isSame: true };
    expect(got, `bytes ${first} to ${last}`).toEqual(want);
  }
  client.leave();
}
