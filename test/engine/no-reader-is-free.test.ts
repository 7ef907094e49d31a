/** Fear: who waits for a reader is told that the disk is slow. */
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import type { UnderWay } from "../../metrics/operations.js";
import { Folder, KIB, MIB } from "../support/folder.js";
import { threads, until } from "../support/gate.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

vi.mock("node:worker_threads", async (original) =>
  (await import("../support/gate.js")).gatedThreads(original),
);

/** A look reads a small file as a whole, and of a large one nothing. */
const NAMES = ["a", "b", "c"];
const folder = new Folder(
  Object.fromEntries(
    NAMES.flatMap((name) => [
      [`${name}.txt`, Buffer.alloc(KIB, name)],
      [`${name}.bin`, Buffer.alloc(MIB, name)],
    ]),
  ),
);
afterAll(() => folder.remove());

describe("two readers, both stuck", () => {
  // Nobody but readers may ask the disk, or nothing is stuck.
  const env = { SLUICE_CACHED_READS: "off", SLUICE_REVALIDATE_MS: "1h" };
  const shared = shareInProcess({ root: folder.path, env });
  beforeEach(() => threads.gate.close());
  afterAll(() => threads.gate.open());

  /** What is under way once so many reads are stuck, by its name. */
  async function ask(targets: readonly string[], stuck: number) {
    const { server, machine } = shared();
    const answers = targets.map((target) => answerTo(server, new ExplainedAsk(target, [])));
    await until(() => threads.gate.arrived() === stuck && machine.operations.inProgress === 3);
    await until(() => machine.readers.stats().waiting === targets.length - stuck);
    const rows = machine.operations.underWay(9);
    threads.gate.open();
    await Promise.all(answers);
    return (target: string): UnderWay => rows.find(({ what }) => what.includes(target))!;
  }

  test("a look waits for a reader until one starts with it", async () => {
    const rowOf = await ask(["/a.txt", "/b.txt", "/c.txt"], 2);
    expect(rowOf("GET /a.txt")).toMatchObject({ phase: "lookup" });
    expect(rowOf("GET /a.txt").diskMs).toBeGreaterThan(0);
    expect(rowOf(`${folder.path}/a.txt`)).toMatchObject({ kind: "open", phase: "disk" });
    expect(rowOf("GET /c.txt")).toMatchObject({ phase: "lookup", diskMs: 0 });
    expect(rowOf("GET /c.txt").queueMs).toBeGreaterThan(0);
    expect(rowOf(`${folder.path}/c.txt`)).toMatchObject({ kind: "open", phase: "queue" });
  });

  test("a body does, too", async () => {
    const rowOf = await ask(["/a.bin", "/b.bin", "/c.bin"], 1);
    const phases = NAMES.map((name) => {
      const [asked, read] = [rowOf(`GET /${name}.bin`), rowOf(`${folder.path}/${name}.bin, `)];
      expect(read).toMatchObject({ kind: "read", phase: asked.phase });
      return asked.phase;
    });
    expect(phases.sort()).toEqual(["disk", "queue", "queue"]); // whichever was looked at first
  });
});
