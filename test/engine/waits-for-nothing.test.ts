/** Fear: a request whose file is known waits all the same, and whoever is behind it on the connection is cut. */
import fs from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";
import { FakeReply } from "./admin/fake-reply.js";

const folder = new Folder({ "a.txt": "0123456789" });
afterAll(() => folder.remove());

describe("a request that is out of the ordinary, for a file with a ticket", () => {
  const shared = shareInProcess({
    root: fs.realpathSync(folder.path),
    env: { SLUICE_REVALIDATE_MS: "1h" },
  });

  test("is answered before its call-back ends", async () => {
    const { server } = shared();
    const ask = new ExplainedAsk("/a.txt", [["If-Match", "*"]]);
    for (let n = 0; n < 2; n++) await answerTo(server, ask);
    expect(server.peek(ask)).toBe("has a ticket");
    const reply = new FakeReply();
    server.handle(ask, reply);
    expect(reply).toMatchObject({ isOver: true, body: "0123456789" });
  });
});
