/**
 * Fear: a file that is answered at its first sight comes with another's bytes, says otherwise than it
 * will later, or fills memory though nobody comes back for it.
 */
import { afterAll, describe, expect, vi } from "vitest";
import { sharedCertificate } from "../support/certificates.js";
import { type Answer, Client, get, request } from "../support/client.js";
import { Folder, KIB, Random } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

const random = new Random(17);
const MOST_LENT = 32 * KIB;
/** More than the kernel keeps for a client that reads nothing. */
const MANY = 400;
const PATIENTLY = { timeout: 20_000 };

/** Of a kind that has no siblings, which nobody would have to look for. */
const contents = new Map<string, Buffer>();
const add = (name: string, sizeBytes: number): void => {
  contents.set(name, random.bytes(sizeBytes));
};
for (let n = 0; n < MANY; n++) add(`large-${n}.png`, MOST_LENT - n);
for (const transport of TRANSPORTS) {
  for (let n = 0; n < 300; n++) add(`${transport}/${n}.png`, 1 + random.below(MOST_LENT));
  for (const name of ["warm", "one", "conditional", "part", "headed"]) {
    add(`${transport}/${name}.png`, 5000);
  }
  for (let n = 0; n < 100; n++) add(`${transport}/warm-${n}.png`, 100);
}
const site = new Folder(Object.fromEntries(contents));
afterAll(() => site.remove());
const CERT = sharedCertificate();

/** What is seen stays believed for as long as a test lasts. */
const env = { SLUICE_REVALIDATE_MS: "3600000" };

const bodyBytes = async (server: Server): Promise<number> => (await server.stats()).table.bodyBytes;

/** A root is looked at when it is first asked for, so the first files take the main road. */
async function untilLooking(
  server: Server,
  askForNew: (n: number) => Promise<Answer>,
): Promise<void> {
  for (let n = 0, isLooking = false; !isLooking; n++) {
    const before = await bodyBytes(server);
    expect((await askForNew(n)).status).toBe(200); // there are a hundred
    isLooking = (await bodyBytes(server)) === before;
  }
}

const saidBy = ({ status, fields, body }: Answer) => ({
  status,
  fields: [...fields].filter(([name]) => name !== "date"),
  body,
});

describe.each(TRANSPORTS)("through %s", (transport) => {
  const server = sharedServer({ transport, folder: site, env });
  let warmed = 0;
  const warmUp = () =>
    untilLooking(server(), () => get(server().port, `/${transport}/warm-${warmed++}.png`));

  test("each of many is itself, the first time and later", async () => {
    await warmUp();
    const client = await Client.connect(server().port);
    for (let at = 0; at < 300; at += 10) {
      const names = Array.from({ length: 20 }, (_, n) => `${transport}/${at + (n % 10)}.png`);
      client.send(names.map((name) => request(`GET /${name}`)).join(""));
      for (const name of names) {
        const { status, body } = await client.answer();
        expect([status, body.equals(contents.get(name)!)], name).toEqual([200, true]);
      }
    }
    client.leave();
  });

  test("the first time nothing is kept, the second its bytes", async () => {
    await warmUp();
    const { table } = await server().stats();
    const answers: Answer[] = [];
    const kept: [files: number, bytes: number][] = [];
    for (let n = 0; n < 3; n++) {
      answers.push(await get(server().port, `/${transport}/one.png`));
      const { entries, bodyBytes } = (await server().stats()).table;
      kept.push([entries - table.entries, bodyBytes - table.bodyBytes]);
    }
    expect(kept).toEqual([
      [0, 0],
      [1, 5000],
      [1, 5000],
    ]);
    for (const answer of answers) expect(saidBy(answer)).toEqual(saidBy(answers[0]!));
  });

  test.each([
    ["conditional", "If-Match: *", 200],
    ["part", "Range: bytes=10-19", 206],
  ])("%s ones take the road that weighs them", async (name, field, status) => {
    const path = `/${transport}/${name}.png`;
    const content = contents.get(path.slice(1))!;
    const first = await get(server().port, path, field);
    const want = status === 206 ? content.subarray(10, 20) : content;
    expect([first.status, first.body.equals(want)]).toEqual([status, true]);
    expect((await get(server().port, path)).body.equals(content)).toBe(true);
  });

  test("a HEAD says what GET will say", async () => {
    const client = await Client.connect(server().port);
    client.send(request(`HEAD /${transport}/headed.png`));
    const head = await client.answer("HEAD");
    for (let n = 0; n < 3; n++) {
      client.send(request(`GET /${transport}/headed.png`));
      const { fields, body } = await client.answer();
      expect(timeless(fields)).toEqual(timeless(head.fields));
      expect(body.equals(contents.get(`${transport}/headed.png`)!)).toBe(true);
    }
    client.leave();
  });

  test("one that was written to meanwhile is not what it was", async ({ serve }) => {
    const own = await serve({ transport, files: { "a.png": "before" } });
    const bodyOf = async (): Promise<string> => String((await get(own.port, "/a.png")).body);
    expect(await bodyOf()).toBe("before");
    own.folder.write("a.png", "afterwards");
    await vi.waitUntil(async () => (await bodyOf()) === "afterwards", PATIENTLY);
    own.folder.remove();
    await vi.waitUntil(async () => (await get(own.port, "/a.png")).status === 404, PATIENTLY);
  });

  test("each is one download", async ({ serve }) => {
    const own = await serve({ transport, folder: site, env });
    for (let n = 0; n < 20; n++) await get(own.port, `/${transport}/${n % 10}.png`);
    const { downloads } = await own.report();
    const counted = downloads.filter(({ completed }) => completed === 2);
    expect(counted).toHaveLength(10);
  });
});

/** node:http copies what it is given, and reads no request while it has too much of the last answer. */
test.for(["plain", "secure"] as const)(
  "who stops reading gets what is his, %s",
  async (kind, { serve }) => {
    const settings = kind === "secure" ? { ...env, ...CERT } : env;
    const server = await serve({ transport: "uws", folder: site, env: settings });
    const connect = () =>
      kind === "secure" ? Client.secure(server.port) : Client.connect(server.port);
    const ask = async (who: Client, path: string): Promise<Answer> => {
      who.send(request(`GET ${path}`));
      return who.answer();
    };
    const early = await connect();
    await untilLooking(server, (n) => ask(early, `/uws/warm-${n}.png`));
    early.leave();

    const client = await connect();
    const before = (await server.stats()).counters.answersByClass[2]!;
    let sent = 0;
    for (let isBlocked = false; !isBlocked && sent < MANY; ) {
      client.send(request(`GET /large-${sent}.png`));
      sent++;
      // A request behind one that waits for its client would end the connection.
      await server.until(({ counters, scheduler }) => {
        isBlocked = scheduler.blocked > 0;
        return counters.answersByClass[2]! + scheduler.blocked === before + sent;
      });
    }
    expect(sent).toBeLessThan(MANY);
    // Only now: on a busy machine, the above takes longer than a connection may rest.
    const other = await connect();
    for (let n = 0; n < 50; n++) {
      const name = `uws/${n}.png`;
      expect((await ask(other, `/${name}`)).body.equals(contents.get(name)!)).toBe(true);
    }
    for (let n = 0; n < sent; n++) {
      const { body } = await client.answer();
      expect(body.equals(contents.get(`large-${n}.png`)!), `${n}`).toBe(true);
    }
    client.leave();
    other.leave();
    await server.untilIdle();
  },
);

/** All but when it was sent. */
const timeless = (fields: ReadonlyMap<string, string>): [string, string][] =>
  [...fields].filter(([name]) => name !== "date").sort();
