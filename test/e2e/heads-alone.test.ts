/** Fear: a HEAD answered at once says otherwise than GET, or leaves its connection in disorder. */
import { afterAll, describe, expect } from "vitest";
import { Client, type Head, request } from "../support/client.js";
import { Folder, MIB } from "../support/folder.js";
import { sharedServer, TRANSPORTS, test } from "../support/server.js";

const site = new Folder({
  "small.txt": "small",
  "empty.txt": "",
  "large.bin": { sizeBytes: 5000 * MIB, islands: [] },
  "app.js": "let it = 1;",
  "app.js.gz": "gz",
});
afterAll(() => site.remove());

const TIMES = 3; // found out once, then known
const AGAIN = { "/small.txt": 200, "/empty.txt": 200, "/app.js": 200, "/missing.txt": 404 };

/** One in some 1,000 closes, so surely one of them. */
const MANY = 5000;

/** What both answers must say alike, in whatever order: all but when. */
const saidBy = ({ status, fields }: Head) => ({
  status,
  fields: Object.fromEntries([...fields].filter(([name]) => name !== "date")),
});

describe.each(TRANSPORTS)("through %s", (transport) => {
  const server = sharedServer({ transport, folder: site });

  test.each(Object.entries(AGAIN))("HEAD %s says what GET says", async (path, status) => {
    const client = await Client.connect(server().port);
    for (let n = 0; n < TIMES; n++) {
      client.send(request(`HEAD ${path}`, "Range: bytes=0-1"));
      const head = await client.answer("HEAD");
      client.send(request(`GET ${path}`));
      const whole = await client.answer();
      expect(saidBy(head)).toEqual(saidBy(whole));
      expect([head.status, head.fields.get("content-length")]).toEqual([
        status,
        `${whole.body.length}`,
      ]);
    }
    client.leave();
  });

  test("of a file over 4 GiB, and of the coding that is asked for", async () => {
    const client = await Client.connect(server().port);
    for (let n = 0; n < TIMES; n++) {
      client.send(request("HEAD /large.bin"));
      expect((await client.answer("HEAD")).fields.get("content-length")).toBe(`${5000 * MIB}`);
      client.send(request("HEAD /app.js", "Accept-Encoding: gzip"));
      const { fields } = await client.answer("HEAD");
      expect([fields.get("content-length"), fields.get("content-encoding")]).toEqual(["2", "gzip"]);
    }
    client.leave();
  });

  test("conditions are weighed, and no byte of a body is counted", async () => {
    const client = await Client.connect(server().port);
    const counted = async () => {
      const { counters } = await server().stats();
      return [counters.bytesAtHand, counters.bodiesSent, counters.answersByClass[3]!];
    };
    const [bytes, bodies, unchanged] = await counted();
    client.send(request("HEAD /small.txt"));
    const tag = (await client.answer("HEAD")).fields.get("etag")!;
    for (let n = 0; n < TIMES; n++) {
      client.send(request("HEAD /small.txt", `If-None-Match: ${tag}`));
      const { status, fields } = await client.answer("HEAD");
      expect([status, fields.get("content-length")]).toEqual([304, undefined]);
      client.send(request("HEAD /small.txt", 'If-Match: "another"'));
      expect((await client.answer("HEAD")).status).toBe(412);
    }
    expect(await counted()).toEqual([bytes, bodies, unchanged! + TIMES]);
    client.leave();
  });
});

test("through uws, a head that closes its connection says what the others say", async ({
  serve,
}) => {
  const server = await serve({ transport: "uws", folder: site });
  for (const line of ["HEAD /small.txt", "HEAD /missing.txt", "OPTIONS /small.txt"]) {
    let client = await Client.connect(server.port);
    const ask = async (): Promise<Head> => {
      client.send(request(line));
      return client.head();
    };
    const isLast = ({ fields }: Head): boolean => fields.get("connection") === "close";
    const askAnew = async (): Promise<Head> => {
      client.leave();
      client = await Client.connect(server.port);
      const head = await ask();
      return isLast(head) ? askAnew() : head;
    };
    const usual = await askAnew();
    let last = usual;
    for (let n = 0; n < MANY && !isLast(last); n++) last = await ask();
    const { connection, ...fields } = saidBy(last).fields;
    expect(connection).toBe("close");
    expect({ status: last.status, fields }).toEqual(saidBy(usual));
    expect(last.fields.has("date")).toBe(true);
    expect((await client.untilClosed()).length).toBe(0);

    expect(saidBy(await askAnew())).toEqual(saidBy(usual));
    client.leave();
  }
  await server.untilIdle();
});
