/** Fear: a client that leaves while its answer is looked for is answered all the same: in vain, and on a socket that is gone. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { FileServer } from "../../engine/server.js";
import type { ServerParts } from "../../engine/server-parts.js";
import { Folder, KIB } from "../support/folder.js";
import { shareInProcess } from "../support/in-process.js";
import { FakeReply } from "./admin/fake-reply.js";

const folder = new Folder({
  "404.html": "our own miss",
  "a.css": "a {}",
  "a.css.gz": "compressed",
  "large.css": "a".repeat(300 * KIB),
  "large.css.gz": "compressed",
  "list/a": "a",
});
afterAll(() => folder.remove());
const root = fs.realpathSync(folder.path);

const rules = [{ path: "/own/**", errorPages: { 404: "/404.html" } }];
const env = { SLUICE_SPA: "/gone.html", SLUICE_LISTING: "on" };

const FIELDS: [string, string][] = [
  ["Accept", "text/html"],
  ["Accept-Encoding", "gzip"],
];

/** The same parts, and the client leaves when this has been looked up. */
function leaveAt(path: string, parts: ServerParts, reply: FakeReply): ServerParts {
  const { table, listings } = parts;
  return {
    ...parts,
    table: {
      find: (root, path) => table.find(root, path),
      glance: (root, path) => table.glance(root, path),
      takeLoan: (file) => table.takeLoan(file),
      isFresh: (entry, nowMs) => table.isFresh(entry, nowMs),
      startedMs: (path) => table.startedMs(path),
      hold: (file) => table.hold(file),
      release: (file) => table.release(file),
      distrustFile: (file) => table.distrustFile(file),
      lookUp: (base, name, done) =>
        table.lookUp(base, name, (entry, times) => {
          if (name === path) reply.leave();
          done(entry, times);
        }),
    },
    listings: {
      ...listings!,
      async write(order) {
        const listing = await listings!.write(order);
        if (`${root}/${order.folder}/` === path) reply.leave();
        return listing;
      },
    },
  };
}

describe("who leaves while the server looks", () => {
  const shared = shareInProcess({ root, rules, env });

  test.each([
    ["for what was asked for", "/own/none", "/own/none"],
    ["for the operator's page", "/own/lost.png", "/404.html"],
    ["for the app's page, which is not there", "/route", "/gone.html"],
    ["for a sibling", "/a.css", "/a.css.gz"],
    ["for a sibling of what is not in memory", "/large.css", "/large.css.gz"],
    ["into a folder", "/list/", "/list/"],
  ])("%s is sent nothing, and the log is told nothing of it", async (_, target, lookedUp) => {
    const { parts, machine, told } = shared();
    told.length = 0;
    const reply = new FakeReply();
    const server = new FileServer(leaveAt(`${root}${lookedUp}`, parts, reply));
    server.handle(new ExplainedAsk(target, FIELDS), reply);
    await vi.waitUntil(() => reply.isOver);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reply).toMatchObject({ head: undefined, body: "", isCut: false });
    expect(told).toEqual(["the access log was asked for a caller"]);
    expect(machine.operations.inProgress).toBe(0);
  });
});
