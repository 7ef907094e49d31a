/** Fear: what a full socket has left of an answer at hand is another's bytes, or goes uncounted. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../../engine/explain/explain-ask.js";
import { FileServer } from "../../../engine/server.js";
import type { Ready } from "../../../engine/transport/exchange.js";
import { viewOf } from "../../../fs/bytes.js";
import type { Field } from "../../../protocol/head.js";
import { Folder } from "../../support/folder.js";
import { answerTo, type InProcess, shareInProcess } from "../../support/in-process.js";
import { FakeReply } from "../admin/fake-reply.js";

const NAMES = ["known", "known-too", "new", "new-too", "part", "part-too", "counted", "seen"];
/** Of one length, and with no byte in common. */
const contentOf = (name: string): Buffer => Buffer.alloc(1000, 65 + NAMES.indexOf(name));

const folder = new Folder(
  Object.fromEntries(NAMES.map((name) => [`${name}.png`, contentOf(name)])),
);
afterAll(() => folder.remove());

const PARTS: Field[] = [["Range", "bytes=10-19,50-59"]];
const TAKEN = 3;

const askFor = (target: string, fields: readonly Field[] = []): ExplainedAsk =>
  new ExplainedAsk(target, fields);

const fail = (why: string): never => {
  throw new Error(why);
};

/** Twice: then its bytes are kept, and there is a ticket. */
async function makeKnown({ server }: InProcess, name: string): Promise<void> {
  for (let n = 0; n < 2; n++) await answerTo(server, askFor(`/${name}.png`));
}

describe("a socket that takes a part of an answer", () => {
  const shared = shareInProcess({
    root: fs.realpathSync(folder.path),
    env: { SLUICE_REVALIDATE_MS: "1h" },
  });

  /** The root is looked at off the loop: the first question only starts that. */
  const untilReady = (ask: ExplainedAsk, server = shared().server): Promise<Ready> =>
    vi.waitUntil(() => server.express(ask), { interval: 5, timeout: 10_000 });

  test.each([
    ["of a file that is known", "known", [], true],
    ["of one that was looked at for the first time", "new", [], false],
    ["of several parts", "part", PARTS, true],
  ] as const)(
    "gets the rest, whoever is answered meanwhile: %s",
    async (_, name, fields, isKnown) => {
      const { server } = shared();
      for (const one of isKnown ? [name, `${name}-too`] : []) await makeKnown(shared(), one);
      const ask = askFor(`/${name}.png`, fields);
      const ready = await untilReady(ask);
      const whole = Buffer.from(viewOf(ready.body!)).toString("latin1");
      const reply = new FakeReply(0);
      server.finish(ask, ready, TAKEN, reply);
      const other = server.express(askFor(`/${name}-too.png`, fields));
      expect(Buffer.from(viewOf(other!.body!)).toString("latin1")).not.toBe(whole);
      await reply.drain(Number.POSITIVE_INFINITY);
      expect(reply.body).toBe(whole.slice(TAKEN));
    },
  );

  test.each([
    ["a whole file", [], 0],
    ["a part", [["Range", "bytes=10-19"]], 1],
  ] as [string, Field[], number][])(
    "is under way, and a download: %s",
    async (_, fields, ranged) => {
      const { server, machine } = shared();
      await makeKnown(shared(), "counted");
      const ask = askFor("/counted.png?v=1", fields);
      const before = machine.downloads.sums;
      const { bytesAtHand } = machine.counters;
      const startedMs = performance.now();
      const ready = await untilReady(ask);
      const reply = new FakeReply(0);
      server.finish(ask, ready, TAKEN, reply);

      const [row] = machine.operations.underWay(1);
      const totalBytes = ready.body!.byteLength;
      expect(row).toMatchObject({ what: "GET /counted.png?v=1", sentBytes: TAKEN, totalBytes });
      expect(row!.ageMs).toBeLessThanOrEqual(performance.now() - startedMs);
      expect(machine.counters.bytesAtHand).toBe(bytesAtHand + TAKEN);
      expect(machine.downloads.sums).toEqual({ ...before, inProgress: before.inProgress + 1 });

      await reply.drain(Number.POSITIVE_INFINITY);
      expect(machine.operations.inProgress).toBe(0);
      expect(machine.downloads.sums).toEqual({
        ...before,
        completed: before.completed + 1,
        ranged: before.ranged + ranged,
        bytes: before.bytes + totalBytes,
      });
    },
  );

  test("gets no more of it when there is a bug of ours, and nobody else pays", async () => {
    const { parts } = shared();
    const bugs: string[] = [];
    const onBug = (error: unknown, path: string): void => {
      bugs.push(`${path}: ${error instanceof Error ? error.message : error}`);
    };
    const operations = Object.create(parts.operations, {
      begin: { value: () => fail("no operation") },
    });
    const recorder = { express: () => fail("no record") } as unknown as typeof parts.recorder;
    const server = new FileServer({ ...parts, operations, recorder, onBug });
    const ask = askFor("/seen.png");
    const ready = await untilReady(ask, server);
    const reply = new FakeReply(0);
    server.finish(ask, ready, TAKEN, reply);
    expect([bugs, reply.isCut]).toEqual([["/seen.png: no operation"], true]);
    server.sent(ready);
    expect(bugs.at(-1)).toBe("a request at hand: no record");
  });

  test("is its client's, as a believed proxy says", async () => {
    const { parts, machine } = shared();
    const trusts = (address: string): boolean => address === "";
    const server = new FileServer({ ...parts, accessLog: undefined, trusts });
    const ask = askFor("/seen.png", [["X-Forwarded-For", "192.0.2.7"]]);
    const reply = new FakeReply(0);
    server.finish(ask, await untilReady(ask, server), TAKEN, reply);
    expect(machine.operations.underWay(1)).toMatchObject([{ client: "192.0.2.7" }]);
    await reply.drain(Number.POSITIVE_INFINITY);
  });
});
