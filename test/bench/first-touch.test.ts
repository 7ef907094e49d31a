/** Which files a server is asked for before the clock runs and after, and how often: as the cells promise. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Load } from "../../bench/cell.js";
import { createCells, QUICK_SCALE } from "../../bench/cells.js";
import { divideCores } from "../../bench/cores.js";
import { loadServer } from "../../bench/load/load.js";
import { runWrk } from "../../bench/load/wrk.js";
import { builtFile } from "../../bench/places.js";
import { isInstalled } from "../../bench/programs.js";
import { answerOf, type StubServer, startStub } from "./support.js";

const BODY = "body";
const targets = Array.from({ length: 40 }, (_, at) => `/timed-${at}`);

const ASK = { method: "GET", headers: {}, status: 200 } as const;

let stub: StubServer | undefined;
let tempDir: string | undefined;
afterEach(async () => {
  await stub?.close();
  if (tempDir !== undefined) rmSync(tempDir, { recursive: true });
  tempDir = undefined;
});

/** Runs a load against a stub. @returns its outcome, and the targets the stub was asked for, in order */
async function run(load: Load, asked: readonly string[], bodyBytes = BODY.length) {
  const seen: string[] = [];
  stub = await startStub(async (head) => {
    seen.push(head.split(" ")[1]!);
    return answerOf(200, BODY);
  });
  tempDir = mkdtempSync(join(tmpdir(), "bench-test-"));
  const inside = async () => undefined;
  const said = () => "";
  const server = { port: stub.port, pid: process.pid, said, inside, stop: async () => {} };
  const outcome = await loadServer(load, {
    server,
    asks: asked.map((target) => ({ ...ASK, target, bodyBytes })),
    cores: divideCores(1),
    tempDir,
    warmUpSec: 0.1,
    durationSec: load.kind === "first-touch" ? 30 : 0.3, // the former ends when all was asked
    narrowSockets: { missing: "" },
  });
  return { outcome, seen };
}

test.runIf(existsSync(builtFile("load/generator.js")))(
  "first touch: the warm-up asks for other files only, and each target is asked for once",
  async () => {
    const load = { kind: "first-touch", connections: 4, targets } as const;
    const { outcome, seen } = await run(load, ["/other-1", "/other-2"]);
    const timed = seen.filter((target) => target.startsWith("/timed"));
    expect(outcome.kind).toBe("timed");
    expect(timed.toSorted()).toEqual(targets.toSorted());
    expect(seen.indexOf(timed[0]!)).toBeGreaterThan(2); // there was a warm-up
    expect(seen.lastIndexOf("/other-1")).toBeLessThan(seen.indexOf(timed[0]!));
  },
);

test("first touch: no file of the warm-up is among the targets, whatever the scale", () => {
  const cell = createCells(QUICK_SCALE).find(({ load }) => load.kind === "first-touch");
  const { load } = cell ?? {};
  const once = load?.kind === "first-touch" ? load.targets : [];
  expect(new Set(once).size).toBe(QUICK_SCALE.manyFiles);
  expect(cell?.asks().filter(({ target }) => once.includes(target))).toEqual([]);
});

test.runIf(isInstalled("wrk"))(
  "random: before anything else each question is put twice, in order",
  async () => {
    const load = { kind: "closed", connections: 1, asksEachFirst: 2 } as const;
    const { outcome, seen } = await run(load, targets);
    expect(seen.slice(0, 2 * targets.length)).toEqual([...targets, ...targets]);
    expect(outcome.kind).toBe("timed");
  },
);

test.runIf(isInstalled("wrk"))(
  "by popularity: the n-th comes 1/n as often as the first",
  async () => {
    const load = { kind: "closed", connections: 4, isByPopularity: true } as const;
    const { seen } = await run(load, targets);
    const timesOf = (at: number): number => seen.filter((target) => target === targets[at]).length;
    const expected = (at: number): number =>
      (seen.length * Math.log((at + 2) / (at + 1))) / Math.log(targets.length + 1);
    expect(seen.length).toBeGreaterThan(300);
    for (const at of [0, 1, 2, 4]) {
      expect(timesOf(at) / expected(at), `${at}`).toBeGreaterThan(0.5);
      expect(timesOf(at) / expected(at), `${at}`).toBeLessThan(2);
    }
    expect(new Set(seen).size).toBeGreaterThan(targets.length / 2);
  },
);

test.runIf(isInstalled("wrk"))("random: each thread of wrk has an order of its own", async () => {
  const orders = new Map<Socket, string[]>();
  const server = createServer((request, answer) => {
    const order = orders.get(request.socket) ?? [];
    orders.set(request.socket, [...order, request.url!]);
    answer.end(BODY);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  tempDir = mkdtempSync(join(tmpdir(), "bench-test-"));
  const asks = targets.map((target) => ({ ...ASK, target, bodyBytes: BODY.length }));
  const cores = { ...divideCores(1), loadCount: 2 };
  const plan = { server: { port }, asks, connections: 2, cores, workDir: tempDir };
  await runWrk({ ...plan, durationSec: 1 });
  server.closeAllConnections();
  server.close();
  const [one = [], other = []] = [...orders.values()];
  expect(Math.min(one.length, other.length)).toBeGreaterThan(7);
  // wrk tries one thread's script before it starts, so the same order may begin a question later.
  expect(one.join()).not.toContain(other.slice(2, 8).join());
  expect(other.join()).not.toContain(one.slice(2, 8).join());
});

test.runIf(isInstalled("wrk"))("answers that are too short under load are not timed", async () => {
  const load = { kind: "closed", connections: 1 } as const;
  const { outcome } = await run(load, ["/"], 1000);
  expect(outcome).toMatchObject({
    kind: "disqualified",
    why: expect.stringContaining("shorter than the files"),
  });
});
