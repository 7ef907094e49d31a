/** Fear: a pool of the largest size that may be set ends the start. */
import { expect, test } from "vitest";
import { FETCH_BYTES } from "../../../engine/chunks/loads.js";
import { SCRATCH_BYTES } from "../../../engine/chunks/source.js";
import { readConfig } from "../../../engine/settings/config.js";
import { SETTINGS } from "../../../engine/settings/settings.js";
import { shareOf } from "../../../engine/settings/shares.js";
import { createSlab } from "../../../fs/slab.js";

test("one worker's slab holds the largest pool, and what it needs beside it", () => {
  const env = { SLUICE_POOL_BYTES: String(SETTINGS.poolBytes.max) };
  const { config, complaints } = readConfig(env);
  expect(complaints).toEqual([]);
  const { poolBytes } = shareOf(config, 1, undefined);
  const lengthBytes = poolBytes + SCRATCH_BYTES + FETCH_BYTES;
  expect(createSlab(lengthBytes, undefined)).toHaveLength(lengthBytes); // pages nobody touches cost nothing
});

test("a larger pool is a complaint", () => {
  expect(readConfig({ SLUICE_POOL_BYTES: "4GiB" }).complaints).toEqual([
    expect.stringMatching(/^SLUICE_POOL_BYTES="4GiB" .*: want 1MiB to 4094MiB/),
  ]);
});
