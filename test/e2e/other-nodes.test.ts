/** Fear: it runs on the Node of its builders, and on no other. */
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect } from "vitest";
import { ask, download, get, request } from "../support/client.js";
import { MIB, Random } from "../support/folder.js";
import { FETCH_MS, otherNode, whyNoOtherNode } from "../support/other-node.js";
import { type Server, test } from "../support/server.js";

const VERSIONS = ["22.23.3", "24.21.0"];

const FILES = {
  "index.html": "home",
  "empty.txt": "",
  "large.bin": new Random(8).bytes(5 * MIB),
} as const;

/** In the loader's own words: the library's blame the version of Node. */
const WHY = String.raw`uWebSockets\.js does not load here: (?!This version)[^\n]*; it does with Node [^\n]*\n$`;
const FALLS_BACK = new RegExp(`^warning: serving through node:http, [^\n]* since ${WHY}`);
const REFUSED = new RegExp(`^error: ${WHY}`);

const whyNot = whyNoOtherNode();
const title = whyNot === undefined ? "on Node %s" : `skipped, since ${whyNot}: Node %s`;

describe.skipIf(whyNot !== undefined).each(VERSIONS)(title, (version) => {
  let node: string;
  beforeAll(() => {
    node = otherNode(version);
  }, FETCH_MS);

  test("it is that version", () => {
    expect(String(execFileSync(node, ["--version"]))).toBe(`v${version}\n`);
  });

  test("it serves through node:http", async ({ serve }) => {
    await expectServes(await serve({ transport: "node", files: FILES, node }));
  });

  test("it serves through uWebSockets.js, or says in one sentence why not", async ({ serve }) => {
    const server = await serve({ transport: "auto", files: FILES, node });
    const isFast = server.out.includes("through uWebSockets.js");
    expect(server.err).toMatch(isFast ? /^$/ : FALLS_BACK);
    await expectServes(server);
  });

  test("several workers say it once", async ({ serve }) => {
    const server = await serve({
      transport: "auto",
      files: FILES,
      node,
      env: { SLUICE_WORKERS: "3" },
    });
    expect(server.err.match(/does not load/g) ?? []).toHaveLength(
      server.out.includes("through uWebSockets.js") ? 0 : 1,
    );
  });

  test("told to use uWebSockets.js, it does, or ends with one line", async ({ run }) => {
    const env = { SLUICE_TRANSPORT: "uws", SLUICE_PORT: "0" };
    const program = run({ node, env });
    await program.untilSays(/listening|error/);
    if (program.out.includes("through uWebSockets.js")) return;
    const { code, err } = await program.exit();
    expect(code).toBe(1);
    expect(err).toMatch(REFUSED);
  });
});

async function expectServes({ port }: Server): Promise<void> {
  expect(String((await get(port, "/")).body)).toBe("home");
  expect((await get(port, "/empty.txt")).body).toHaveLength(0);
  expect((await get(port, "/missing")).status).toBe(404);
  expect((await ask(port, request("HEAD /large.bin"))).fields.get("content-length")).toBe(
    String(5 * MIB),
  );
  const { fields } = await get(port, "/");
  expect((await get(port, "/", `If-None-Match: ${fields.get("etag")}`)).status).toBe(304);
  expect(String((await get(port, "/", "Range: bytes=1-2")).body)).toBe("om");
  const large = FILES["large.bin"];
  const all = await Promise.all(
    Array.from({ length: 8 }, () => download(port, "/large.bin", large)),
  );
  for (const got of all) expect(got).toMatchObject({ lengthBytes: 5 * MIB, isSame: true });
}
