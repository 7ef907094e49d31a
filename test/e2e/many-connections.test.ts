/** Fear: a connection that does nothing costs what a server has little of. */
import { describe, expect, vi } from "vitest";
import { startIdle } from "../../bench/load/idle.js";
import { KIB } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

/** `npm run soak -- --connections` opens 10,000. */
const CONNECTIONS = 2000;
const WARM_UP = 500;

/** Of resident memory, each: some three times what it was when this was written. */
const MAY_COST = { uws: 8 * KIB, node: 48 * KIB };

describe.each(TRANSPORTS)("through %s", (transport) => {
  const server = sharedServer({ transport, files: { "small.txt": "hello" } });

  test(`${CONNECTIONS} idle connections cost little, and leave nothing behind`, async () => {
    await crowd(server(), WARM_UP);
    const before = server().rssBytes();
    const { seen, rssBytes } = await crowd(server(), CONNECTIONS);
    expect(seen).toBeGreaterThan(CONNECTIONS / 4); // a busy machine is late, and some are cut as idle
    expect((rssBytes - before) / seen).toBeLessThan(MAY_COST[transport]);
  });
});

/** What there was while all had been let in and answered. */
async function crowd(server: Server, connections: number) {
  const plan = { host: "127.0.0.1", port: server.port, target: "/small.txt", connections };
  const idle = await startIdle({ ...plan, askEveryMs: 4000 });
  await vi.waitUntil(() => idle.countAnswered() + idle.countCut() >= connections, 20_000);
  const { connections: seen } = await server.stats();
  const rssBytes = server.rssBytes();
  idle.stop();
  await server.untilIdle();
  return { seen, rssBytes };
}
