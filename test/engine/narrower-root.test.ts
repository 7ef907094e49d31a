/** Fear: what may be served below one root is served below another, which it lies outside of. */
import fs from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { siteParts } from "../../engine/process/machine.js";
import { FileServer } from "../../engine/server.js";
import { readConfig } from "../../engine/settings/config.js";
import { Folder } from "../support/folder.js";
import { answerTo, type InProcess, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "private/a.txt": "private", "site/index.html": "home" });
for (const name of ["narrower", "wider", "later"]) {
  fs.symlinkSync("../private/a.txt", folder.at(`site/${name}`));
}
afterAll(() => folder.remove());

/** As after a reload: another server over the same table. */
function serverOf({ parts, machine }: InProcess, root: string): FileServer {
  const { config } = readConfig({});
  const site = { root, hostsDir: "", rules: [] };
  machine.serve(config, site);
  return new FileServer({ ...parts, ...siteParts(config, site) });
}

const statusOf = async (server: FileServer, target: string): Promise<string> =>
  (await answerTo(server, new ExplainedAsk(target, []))).statusLine.slice(0, 3);

for (const cachedReads of ["on", "off"]) {
  const env = { SLUICE_CACHED_READS: cachedReads };

  describe(`a link, with cached reads ${cachedReads}`, () => {
    const shared = shareInProcess({
      root: folder.path,
      env: { ...env, SLUICE_REVALIDATE_MS: "1h" },
    });

    test("that leads out of the root that a reload brings is refused", async () => {
      expect(await statusOf(shared().server, "/site/narrower")).toBe("200");
      expect(await statusOf(serverOf(shared(), folder.at("site")), "/narrower")).toBe("403");
    });

    test("that leads out of the root before, and not of the one that a reload brings, is served", async () => {
      expect(await statusOf(serverOf(shared(), folder.at("site")), "/wider")).toBe("403");
      expect(await statusOf(serverOf(shared(), folder.path), "/site/wider")).toBe("200");
    });
  });

  describe(`a link that is checked again, with cached reads ${cachedReads}`, () => {
    const shared = shareInProcess({
      root: folder.path,
      env: { ...env, SLUICE_REVALIDATE_MS: "100" },
    });

    test("is judged by the root that a reload brought", async () => {
      for (let times = 0; times < 20; times++) {
        expect(await statusOf(shared().server, "/site/later")).toBe("200");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const narrower = serverOf(shared(), folder.at("site"));
      for (let times = 0; times < 20; times++) {
        expect(await statusOf(narrower, "/later")).toBe("403");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  });
}
