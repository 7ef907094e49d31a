/** Fear: a signal that comes while something starts ends the server, opens a debugger, or is lost. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, vi } from "vitest";
import { get } from "../support/client.js";
import { Folder } from "../support/folder.js";
import { test } from "../support/server.js";

const hook = fileURLToPath(new URL("../support/mid-start.cjs", import.meta.url));
const ENV = { NODE_OPTIONS: `--require ${hook}`, SLUICE_WORKERS: "1" };
const FILES = { "a.txt": "0123456789" } as const;
const PATIENCE = { timeout: 20_000, interval: 20 };

const logs = new Folder();
afterAll(() => logs.remove());

const EFFECTS: readonly (readonly [signal: string, effect: RegExp])[] = [
  ["SIGHUP", /^reloaded: settings are as before$/m],
  ["SIGUSR2", /^\{.*\}$/m],
];
for (const [signal, effect] of EFFECTS) {
  test(`${signal} to a supervisor that starts is heeded when it has`, async ({ serve }) => {
    const env = { ...ENV, MID_START_SIGNAL: signal };
    const server = await serve({ transport: "uws", files: FILES, env });
    await server.untilSays(effect);
    server.signal("SIGTERM");
    expect((await server.exit()).code).toBe(0);
  });
}

/** A folder with a program that runs Node as process 1, as a container does. */
const asFirst = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
const canBeFirst = spawnSync("unshare", [...asFirst, "true"]).status === 0;
const box = new Folder();
afterAll(() => box.remove());
for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const) {
  test.runIf(canBeFirst)(`${signal} to process 1 that starts ends it`, async ({ run }) => {
    const node = box.at("node");
    fs.writeFileSync(
      node,
      `#!/bin/sh\nexec unshare ${asFirst.join(" ")} ${process.execPath} "$@"\n`,
    );
    fs.chmodSync(node, 0o755);
    const env = { ...ENV, MID_START_SIGNAL: signal, SLUICE_PORT: "0", SLUICE_ADMIN_PORT: "0" };
    const program = run({ node, words: [box.path], env });
    expect(await program.exit()).toEqual({ code, out: "", err: "" });
  });
}

test("a log that is renamed while a worker starts is opened anew, and nobody debugs", async ({
  serve,
}) => {
  const path = logs.at("access.log");
  const env = {
    ...ENV,
    MID_START_LOG: path,
    SLUICE_ACCESS_LOG: "json",
    SLUICE_ACCESS_LOG_FILE: path,
  };
  const server = await serve({ transport: "uws", files: FILES, env });
  const isOpenedAnew = (): boolean => fs.existsSync(path);
  await vi.waitUntil(isOpenedAnew, PATIENCE);

  const [worker] = server.workers();
  process.kill(worker!, "SIGKILL");
  const isRenamed = (): boolean =>
    server.workers().some((pid) => pid !== worker && fs.existsSync(`${path}.${pid}`));
  await vi.waitUntil(isRenamed, PATIENCE);
  await vi.waitUntil(isOpenedAnew, PATIENCE);
  expect((await get(server.port, "/a.txt")).status).toBe(200);
  await vi.waitUntil(() => fs.readFileSync(path, "utf8").includes("/a.txt"), PATIENCE);
  expect(server.err).not.toMatch(/debugger/i);
});
