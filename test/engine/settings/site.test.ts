/** Fear: keys and logs are served, or are refused a place that nobody can see. */
import fs from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { readConfig } from "../../../engine/settings/config.js";
import { judgeSite } from "../../../engine/settings/site.js";
import { Folder } from "../../support/folder.js";

const folder = new Folder({
  "site/index.html": "site",
  "site-2/index.html": "another",
  "logs/old.log": "old",
  "site/sub/a.txt": "a",
});
fs.symlinkSync("site", folder.at("current"));
fs.symlinkSync("site/sub", folder.at("inside"));
fs.symlinkSync("../logs", folder.at("site/outside"));
afterAll(() => folder.remove());

const complaintsOf = (root: string, place: string): readonly string[] => {
  const env = { SLUICE_ROOT: folder.at(root), SLUICE_ACCESS_LOG_FILE: folder.at(place) };
  return judgeSite(readConfig(env).config).complaints;
};

describe("a place for the log", () => {
  test.each([
    ["in the root", "site", "site/access.log"],
    ["deep in it, where no folder is yet", "site", "site/no/such/access.log"],
    ["in it by the name it is served under", "current", "current/access.log"],
    ["in what a link as root leads to", "current", "site/access.log"],
    ["in it by way of another link", "site", "current/access.log"],
    ["in a folder of it, by a link from elsewhere", "site", "inside/access.log"],
    ["in it by name, though a link leads out", "site", "site/outside/access.log"],
  ])("is refused %s", (_, root, place) => {
    expect(complaintsOf(root, place)).toEqual([
      `SLUICE_ACCESS_LOG_FILE=${folder.at(place)}: want a place outside ${folder.at(root)}, which is served`,
    ]);
  });

  test.each([
    ["beside the root", "site", "access.log"],
    ["in a folder beside it", "site", "logs/access.log"],
    ["in one that begins with its name", "site", "site-2/access.log"],
    ["beside a link as root", "current", "access.log"],
    ["beside both", "current", "logs/access.log"],
  ])("is taken %s", (_, root, place) => {
    expect(complaintsOf(root, place)).toEqual([]);
  });
});

describe("the settings file, which may hold the admin token", () => {
  const complaintsOfFile = (name: string): readonly string[] => {
    const env = { SLUICE_ROOT: folder.at("site"), SLUICE_SETTINGS: folder.at(name) };
    return judgeSite(readConfig(env).config).complaints;
  };

  test("is refused where it is served", () => {
    expect(complaintsOfFile("site/sluice.conf")).toEqual([
      `SLUICE_SETTINGS=${folder.at("site/sluice.conf")}: want a place outside ${folder.at("site")}, which is served`,
    ]);
  });

  test.each(["sluice.conf", "site/.env"])("may be %s", (name) => {
    expect(complaintsOfFile(name)).toEqual([]);
  });
});
