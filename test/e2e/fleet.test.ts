/** Fear: a worker, a reload or a supervisor that takes connections with it which were not its own. */
import fs from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, vi } from "vitest";
import { freePort } from "../../bench/servers/launch.js";
import type { Report } from "../../metrics/report.js";
import { Client, get, request } from "../support/client.js";
import { Folder, holds, MIB, Random } from "../support/folder.js";
import { type Server, TRANSPORTS, test } from "../support/server.js";
import { SteadyLoad } from "../support/steady-load.js";

const LARGE = 12 * MIB; // more than the kernel keeps for a client that does not read
const large = new Random(11).bytes(LARGE);
const site = new Folder({ "large.bin": large, "small.txt": "small", "other.txt": "other" });
const state = new Folder();
const rules = state.at("rules.json");
const settings = state.at("settings.env");
afterAll(() => {
  site.remove();
  state.remove();
});

/** Whoever asks for /small.txt is told which rules are in force. */
const writeRules = (turn: number | string): void => {
  const rule = { path: "/**", headers: { "X-Turn": String(turn) } };
  fs.writeFileSync(rules, JSON.stringify({ rules: [rule] }));
};
const writeSettings = (lines: string): void => fs.writeFileSync(settings, lines);

const ENV = { SLUICE_WORKERS: "2", SLUICE_RULES: rules, SLUICE_SETTINGS: settings };
const PATIENCE = { timeout: 30_000, interval: 20 };

describe.each(TRANSPORTS)("workers on %s", (transport) => {
  const setup = () => {
    writeRules(0);
    writeSettings("");
    return { transport, folder: site, env: ENV } as const;
  };

  test("a reload loses no request, a bad one changes nothing, and a stop lets downloads end", async ({
    serve,
  }) => {
    const server = await serve(setup());
    const downloads = await Promise.all([startDownload(server), startDownload(server)]);
    const load = steadyLoad(server);
    const requests = REQUESTS[transport];
    for (let turn = 1; turn <= RELOADS; turn++) {
      await vi.waitUntil(() => load.answered >= (turn * requests) / RELOADS, PATIENCE);
      writeRules(turn);
      await reload(server, /^reloaded/m);
      await expectTurn(server, turn);
    }
    fs.writeFileSync(rules, "{");
    writeSettings("SLUICE_READRES=4\nSLUICE_CHUNK_BYTES=1\nSLUICE_ADMIN_PORT=1");
    await reload(server, /reload refused/);
    for (const complaint of [/rules\.json: /, /did you mean SLUICE_READERS/, /CHUNK_BYTES="1"/]) {
      expect(server.err).toMatch(complaint);
    }
    await expectTurn(server, RELOADS);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThanOrEqual(requests);
    server.signal("SIGTERM");
    await server.untilSays(/^2 transfers with [\d.]+ MiB to go, 2\ds left$/m);
    for (const download of downloads) await expectWhole(download);
    const { code, out } = await server.exit();
    expect([code, out]).toEqual([0, expect.stringMatching(/all transfers ended\n$/)]);
  });

  test("what no worker can change takes new ones, one after the other", async ({ serve }) => {
    const server = await serve(setup());
    const before = server.workers();
    const download = await startDownload(server);
    const load = steadyLoad(server);
    await vi.waitUntil(() => load.answered > 100, PATIENCE);
    writeSettings("SLUICE_POOL_BYTES=32MiB\nSLUICE_WORKERS=3");
    await reload(server, /^reloaded: SLUICE_POOL_BYTES$/m); // the environment says how many workers
    const asked = load.answered;
    await vi.waitUntil(() => load.answered > asked + 100, PATIENCE);
    await load.stop();
    // Of a socket library with one listening socket for each worker, see deploy/running.md.
    if (transport === "node") expect(load.failures).toEqual([]);
    else expect(load.failures.length).toBeLessThan(load.connections / 100);
    await expectWhole(download);
    download.leave(); // and the old ones have nothing left to do
    await vi.waitUntil(() => server.workers().length === 2, PATIENCE);
    expect(server.workers().filter((pid) => before.includes(pid))).toEqual([]);
    server.signal("SIGTERM");
    expect((await server.exit()).code).toBe(0);
  });
});

const LOADERS = 8;
const RELOADS = 5;
/** The slow transport costs four times as much to ask. */
const REQUESTS = { uws: 10_000, node: 1000 } as const;

