/** Fear: a worker that has nothing to do leaves while somebody stands at its door. */
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { Folder } from "../support/folder.js";
import { test } from "../support/server.js";

const hook = fileURLToPath(new URL("../support/busy-door.cjs", import.meta.url));
/** More: a busy machine does not come to so many within the patience of a handshake. */
const BUSY_LOOKS = 3;

const own = new Folder({ "settings.env": "" });
afterAll(() => own.remove());

test("it waits for a quiet moment, also without a connection", async ({ serve }) => {
  const settings = own.at("settings.env");
  const env = {
    NODE_OPTIONS: `--require ${hook}`,
    BUSY_LOOKS: String(BUSY_LOOKS),
    SLUICE_WORKERS: "1",
    SLUICE_SETTINGS: settings,
  };
  const server = await serve({ transport: "uws", files: { "a.txt": "" }, env });
  const [worker] = server.workers();
  fs.writeFileSync(settings, "SLUICE_POOL_BYTES=32MiB");
  server.signal("SIGHUP");
  const [, looks] = await server.untilSays(
    new RegExp(`^process ${worker} looked (\\d+) times$`, "m"),
  );
  expect(Number(looks)).toBeGreaterThan(BUSY_LOOKS);
});
