/** Fear: a server that is right for an hour and out of memory, or of descriptors, after a week. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { soak } from "../../bench/soak/soak.js";

/** `npm run soak -- --minutes 30` goes on for longer, with a server as it comes. */
const SHORT = { durationSec: 9, lookEverySec: 0.25, honestClients: 6 };

const COLLECTOR = fileURLToPath(new URL("../support/collect-garbage.cjs", import.meta.url));

/** Full of bytes, and its heap at its size, within the first seconds. */
const SOON_WARM = { SLUICE_POOL_BYTES: "16MiB", NODE_OPTIONS: `--require ${COLLECTOR}` };

test("a mixed load leaves nothing behind and grows nothing", async () => {
  const tempDir = mkdtempSync(join(tmpdir(), "sluice-test-"));
  onTestFinished(() => rmSync(tempDir, { recursive: true, force: true }));
  const plan = { ...SHORT, tempDir, transport: "auto", workers: 1, env: SOON_WARM };
  const { reasons, tally } = await soak(plan);
  expect(reasons).toEqual([]);
  expect(Math.min(tally.answers, tally.left, tally.replaced)).toBeGreaterThan(0);
});
