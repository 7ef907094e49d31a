/** Fear: a rewrite loses a slash, and the redirect that gives it back tells where the files lie. */
import { afterAll, describe, expect, test } from "vitest";
import { createExplain } from "../../engine/explain/explain.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({
  "site/index.html": "the site",
  "site/docs/index.html": "the docs",
  "site/docs/a.txt": "a",
  "site/bare/one.txt": "1",
  "plain/index.html": "plain",
});
afterAll(() => folder.remove());

const rules = [
  { path: "/app/:rest*", rewrite: "/site/:rest*" },
  { path: "/one", rewrite: "/site/docs" },
  { path: "/two", rewrite: "/site/docs/" },
  { path: "/", rewrite: "/site" },
];

describe("a folder behind a rewrite", () => {
  const shared = shareInProcess({ root: folder.path, rules, env: { SLUICE_LISTING: "on" } });

  test.each([
    ["asked for with its slash answers", "/app/docs/", 200, "the docs"],
    ["asked for without it is sent to its own address", "/app/docs", 301, "/app/docs/"],
    ["so with its query", "/app/docs?a=1", 301, "/app/docs/?a=1"],
    ["so where the rule names no slash", "/one", 301, "/one/"],
    ["which then answers, and is no circle", "/one/", 200, "the docs"],
    ["answers at once where the rule names its slash", "/two", 200, "the docs"],
    ["may be that of the root", "/", 200, "the site"],
    ["or that of the rule itself", "/app/", 200, "the site"],
    ["may have no index", "/app/bare/", 200, "one.txt"],
    ["is not made of a file", "/app/docs/a.txt", 200, "a"],
    ["nor of nothing", "/app/none/", 404, "nothing at this address"],
    ["is told from one without a rewrite", "/plain", 301, "/plain/"],
  ])("%s (%s)", async (_, target, status, want) => {
    const { server } = shared();
    for (let n = 0; n < 2; n++) {
      const { statusLine, fields, body } = await answerTo(server, new ExplainedAsk(target, []));
      expect(Number.parseInt(statusLine, 10)).toBe(status);
      const location = fields.find(([name]) => name === "Location")?.[1];
      if (status === 301) expect(location).toBe(want);
      else expect(String(body)).toContain(want);
    }
  });

  test("is explained by what answers, not by a redirect that is not sent", async () => {
    const { parts, server } = shared();
    const { steps } = await createExplain(parts, server)("/app/docs/", []);
    const files = steps.filter(({ step }) => step === "file").map(({ says }) => says);
    expect(files).toEqual([`${folder.at("site/docs/index.html")}, the folder's index, answers`]);
  });
});
