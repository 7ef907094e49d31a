/** Fear: a changed setting that a reload seems to have taken. */
import { expect, test } from "vitest";
import { readConfig } from "../../../engine/settings/config.js";
import { judgeChange } from "../../../engine/settings/reload.js";

type Env = Readonly<Record<string, string>>;
const changeOf = (after: Env, workers: number, before: Env = {}) =>
  judgeChange(readConfig(before).config, readConfig(after).config, workers);

type Row = readonly [why: string, after: Env, workers: number, want: unknown];

const refused = (...names: string[]) => ({
  kind: "refused",
  complaints: names.map((name) => `${name} has changed, which takes a restart`),
});

const rows: readonly Row[] = [
  ["nothing in the settings is for files to be read anew", {}, 2, { kind: "in place", names: [] }],
  [
    "how the site behaves is taken in place",
    { SLUICE_SPA: "/a", SLUICE_LISTING: "on" },
    2,
    { kind: "in place", names: ["SLUICE_SPA", "SLUICE_LISTING"] },
  ],
  [
    "...by a process that serves alone, too",
    { SLUICE_SPA: "/a" },
    0,
    { kind: "in place", names: ["SLUICE_SPA"] },
  ],
  [
    "what a machine is built with takes new workers, and all else with it",
    { SLUICE_SPA: "/a", SLUICE_READERS: "4" },
    2,
    { kind: "new workers", names: ["SLUICE_SPA", "SLUICE_READERS"] },
  ],
  ["...and where there are none, a restart", { SLUICE_READERS: "4" }, 0, refused("SLUICE_READERS")],
  [
    "another number of workers takes new ones",
    { SLUICE_WORKERS: "3" },
    2,
    { kind: "new workers", names: ["SLUICE_WORKERS"] },
  ],
  [
    "from many processes to one there is no way",
    { SLUICE_WORKERS: "0" },
    2,
    refused("SLUICE_WORKERS"),
  ],
  [
    "what the supervisor holds takes a restart, and is told all at once",
    { SLUICE_SPA: "/a", SLUICE_ADMIN_PORT: "1", SLUICE_STATE_DIR: "/s" },
    2,
    refused("SLUICE_ADMIN_PORT", "SLUICE_STATE_DIR"),
  ],
];

test.each(rows)("%s", (_why, after, workers, want) => {
  expect(changeOf(after, workers)).toEqual(want);
});
