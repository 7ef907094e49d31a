/** Fear: a part sent at once is another's, another file's, or ends where its socket was full. */
import fs from "node:fs";
import { afterAll, describe, expect, vi } from "vitest";
import { sharedCertificate } from "../support/certificates.js";
import { Client, get, request } from "../support/client.js";
import { Folder, KIB, MIB, Random } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

const random = new Random(11);
const archive = random.bytes(8 * MIB);
const small = random.bytes(20 * KIB);
const site = new Folder({ "archive.bin": archive, "small.bin": small });
afterAll(() => site.remove());
const CERT = sharedCertificate();

const PART = 128 * KIB; // the largest that is sent so
/** More than the kernel keeps for a client that reads nothing, in parts. */
const MANY = 200;
const OFTEN = { interval: 5 };

const rangeOf = (first: number, lengthBytes: number): string =>
  `Range: bytes=${first}-${first + lengthBytes - 1}`;

/** In one chunk after the other: one that much is asked of comes to the pool, and stays there. */
const placeOf = (n: number): number => (n % 8) * MIB + n * 1000;

/** Answers that are over, or wait for their client. */
async function answersOf(server: Server): Promise<number> {
  const { counters, scheduler } = await server.stats();
  return counters.answersByClass[2]! + scheduler.blocked;
}

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

  test("several at once are each what they say, in chunks and across them", async () => {
    const client = await Client.connect(server().port);
    for (let n = 0; n < 100; n++) {
      const [name, content] = n % 4 === 0 ? ["small", small] : ["archive", archive];
      const length = 1 + random.below(3000);
      const gap = Math.floor(content.length / 4);
      const firsts = [0, 1, 2, 3].map((at) => at * gap + random.below(gap - length - 1));
      if (n % 2 === 0) firsts.reverse();
      const ranges = firsts.map((first) => `${first}-${first + length - 1}`);
      client.send(request(`GET /${name}.bin`, `Range: bytes=${ranges}`));
      const { status, fields, body } = await client.answer();
      expect(status).toBe(206);
      const boundary = /boundary=(.*)$/.exec(fields.get("content-type")!)![1]!;
      const want = firsts.map((first) => [
        `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
          `Content-Range: bytes ${first}-${first + length - 1}/${content.length}\r\n\r\n`,
        content.subarray(first, first + length),
      ]);
      const pieces = [...want.flat(), `\r\n--${boundary}--\r\n`];
      expect(body.equals(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))))).toBe(
        true,
      );
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
    const { status, body } = await partOf();
    expect([status, body]).toEqual([206, Buffer.alloc(1000, "b")]);
  });
});

/** Stretches of a request, by its number: 128 KiB in all, or nearly so. */
const STRETCHES: Record<string, (n: number) => [first: number, lengthBytes: number][]> = {
  "a part": (n) => [[placeOf(n), PART]],
  "a part in two chunks": (n) => [[(n % 8) * MIB + 200 * KIB + n, PART]],
  "several parts": (n) =>
    Array.from({ length: 15 }, (_, at) => [((n + at) % 15) * 500 * KIB + n, 8 * KIB]),
};

/** node:http copies what it is given, and reads no request while it has too much of the last answer. */
test.for([
  ["a part", "plain"],
  ["a part in two chunks", "secure"],
  ["several parts", "plain"],
  ["several parts", "secure"],
] as const)(
  "%s that the socket took a piece of is gone on with from the file, %s",
  async ([what, kind], { serve }) => {
    const env = kind === "secure" ? CERT : {};
    const server = await serve({ transport: "uws", folder: site, env });
    const connect = () =>
      kind === "secure" ? Client.secure(server.port) : Client.connect(server.port);
    const stretchesOf = STRETCHES[what]!;
    const ask = (client: Client, n: number): void => {
      const ranges = stretchesOf(n).map(([first, length]) => `${first}-${first + length - 1}`);
      client.send(request("GET /archive.bin", `Range: bytes=${ranges}`));
    };
    const isRight = async (client: Client, n: number): Promise<boolean> => {
      const { status, body } = await client.answer();
      const pieces = stretchesOf(n).map(([first, length]) =>
        archive.subarray(first, first + length),
      );
      let at = 0;
      for (const piece of pieces) at = body.indexOf(piece, at) + piece.length;
      const isWhole = pieces.length > 1 ? body.subarray(at, at + 4).equals(DELIMITER) : true;
      return status === 206 && pieces.every((piece) => body.includes(piece)) && isWhole;
    };
    const client = await connect();
    const answersBefore = await answersOf(server);
    let sent = 0;
    do {
      ask(client, sent);
      sent++;
      // A request behind one that waits for its client would end the connection.
      await vi.waitUntil(async () => (await answersOf(server)) === answersBefore + sent, OFTEN);
    } while (sent < MANY && (await server.stats()).scheduler.blocked === 0);
    expect(sent).toBeLessThan(MANY);
    const other = await connect();
    for (const n of [7, 99, 7]) {
      ask(other, n);
      expect(await isRight(other, n)).toBe(true);
    }
    for (let n = 0; n < sent; n++) expect(await isRight(client, n), `${n}`).toBe(true);
    client.leave();
    other.leave();
    await server.untilIdle();
  },
);

const DELIMITER = Buffer.from("\r\n--");
