/** Fear: the first look answers what is not its to answer, or keeps what nobody asks for again. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../engine/explain-ask.js";
import { wordsOfLook } from "../../engine/explain-words.js";
import { ExpressLane } from "../../engine/express-lane.js";
import type { FileServer } from "../../engine/server.js";
import type { Ready } from "../../engine/transport/exchange.js";
import { createEntry } from "../../fs/entries.js";
import { OpenFile } from "../../fs/open-file.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const NAMES = ["once", "twice", "headed", "moved", "shown", "given", "plain"];
const site = new Folder({
  ...Object.fromEntries(NAMES.map((name) => [`${name}.png`, name])),
  "warm.png": "warm",
  "empty.png": "",
  "sub/index.png": "index",
});
afterAll(() => site.remove());

const rules = [
  { path: "/moved.png", redirect: { to: "/plain.png" } },
  { path: "/shown.png", rewrite: "/plain.png" },
  { path: "/given.png", headers: { "X-Given": "yes" } },
];
const env = { SLUICE_INDEX: "index.png", SLUICE_REVALIDATE_MS: "3600000" };

const IDENTITY = { dev: 1n, ino: 2n, sizeBytes: 1, mtimeNs: 3n };

const askFor = (target: string, fields: [string, string][] = []): ExplainedAsk =>
  new ExplainedAsk(target, fields);

/** The root is looked at off the loop: the first question only starts that. */
const untilLooking = (server: FileServer): Promise<unknown> =>
  vi.waitUntil(() => server.express(askFor("/warm.png")), { interval: 5, timeout: 10_000 });

const bodyOf = ({ body }: Ready): string => String(Buffer.from(body!));

describe("where there is one root", () => {
  const shared = shareInProcess({ root: fs.realpathSync(site.path), rules, env });

  test("the first time no ticket is kept, the second one is", async () => {
    const { server, machine } = shared();
    await untilLooking(server);
    const { bodyBytes } = machine.table.stats();
    const remember = vi.spyOn(ExpressLane.prototype, "remember");
    const states: string[] = [];
    const remembered: number[] = [];
    for (let n = 0; n < 3; n++) {
      states.push(server.peek(askFor("/once.png")));
      expect(bodyOf(server.express(askFor("/once.png"))!)).toBe("once");
      remembered.push(remember.mock.calls.length);
    }
    remember.mockRestore();
    expect(remembered).toEqual([0, 1, 1]);
    expect(states).toEqual(["may look", "may look", "answers"]);
    expect(machine.table.stats().bodyBytes).toBe(bodyBytes + "once".length);
  });

  test("a folder is answered with its index, and a rule's fields come along", async () => {
    const { server } = shared();
    await untilLooking(server);
    expect(bodyOf(server.express(askFor("/sub/"))!)).toBe("index");
    const { head } = server.express(askFor("/given.png"))!;
    expect(head.fields).toContainEqual(["X-Given", "yes"]);
  });

  test("HEAD comes without its body", async () => {
    const { server } = shared();
    await untilLooking(server);
    const ask = askFor("/headed.png", [[":method", "HEAD"]]);
    expect(server.express(ask)).toMatchObject({
      body: undefined,
      alone: { lengthBytes: "headed".length },
    });
  });

  test.each([
    ["a redirect", "/moved.png", []],
    ["a rewrite", "/shown.png", []],
    ["what is not there", "/missing.png", []],
    ["a folder without its slash", "/sub", []],
    ["an empty file", "/empty.png", []],
    ["a dotfile", "/.hidden", []],
    ["a dot segment", "/sub/../plain.png", []],
    ["a part", "/plain.png", [["Range", "bytes=0-1"]]],
    ["a tag", "/plain.png", [["If-None-Match", '"a"']]],
    ["a date", "/plain.png", [["If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"]]],
    ["a body of its own", "/plain.png", [["Content-Length", "1"]]],
  ] as [string, string, [string, string][]][])("%s is not for it", async (_, target, fields) => {
    const { server } = shared();
    await untilLooking(server);
    expect(server.express(askFor(target, fields))).toBeUndefined();
  });

  test("a bug of ours leaves its request to the main road", async () => {
    const { server, machine } = shared();
    await untilLooking(server);
    const takeLoan = vi.spyOn(machine.table, "takeLoan").mockImplementation(() => {
      throw new Error("a bug");
    });
    const ready = server.express(askFor("/twice.png"));
    takeLoan.mockRestore();
    expect(ready).toBeUndefined();
    expect(bodyOf(server.express(askFor("/twice.png"))!)).toBe("twice");
  });
});

describe("where memory is full", () => {
  const sizes = { SLUICE_SMALL_FILE_BYTES: "6", SLUICE_SMALL_CACHE_BYTES: "6" };
  const shared = shareInProcess({ root: fs.realpathSync(site.path), env: { ...env, ...sizes } });

  test("what the main road cannot keep gets no ticket", async () => {
    const { server } = shared();
    const remember = vi.spyOn(ExpressLane.prototype, "remember");
    const askTwice = async (target: string): Promise<[body: string, tickets: number]> => {
      remember.mockClear();
      const ask = askFor(target, [["If-Match", "*"]]);
      const { body } = await answerTo(server, ask);
      expect((await answerTo(server, ask)).body).toEqual(body);
      return [String(body), remember.mock.calls.length];
    };
    expect(await askTwice("/headed.png")).toEqual(["headed", 1]);
    expect(await askTwice("/plain.png")).toEqual(["plain", 0]);
    remember.mockRestore();
  });

  test("and an explanation says so", () => {
    const file = new OpenFile("/a", IDENTITY, Buffer.from("a"), 0);
    const known = { kind: "file", file, siblings: 0 } as const;
    expect(wordsOfLook(createEntry("/", "/a", known), "memory", 0)).toContain(
      "not kept: memory is full of what is asked for more",
    );
  });
});

describe.each([
  ["each host has its own root", { hostsDir: fs.realpathSync(site.path), env }],
  [
    "each answer says how long it took",
    { root: fs.realpathSync(site.path), env: { ...env, SLUICE_SERVER_TIMING: "on" } },
  ],
])("where %s", (_, setup) => {
  const shared = shareInProcess(setup);

  test("there is no first look", async () => {
    const { server } = shared();
    for (let n = 0; n < 5; n++) {
      expect(server.express(askFor("/plain.png", [["Host", "sub"]]))).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(server.peek(askFor("/plain.png"))).toBe("has none");
  });
});
