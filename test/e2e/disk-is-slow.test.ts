/** Fear: one slow disk, and everybody waits. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect } from "vitest";
import { type Answer, Client, get, request } from "../support/client.js";
import { type Content, Folder, holds, KIB, MIB, Random } from "../support/folder.js";
import { type Server, TRANSPORTS, test } from "../support/server.js";
import { slowDisk } from "../support/slow-disk.js";

const SLOW_MS = 400;

/**
 * At least: one for each small file, four for each large one. Did they block the loop, each of three
 * hot clients would be held up for all of them together, in one stall or in many; a machine that is
 * busy with other tests holds up a request here and there.
 */
const SLOW_READS = 24 + 4 * 4;

const random = new Random(5);
const number = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, n) => from + n);
const named = (name: (n: number) => string, count: number, sizeBytes: number) =>
  Object.fromEntries(number(0, count).map((n) => [name(n), random.bytes(sizeBytes)]));

const FILES: Readonly<Record<string, Content>> = {
  "hot.txt": "hot",
  "hot.bin": random.bytes(MIB),
  ...named((n) => `slow-small-${n}.txt`, 24, KIB),
  ...named((n) => `slow-large-${n}.bin`, 4, MIB),
  ...named((n) => `stuck-large-${n}.bin`, 4, 2 * MIB),
  "stuck-huge.bin": { sizeBytes: 32 * MIB, islands: [] },
  "stuck-small.txt": "stuck",
  "bad-large.bin": random.bytes(MIB),
  "bad-small.txt": "bad",
  ...named((n) => `cold-${n}.bin`, 10, MIB),
};

const site = new Folder(FILES);
afterAll(() => site.remove());

const ENV = slowDisk(SLOW_MS);

describe.each(TRANSPORTS)("through %s", (transport) => {
  test(`reads take ${SLOW_MS} ms, hot requests do not`, async ({ serve }) => {
    const server = await serve({ transport, folder: site, env: ENV });
    for (const name of ["hot.txt", "hot.bin"]) await get(server.port, `/${name}`);

    let isOver = false;
    const hot = ["hot.txt", "hot.txt", "hot.bin"].map((name) =>
      timeUntil(server, name, () => isOver),
    );
    const slow = Object.keys(FILES).filter((name) => name.startsWith("slow-"));
    await expectSame(server, slow);
    isOver = true;

    const times = (await Promise.all(hot)).flat();
    expect(times.length).toBeGreaterThan(100);
    const heldUpMs = times.filter((ms) => ms >= SLOW_MS).reduce((sum, ms) => sum + ms, 0);
    expect(heldUpMs).toBeLessThan(SLOW_READS * SLOW_MS);
    await server.untilIdle();
  });

  test("a read that never returns fails its own requests, and no others", async ({ serve }) => {
    const server = await serve({
      transport,
      folder: site,
      env: { ...ENV, SLUICE_READ_TIMEOUT_MS: "2500" },
    });
    const stuck = number(0, 4).map((n) => `/stuck-large-${n}.bin`);
    const whole = stuck.flatMap((path) => [get(server.port, path), get(server.port, path)]);
    const late = stuck.map((path) => get(server.port, path, `Range: bytes=${1.5 * MIB}-`));
    const small = get(server.port, "/stuck-small.txt");

    await expectSame(
      server,
      number(0, 10).map((n) => `cold-${n}.bin`),
    );
    expect((await get(server.port, "/missing")).status).toBe(404);

    for (const answer of await Promise.all([...late, small])) expectBusy(answer);
    for (const answer of await Promise.all(whole)) {
      expect([answer.status, answer.isCut]).toEqual([200, true]);
      expect(answer.body.length).toBeLessThanOrEqual(MIB);
    }
    expectBusy(await get(server.port, "/stuck-small.txt")); // at once: the first is still stuck
    await expectSame(server, ["hot.bin"]);
    expect((await server.stats()).counters.readsTimedOut).toBeGreaterThanOrEqual(12);
  });

  test("a file with every read stuck holds some of the readers, not all", async ({ serve }) => {
    const server = await serve({
      transport,
      folder: site,
      env: { ...ENV, SLUICE_READERS: "4", SLUICE_READ_TIMEOUT_MS: "2500" },
    });
    const places = number(16, 32).map((n) => `Range: bytes=${n * MIB}-${n * MIB}`);
    const stuck = places.map((range) => get(server.port, "/stuck-huge.bin", range));
    await expectSame(
      server,
      number(0, 10).map((n) => `cold-${n}.bin`),
    );
    for (const answer of await Promise.all(stuck)) expectBusy(answer);
  });

  test("a disk that fails is told to the client without its path, and to the log with the error", async ({
    serve,
  }) => {
    const server = await serve({ transport, folder: site, env: ENV });
    for (const name of ["bad-large.bin", "bad-small.txt"]) {
      const { status, body } = await get(server.port, `/${name}`);
      expect(status).toBe(500);
      expect(String(body)).not.toContain(server.folder.path);
    }
    expect(server.err).toContain("DISK_FAILED 500 for /bad-large.bin");
    expect(server.err).toMatch(/(?:open|read) of \S+\/bad-\w+\.\w+ failed: EIO/);
    await server.untilIdle();
  });

  test("a server with stuck reads still stops when told to", async ({ serve }) => {
    const server = await serve({
      transport,
      folder: site,
      env: { ...ENV, SLUICE_DRAIN_MS: "200" },
    });
    const client = await Client.connect(server.port);
    client.send(request("GET /stuck-small.txt"));
    await server.until(({ readers }) => readers.inFlight > 0);
    server.signal("SIGTERM");
    expect((await server.exit()).code).toBe(0);
  });
});

/** Asks for each of these files, all at once, and compares it with what was written. */
async function expectSame({ port }: Server, names: readonly string[]): Promise<void> {
  const one = async (name: string): Promise<void> => {
    const { status, isCut, body } = await get(port, `/${name}`);
    const isSame = holds(FILES[name]!, 0, body);
    expect([name, status, isCut, isSame]).toEqual([name, 200, false, true]);
  };
  await Promise.all(names.map(one));
}

function expectBusy({ status, fields }: Answer): void {
  expect([status, fields.get("retry-after")]).toEqual([503, "2"]);
}

/** Milliseconds of requests, one after the other, without keeping a processor busy. */
async function timeUntil({ port }: Server, name: string, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const client = await Client.connect(port);
  while (!isOver()) {
    const from = performance.now();
    client.send(request(`GET /${name}`));
    expect((await client.answer()).status).toBe(200);
    times.push(performance.now() - from);
    await sleep(2);
  }
  client.leave();
  return times;
}
