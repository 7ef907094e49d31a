/** Fear: a response made of two versions of a file. */
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { type Answer, Client, get, request } from "../support/client.js";
import { holds, KIB, MIB } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

/** Every version is one letter, over and over: any mixture shows. */
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const REPLACE_FOR_MS = 700;
/** A busy machine takes its time, until this many have been seen. */
const FEWEST_VERSIONS = 4;
const PATIENCE_MS = 20_000;

/** More than the pool holds: the rest must come from the disk. */
const SIZE = 40 * MIB;
const SMALL_POOL = { SLUICE_POOL_BYTES: "16MiB" } as const;
const OLD = { sizeBytes: SIZE, islands: [] } as const;

describe.each(TRANSPORTS)("through %s", (transport) => {
  const sizes = [
    ["a small file", 20 * KIB],
    ["a file of five chunks", 1.25 * MIB],
  ] as const;
  const looking = sharedServer({ transport, files: {}, env: { SLUICE_REVALIDATE_MS: "5" } });
  for (const [what, sizeBytes] of sizes) {
    test(`${what} replaced by rename: each response is one version, under its own tag`, async () => {
      const server = looking();
      const versions = [...LETTERS].map((letter, n) => Buffer.alloc(sizeBytes + n, letter));
      const lettersByTag = new Map<string, Set<string>>();
      const isEnough = (): boolean => lettersByTag.size >= FEWEST_VERSIONS;
      const isOver = replaceAgainAndAgain(server, fileOf(what), { versions, isEnough });
      const look = ({ status, fields, body, isCut }: Answer): void => {
        const letter = String.fromCharCode(body[0]!);
        expect([status, isCut]).toEqual([200, false]);
        expect(body.equals(versions[LETTERS.indexOf(letter)]!), "one whole version").toBe(true);
        const tag = fields.get("etag")!;
        lettersByTag.set(tag, (lettersByTag.get(tag) ?? new Set()).add(letter));
      };
      await askAgainAndAgain(server, fileOf(what), { isOver, clients: 16, look });

      for (const letters of lettersByTag.values()) expect(letters.size).toBe(1);
      expect(lettersByTag.size).toBeGreaterThanOrEqual(FEWEST_VERSIONS);
      await server.untilIdle();
    });
  }

  test("a change is seen after the time a look at the disk is believed", async () => {
    const { port, folder } = looking();
    folder.write("a.txt", "old");
    await get(port, "/a.txt");
    await get(port, "/new.txt");
    folder.replace("a.txt", "new");
    folder.write("new.txt", "here now");
    await sleep(50);
    expect(String((await get(port, "/a.txt")).body)).toBe("new");
    expect(String((await get(port, "/new.txt")).body)).toBe("here now");
  });

  const trusting = sharedServer({ transport, files: {}, env: { SLUICE_REVALIDATE_MS: "1h" } });
  test("half a file, caught while somebody writes it, is not believed for as long as others", async () => {
    const { port, folder } = trusting();
    folder.write("a.txt", "");
    expect(String((await get(port, "/a.txt")).body)).toBe("");
    folder.write("a.txt", "whole");
    await expect.poll(async () => String((await get(port, "/a.txt")).body)).toBe("whole");
  });

  const ways: readonly (readonly [how: string, change: (path: string) => void])[] = [
    ["truncated", (path) => fs.truncateSync(path, 10 * MIB)],
    ["truncated to nothing", (path) => fs.truncateSync(path, 0)],
    ["made longer", (path) => fs.truncateSync(path, SIZE + 1)],
    ["rewritten in place", (path) => rewrite(path, SIZE, "b")],
    ["changed by one byte", (path) => rewrite(path, 1, "b")],
  ];
  const changing = sharedServer({
    transport,
    files: Object.fromEntries(
      ["removed", ...ways.map(([how]) => how)].map((how) => [fileOf(how), OLD]),
    ),
    env: SMALL_POOL,
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
      const got = await client.body(left, expectZeros);
      expect(got).toBeLessThan(left);
      expect((await server.stats()).counters.filesChanged).toBe(filesChanged + 1);
      await server.untilIdle();
    });
  }

  test("a file that is removed during a download still arrives whole", async () => {
    const { port, folder } = changing();
    const client = await Client.connect(port);
    client.send(request(`GET /${fileOf("removed")}`));
    await client.head();
    fs.rmSync(folder.at(fileOf("removed")));
    expect(await client.body(SIZE, expectZeros)).toBe(SIZE);
    client.leave();
  });
});

const fileOf = (how: string): string => `${how.replaceAll(" ", "-")}.bin`;

interface Replacing {
  readonly versions: readonly Buffer[];
  readonly isEnough: () => boolean;
}

/** Returns whether it has stopped. */
function replaceAgainAndAgain(
  { folder }: Server,
  name: string,
  { versions, isEnough }: Replacing,
): () => boolean {
  const fromMs = performance.now();
  const isOver = (): boolean => {
    const tookMs = performance.now() - fromMs;
    return tookMs > PATIENCE_MS || (tookMs > REPLACE_FOR_MS && isEnough());
  };
  let n = 0;
  const replace = (): void => folder.replace(name, versions[n++ % versions.length]!);
  replace();
  const timer = setInterval(() => {
    if (isOver()) clearInterval(timer);
    else replace();
  }, 10);
  return isOver;
}

interface Asking {
  readonly isOver: () => boolean;
  readonly clients: number;
  /** Is given each answer, as it comes. */
  readonly look: (answer: Answer) => void;
}

async function askAgainAndAgain(
  { port }: Server,
  name: string,
  { isOver, clients, look }: Asking,
): Promise<void> {
  const one = async (): Promise<void> => {
    const client = await Client.connect(port);
    while (!isOver()) {
      client.send(request(`GET /${name}`));
      look(await client.answer());
    }
    client.leave();
  };
  await Promise.all(Array.from({ length: clients }, one));
}

function rewrite(path: string, bytes: number, letter: string): void {
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, Buffer.alloc(bytes, letter), 0, bytes, 0);
  fs.closeSync(fd);
}

/** Compares by piece: a matcher per byte would take minutes. */
function expectZeros(bytes: Buffer): void {
  expect(holds(OLD, 0, bytes), "nothing but zeros").toBe(true);
}
