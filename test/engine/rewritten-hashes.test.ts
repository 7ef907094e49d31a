/** Fear: a rule leads a lasting address to a file named by its content, and browsers keep it for a year. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createExplain } from "../../engine/explain/explain.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const FOREVER = "public, max-age=31536000, immutable";

const folder = new Folder({
  "assets/index-BwXyZ12a.js": "today's",
  "assets/plain.js": "plain",
});
afterAll(() => folder.remove());

const rules = [
  { path: "/widget.js", rewrite: "/assets/index-BwXyZ12a.js" },
  { path: "/assets/widget-3f9a1c2b.js", rewrite: "/assets/plain.js" },
  { path: "/v2/:rest*", rewrite: "/:rest*" },
];

describe("a file behind a rewrite", () => {
  const shared = shareInProcess({ root: fs.realpathSync(folder.path), rules });

  test.each([
    ["a lasting address of a hashed file", "/widget.js", "no-cache"],
    ["a hashed address of a lasting file", "/assets/widget-3f9a1c2b.js", "no-cache"],
    ["both hashed", "/v2/assets/index-BwXyZ12a.js", FOREVER],
    ["the hashed file by itself", "/assets/index-BwXyZ12a.js", FOREVER],
  ])("%s (%s)", async (_, target, want) => {
    const { parts, server } = shared();
    const { fields } = await answerTo(server, new ExplainedAsk(target, []));
    expect(fields).toContainEqual(["Cache-Control", want]);
    const ready = await vi.waitUntil(() => server.express(new ExplainedAsk(target, [])));
    expect(ready.head.fields).toContainEqual(["Cache-Control", want]);

    const { steps } = await createExplain(parts, server)(target, []);
    const said = steps.map(({ says }) => says).join("\n");
    const why = want === FOREVER ? "named by its content" : "by SLUICE_CACHE_CONTROL";
    expect(said).toContain(why);
  });
});
