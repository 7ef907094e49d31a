/** Fear: a log that says a download went well, or that its reader decides when the server runs. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { Client, get, request } from "../support/client.js";
import { MIB } from "../support/folder.js";
import { sharedServer, TRANSPORTS, test } from "../support/server.js";
import { tempFolder } from "../support/temp-folder.js";

const FILES = { "a.txt": "hello", "large.bin": { sizeBytes: 64 * MIB, islands: [] } } as const;
const COMBINED = { SLUICE_ACCESS_LOG: "combined" } as const;
const STAMP = /\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]/;

describe.each(TRANSPORTS)("through %s", (transport) => {
  const combined = sharedServer({ transport, files: FILES, env: COMBINED });

  test("each request is one line in combined format, the hot one too", async () => {
    const server = combined();
    const from = server.out.length;
    const agent = ["User-Agent: probe/1", 'Referer: http://x/"y']; // a quote may not end a field
    for (let n = 0; n < 2; n++) await get(server.port, "/a.txt?n=1", ...agent);
    await get(server.port, "/gone");
    await server.untilSays(/ "GET \/gone HTTP\/1\.1" 404 /);
    const said = server.out.slice(from).split("\n");
    const lines = said.filter((line) => line.startsWith("127.0.0.1 "));
    const hot = 'GET /a.txt?n=1 HTTP/1.1" 200 5 "http://x/\\x22y" "probe/1"';
    expect(lines.map((line) => line.replace(STAMP, "[]"))).toEqual([
      `127.0.0.1 - - [] "${hot}`,
      `127.0.0.1 - - [] "${hot}`,
      expect.stringMatching(/^127\.0\.0\.1 - - \[\] "GET \/gone HTTP\/1\.1" 404 \d+ "-" "-"$/),
    ]);
  });

  test("a client that leaves shows, with the bytes that were really sent", async ({ serve }) => {
    const server = await serve({ transport, files: FILES, env: { SLUICE_ACCESS_LOG: "json" } });
    const client = await Client.connect(server.port);
    client.send(request("GET /large.bin"));
    await client.head();
    client.leave();
    const line = await server.untilSays(/^\{"time".*"target":"\/large\.bin".*\}$/m);
    const { status, bytes, outcome } = JSON.parse(line[0]);
    expect({ status, outcome }).toEqual({ status: 200, outcome: "gone" });
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(64 * MIB);
  });

  test("each line has its own client, however many share the server", async () => {
    const server = combined();
    const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.3"];
    const clients: Client[] = [];
    for (const [n, address] of addresses.entries()) {
      clients.push(await Client.connect(server.port, address));
      for (const [at, client] of clients.entries()) {
        client.send(request(`GET /a.txt?${addresses[at]}-${n}`));
        await client.answer();
      }
    }
    for (const client of clients) client.leave();
    await server.until(({ connections }) => connections === 0);
    const last = await Client.connect(server.port, "127.0.0.9");
    last.send(request("GET /a.txt?127.0.0.9-9"));
    await last.answer();
    await server.untilSays(/-9 HTTP/);
    const seen = [...server.out.matchAll(/^([\d.]+) .*GET \/a\.txt\?([\d.]+)-\d /gm)];
    expect(seen).toHaveLength(11);
    for (const [, logged, asked] of seen) expect(logged).toBe(asked);
  });

  test("only a trusted proxy says who the client is", async ({ serve }) => {
    const field = "X-Forwarded-For: 203.0.113.9, 198.51.100.7";
    const proud = combined();
    await get(proud.port, "/a.txt?proud", field);
    await proud.untilSays(/^127\.0\.0\.1 - - .*GET \/a\.txt\?proud/m);
    const env = { ...COMBINED, SLUICE_TRUSTED_PROXIES: "127.0.0.0/8" };
    const behind = await serve({ transport, files: FILES, env });
    for (let n = 0; n < 2; n++) await get(behind.port, "/a.txt", field);
    await behind.untilSays(/^198\.51\.100\.7 - - [^\n]*\n198\.51\.100\.7 - - .*GET \/a\.txt/m);
  });

  test("a file that was renamed is opened anew by SIGUSR1, and no line is lost", async ({
    serve,
  }) => {
    const path = join(tempFolder(), "access.log");
    const env = { ...COMBINED, SLUICE_ACCESS_LOG_FILE: path };
    const server = await serve({ transport, files: FILES, env });
    for (let n = 0; n < 20; n++) {
      await get(server.port, `/a.txt?${n}`);
      if (n !== 9) continue;
      fs.renameSync(path, `${path}.1`);
      server.signal("SIGUSR1");
    }
    await expect.poll(() => fs.existsSync(path) && fs.readFileSync(path, "utf8")).toContain("?19");
    server.signal("SIGTERM");
    expect((await server.exit()).code).toBe(0);
    const all = fs.readFileSync(`${path}.1`, "utf8") + fs.readFileSync(path, "utf8");
    const seen = [...all.matchAll(/GET \/a\.txt\?(\d+)/g)].map(([, n]) => Number(n));
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(server.out).not.toContain("GET /a.txt");
  });
});

test("several workers write whole lines to one pipe, however late it is read", async ({
  serve,
}) => {
  const pipe = join(tempFolder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  const fd = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  onTestFinished(() => fs.closeSync(fd));
  const env = { ...COMBINED, SLUICE_ACCESS_LOG_FILE: pipe, SLUICE_WORKERS: "2" };
  const server = await serve({ transport: "uws", files: FILES, env });
  const target = `/a.txt?${"x".repeat(200)}`;
  const askAgainAndAgain = async (): Promise<void> => {
    const client = await Client.connect(server.port);
    for (let n = 0; n < 250; n++) {
      client.send(request(`GET ${target}`));
      await client.answer();
    }
    client.leave();
  };
  await Promise.all(Array.from({ length: 16 }, askAgainAndAgain)); // a megabyte of lines

  const piece = Buffer.alloc(10_000);
  let log = "";
  await expect
    .poll(
      () => {
        log += readSome(fd, piece);
        return log.split("\n").length - 1;
      },
      { timeout: 20_000, interval: 1 },
    )
    .toBe(4000);
  const line = new RegExp(
    `^127\\.0\\.0\\.1 - - ${STAMP.source} "GET /a\\.txt\\?x{200} HTTP/1\\.1" 200 5 "-" "-"$`,
  );
  expect(
    log
      .trimEnd()
      .split("\n")
      .filter((each) => !line.test(each)),
  ).toEqual([]);
});

function readSome(fd: number, piece: Buffer): string {
  try {
    return piece.toString("latin1", 0, fs.readSync(fd, piece));
  } catch {
    return ""; // EAGAIN: nothing there
  }
}

test("SIGUSR1 without a log is no reason to end, or to open a debugger", async ({ serve }) => {
  const server = await serve({ transport: "uws", files: FILES });
  server.signal("SIGUSR1");
  expect((await get(server.port, "/a.txt")).status).toBe(200);
  expect(server.err).toBe("");
});

test("a file that cannot be opened ends the start, in one line", async ({ run }) => {
  const path = join(tempFolder(), "no", "access.log");
  const env = { SLUICE_ACCESS_LOG: "json", SLUICE_ACCESS_LOG_FILE: path, SLUICE_PORT: "0" };
  const { code, err } = await run({
    words: [tempFolder()],
    env: { ...env, SLUICE_ADMIN_PORT: "0" },
  }).exit();
  expect(code).toBe(1);
  expect(err).toMatch(/^error: SLUICE_ACCESS_LOG_FILE=.*access\.log: its folder does not exist\n$/);
});

test("what is written may not be served", async ({ run }) => {
  const root = tempFolder();
  const env = { SLUICE_ACCESS_LOG_FILE: join(root, "log"), SLUICE_STATE_DIR: root };
  const { code, err } = await run({ words: [root, "--check"], env }).exit();
  expect(code).toBe(1);
  expect(err.match(/want a place outside .*, which is served/g)).toHaveLength(2);
});
