/** Fear: the first look answers what is not its to answer, or keeps what nobody asks for again. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../../engine/explain/explain-ask.js";
import { wordsOfLook } from "../../../engine/explain/explain-words.js";
import { ExpressLane } from "../../../engine/express/express-lane.js";
import type { FileServer } from "../../../engine/server.js";
import type { Ready } from "../../../engine/transport/exchange.js";
import { viewOf } from "../../../fs/bytes.js";
import { createEntry } from "../../../fs/entries.js";
import { OpenFile } from "../../../fs/open-file.js";
import { Folder } from "../../support/folder.js";
import { answerTo, shareInProcess } from "../../support/in-process.js";

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

const IDENTITY = { dev: 1n, ino: 2n, sizeBytes: 1, mtimeNs: 3n, ctimeNs: 3n };

const askFor = (target: string, fields: [string, string][] = []): ExplainedAsk =>
  new ExplainedAsk(target, fields);

/** The root is looked at off the loop: the first question only starts that. */
const untilLooking = (server: FileServer): Promise<unknown> =>
  vi.waitUntil(() => server.express(askFor("/warm.png")), { interval: 5, timeout: 10_000 });

const bodyOf = ({ body }: Ready): string => String(Buffer.from(viewOf(body!)));

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
      lengthBytes: "headed".length,
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

  test("a method that is not for files has no look to hope for", async () => {
    const { server } = shared();
    await untilLooking(server);
    for (const [method, state] of [
      ["GET", "may look"],
      ["HEAD", "may look"],
      ["POST", "has none"],
      ["OPTIONS", "has none"],
    ] as const) {
      expect(server.peek(askFor("/peeked.png", [[":method", method]]))).toBe(state);
    }
  });

  test("a bug of ours leaves its request to the main road, and is told", async () => {
    const { server, machine, told } = shared();
    await untilLooking(server);
    const takeLoan = vi.spyOn(machine.table, "takeLoan").mockImplementation(() => {
      throw new Error("a bug");
    });
    const ready = server.express(askFor("/twice.png"));
    takeLoan.mockRestore();
    expect(ready).toBeUndefined();
    expect(told).toContain("Error: a bug");
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

  describe("a file that is kept open", () => {
    /** The kept one is asked for so often that no other takes its place. */
    async function untilKeptOpen(name: string): Promise<void> {
      const { server, machine } = shared();
      await untilLooking(server);
      for (let n = 0; n < 9; n++) server.express(askFor("/warm.png"));
      for (let n = 0; n < 3; n++) server.express(askFor(`/${name}`));
      const root = fs.realpathSync(site.path);
      const entry = machine.table.find(root, `${root}/${name}`);
      expect(entry?.known).toMatchObject({ kind: "file", file: { isKeptOpen: true } });
    }

    test("is read anew each time, whole or in part", async () => {
      const { server, machine } = shared();
      await untilKeptOpen("given.png");
      const reads = vi.spyOn(machine.scheduler, "wholeAtHand");
      expect(bodyOf(server.express(askFor("/given.png"))!)).toBe("given");
      const part = server.express(askFor("/given.png", [["Range", "bytes=1-2"]]))!;
      expect([bodyOf(part), part.head.status, reads.mock.calls.length]).toEqual(["iv", 206, 1]);
      reads.mockRestore();
    });

    test.each([
      ["longer", "longer"],
      ["shorter", "tw"],
      ["empty", ""],
      ["as long", "ecitw"],
    ])("is never sent as it was when somebody has made it %s", async (_, content) => {
      const { server } = shared();
      const name = `open-${content.length}-${content}.png`;
      site.write(name, "twice");
      await untilKeptOpen(name);
      fs.writeFileSync(site.at(name), content);
      expect(server.express(askFor(`/${name}`))).toBeUndefined();
      const { body, statusLine } = await answerTo(server, askFor(`/${name}`));
      expect([statusLine, String(body)]).toEqual(["200 OK", content]);
    });
  });

  test("and an explanation says so", () => {
    const file = new OpenFile("/a", IDENTITY, Buffer.from("a"), 0);
    const known = { kind: "file", file, siblings: 0 } as const;
    expect(wordsOfLook(createEntry("/", "/a", known), "memory", 0)).toContain(
      "not kept: memory is full of what is asked for more",
    );
  });
});

