/** Fear: a server that starts with another meaning than its operator's, or fails without saying why. */
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, onTestFinished } from "vitest";
import { get } from "../support/client.js";
import { Folder } from "../support/folder.js";
import { type Exit, type ProgramOptions, TRANSPORTS, test } from "../support/server.js";

const site = new Folder({ "index.html": "home", "a-file": "" });
afterAll(() => site.remove());

const EVERYTHING_WRONG = {
  SLUICE_PORT: "http",
  SLUICE_CHUNK_BYTES: "1",
  SLUICE_READRES: "4",
  SLUICE_ROOT: "/nowhere",
};

interface Want {
  readonly code: number;
  readonly out?: RegExp;
  /** One line each, in this order, and no others. */
  readonly err?: readonly RegExp[];
}

type Row = readonly [why: string, options: ProgramOptions, want: Want];

const rows: Row[] = [
  ["help", { words: ["--help"] }, { code: 0, out: /Usage: sluice[\s\S]*SLUICE_DRAIN_MS/ }],
  ["help, whatever else is wrong", { words: ["-h"], env: EVERYTHING_WRONG }, { code: 0, out: /^/ }],
  ["the version", { words: ["--version"] }, { code: 0, out: /^sluice \d+\.\d+\.\d+\n$/ }],
  [
    "a check that finds nothing",
    { words: ["--check", site.path] },
    { code: 0, out: /^settings.* are fine\n$/ },
  ],
  [
    "a check that finds everything at once",
    { words: ["--check"], env: EVERYTHING_WRONG },
    {
      code: 1,
      err: [
        /SLUICE_PORT="http".*want 0 to 65535/,
        /SLUICE_CHUNK_BYTES="1".*want 4KiB to 16MiB/,
        /SLUICE_READRES.*SLUICE_READERS/,
        /root "\/nowhere" does not exist/,
      ],
    },
  ],
  [
    "a doctor who finds nothing that fails",
    { words: ["doctor", site.path] },
    { code: 0, out: /^ok +settings .*\n[\s\S]*\n\n0 errors, .* ok\n$/m },
  ],
  [
    "a doctor who does, told to programs",
    { words: ["doctor", "--json"], env: EVERYTHING_WRONG },
    { code: 1, out: /^\{"ok":false,.*SLUICE_READRES.*\}\n$/ },
  ],
  [
    "a start that finds everything at once",
    { env: EVERYTHING_WRONG },
    { code: 1, err: [/PORT/, /CHUNK/, /READRES/, /nowhere/] },
  ],
  [
    "settings that do not go together",
    { words: [site.path], env: { SLUICE_POOL_BYTES: "1MiB", SLUICE_CHUNK_BYTES: "1MiB" } },
    {
      code: 1,
      err: [
        /SLUICE_CHUNK_BYTES=1MiB with SLUICE_POOL_BYTES=1MiB: want a pool of at least 4 chunks/,
      ],
    },
  ],
  [
    "a certificate without its key",
    { words: [site.path], env: { SLUICE_TLS_CERT: "/nowhere/cert.pem" } },
    {
      code: 1,
      err: [/SLUICE_TLS_CERT=\/nowhere\/cert\.pem with SLUICE_TLS_KEY=\(none\): want both/],
    },
  ],
  [
    "a root that is a file",
    { words: [site.at("a-file")] },
    { code: 1, err: [/a-file" is not a folder/] },
  ],
  [
    "a mistyped command",
    { words: ["docto"] },
    { code: 1, err: [/root ".*docto" does not exist/, /"docto" is no .* mean sluice doctor\?/] },
  ],
  ["an unknown option", { words: ["--port", "80"] }, { code: 1, err: [/--port.*SLUICE_PORT/] }],
  ["two roots", { words: ["a", "b"] }, { code: 1, err: [/want one ROOT, got 2/] }],
  [
    "an address of another machine",
    { words: [site.path], env: { SLUICE_HOST: "192.0.2.1" } },
    { code: 1, err: [/192\.0\.2\.1:8080 is not an address of this machine/] },
  ],
];

for (const words of [[site.path], ["--check", site.path]]) {
  rows.push([
    `no place to write to: sluice ${words[0]}`,
    {
      words,
      env: {
        SLUICE_STATE_DIR: "/nowhere/state",
        SLUICE_ACCESS_LOG: "json",
        SLUICE_ACCESS_LOG_FILE: site.path,
      },
    },
    {
      code: 1,
      err: [
        /SLUICE_ACCESS_LOG_FILE=.*: want a place outside/,
        /SLUICE_STATE_DIR=\/nowhere\/state: its folder does not exist/,
        /SLUICE_ACCESS_LOG_FILE=.*: is a folder/,
      ],
    },
  ]);
}

for (const [why, options, want] of rows) {
  test(`${why}: exit code ${want.code}`, async ({ run }) => {
    expectExit(await run(options).exit(), want);
  });
}

describe.each(TRANSPORTS)("through %s", (transport) => {
  test("a busy port is named, and left to whom it belongs", async ({ run }) => {
    const { port } = await listenSomewhere();
    const env = { SLUICE_PORT: String(port), SLUICE_TRANSPORT: transport };
    const err = [new RegExp(`127\\.0\\.0\\.1:${port} is in use by another program`)];
    expectExit(await run({ words: [site.path], env }).exit(), { code: 1, err });
  });

  test("the port of another Sluice is busy too", async ({ serve, run }) => {
    const { port } = await serve({ transport, files: { "index.html": "first" } });
    const env = { SLUICE_PORT: String(port), SLUICE_TRANSPORT: transport };
    const err = [/is in use by another program/];
    expectExit(await run({ words: [site.path], env }).exit(), { code: 1, err });
    expect(String((await get(port, "/")).body)).toBe("first");
  });

  test("it says where it listens, what it serves, and what is not as usual", async ({ serve }) => {
    const server = await serve({ transport, env: { SLUICE_DRAIN_MS: "5s" } });
    await server.untilSays(/^setting SLUICE_DRAIN_MS=5s$/m);
    expect(server.out).toContain(`serves ${fs.realpathSync(server.folder.path)}\n`);
    expect(server.out).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+ through \S+$/m);
    expect(server.out).not.toContain("SLUICE_POOL_BYTES");
    expect(server.err).toBe("");
  });
});

test("complaints without end are counted, so that the last one is not cut", async ({ run }) => {
  site.write("not-settings", "no setting\n".repeat(2000));
  const env = { SLUICE_SETTINGS: site.at("not-settings"), SLUICE_PORT: "x" };
  const { code, err } = await run({ words: ["--check", "/"], env }).exit();
  expect(code).toBe(1);
  expect(err.split("\n").slice(-2)).toEqual(["error: and 1902 more", ""]);
  expect(err.match(/: want NAME=value$/gm)).toHaveLength(100);
});

test("too few descriptors are named before they run out", async ({ run }) => {
  const node = site.at("node");
  site.write("node", `#!/bin/sh\nulimit -n 64\nexec "${process.execPath}" "$@"\n`);
  fs.chmodSync(node, 0o755);
  for (const words of [[site.path], ["--check"], ["doctor"]]) {
    expectExit(await run({ node, words }).exit(), {
      code: 1,
      err: [/have 64 files open: want 128 or more/],
    });
  }
});

test("without words it serves the current folder", async ({ run }) => {
  const program = run({ cwd: site.path, env: { SLUICE_PORT: "0" } });
  const [, port] = await program.untilSays(/:(\d+) through/);
  expect(String((await get(Number(port), "/")).body)).toBe("home");
});

for (const line of ["", site.path, "--check", "doctor", "dev-cert here"]) {
  test(`in a folder that was removed: sluice ${line}`, async ({ run }) => {
    const hook = fileURLToPath(new URL("../support/lost-folder.cjs", import.meta.url));
    const words = line.split(" ").filter((word) => word !== "");
    const program = run({ words, env: { NODE_OPTIONS: `--require ${hook}` } });
    expectExit(await program.exit(), { code: 1, err: [/^error: the current folder was removed/] });
  });
}

function expectExit({ code, out, err }: Exit, want: Want): void {
  expect([code, err]).toEqual([want.code, expect.not.stringMatching(/^ +at /m)]);
  if (want.out !== undefined) expect(out).toMatch(want.out);
  const lines = err.split("\n").slice(0, -1);
  expect(lines).toHaveLength(want.err?.length ?? 0);
  for (const [at, line] of lines.entries()) expect(line).toMatch(want.err![at]!);
}

async function listenSomewhere(): Promise<AddressInfo> {
  const other = net.createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  return other.address() as AddressInfo;
}
