/** Fear: the app's page answers with 200 for what is there, and cannot be had. */
import fs from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { FAULTS } from "../../protocol/faults.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const outside = new Folder({ secret: "secret" });
const folder = new Folder({ "app.html": "<p>the app" });
fs.symlinkSync(outside.at("secret"), folder.at("away"));
afterAll(() => {
  folder.remove();
  outside.remove();
});

describe("a single-page app", () => {
  const shared = shareInProcess({
    root: fs.realpathSync(folder.path),
    env: { SLUICE_SPA: "/app.html" },
  });
  const ask = (target: string) => new ExplainedAsk(target, [["Accept", "text/html"]]);

  test("stands in for a route", async () => {
    expect(String((await answerTo(shared().server, ask("/route"))).body)).toBe("<p>the app");
  });

  test("does not stand in for a link that leads out of the root", async () => {
    const { server, told } = shared();
    const { statusLine, body } = await answerTo(server, ask("/away"));
    expect(statusLine.startsWith(`${FAULTS.OUTSIDE_ROOT.status} `)).toBe(true);
    expect(String(body)).not.toContain("the app");
    expect(told).toContain("OUTSIDE_ROOT");
  });
});
