/** Fear: a response made of two versions of a file. */
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { type Answer, Client, get, request } from "../support/client.js";
import { KIB, MIB } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

/** Every version is one letter, over and over: any mixture shows. */
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const REPLACE_FOR_MS = 1500;

describe.each(TRANSPORTS)("through %s", (transport) => {
  const sizes = [
    ["a small file", 20 * KIB],
    ["a file of five chunks", 1.25 * MIB],
  ] as const;
  for (const [what, sizeBytes] of sizes) {
    test(`${what} replaced by rename: each response is one version, under its own tag`, async ({
      serve,
    }) => {
      const versions = [...LETTERS].map((letter, n) => Buffer.alloc(sizeBytes + n, letter));
      const server = await serve({
        transport,
        env: { SLUICE_REVALIDATE_MS: "5" },
        files: { "page.bin": versions[0]! },
      });
      const isOver = replaceAgainAndAgain(server, versions);
      const answers = await askAgainAndAgain(server, isOver, 16);

      const lettersByTag = new Map<string, Set<string>>();
      for (const { status, fields, body, isCut } of answers) {
        const letter = String.fromCharCode(body[0]!);
        expect([status, isCut]).toEqual([200, false]);
        expect(body.equals(versions[LETTERS.indexOf(letter)]!), "one whole version").toBe(true);
        const tag = fields.get("etag")!;
        lettersByTag.set(tag, (lettersByTag.get(tag) ?? new Set()).add(letter));
      }
      for (const letters of lettersByTag.values()) expect(letters.size).toBe(1);
      expect(lettersByTag.size).toBeGreaterThan(3);
      await server.untilIdle();
    });
  }

  const SIZE = 100 * MIB; // more than the pool holds: the rest must come from the disk
  const ways: readonly (readonly [how: string, change: (path: string) => void])[] = [
    ["truncated", (path) => fs.truncateSync(path, 10 * MIB)],
    ["truncated to nothing", (path) => fs.truncateSync(path, 0)],
    ["made longer", (path) => fs.truncateSync(path, SIZE + 1)],
    ["rewritten in place", (path) => rewrite(path, SIZE, "b")],
    ["changed by one byte", (path) => rewrite(path, 1, "b")],
  ];
  const old = { sizeBytes: SIZE, islands: [] } as const;
  const changing = sharedServer({
    transport,
    files: Object.fromEntries(ways.map(([how]) => [fileOf(how), old])),
  });
  for (const [how, change] of ways) {
    test(`a file ${how} during a download: it ends early, and only the old bytes came`, async () => {
      const server = changing();
      const { filesChanged } = (await server.stats()).counters;
      const client = await Client.connect(server.port);
      client.send(request(`GET /${fileOf(how)}`));
      const head = await client.head();
      await client.body(MIB, () => {});
      change(server.folder.at(fileOf(how)));

      const left = Number(head.fields.get("content-length")) - MIB;
      const got = await client.body(left, (bytes) => expectOnly("\0", bytes));
      expect(got).toBeLessThan(left);
      expect((await server.stats()).counters.filesChanged).toBe(filesChanged + 1);
      await server.untilIdle();
    });
  }

  test("a file that is removed during a download still arrives whole", async ({ serve }) => {
    const server = await serve({ transport, files: { "a.bin": Buffer.alloc(20 * MIB, "a") } });
    const client = await Client.connect(server.port);
    client.send(request("GET /a.bin"));
    await client.head();
    fs.rmSync(server.folder.at("a.bin"));
    expect(await client.body(20 * MIB, (bytes) => expectOnly("a", bytes))).toBe(20 * MIB);
    client.leave();
  });

  test("a change is seen after the time a look at the disk is believed", async ({ serve }) => {
    const server = await serve({
      transport,
      env: { SLUICE_REVALIDATE_MS: "50" },
      files: { "a.txt": "old" },
    });
    await get(server.port, "/a.txt");
    await get(server.port, "/new.txt");
    server.folder.replace("a.txt", "new");
    server.folder.write("new.txt", "here now");
    await sleep(100);
    expect(String((await get(server.port, "/a.txt")).body)).toBe("new");
    expect(String((await get(server.port, "/new.txt")).body)).toBe("here now");
  });
});

const fileOf = (how: string): string => `${how.replaceAll(" ", "-")}.bin`;

/** Returns whether it has stopped. */
function replaceAgainAndAgain({ folder }: Server, versions: readonly Buffer[]): () => boolean {
  const endMs = performance.now() + REPLACE_FOR_MS;
  let n = 0;
  const timer = setInterval(() => {
    folder.replace("page.bin", versions[++n % versions.length]!);
    if (performance.now() > endMs) clearInterval(timer);
  }, 10);
  return () => performance.now() > endMs;
}

async function askAgainAndAgain(
  { port }: Server,
  isOver: () => boolean,
  clients: number,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const one = async (): Promise<void> => {
    const client = await Client.connect(port);
    while (!isOver()) {
      client.send(request("GET /page.bin"));
      answers.push(await client.answer());
    }
    client.leave();
  };
  await Promise.all(Array.from({ length: clients }, one));
  return answers;
}

function rewrite(path: string, bytes: number, letter: string): void {
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, Buffer.alloc(bytes, letter), 0, bytes, 0);
  fs.closeSync(fd);
}

/** Compares by piece: a matcher per byte would take minutes. */
function expectOnly(letter: string, bytes: Buffer): void {
  const isOnly = bytes.equals(Buffer.alloc(bytes.length, letter));
  expect(isOnly, `nothing but ${JSON.stringify(letter)}`).toBe(true);
}
