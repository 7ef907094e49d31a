/** Fear: a Host that is none is refused on one road and answered on another, RFC 9112 section 3.2. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createExplain } from "../../engine/explain/explain.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import type { Field } from "../../protocol/head.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "a.png": "a", "b.png": "b", "_default/a.png": "default" });
afterAll(() => folder.remove());
const root = fs.realpathSync(folder.path);

const askFor = (target: string, host: string, ...fields: Field[]): ExplainedAsk =>
  new ExplainedAsk(target, [["Host", host], ...fields]);

describe.each([
  ["where all hosts have one root", { root }],
  ["where hosts have roots of their own", { hostsDir: root }],
])("%s", (_, place) => {
  const shared = shareInProcess({ ...place, env: { SLUICE_REVALIDATE_MS: "1h" } });

  test.each(["a b", "me@a.test", "<b>", "a.test/b"])("%s is refused on each road", async (host) => {
    const { server, parts } = shared();
    const good = (): unknown => server.express(askFor("/a.png", "a.test"));
    await answerTo(server, askFor("/a.png", "a.test"));
    await vi.waitUntil(good);
    expect(server.express(askFor("/a.png", host))).toBeUndefined(); // has its ticket
    expect(server.express(askFor("/b.png", host))).toBeUndefined(); // might be looked at
    expect(server.peek(askFor("/a.png", host))).toBe("has none");
    for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
      const { statusLine } = await answerTo(server, askFor("/a.png", host, [":method", method]));
      expect(statusLine).toBe("400 Bad Request");
    }
    expect(good()).toBeDefined();

    const { status, steps } = await createExplain(parts, server)("/a.png", [["Host", host]]);
    expect(status).toBe(400);
    expect(steps).toContainEqual({ step: "host", says: `"${host}" is no name of a host` });
  });
});

describe("who names no host", () => {
  const shared = shareInProcess({ root });

  test("is answered: an old client has none to name", async () => {
    const { statusLine } = await answerTo(shared().server, new ExplainedAsk("/a.png", []));
    expect(statusLine).toBe("200 OK");
  });
});