test("workers are one server to whoever watches, also while one is killed", async ({ serve }) => {
  writeRules(0);
  writeSettings("");
  const adminPort = await freePort();
  const logs = [state.at("access.log"), state.at("access.log.1")] as const;
  const env = {
    ...ENV,
    SLUICE_ADMIN_PORT: String(adminPort),
    SLUICE_ACCESS_LOG: "json",
    SLUICE_ACCESS_LOG_FILE: logs[0],
  };
  const server = await serve({ transport: "uws", folder: site, env });
  const watch = watchTotals(adminPort);

  const early = steadyLoad(server);
  await vi.waitUntil(() => early.answered > 500, PATIENCE);
  fs.renameSync(logs[0], logs[1]);
  server.signal("SIGUSR1");
  await vi.waitUntil(() => fs.existsSync(logs[0]) && fs.statSync(logs[0]).size > 0, PATIENCE);
  await early.stop();
  expect(early.failures).toEqual([]);
  const targets = () => logs.flatMap(readLog);
  await vi.waitUntil(() => targets().length >= early.answered, PATIENCE);
  expect(targets()).toEqual(Array(early.answered).fill("/other.txt"));

  const askReport = async (): Promise<Report> =>
    JSON.parse(await readAdmin(adminPort, "/report.json"));
  // A worker is a row when its first second is over.
  await vi.waitUntil(async () => (await askReport()).workers.length === 2, PATIENCE);
  const asked = await askReport();
  for (const report of [asked, await server.report()]) {
    expect(report.counters.answersByClass).toEqual([0, 0, early.answered, 0, 0, 0]);
    expect(report.workers.map(({ pid }) => pid).sort()).toEqual(server.workers().sort());
    const answers = report.workers.map((worker) => worker.answers);
    expect(answers[0]! + answers[1]!).toBe(early.answered);
    expect(Math.min(...answers)).toBeGreaterThan(0);
  }

  const clients = await Promise.all(Array.from({ length: 16 }, () => startDownload(server)));
  const late = steadyLoad(server);
  await vi.waitUntil(() => late.answered > 500, PATIENCE);
  const [victim, survivor] = server.workers();
  process.kill(victim!, "SIGKILL");
  await server.untilSays(
    /is gone, because it was killed by SIGKILL, by hand or by the kernel for want of memory: another starts in 100ms/,
  );
  await vi.waitUntil(() => server.workers().length === 2, PATIENCE);
  expect(server.workers()).toContain(survivor);
  const lost = late.failures.length;
  const got = await Promise.all(clients.map((client) => client.body(LARGE, () => {})));
  const whole = got.filter((bytes) => bytes === LARGE).length;
  // Sixteen connections that all fell to one of two: once in 30,000 runs.
  expect(whole).toBeGreaterThan(0);
  expect(whole).toBeLessThan(clients.length);

  const [back] = server.workers().filter((pid) => pid !== survivor);
  await vi.waitUntil(async () => {
    const { workers } = await server.report();
    return workers.some(({ pid, answers }) => pid === back && answers > 0);
  }, PATIENCE);
  await late.stop();
  // Whom it was answering, and who came back while its listening socket was still open.
  expect(lost).toBeLessThanOrEqual(2 * LOADERS);
  expect(late.failures).toHaveLength(lost);
  const { fell, last } = await watch.stop();
  expect(fell).toEqual([]);
  expect(last.get("sluice_worker_restarts_total")).toBe(1);
  const { counters } = await server.report();
  expect(counters.answersByClass[2]).toBeGreaterThanOrEqual(early.answered);
});

test("workers leave signals to the supervisor, and do not outlive it for longer than a drain", async ({
  serve,
}) => {
  writeRules(0);
  writeSettings("");
  const server = await serve({ transport: "uws", folder: site, env: ENV });
  const workers = server.workers();
  const download = await startDownload(server);
  for (const pid of workers) {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"] as const) {
      process.kill(pid, signal);
    }
  }
  await expectTurn(server, 0);
  server.signal("SIGKILL");
  await vi.waitUntil(async () => !(await canConnect(server.port)), PATIENCE);
  await expectWhole(download);
  await vi.waitUntil(() => workers.every(isGone), PATIENCE);
});

test("a stop amid a reload is told of as a stop, not as a reload that failed", async ({
  serve,
}) => {
  writeRules(0);
  writeSettings("");
  const server = await serve({ transport: "uws", folder: site, env: ENV });
  writeSettings("SLUICE_POOL_BYTES=32MiB");
  server.signal("SIGHUP");
  await vi.waitUntil(() => server.workers().length > 2, { ...PATIENCE, interval: 1 });
  server.signal("SIGTERM");
  const { code, err, out } = await server.exit();
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/all transfers ended\n$/);
});

test("an address that cannot be had is named when a reload asks for it", async ({ serve }) => {
  writeRules(0);
  writeSettings("");
  const port = await freePort();
  const env = { ...ENV, SLUICE_PORT: String(port) };
  const server = await serve({ transport: "uws", folder: site, env });
  writeSettings("SLUICE_HOST=192.0.2.1"); // RFC 5737: nobody's
  await reload(server, /reload refused/);
  expect(server.err).toContain(`error: port ${port} of 192.0.2.1 cannot be listened on\n`);
  await expectTurn(server, 0);
});

