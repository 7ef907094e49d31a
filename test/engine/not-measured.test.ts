/** Fear: a server that measures nothing says that nothing happens. */
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MachineSource } from "../../engine/admin/machine-source.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "a.txt": "0123456789" });
afterAll(() => folder.remove());

describe("with SLUICE_METRICS=off", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_METRICS: "off" } });
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    shared().machine.sampler.start();
  });
  afterEach(() => {
    shared().machine.sampler.stop();
    vi.useRealTimers();
  });

  test("requests are counted, in all and in each second", async () => {
    const { server, machine } = shared();
    const ask = (path: string) => answerTo(server, new ExplainedAsk(path, []));
    const inThisSecond = (): unknown => {
      vi.advanceTimersByTime(1000);
      return machine.sampler.samples.latest;
    };
    for (const path of ["/a.txt", "/none"]) await ask(path);
    expect(inThisSecond()).toMatchObject({ requests: 2, serverErrors: 0 });
    expect(inThisSecond()).toMatchObject({ requests: 0 });
    await ask("/a.txt");
    expect(inThisSecond()).toMatchObject({ requests: 1 });
    expect(machine.counters.answersByClass).toEqual([0, 0, 2, 0, 1, 0]);
  });

  test("nothing is told of how long they took", () => {
    const { machine } = shared();
    const source = new MachineSource({
      machine,
      config: { metrics: false },
      root: { unreadable: undefined },
      listener: () => undefined,
    } as never);
    expect(source.metrics().classes).toEqual([]);
  });
});
