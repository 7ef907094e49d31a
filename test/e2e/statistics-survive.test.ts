/** Fear: a SIGKILL, a restart or a broken disk that takes the download statistics, or the server. */
import fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished } from "vitest";
import type { DownloadTotals } from "../../metrics/downloads.js";
import { Client, get, request } from "../support/client.js";
import { Folder, MIB } from "../support/folder.js";
import { type Server, TRANSPORTS, test } from "../support/server.js";
import { tempFolder } from "../support/temp-folder.js";

const FILES = {
  "a.txt": "hello",
  "b.txt": "0123456789",
  "large.bin": { sizeBytes: 30 * MIB, islands: [] },
} as const;

/** What a SIGKILL may take, and a little. */
const SAVED_MS = 1200;

function folders() {
  const folder = new Folder(FILES);
  onTestFinished(() => folder.remove());
  return { folder, env: { SLUICE_STATE_DIR: join(tempFolder(), "state") } };
}

async function downloadsOf(server: Server): Promise<Map<string, DownloadTotals>> {
  const { downloads } = await server.report();
  return new Map(downloads.map((one) => [one.path, one]));
}

describe.each(TRANSPORTS)("through %s", (transport) => {
  test("completed, aborted and ranged downloads outlive a SIGKILL", async ({ serve }) => {
    const { folder, env } = folders();
    const before = await serve({ transport, folder, env });
    for (let n = 0; n < 3; n++) await get(before.port, "/a.txt");
    for (let n = 0; n < 2; n++) await get(before.port, "/b.txt", "Range: bytes=2-4");
    const client = await Client.connect(before.port);
    client.send(request("GET /large.bin"));
    await client.head();
    await before.until(({ connections }) => connections === 1);
    expect((await downloadsOf(before)).get("/large.bin")).toMatchObject({ inProgress: 1 });
    client.leave();
    await before.untilIdle();
    const counted = await downloadsOf(before);
    expect(counted.get("/a.txt")).toMatchObject({ completed: 3, ranged: 0, bytes: 15 });
    expect(counted.get("/b.txt")).toMatchObject({ completed: 2, ranged: 2, bytes: 6 });
    expect(counted.get("/large.bin")).toMatchObject({ completed: 0, aborted: 1, inProgress: 0 });
    await sleep(SAVED_MS);
    await before.stop();

    const after = await serve({ transport, folder, env });
    expect(await downloadsOf(after)).toEqual(counted);
    await get(after.port, "/a.txt");
    expect((await downloadsOf(after)).get("/a.txt")).toMatchObject({ completed: 4, bytes: 20 });
    expect(after.err).toBe("");
  });

  test("a clean stop takes nothing, not even the last download", async ({ serve }) => {
    const { folder, env } = folders();
    const before = await serve({ transport, folder, env });
    await get(before.port, "/a.txt");
    before.signal("SIGTERM");
    expect((await before.exit()).code).toBe(0);
    const after = await serve({ transport, folder, env });
    expect((await downloadsOf(after)).get("/a.txt")).toMatchObject({ completed: 1, bytes: 5 });
  });

  test("a broken store is kept aside, and the server starts and counts", async ({ serve }) => {
    const { folder, env } = folders();
    const before = await serve({ transport, folder, env });
    await get(before.port, "/a.txt");
    await before.stop();
    fs.writeFileSync(join(env.SLUICE_STATE_DIR, "downloads", "CURRENT"), "garbage");

    const after = await serve({ transport, folder, env });
    await after.untilSays(
      /download statistics start anew: .*CURRENT.* kept as .*downloads\.broken-/,
    );
    await get(after.port, "/b.txt");
    const counted = await downloadsOf(after);
    expect([counted.has("/a.txt"), counted.get("/b.txt")?.completed]).toEqual([false, 1]);
  });

  test("a store that is in use ends the second server, and not the first", async ({
    serve,
    run,
  }) => {
    const { folder, env } = folders();
    const first = await serve({ transport, folder, env });
    const second = run({ words: [folder.path], env: { ...env, SLUICE_PORT: "0" } });
    const { code, err } = await second.exit();
    expect(code).not.toBe(0);
    expect(err).toMatch(/^error: .*downloads is in use by another process\n$/);
    expect((await get(first.port, "/a.txt")).status).toBe(200);
  });
});
