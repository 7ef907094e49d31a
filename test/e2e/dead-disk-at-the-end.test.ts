/** Fear: a disk that has died keeps the server from ending, whatever signal it gets. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, onTestFinished, vi } from "vitest";
import { Client, request } from "../support/client.js";
import { Folder } from "../support/folder.js";
import { type Exit, type Server, type ServerOptions, test } from "../support/server.js";

const site = new Folder({ "dead-file": "0123456789" });
const pipes = new Folder();
const pipe = pipes.at("pipe");
execFileSync("mkfifo", [pipe]);
afterAll(() => {
  site.remove();
  pipes.remove();
});

const hook = fileURLToPath(new URL("../support/dead-disk.cjs", import.meta.url));

/** A server with a client whose file is on the disk that has died. */
async function stuck(
  serve: (options: ServerOptions) => Promise<Server>,
  settings: Readonly<Record<string, string>>,
): Promise<Server> {
  const env = {
    NODE_OPTIONS: `--require ${hook}`,
    DEAD_DISK_PIPE: pipe,
    SLUICE_CACHED_READS: "off",
    ...settings,
  };
  const server = await serve({ transport: "uws", folder: site, env });
  const client = await Client.connect(server.port);
  client.send(request("GET /dead-file"));
  const isUnderWay = async (): Promise<boolean> => (await server.report()).underWay.length > 0;
  await vi.waitUntil(isUnderWay, PATIENCE);
  return server;
}

const PATIENCE = { timeout: 20_000, interval: 50 };

/** Ends what does not: a worker outlives the server that this test's `serve` would end. */
async function exitOf(server: Server, processes: readonly number[]): Promise<Exit> {
  try {
    await vi.waitUntil(() => server.hasExited, PATIENCE);
  } finally {
    for (const pid of processes.filter(isThere)) process.kill(pid, "SIGKILL");
  }
  return server.exit();
}

/** Leaves them neither a thread of libuv's nor a descriptor. */
async function exhaust(server: Server, processes: readonly number[]): Promise<void> {
  for (const pid of processes) {
    process.kill(pid, "SIGURG");
    await server.untilSays(new RegExp(`^process ${pid} has neither thread nor descriptor$`, "m"));
  }
}

const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe.each(["0", "1"])("with SLUICE_WORKERS=%s", (workers) => {
  test("a stop cuts what waits for it, and is one in good order", async ({ serve }) => {
    const server = await stuck(serve, { SLUICE_WORKERS: workers, SLUICE_DRAIN_MS: "300" });
    const all = [server.pid, ...server.workers()];
    server.signal("SIGTERM");
    const { code, out } = await exitOf(server, all);
    expect([code, out]).toEqual([0, expect.stringMatching(/^transfers were cut$/m)]);
    for (const pid of all) expect(out).toContain(`process ${pid} exits by itself\n`);
  });

  test("no thread of libuv's is needed for a stop, and no descriptor", async ({ serve }) => {
    const server = await stuck(serve, { SLUICE_WORKERS: workers, SLUICE_DRAIN_MS: "300" });
    const all = [server.pid, ...server.workers()];
    await exhaust(server, all);
    server.signal("SIGTERM");
    const { code, out } = await exitOf(server, all);
    expect(code).toBe(0);
    for (const pid of all) expect(out).toContain(`process ${pid} exits by itself\n`);
  });

  test("a second signal does not wait, and needs neither", async ({ serve }) => {
    const server = await stuck(serve, { SLUICE_WORKERS: workers });
    const all = [server.pid, ...server.workers()];
    server.signal("SIGTERM");
    await server.untilSays(/^SIGTERM: no new connections/m);
    await exhaust(server, all);
    server.signal("SIGTERM");
    expect((await exitOf(server, all)).code).toBe(1);
  });
});

test("who measures the process has what Node writes at its end", async ({ serve }) => {
  const written = new Folder();
  onTestFinished(() => written.remove());
  const env = { NODE_V8_COVERAGE: written.path, SLUICE_WORKERS: "1" };
  const server = await serve({ transport: "uws", folder: site, env });
  const all = [server.pid, ...server.workers()];
  server.signal("SIGTERM");
  expect((await server.exit()).code).toBe(0);
  for (const pid of all) {
    expect(readdirSync(written.path)).toContainEqual(expect.stringContaining(`coverage-${pid}-`));
  }
});

test("a start that is refused ends, though a disk keeps a thread", () => {
  const main = fileURLToPath(new URL("../../dist/engine/main.js", import.meta.url));
  const env = {
    ...process.env,
    NODE_OPTIONS: `--require ${hook}`,
    DEAD_DISK_PIPE: pipe,
    SLUICE_ROOT: site.at("nowhere"),
    SLUICE_PORT: "none",
  };
  const { status, stderr } = spawnSync(process.execPath, [main, "--check"], {
    env,
    encoding: "utf8",
    timeout: PATIENCE.timeout,
  });
  expect([status, stderr.match(/^error: /gm)]).toEqual([1, ["error: ", "error: "]]);
});
