/** Fear: while a host's folder cannot be looked at, another host's site is shown in its place. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { readConfig } from "../../engine/settings/config.js";
import { createEntry, type Known } from "../../fs/entries.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const hosts = new Folder({
  "_default/a.png": "default",
  "*.test/a.png": "wildcard",
  "file.test": "no folder",
});
fs.symlinkSync("loop.test", hosts.at("loop.test"));
afterAll(() => hosts.remove());

const env = { SLUICE_REVALIDATE_MS: "3600000" };
const shared = shareInProcess({ hostsDir: fs.realpathSync(hosts.path), env });

const askOf = (host: string): ExplainedAsk => new ExplainedAsk("/a.png", [["Host", host]]);
const statusOf = async (host: string): Promise<string> =>
  (await answerTo(shared().server, askOf(host))).statusLine.slice(0, 3);

describe("a host whose folder", () => {
  test("is not there is answered by the wildcard's, then by the default one", async () => {
    expect(String((await answerTo(shared().server, askOf("gone.test"))).body)).toBe("wildcard");
    expect(String((await answerTo(shared().server, askOf("file.test"))).body)).toBe("wildcard");
    expect(String((await answerTo(shared().server, askOf("gone.example"))).body)).toBe("default");
  });

  test.each<[why: string, known: Known, status: string]>([
    ["does not answer", { kind: "failed", errno: "ETIMEDOUT" }, "503"],
    ["finds no descriptor free", { kind: "failed", errno: "EMFILE" }, "503"],
    ["is on a disk that fails", { kind: "failed", errno: "EIO" }, "500"],
    ["may not be read", { kind: "failed", errno: "EACCES" }, "403"],
  ])("%s is not answered by another", async (_, known, status) => {
    const { table } = shared().machine;
    const root = hosts.at("stuck.test");
    const lookUp = table.lookUp.bind(table);
    const spy = vi.spyOn(table, "lookUp").mockImplementation((base, path, done) => {
      if (path.endsWith("/stuck.test")) done(createEntry(root, root, known), undefined);
      else lookUp(base, path, done);
    });
    expect(await statusOf("stuck.test")).toBe(status);
    spy.mockRestore();
  });

  test("is a link that leads nowhere is not answered by another, at once or on the main road", async () => {
    const { server } = shared();
    await vi.waitUntil(() => server.express(askOf("gone.test")), { interval: 5, timeout: 10_000 });
    expect(await statusOf("loop.test")).toBe("403");
    expect(server.express(askOf("loop.test"))).toBeUndefined();
    expect(await statusOf("loop.test")).toBe("403");
  });
});

describe("hosts are kept from taking every reader of each other", () => {
  const shared = shareInProcess({ hostsDir: hosts.path, env: { SLUICE_READERS: "4" } });

  /** Of so many opens that one host asks for at once. */
  async function countBegun(asked: number): Promise<number> {
    const { readers } = shared().machine;
    const root = hosts.at("_default");
    for (let at = 0; at < asked; at++) {
      readers.open({ root, path: `${root}/${at}`, known: undefined, siblings: false }, () => {});
    }
    const begun = readers.stats().inFlight;
    await vi.waitUntil(() => readers.stats().inFlight === 0, { interval: 5, timeout: 10_000 });
    return begun;
  }

  test("from the start, and by what a reload has made of one root", async () => {
    const { machine } = shared();
    const { config } = readConfig({});
    const others = { rules: [], root: "", hostsDir: "" };
    expect(await countBegun(9)).toBe(2);
    machine.serve(config, { ...others, root: hosts.path });
    expect(await countBegun(9)).toBe(9);
    machine.serve(config, { ...others, hostsDir: hosts.path });
    expect(await countBegun(9)).toBe(2);
  });
});
