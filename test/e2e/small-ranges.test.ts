/** Fear: a part sent at once is another's, another file's, or ends where its socket was full. */
import fs from "node:fs";
import { afterAll, describe, expect, vi } from "vitest";
import { Client, get, request } from "../support/client.js";
import { Folder, KIB, MIB, Random } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

const random = new Random(11);
const archive = random.bytes(8 * MIB);
const small = random.bytes(20 * KIB);
const site = new Folder({ "archive.bin": archive, "small.bin": small });
afterAll(() => site.remove());

const PART = 128 * KIB; // the largest that is sent so
/** More than the kernel keeps for a client that reads nothing, in parts. */
const MANY = 200;

const rangeOf = (first: number, lengthBytes: number): string =>
  `Range: bytes=${first}-${first + lengthBytes - 1}`;

/** In one chunk after the other: one that much is asked of comes to the pool, and stays there. */
const placeOf = (n: number): number => (n % 8) * MIB + n * 1000;

const answersOf = async (server: Server): Promise<number> =>
  (await server.stats()).counters.answersByClass[2]!;

describe.each(TRANSPORTS)("through %s", (transport) => {
  const server = sharedServer({ transport, folder: site });

  test("each is what it says, whatever was sent before it", async () => {
    const client = await Client.connect(server().port);
    for (let n = 0; n < 300; n++) {
      const [name, content] = n % 3 === 0 ? ["small", small] : ["archive", archive];
      const first = random.below(content.length - 1);
      const length = 1 + random.below(Math.min(PART, content.length - first));
      client.send(request(`GET /${name}.bin`, rangeOf(first, length)));
      const answer = await client.answer();
      expect(answer.status).toBe(206);
      const last = first + length - 1;
      expect(answer.fields.get("content-range")).toBe(`bytes ${first}-${last}/${content.length}`);
      expect(answer.body.equals(content.subarray(first, last + 1))).toBe(true);
    }
    client.leave();
  });

  test("conditions beside it are weighed", async () => {
    const { port } = server();
    const { fields } = await get(port, "/archive.bin", rangeOf(0, 10));
    const tag = fields.get("etag")!;
    const statusFor = async (field: string): Promise<number> =>
      (await get(port, "/archive.bin", rangeOf(0, 10), field)).status;
    expect(await statusFor(`If-Range: ${tag}`)).toBe(206);
    expect(await statusFor('If-Range: "another"')).toBe(200);
    expect(await statusFor(`If-None-Match: ${tag}`)).toBe(304);
    expect(await statusFor(`If-Modified-Since: ${fields.get("last-modified")}`)).toBe(304);
    expect(await statusFor('If-Match: "another"')).toBe(412);
  });

  test("a file that changed under what is known of it is not sent as the one it was", async ({
    serve,
  }) => {
    const files = { "a.bin": Buffer.alloc(MIB, "a") };
    const knowing = await serve({ transport, files, env: { SLUICE_REVALIDATE_MS: "3600000" } });
    const partOf = () => get(knowing.port, "/a.bin", rangeOf(0, 1000));
    for (let n = 0; n < 2; n++) expect((await partOf()).body).toEqual(Buffer.alloc(1000, "a"));
    fs.writeFileSync(knowing.folder.at("a.bin"), Buffer.alloc(MIB, "b"));
    expect((await partOf()).status).toBe(503);
  });
});

/** node:http copies what it is given, and reads no request while it has too much of the last answer. */
test("one the socket took a piece of is gone on with from the file", async ({ serve }) => {
  const server = await serve({ transport: "uws", folder: site });
  const client = await Client.connect(server.port);
  const answersBefore = await answersOf(server);
  let sent = 0;
  do {
    client.send(request("GET /archive.bin", rangeOf(placeOf(sent), PART)));
    sent++;
    // A request behind one that waits for its client would end the connection.
    await vi.waitUntil(async () => (await answersOf(server)) === answersBefore + sent);
  } while (sent < MANY && (await server.stats()).scheduler.blocked === 0);
  expect(sent).toBeLessThan(MANY);
  const others = await get(server.port, "/archive.bin", rangeOf(7 * MIB, PART));
  expect(others.body.equals(archive.subarray(7 * MIB, 7 * MIB + PART))).toBe(true);
  for (let n = 0; n < sent; n++) {
    const { body } = await client.answer();
    expect(body.equals(archive.subarray(placeOf(n), placeOf(n) + PART))).toBe(true);
  }
  client.leave();
  await server.untilIdle();
});