test("a reload tells the port it has moved to, also where any would do", async ({ run }) => {
  writeSettings(`SLUICE_PORT=${await freePort()}`);
  const env = { SLUICE_WORKERS: "1", SLUICE_ADMIN_PORT: "0", SLUICE_SETTINGS: settings };
  const server = run({ words: [site.path], env });
  await server.untilSays(/^listening on /m);
  writeSettings("SLUICE_PORT=0");
  server.signal("SIGHUP");
  const [, port] = await server.untilSays(
    /^reloaded: SLUICE_PORT\nlistening on http:\/\/127\.0\.0\.1:(\d+) /m,
  );
  expect((await get(Number(port), "/small.txt")).status).toBe(200);

  server.signal("SIGHUP");
  await server.untilSays(/as before$/m);
  expect(server.out.match(/^listening on /gm)).toHaveLength(2);
});

test("workers that cannot listen are a failed start, in one line", async ({ serve, run }) => {
  writeRules(0);
  writeSettings("");
  const env = { ...ENV, SLUICE_TRANSPORT: "uws", SLUICE_ACCESS_LOG: "json" };
  const { port } = await serve({ transport: "uws", folder: site, env: ENV });
  const busy = { ...env, SLUICE_PORT: String(port) };
  const path = state.at("log");
  fs.symlinkSync("/nowhere/log", path); // where a link leads is found by who opens it
  const log = { ...env, SLUICE_PORT: "0", SLUICE_ACCESS_LOG_FILE: path };
  const options = { words: [site.path] };
  const [ofPort, ofLog] = await Promise.all([
    run({ ...options, env: busy }).exit(),
    run({ ...options, env: log }).exit(),
  ]);
  expect([ofPort.code, ofPort.err]).toEqual([
    1,
    expect.stringMatching(/^error: .* is in use by another program\n$/),
  ]);
  expect([ofLog.code, ofLog.err]).toEqual([
    1,
    `error: SLUICE_ACCESS_LOG_FILE=${path}: its folder does not exist\n`,
  ]);
});

/** Asks for it, and waits until the server says so once more than before. */
async function reload(server: Server, says: RegExp): Promise<void> {
  const count = (): number => `${server.out}${server.err}`.split(says).length;
  const before = count();
  server.signal("SIGHUP");
  await vi.waitUntil(() => count() > before, PATIENCE);
}

async function expectTurn({ port }: Server, turn: number): Promise<void> {
  for (let times = 0; times < 4; times++) {
    expect((await get(port, "/small.txt")).fields.get("x-turn")).toBe(String(turn));
  }
}

const readAdmin = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

/** The targets in it. @throws Error when a line is not whole */
const readLog = (path: string): string[] =>
  fs
    .readFileSync(path, "latin1")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line).target);

/** Reads /metrics again and again: a total that is less than it was, or gone, has fallen. */
function watchTotals(adminPort: number) {
  const fell: string[] = [];
  let last: ReadonlyMap<string, number> = new Map();
  let isOver = false;
  const look = async (): Promise<void> => {
    const text = await readAdmin(adminPort, "/metrics");
    const lines = text.matchAll(/^(\w+_(?:total|count|sum|bucket)(?:\{.*\})?) (\S+)$/gm);
    const totals = new Map(Array.from(lines, ([, name, value]) => [name!, Number(value)]));
    for (const [name, before] of last) {
      const now = totals.get(name);
      if (now === undefined || now < before) fell.push(`${name}: ${before}, then ${now}`);
    }
    last = totals;
  };
  const looks = (async () => {
    while (!isOver) {
      await look();
      await wait(50);
    }
  })();
  looks.catch(() => {}); // of a test that has failed before it stops to look
  return {
    async stop() {
      isOver = true;
      await looks;
      await look();
      return { fell, last };
    },
  };
}

const steadyLoad = ({ port }: Server): SteadyLoad =>
  new SteadyLoad({
    port,
    clients: LOADERS,
    path: "/other.txt",
    isRight: (body) => body === "other",
  });

/** Begun, and then left alone: most of it has yet to be sent. */
async function startDownload({ port }: Server): Promise<Client> {
  const client = await Client.connect(port);
  client.send(request("GET /large.bin"));
  await client.head();
  return client;
}

async function expectWhole(client: Client): Promise<void> {
  let at = 0;
  let isSame = true;
  await client.body(LARGE, (bytes) => {
    isSame &&= holds(large, at, bytes);
    at += bytes.length;
  });
  expect([at, isSame]).toEqual([LARGE, true]);
}

async function canConnect(port: number): Promise<boolean> {
  try {
    (await Client.connect(port)).leave();
    return true;
  } catch {
    await wait(20);
    return false;
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
