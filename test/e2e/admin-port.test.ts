/** Fear: an admin port that tells others than the server does, or tells others than it should. */
import { beforeAll, describe, expect } from "vitest";
import { freePort } from "../../bench/servers/launch.js";
import type { Report } from "../../metrics/report.js";
import { ask, Client, get, request } from "../support/client.js";
import { MIB } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

const TOKEN = "correct-horse-battery";
const POLL = { timeout: 10_000, interval: 20 };
const FILES = { "a.txt": "hello" };

const read = async (port: number, path: string, ...fields: string[]) => {
  const shown = [`Authorization: Bearer ${TOKEN}`, ...fields];
  return ask(port, request(`GET ${path}`, ...shown).replace("Host: test", "Host: localhost"));
};

const report = async (port: number): Promise<Report> =>
  JSON.parse(String((await read(port, "/report.json")).body));

describe.each(TRANSPORTS)("through %s", (transport) => {
  const env: Record<string, string> = { SLUICE_ADMIN_TOKEN: TOKEN };
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    env["SLUICE_ADMIN_PORT"] = String(port);
  });
  const shared = sharedServer({ transport, files: FILES, env });

  test("every page tells of this server", async () => {
    const server = shared();
    await server.untilSays(new RegExp(`^dashboard on http://127.0.0.1:${port}$`, "m"));
    await get(server.port, "/a.txt");
    await get(server.port, "/a.txt", "Range: bytes=0-1");
    await get(server.port, "/gone");

    const { counters, latency, downloads } = await report(port);
    expect(counters.answersByClass).toEqual([0, 0, 2, 0, 1, 0]);
    expect(latency.map(({ total }) => total.count)).toEqual([3]);
    expect(downloads).toMatchObject([{ path: "/a.txt", completed: 2, ranged: 1, bytes: 7 }]);

    const metrics = String((await read(port, "/metrics")).body);
    expect(metrics).toMatch(
      /^sluice_requests_total\{status_class="2xx",size_class="to 4 KiB"\} 2$/m,
    );
    expect(metrics).toMatch(/^sluice_response_body_bytes_total \d+$/m);
    expect(metrics).toMatch(/^sluice_known_paths\{state="present"\} 1$/m);
    expect(metrics).toMatch(/^sluice_small_cache_used_bytes 5$/m);

    const settings = String((await read(port, "/config.json")).body);
    expect(settings).toContain('"SLUICE_ADMIN_TOKEN","value":"(hidden)","origin":"environment"');
    expect(settings).not.toContain(TOKEN);

    const why = await read(port, "/explain?path=/a.txt&header=Range:%20bytes=1-2");
    expect(JSON.parse(String(why.body))).toMatchObject({
      status: 206,
      file: server.folder.at("a.txt"),
      lane: "answers",
    });
    expect((await report(port)).counters.answersByClass).toEqual([0, 0, 2, 0, 1, 0]);

    for (const path of ["/", "/healthz", "/readyz", "/operations.json", "/downloads.json"]) {
      expect((await read(port, path)).status, path).toBe(200);
    }
  });

  test("not ready while the root cannot be read, and ready again", async () => {
    const server = shared();
    expect((await read(port, "/readyz")).status).toBe(200);
    const away = `${server.folder.path}-away`;
    server.folder.rename(away);
    const isReady = async () => (await read(port, "/readyz")).status;
    await expect.poll(isReady, POLL).toBe(503);
    expect(String((await read(port, "/readyz")).body)).toContain("cannot be read");
    expect((await read(port, "/healthz")).status).toBe(200);
    server.folder.rename(server.folder.path, away);
    await expect.poll(isReady, POLL).toBe(200);
  });
});

test("a port that is taken ends the start when it was asked for", async ({ serve, run }) => {
  const port = await freePort();
  const env = { SLUICE_ADMIN_PORT: String(port) };
  const first = await serve({ transport: "uws", files: FILES, env });
  const words = [first.folder.path];
  const { code, err } = await run({ words, env: { ...env, SLUICE_PORT: "0" } }).exit();
  expect(code).toBe(1);
  expect(err).toBe(`error: admin port: 127.0.0.1:${port} is in use by another program\n`);
});

test("an address beyond this machine wants a token", async ({ run }) => {
  const { code, err } = await run({ words: ["."], env: { SLUICE_ADMIN_HOST: "0.0.0.0" } }).exit();
  expect(code).toBe(1);
  expect(err).toContain("SLUICE_ADMIN_HOST=0.0.0.0 with SLUICE_ADMIN_TOKEN=(none): want a token");
});

test("SLUICE_METRICS=off measures nothing, and serves the same", async ({ serve }) => {
  const server = await serve({ transport: "uws", files: FILES, env: { SLUICE_METRICS: "off" } });
  for (let n = 0; n < 3; n++) expect((await get(server.port, "/a.txt")).status).toBe(200);
  const { isMeasuring, latency, downloads, counters } = await server.report();
  expect({ isMeasuring, latency, downloads }).toEqual({
    isMeasuring: false,
    latency: [],
    downloads: [],
  });
  expect(counters.answersByClass[2]).toBe(3);
});

test("SIGUSR2 writes the report for people, and in one line for programs", async ({ serve }) => {
  const server = await serve({ transport: "uws", files: FILES });
  await get(server.port, "/a.txt");
  await server.report();
  expect(server.out).toMatch(/^Time to the last byte/m);
  expect(server.out).toMatch(/^ {2}to 4 KiB +1 /m);
});

test("bytes count when they go out, not when their download ends", async ({ serve }) => {
  const files = { "large.bin": { sizeBytes: 64 * MIB, islands: [] } };
  const server = await serve({ transport: "uws", files });
  const client = await Client.connect(server.port);
  client.send(request("GET /large.bin"));
  await client.head();
  await expect.poll(async () => (await server.report()).now?.sentBytes, POLL).toBeGreaterThan(0);
  const { counters, machine } = await server.report();
  expect([counters.bodiesSent, counters.bytesAtHand]).toEqual([0, 0]);
  expect(machine.scheduler.sentBytes).toBeGreaterThan(0);
  client.leave();
});

/** A stop must not wait for those who watch. */
test("a dashboard that is open does not hold up a stop", async ({ serve }) => {
  const port = await freePort();
  const server: Server = await serve({
    transport: "uws",
    files: FILES,
    env: { SLUICE_ADMIN_PORT: String(port) },
  });
  const viewer = fetch(`http://127.0.0.1:${port}/events`);
  expect((await viewer).status).toBe(200);
  server.signal("SIGTERM");
  const { code, out } = await server.exit();
  expect(code).toBe(0);
  expect(out).toContain("all transfers ended");
  await (await viewer).body?.cancel().catch(() => {});
});
