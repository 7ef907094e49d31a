/** Fear: a reload that names a place on a dead mount holds up all that is served from elsewhere. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { readConfiguration } from "../../../engine/settings/configuration.js";
import { Folder } from "../../support/folder.js";

const folder = new Folder({ "site/index.html": "home", "rules.json": "{}" });
afterAll(() => folder.remove());

const DEAD = "/mnt/dead";
const looked: string[] = [];

/** Whoever looks at the mount without waiting gets no answer, and who waits would be stuck. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { stat } = fs.promises;
  const { statSync } = fs;
  vi.spyOn(fs.promises, "stat").mockImplementation((path, options) => {
    looked.push(String(path));
    return String(path).startsWith(DEAD) ? new Promise(() => {}) : stat(path, options);
  });
  vi.spyOn(fs, "statSync").mockImplementation((path, options) => {
    if (String(path).startsWith(DEAD)) throw new Error("stuck for ever");
    return statSync(path, options);
  });
  syncBuiltinESMExports();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  looked.length = 0;
});

async function complaintsOf(env: Record<string, string>): Promise<readonly string[]> {
  let told: readonly string[] | undefined;
  void readConfiguration(env).then(({ complaints }) => {
    told = complaints;
  });
  await vi.waitUntil(async () => {
    await vi.advanceTimersByTimeAsync(1000);
    return told !== undefined;
  });
  return told!;
}

const silent = (name: string, place: string): string =>
  `${name}=${place}: its disk does not answer`;

test.each([
  ["the root", { SLUICE_ROOT: `${DEAD}/a` }, [silent("SLUICE_ROOT", `${DEAD}/a`)]],
  ["the hosts", { SLUICE_HOSTS_DIR: `${DEAD}/b` }, [silent("SLUICE_HOSTS_DIR", `${DEAD}/b`)]],
  [
    "what stands beside a root",
    {
      SLUICE_ROOT: folder.at("site"),
      SLUICE_RULES: `${DEAD}/rules.json`,
      SLUICE_STATE_DIR: `${DEAD}/state`,
    },
    [silent("SLUICE_RULES", `${DEAD}/rules.json`), silent("SLUICE_STATE_DIR", `${DEAD}/state`)],
  ],
  ["no place", { SLUICE_ROOT: folder.at("site"), SLUICE_RULES: folder.at("rules.json") }, []],
  ["only a root that is not served", { SLUICE_HOSTS_DIR: folder.path, SLUICE_ROOT: DEAD }, []],
])("%s on it is complained about in one line", async (_, env, want) => {
  expect(await complaintsOf(env)).toEqual(
    want.length > 0 ? want : expect.not.arrayContaining([expect.stringContaining("answer")]),
  );
});

test("it is looked at once, however often a reload is asked for", async () => {
  const place = `${DEAD}/again`;
  for (let times = 0; times < 3; times++) {
    expect(await complaintsOf({ SLUICE_ROOT: place })).toEqual([silent("SLUICE_ROOT", place)]);
  }
  expect(looked.filter((path) => path === place)).toHaveLength(1);
});
