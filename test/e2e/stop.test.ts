/** Fear: a deployment that cuts downloads, or a server that does not go when told to. */
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect } from "vitest";
import { Client, request } from "../support/client.js";
import { Folder, MIB, Random } from "../support/folder.js";
import { TRANSPORTS, test } from "../support/server.js";
import { slowDisk } from "../support/slow-disk.js";

const LARGE = 12 * MIB; // more than the kernel keeps for a client that does not read
const random = new Random(6);
const FILES = {
  "large.bin": random.bytes(LARGE),
  "small.txt": "small",
  "slow-small.txt": "slow",
} as const;

const site = new Folder(FILES);
afterAll(() => site.remove());

describe.each(TRANSPORTS)("through %s", (transport) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal} lets a download end, takes no new connection, and exits with 0`, async ({
      serve,
    }) => {
      const server = await serve({ transport, folder: site });
      const client = await Client.connect(server.port);
      client.send(request("GET /large.bin"));
      await server.until(({ scheduler }) => scheduler.sentBytes > 0);
      server.signal(signal);
      await untilRefused(server.port);

      expect(await client.download(FILES["large.bin"])).toMatchObject({
        lengthBytes: LARGE,
        isSame: true,
      });
      const { code, out, err } = await server.exit();
      expect([code, err]).toEqual([0, ""]);
      expect(out).toMatch(/all transfers ended\n$/);
    });
  }

  test("a client that reads slowly gets its last byte too", async ({ serve }) => {
    const server = await serve({ transport, folder: site });
    const client = await startDownload(server.port);
    server.signal("SIGTERM");
    let got = 0;
    for (let at = 0; at < LARGE; at += MIB) {
      got += await client.body(Math.min(MIB, LARGE - at), () => {});
      await sleep(20);
    }
    expect(got).toBe(LARGE);
    expect((await server.exit()).code).toBe(0);
  });

  test("a client that reads nothing for a while gets the bytes that were waiting for it", async ({
    serve,
  }) => {
    const server = await serve({ transport, folder: site });
    const probe = await startDownload(server.port);
    await server.until(({ scheduler }) => scheduler.blocked === 1);
    const fits = (await server.stats()).scheduler.sentBytes;
    probe.leave();

    // As much as fits between us and the client: to the server it is sent, and nobody has it.
    const client = await Client.connect(server.port);
    client.send(request("GET /large.bin", `Range: bytes=0-${fits - 1}`));
    const { fields } = await client.head();
    server.signal("SIGTERM");
    await sleep(300);
    expect(await client.body(fits, () => {})).toBe(Number(fields.get("content-length")));
    expect((await server.exit()).code).toBe(0);
  });

  test("a request that waits for the disk is answered", async ({ serve }) => {
    const server = await serve({ transport, folder: site, env: slowDisk(1000) });
    const client = await Client.connect(server.port);
    client.send(request("GET /slow-small.txt"));
    await server.until(({ readers }) => readers.inFlight === 1);
    server.signal("SIGTERM");
    expect(String((await client.answer()).body)).toBe("slow");
    expect((await server.exit()).code).toBe(0);
  });

  test("an idle connection is no reason to wait", async ({ serve }) => {
    const server = await serve({ transport, folder: site });
    const client = await Client.connect(server.port);
    client.send(request("GET /small.txt"));
    await client.answer();
    server.signal("SIGTERM");
    expect((await server.exit()).code).toBe(0);
    await client.untilClosed();
  });

  test("a connection in use is told that it closes after the next answer", async ({ serve }) => {
    const server = await serve({ transport, folder: site });
    const download = await startDownload(server.port);
    const other = await Client.connect(server.port);
    other.send(request("GET /small.txt"));
    await other.answer();
    other.send("GET /small.txt HTTP/1.1\r\nHost: test\r\n"); // not idle: half a request
    await server.until(({ connections }) => connections === 2);
    server.signal("SIGTERM");
    await untilRefused(server.port);
    other.send("\r\n");
    const { status, fields } = await other.answer();
    expect([status, fields.get("connection")]).toEqual([200, "close"]);
    download.leave();
    expect((await server.exit()).code).toBe(0);
  });

  test("a client that takes too long is cut after SLUICE_DRAIN_MS", async ({ serve }) => {
    const server = await serve({ transport, folder: site, env: { SLUICE_DRAIN_MS: "300" } });
    const client = await startDownload(server.port);
    server.signal("SIGTERM");
    const { code, out } = await server.exit();
    expect(code).toBe(0);
    expect(out).toMatch(/transfers were cut\n$/);
    expect(await client.body(LARGE, () => {})).toBeLessThan(LARGE);
  });

  test("a second signal does not wait", async ({ serve }) => {
    const server = await serve({ transport, folder: site });
    await startDownload(server.port);
    server.signal("SIGTERM");
    await untilRefused(server.port);
    server.signal("SIGTERM");
    expect((await server.exit()).code).toBe(1);
  });
});

test("a signal in the moment the server says that it listens is heeded", async ({ run }) => {
  const impatient = fileURLToPath(new URL("../support/impatient.cjs", import.meta.url));
  const env = {
    NODE_OPTIONS: `--require ${impatient}`,
    IMPATIENT_SIGNAL: "SIGTERM",
    SLUICE_PORT: "0",
    SLUICE_ADMIN_PORT: "0",
  };
  const { code, out } = await run({ words: [dirname(impatient)], env }).exit();
  expect(code).toBe(0);
  expect(out).toMatch(/all transfers ended\n$/);
});

async function startDownload(port: number): Promise<Client> {
  const client = await Client.connect(port);
  client.send(request("GET /large.bin"));
  await client.head();
  return client;
}

/** The signal takes a moment to arrive: connects until the port is closed. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    try {
      (await Client.connect(port)).leave();
      await sleep(5);
    } catch (error) {
      // Others, such as a reset, come from the moment between.
      if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return;
    }
  }
}
