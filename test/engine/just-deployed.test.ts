/** Fear: who asks for a file that was just deployed, while others do, is told that it is busy. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder, KIB } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder();
afterAll(() => folder.remove());

/** Its bytes are read by way of a descriptor, and those of its siblings as well. */
const LONG_BYTES = 300 * KIB;

const ACCEPTED = ["", "gzip", "br", "gzip, br"];

describe("a file that was written a moment ago, and each request looks at it", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_REVALIDATE_MS: "0" } });

  beforeEach(() => {
    folder.write("app.js", "a".repeat(LONG_BYTES));
    folder.write("app.js.br", "b".repeat(LONG_BYTES));
    folder.write("app.js.gz", "c".repeat(LONG_BYTES));
  });

  test("is sent to all who ask for it at once, and whatever of it was opened is closed", async () => {
    const { server, machine } = shared();
    const asked = Array.from({ length: 40 }, async (_, n) => {
      for (let waits = n % 5; waits > 0; waits--) await new Promise((go) => setTimeout(go, 1));
      const accepted = ACCEPTED[n % ACCEPTED.length]!;
      const ask = new ExplainedAsk("/app.js", [["Accept-Encoding", accepted]]);
      const { statusLine, body } = await answerTo(server, ask);
      return [statusLine, body.length];
    });
    const answers = await Promise.all(asked);
    expect(answers).toEqual(answers.map(() => ["200 OK", LONG_BYTES]));
    await expect.poll(() => machine.table.stats().openFiles).toBe(3);
  });
});
