/** Fear: a machine that is given what was meant for each worker, or a worker that cannot work. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../engine/settings/config.js";
import { countWorkers, keptOpenOf, shareOf } from "../../../engine/settings/shares.js";

const configOf = (env: Record<string, string> = {}) => readConfig(env).config;
const MIB = 2 ** 20;

describe("the number of workers", () => {
  type Row = readonly [why: string, cores: number, quota: number | undefined, want: number];
  const rows: readonly Row[] = [
    ["is that of the cores", 8, undefined, 8],
    ["is what a quota pays for", 8, 3, 3],
    ["is that of whole processors", 8, 2.9, 2],
    ["is one at least", 8, 0.5, 1],
    ["is no more than there are cores", 2, 6, 2],
  ];
  test.each(rows)("by itself %s", (_why, cores, quota, want) => {
    expect(countWorkers(configOf(), () => ({ cores, quota }))).toBe(want);
  });
  test.each([0, 1, 7])("is %d when that is said", (workers) => {
    const config = configOf({ SLUICE_WORKERS: String(workers) });
    expect(countWorkers(config, () => ({ cores: 2, quota: 1 }))).toBe(workers);
  });
  test("is written as a word, in any case", () => {
    expect(configOf({ SLUICE_WORKERS: " Auto " })).toEqual(configOf());
  });
});

describe("a worker's share", () => {
  const MANY = 1_048_576;
  test("is its part of what the machine was given", () => {
    const config = configOf({ SLUICE_MAX_OPEN_FILES: "8000" });
    expect(shareOf(config, 4, MANY)).toEqual({
      ...config,
      poolBytes: 16 * MIB,
      smallCacheBytes: 64 * MIB,
      maxOpenFiles: 2000,
      keptOpenFiles: 1500,
      readers: 4,
    });
  });
  test("of one is all", () => {
    const config = configOf({ SLUICE_MAX_OPEN_FILES: "100" });
    expect(shareOf(config, 1, MANY)).toEqual({ ...config, keptOpenFiles: 75 });
  });
  test("is never less than it can work with", () => {
    const config = configOf({ SLUICE_MAX_OPEN_FILES: "4096" });
    const { poolBytes, smallCacheBytes, maxOpenFiles, readers } = shareOf(config, 1000, MANY);
    expect(poolBytes).toBe(4 * config.chunkBytes);
    expect(smallCacheBytes).toBe(Math.max(config.smallFileBytes, Math.floor((256 * MIB) / 1000)));
    expect([maxOpenFiles, readers]).toEqual([16, 2]);
  });
  test("is no cache where there is to be none", () => {
    const share = shareOf(configOf({ SLUICE_SMALL_CACHE_BYTES: "0" }), 2, MANY);
    expect(share.smallCacheBytes).toBe(0);
  });
});

describe("files that are kept open by themselves", () => {
  type Row = readonly [why: string, workers: number, limit: number | undefined, want: number];
  const rows: readonly Row[] = [
    ["leave most descriptors to connections", 1, 20_000, 5000],
    ["leave most of a low limit too", 1, 1024, 256],
    ["are no fewer than one worker can work with", 1, 30, 16],
    ["are no more than the kernel should keep in memory", 1, MIB, 16_384],
    ["are bounded where nothing else is", 1, Number.POSITIVE_INFINITY, 16_384],
    ["are bounded for all workers together", 4, MIB, 4096],
    ["are a part of each worker's own limit", 4, 1024, 256],
    ["are some where nobody tells the limit", 2, undefined, 2048],
  ];
  test.each(rows)("%s", (_why, workers, limit, want) => {
    expect(shareOf(configOf(), workers, limit).maxOpenFiles).toBe(want);
  });
});

describe("small files that may be kept open", () => {
  type Row = readonly [why: string, maxOpenFiles: number, limit: number | undefined, want: number];
  const rows: readonly Row[] = [
    ["are three quarters of all", 4096, 1_048_576, 3072],
    ["are as many where nobody tells the limit", 4096, undefined, 3072],
    ["leave descriptors to connections and to large files", 18_000, 20_000, 7308],
    ["are none where connections may need them all", 4096, 9216, 0],
    ["are none where the limit is low", 4096, 1024, 0],
    ["are few of few", 16, Number.POSITIVE_INFINITY, 12],
  ];
  test.each(rows)("%s", (_why, maxOpenFiles, limit, want) => {
    expect(keptOpenOf(maxOpenFiles, limit)).toBe(want);
  });
});
