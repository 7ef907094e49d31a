/** Fear: a dashboard that is right on a stage only. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { freePort } from "../../bench/servers/launch.js";
import { Client, get, request } from "../support/client.js";
import { MIB } from "../support/folder.js";
import { test } from "../support/server.js";
import { launchBrowser, Viewer } from "../support/viewer.js";

const FILES = {
  "a.txt": "hello",
  "large.bin": { sizeBytes: 64 * MIB, islands: [] },
  "slow.iso": { sizeBytes: 64 * MIB, islands: [] },
} as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const figure = (viewer: Viewer): Promise<string> => viewer.textOf("#figures b");

test("under load numbers move, the pool map fills, a slow transfer shows, a restart is survived", async ({
  serve,
}) => {
  const port = await freePort();
  const env = { SLUICE_ADMIN_PORT: String(port), SLUICE_SLOW_MS: "200" };
  const server = await serve({ transport: "uws", files: FILES, env });
  const viewer = await Viewer.open(browser, `http://127.0.0.1:${port}/`);
  await viewer.shows("#feed", "live");
  await viewer.shows("#headline", "Healthy.");
  const emptyPool = await viewer.pictureOf("#pool-canvas");

  const slow = await Client.connect(server.port);
  slow.send(request("GET /slow.iso"));
  await slow.head();
  let isLoading = true;
  const load = (async () => {
    while (isLoading) {
      await Promise.all(Array.from({ length: 20 }, () => get(server.port, "/a.txt")));
      await get(server.port, "/large.bin", "Range: bytes=0-9999999");
    }
  })().catch(() => {}); // the server may be gone by then
  await viewer.until(async () => expect(await figure(viewer)).toMatch(/^[1-9]/));
  const before = await figure(viewer);
  await viewer.until(async () => expect(await figure(viewer)).not.toBe(before));
  await viewer.shows("#pool-cached", /^\d{2,}$/);
  expect(await viewer.pictureOf("#pool-canvas")).not.toBe(emptyPool);
  await viewer.shows("#under-way tbody th", "GET /slow.iso");
  await viewer.shows("#downloads tbody th", /^\/(a\.txt|large\.bin)$/);

  slow.leave();
  await viewer.shows("#slowest tbody", "GET /slow.iso");
  isLoading = false;
  await load;

  await server.stop();
  await viewer.shows("#feed", /^reconnecting since/);
  const again = await serve({ transport: "uws", files: FILES, env });
  await viewer.shows("#feed", "live");
  await viewer.shows("#pid", String(again.pid));
  await viewer.leave();
});
