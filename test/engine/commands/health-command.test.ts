/** Fear: a probe that says yes of a dead server, or restarts one that lives. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Told } from "../../../engine/commands/admin-client.js";
import { tellHealth } from "../../../engine/commands/health-command.js";

const LIVES = false;
const IS_READY = true;

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const answer =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(body);

type Row = readonly [why: string, asks: boolean, status: number, body: string, want: Told];
const refused = (...complaints: unknown[]): Told => ({ kind: "refused", complaints }) as Told;
const rows: readonly Row[] = [
  ["a server that lives", LIVES, 200, "ok\n", { kind: "told", text: "alive\n" }],
  ["a server that is ready", IS_READY, 200, "ok\n", { kind: "told", text: "ready\n" }],
  [
    "a server that is not ready says why, one line each",
    IS_READY,
    503,
    "it does not listen\nthe root / cannot be read\n",
    refused("not ready: it does not listen", "not ready: the root / cannot be read"),
  ],
  ["another program", LIVES, 404, "", refused(expect.stringMatching(/it sent status 404$/))],
  ["another program's success", LIVES, 204, "", refused(expect.stringMatching(/status 204$/))],
  ["a wanted token", LIVES, 401, "", refused(expect.stringMatching(/wants a token/))],
  ["strangers are refused", LIVES, 403, "ok", refused(expect.stringMatching(/\(403\)/))],
];
for (const [why, asks, status, body, want] of rows) {
  test(`${why} (${status})`, async () => {
    const port = await serve(answer(status, body));
    expect(await tellHealth({ SLUICE_ADMIN_PORT: `${port}` }, asks)).toEqual(want);
  });
}

test("which port the files have is not asked here, where it may not be set", async () => {
  const port = `${await serve(answer(200, "ok\n"))}`;
  const told = await tellHealth({ SLUICE_ADMIN_PORT: port, SLUICE_PORT: port }, LIVES);
  expect(told).toEqual({ kind: "told", text: "alive\n" });
});

test("each question has a path of its own, and the token goes along", async () => {
  const asked: unknown[] = [];
  const port = await serve(({ url, headers }, response) => {
    asked.push([url, headers.authorization]);
    response.end();
  });
  const token = "correct-horse-battery";
  const env = { SLUICE_ADMIN_PORT: `${port}`, SLUICE_ADMIN_TOKEN: token };
  await tellHealth(env, LIVES);
  await tellHealth(env, IS_READY);
  expect(asked).toEqual([
    ["/healthz", `Bearer ${token}`],
    ["/readyz", `Bearer ${token}`],
  ]);
});

test("a server that hangs is not waited for", async () => {
  const port = await serve(() => {});
  expect(await tellHealth({ SLUICE_ADMIN_PORT: `${port}` }, LIVES, 100)).toEqual(
    refused(`127.0.0.1:${port} did not answer within 100ms`),
  );
});
