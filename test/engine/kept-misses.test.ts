/** Fear: who asks first for what is not there decides what all others are shown. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { viewOf } from "../../fs/bytes.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "a.txt": "a" });
afterAll(() => folder.remove());

describe("a miss that is at hand from now on", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_REVALIDATE_MS: "1h" } });

  test("is a page, though a script was the first to ask", async () => {
    const { server } = shared();
    const askAs = (accept: string) => new ExplainedAsk("/none", [["Accept", accept]]);
    const first = await answerTo(server, askAs("application/json"));
    expect(first.fields).toContainEqual(["Content-Type", "application/json"]);
    const ready = server.express(askAs("text/html"))!;
    expect(ready.head.status).toBe(404);
    const { fields, body } = await answerTo(server, askAs("text/html"));
    expect(Buffer.from(viewOf(ready.body!))).toEqual(body);
    for (const field of ready.head.fields) expect(fields).toContainEqual(field);
    expect(await answerTo(server, askAs("application/json"))).toEqual(first);
  });
});