describe("where each host has its own root", () => {
  const hosts = new Folder({
    "one.test/same.png": "of one",
    "two.test/same.png": "of two",
    "*.test/same.png": "of any",
    "gone.test/same.png": "of gone",
    "late.test/same.png": "of late",
    "file.test": "no folder",
    "_default/same.png": "of all",
  });
  afterAll(() => hosts.remove());
  const shared = shareInProcess({ hostsDir: fs.realpathSync(hosts.path), env });
  const same = (host: string): ExplainedAsk => askFor("/same.png", [["Host", host]]);

  /** Where a host may have its root a reader tells first, and each root is looked at off the loop. */
  async function untilAnswered(server: FileServer, host: string): Promise<Ready> {
    await answerTo(server, same(host));
    return vi.waitUntil(() => server.express(same(host)), { interval: 5, timeout: 10_000 });
  }

  test.each([
    ["its own", "one.test", "of one"],
    ["its own, under a port", "two.test:8080", "of two"],
    ["a wildcard's", "three.test", "of any"],
    ["the default one", "elsewhere.example", "of all"],
    ["a wildcard's, where its own is no folder", "file.test", "of any"],
  ])("a host is answered from %s", async (_, host, body) => {
    expect(bodyOf(await untilAnswered(shared().server, host))).toBe(body);
  });

  test("a file that no request has asked for is looked at, not waited for", async () => {
    const { server } = shared();
    await untilAnswered(server, "one.test");
    for (const name of ["new", "newer"]) {
      fs.writeFileSync(`${hosts.path}/one.test/${name}.png`, name);
      const ready = server.express(askFor(`/${name}.png`, [["Host", "one.test"]]));
      expect(bodyOf(ready!)).toBe(name);
    }
  });

  test("one host's ticket is no other's, and rests on the host's folder", async () => {
    const { server } = shared();
    const remember = vi.spyOn(ExpressLane.prototype, "remember");
    for (const [host, body] of [
      ["one.test", "of one"],
      ["two.test", "of two"],
    ] as const) {
      await untilAnswered(server, host);
      fs.writeFileSync(`${hosts.path}/${host}/kept.png`, body);
      const kept = askFor("/kept.png", [["Host", host]]);
      for (let n = 0; n < 4; n++) expect(bodyOf(server.express(kept)!)).toBe(body);
      expect(server.peek(kept)).toBe("answers");
    }
    const kinds = remember.mock.calls
      .filter(([{ path }]) => path === "/kept.png")
      .map(([, , { entry, others }]) =>
        [entry!, ...others.map((other) => other.entry)].map(({ known }) => known.kind),
      );
    remember.mockRestore();
    expect(kinds).toEqual([
      ["directory", "file"],
      ["directory", "file"],
    ]);
  });

  test("a host whose folder is gone is not answered from it any more", async () => {
    const { server, machine } = shared();
    expect(bodyOf(await untilAnswered(server, "gone.test"))).toBe("of gone");
    fs.rmSync(`${hosts.path}/gone.test`, { recursive: true });
    machine.table.distrust();
    expect(server.express(same("gone.test"))).toBeUndefined();
    expect(String((await answerTo(server, same("gone.test"))).body)).toBe("of any");
  });

  test("a host is not answered from a wildcard's before its own was looked for", async () => {
    const { server } = shared();
    await untilAnswered(server, "three.test");
    expect(server.express(same("late.test"))).toBeUndefined();
    expect(bodyOf(await untilAnswered(server, "late.test"))).toBe("of late");
  });

  test.each(["", "not a host", "a..test"])("%j is no host", (host) => {
    const { server } = shared();
    for (const target of ["/same.png", "/one.test/same.png"]) {
      expect(server.express(askFor(target, [["Host", host]]))).toBeUndefined();
    }
  });
});

describe("where memory has room for one file", () => {
  const sizes = { SLUICE_SMALL_FILE_BYTES: "8", SLUICE_SMALL_CACHE_BYTES: "8" };
  const cramped = { ...env, ...sizes, SLUICE_MAX_OPEN_FILES: "4096" };
  const root = fs.realpathSync(site.path);
  const few = shareInProcess({ root, env: cramped, openFilesLimit: 8192 + 1024 });
  const enough = shareInProcess({ root, env: cramped, openFilesLimit: 8192 + 4096 });

  test.each([
    ["none", few, 0],
    ["the next", enough, 1],
  ] as const)("of the others %s is kept open, by the limit on descriptors", async (_, of, open) => {
    const { server, machine } = of();
    await untilLooking(server);
    for (let n = 0; n < 9; n++) server.express(askFor("/warm.png"));
    for (let n = 0; n < 3; n++) {
      expect(bodyOf(server.express(askFor("/plain.png"))!)).toBe("plain");
    }
    expect(machine.table.stats().openFiles).toBe(open);
  });
});

describe("where each answer says how long it took", () => {
  const timed = { ...env, SLUICE_SERVER_TIMING: "on" };
  const shared = shareInProcess({ root: fs.realpathSync(site.path), env: timed });

  test("there is no first look", async () => {
    const { server } = shared();
    for (let n = 0; n < 5; n++) {
      expect(server.express(askFor("/plain.png"))).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(server.peek(askFor("/plain.png"))).toBe("has none");
  });

  test("and none is kept for the next request, which takes another time", async () => {
    const { server } = shared();
    for (let n = 0; n < 2; n++) {
      const { fields } = await answerTo(server, askFor("/plain.png"));
      expect(fields.map(([name]) => name)).toContain("Server-Timing");
      expect(server.peek(askFor("/plain.png"))).toBe("has none");
    }
  });
});
