/** Fear: a supervisor that gives up too soon, restarts in a frenzy, or leaves a slot empty. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChildListener } from "../../../engine/process/fork-worker.js";
import type { FromWorker, ToWorker } from "../../../engine/process/messages.js";
import { type Plan, Supervisor } from "../../../engine/process/supervisor.js";
import { readConfig } from "../../../engine/settings/config.js";

/** A process that does what the test says. */
class FakeChild {
  readonly pid: number;
  readonly got: ToWorker[] = [];
  isKilled = false;
  #isDead = false;
  readonly #listener: ChildListener;

  constructor(pid: number, listener: ChildListener) {
    this.pid = pid;
    this.#listener = listener;
  }

  get kinds(): string[] {
    return this.got.map(({ kind }) => kind);
  }

  send(message: ToWorker): void {
    this.got.push(message);
  }

  kill(): void {
    this.isKilled = true;
    this.die("it was killed by SIGKILL");
  }

  say(message: FromWorker): void {
    this.#listener.heard(message);
  }

  listen(): void {
    this.say({ kind: "here" });
    this.say({ kind: "listening", transport: "uWebSockets.js" });
  }

  die(reason = "it exited with 1"): void {
    if (!this.#isDead) this.#listener.died(reason);
    this.#isDead = true;
  }
}

const children: FakeChild[] = [];
const told: string[] = [];
let closings = 0;
const hopeless = vi.fn();

const planOf = (workers: number, env: Record<string, string> = {}): Plan => ({
  config: readConfig(env).config,
  site: { root: "/", hostsDir: "", rules: [] },
  workers,
});

function create(plan: Plan): Supervisor {
  const tell = (line: string): void => {
    told.push(line);
  };
  return new Supervisor(plan, {
    fork: (listener) => {
      const child = new FakeChild(children.length + 1, listener);
      children.push(child);
      return child;
    },
    log: { info: tell, warn: tell, error: tell },
    onHopeless: hopeless,
    onNews: () => {},
    onDeath: () => {},
    onClosing: () => void closings++,
  });
}

/** Until nothing happens but by time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await vi.advanceTimersByTimeAsync(0);
}

async function started(workers: number): Promise<Supervisor> {
  const supervisor = create(planOf(workers));
  const start = supervisor.start();
  for (const child of children) child.listen();
  await start;
  return supervisor;
}

const last = (): FakeChild => children.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  children.length = 0;
  told.length = 0;
  closings = 0;
  hopeless.mockReset();
});
afterEach(() => void vi.useRealTimers());

describe("a start", () => {
  test("is over when all of them listen, each with its share", async () => {
    const supervisor = create(planOf(2));
    const start = supervisor.start();
    let isOver = false;
    void start.then(() => (isOver = true));
    children[0]!.listen();
    await settle();
    expect(isOver).toBe(false);
    children[1]!.listen();
    expect(await start).toBe("uWebSockets.js");
    expect(supervisor.workers().map(({ id }) => id)).toEqual([1, 2]);
    for (const { got } of children) {
      const [first] = got;
      expect(first?.kind === "serve" && first.order.config.readers).toBe(8);
    }
    const speakers = children.filter(
      ({ got: [first] }) => first?.kind === "serve" && first.isSpokesman,
    );
    expect(speakers).toEqual([children[0]]); // what all would say alike is said once
  });

  test("that a worker refuses fails with its reason, and is not tried again", async () => {
    const supervisor = create(planOf(1));
    const start = supervisor.start();
    children[0]!.say({ kind: "refused", complaint: "no such folder" });
    children[0]!.die();
    await expect(start).rejects.toThrow("no such folder");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(children).toHaveLength(1);
  });

  test("that another does not survive leaves nobody behind", async () => {
    const start = create(planOf(2)).start();
    children[0]!.listen();
    children[1]!.die("it was killed by SIGKILL");
    await expect(start).rejects.toThrow(
      "a worker ended before it listened: it was killed by SIGKILL",
    );
    expect(children[0]!.isKilled).toBe(true);
  });
});

test("a worker that dies after it came to listen, and before the others do, is followed", async () => {
  const supervisor = create(planOf(2));
  const start = supervisor.start();
  children[0]!.listen();
  children[0]!.die();
  await settle();
  children[1]!.listen();
  await start;
  await vi.advanceTimersByTimeAsync(100);
  expect(children).toHaveLength(3);
  last().listen();
  expect(supervisor.workers().map(({ state }) => state)).toEqual(["listening", "listening"]);
});

describe("a worker that dies", () => {
  test("after good work is followed by another in 100 ms, each time", async () => {
    await started(2);
    for (let times = 0; times < 20; times++) {
      await vi.advanceTimersByTimeAsync(10_000);
      for (const child of children) child.say({ kind: "alive", left: { transfers: 0, bytes: 0 } });
      const before = children.length;
      last().die();
      await vi.advanceTimersByTimeAsync(99);
      expect(children).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(children).toHaveLength(before + 1);
      last().listen();
    }
    expect(hopeless).not.toHaveBeenCalled();
  });

  test("at once, again and again, is followed later each time, and for ever while others serve", async () => {
    const supervisor = await started(2);
    const pauses: number[] = [];
    for (let times = 0; times < 10; times++) {
      const before = children.length;
      last().die();
      let pauseMs = 0;
      while (children.length === before) {
        await vi.advanceTimersByTimeAsync(100);
        pauseMs += 100;
        children[0]!.say({ kind: "alive", left: { transfers: 0, bytes: 0 } });
      }
      pauses.push(pauseMs);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    expect(hopeless).not.toHaveBeenCalled();
    expect(supervisor.restarts).toBe(10);
  });

  test("at once, again and again, with no other left, is hopeless", async () => {
    await started(1);
    for (let times = 0; times < 6; times++) {
      expect(hopeless).not.toHaveBeenCalled();
      last().die();
      await vi.advanceTimersByTimeAsync(10_000);
    }
    last().die("it exited with 7");
    expect(hopeless).toHaveBeenCalledExactlyOnceWith(
      "no worker stays alive: 7 ended as soon as they had started, the last because it exited with 7",
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(children).toHaveLength(7);
  });

  test("is named, with the reason it gave itself", async () => {
    await started(1);
    last().die();
    await vi.advanceTimersByTimeAsync(100);
    last().say({ kind: "refused", complaint: "the disk is full" });
    last().die();
    expect(told).toEqual([
      "worker 1 (pid 1) is gone, because it exited with 1: another starts in 100ms",
      "worker 1 (pid 2) is gone, because the disk is full: another starts in 200ms",
    ]);
  });
});

describe("a worker that says nothing", () => {
  test("is told of after 5 s, killed after 30 s, and followed", async () => {
    await started(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(told).toEqual(["worker 1 (pid 1) has said nothing for 5s"]);
    await vi.advanceTimersByTimeAsync(24_999);
    expect(children[0]!.isKilled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(children[0]!.isKilled).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(children).toHaveLength(2);
  });

  test("for less, now and then, is left alone", async () => {
    await started(1);
    for (let times = 0; times < 20; times++) {
      await vi.advanceTimersByTimeAsync(4000);
      children[0]!.say({ kind: "alive", left: { transfers: 0, bytes: 0 } });
    }
    expect(told).toEqual([]);
  });

  test("does not answer, and who asked is told", async () => {
    const supervisor = await started(1);
    const asked = expect(supervisor.workers()[0]!.ask({ kind: "settle" })).rejects.toThrow(
      "worker 1 (pid 1) does not answer",
    );
    await vi.advanceTimersByTimeAsync(5000);
    await asked;
  });
});

test("questions are answered by their numbers, in any order, and by none that is gone", async () => {
  const supervisor = await started(1);
  const [worker] = supervisor.workers();
  const asked = [0, 1, 2].map(() => worker!.ask({ kind: "settle" }));
  const answer = (downloading: number) => ({ kind: "settle", downloading }) as const;
  children[0]!.say({ kind: "answered", number: 1, answer: answer(11) });
  children[0]!.say({ kind: "answered", number: 0, answer: answer(10) });
  expect(await Promise.all(asked.slice(0, 2))).toEqual([answer(10), answer(11)]);
  const lost = expect(asked[2]).rejects.toThrow("is gone");
  children[0]!.die();
  await lost;
  await expect(worker!.ask({ kind: "settle" })).rejects.toThrow("is gone");
});

describe("a reload in place", () => {
  test("is over when all have taken it, the dead left aside", async () => {
    const supervisor = await started(2);
    const reload = supervisor.reload(planOf(2, { SLUICE_INDEX: "other" }));
    let isOver = false;
    void reload.then(() => (isOver = true));
    children[0]!.say({ kind: "reloaded" });
    await settle();
    expect(isOver).toBe(false);
    children[1]!.die();
    await reload;
    await vi.advanceTimersByTimeAsync(100);
    last().listen();
    const [first] = last().got;
    expect(first?.kind === "serve" && first.order.config.index).toBe("other");
  });

  test("reaches one that is only starting", async () => {
    const supervisor = await started(1);
    children[0]!.die();
    await vi.advanceTimersByTimeAsync(100);
    await supervisor.reload(planOf(1, { SLUICE_INDEX: "other" }));
    last().listen();
    const [first] = last().got;
    expect(first?.kind === "serve" && first.order.config.index).toBe("other");
  });
});

describe("new certificates", () => {
  test("are asked of all that take connections, and who cannot have them is heard", async () => {
    const supervisor = await started(3);
    supervisor.workers()[2]!.retire();
    const before = closings;
    const renewed = expect(supervisor.renewCertificates("digest")).rejects.toThrow("no such file");
    expect(closings).toBe(before + 1);
    expect(children.map(({ kinds }) => kinds.at(-1))).toEqual(["renew", "renew", "retire"]);
    expect(children[0]!.got.at(-1)).toEqual({ kind: "renew", digest: "digest" });
    children[1]!.say({ kind: "renewed", failure: "no such file" });
    children[0]!.say({ kind: "renewed", failure: "" });
    await renewed;
  });

  test("are waited for until all have them, but not of one that dies", async () => {
    const supervisor = await started(2);
    let isOver = false;
    const renewed = supervisor.renewCertificates("digest").then(() => (isOver = true));
    children[0]!.say({ kind: "renewed", failure: "" });
    await settle();
    expect(isOver).toBe(false);
    children[1]!.die();
    await renewed;
  });
});

describe("new workers", () => {
  test("listen before the old ones retire, one by one, as many as there are to be", async () => {
    const supervisor = await started(3);
    const replaced = supervisor.replaceAll(planOf(2));
    await settle();
    expect(children).toHaveLength(4);
    expect(children[0]!.kinds).toEqual(["serve"]);
    children[3]!.listen();
    await settle();
    expect([children[0]!.kinds, closings]).toEqual([["serve", "retire"], 1]);
    expect(children[1]!.kinds).toEqual(["serve"]);
    expect(children).toHaveLength(5);
    children[4]!.listen();
    await replaced;
    expect(children.map(({ kinds }) => kinds.at(-1))).toEqual([
      ...["retire", "retire", "retire"],
      ...["serve", "serve"],
    ]);
    expect(supervisor.workers().map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    for (const old of children.slice(0, 3)) old.die("it exited with 0");
    await vi.advanceTimersByTimeAsync(20_000);
    expect([children.length, supervisor.wanted]).toEqual([5, 2]);
    void supervisor.replaceAll(planOf(2)).catch(() => {});
    expect(supervisor.workers().map(({ id }) => id)).toEqual([4, 5, 1]); // labels of metrics: few for ever
  });

  test("that do not come to listen leave all as it was", async () => {
    const supervisor = await started(2);
    const replaced = supervisor.replaceAll(planOf(2, { SLUICE_INDEX: "other" }));
    last().say({ kind: "here" });
    last().say({ kind: "refused", complaint: "no" });
    last().die();
    await expect(replaced).rejects.toThrow("no");
    expect(children.slice(0, 2).map(({ kinds }) => kinds)).toEqual([["serve"], ["serve"]]);
    children[1]!.die();
    await vi.advanceTimersByTimeAsync(100);
    last().listen();
    const [first] = last().got;
    expect(first?.kind === "serve" && first.order.config.index).toBe("index.html");
  });

  test("of which one fails later are mended", async () => {
    const supervisor = await started(2);
    const replaced = supervisor.replaceAll(planOf(2));
    children[2]!.listen();
    await settle();
    children[3]!.die();
    await replaced;
    await vi.advanceTimersByTimeAsync(100);
    expect(children).toHaveLength(5);
  });
});

test("a place that waits for a worker starts none when it is taken, or there no more", async () => {
  const supervisor = await started(2);
  children[0]!.die();
  children[1]!.die();
  const replaced = supervisor.replaceAll(planOf(1));
  children[2]!.listen();
  await replaced;
  await vi.advanceTimersByTimeAsync(20_000);
  expect([children.length, supervisor.restarts]).toEqual([3, 0]);
});

test("a worker whose place is taken before it could be told to serve never does", async () => {
  const supervisor = await started(1);
  children[0]!.die();
  await vi.advanceTimersByTimeAsync(100);
  const replaced = supervisor.replaceAll(planOf(1));
  children[2]!.listen();
  await replaced;
  children[1]!.say({ kind: "here" });
  expect(children[1]!.kinds).not.toContain("serve");
  expect(supervisor.workers().map(({ pid }) => pid)).toEqual([3]);
});

describe("a stop", () => {
  test("waits for all, and says whether all had the time", async () => {
    const supervisor = await started(2);
    const stop = supervisor.stop(30_000);
    expect(children.map(({ got }) => got.at(-1))).toEqual([
      { kind: "stop", limitMs: 30_000 },
      { kind: "stop", limitMs: 30_000 },
    ]);
    for (const child of children) {
      child.say({ kind: "ended", how: "drained" });
      child.die("it exited with 0");
    }
    expect(await stop).toBe("drained");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(children).toHaveLength(2);
  });

  test("kills what does not end, 5 s after its time", async () => {
    const supervisor = await started(1);
    const stop = supervisor.stop(1000);
    await vi.advanceTimersByTimeAsync(5999);
    expect(children[0]!.isKilled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await stop).toBe("cut");
  });

  test("starts nobody in place of one that had died before", async () => {
    const supervisor = await started(1);
    children[0]!.die();
    await supervisor.stop(1000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(children).toHaveLength(1);
  });

  test("starts nobody in place of a new worker that it ends", async () => {
    const supervisor = await started(2);
    const replaced = supervisor.replaceAll(planOf(2));
    children[2]!.listen();
    await settle();
    const stop = supervisor.stop(30_000);
    for (const child of children.slice(1)) child.die("it exited with 0");
    await replaced;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(children).toHaveLength(4);
    children[0]!.die("it exited with 0");
    await stop;
  });

  test("lets no reload that comes late start anybody", async () => {
    const supervisor = await started(1);
    const stop = supervisor.stop(30_000);
    const replaced = expect(supervisor.replaceAll(planOf(1))).rejects.toThrow("is stopping");
    for (const child of children) child.die("it exited with 0");
    await replaced;
    await stop;
    expect(children).toHaveLength(1);
  });

  test("lets nobody begin to serve who is only starting, and does not wait for him", async () => {
    const supervisor = await started(2);
    last().die();
    await vi.advanceTimersByTimeAsync(100);
    const stop = supervisor.stop(30_000);
    last().say({ kind: "here" });
    expect(last().kinds).not.toContain("serve");
    expect(last().isKilled).toBe(true);
    children[0]!.say({ kind: "ended", how: "drained" });
    children[0]!.die("it exited with 0");
    expect(await stop).toBe("drained");
  });

  test("leaves no timer behind, which would keep the process", async () => {
    const supervisor = await started(1);
    const stopped = supervisor.stop(30_000);
    children[0]!.die("it exited with 0");
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("lets a reload that is under way start nobody else", async () => {
    const supervisor = await started(3);
    const replaced = supervisor.replaceAll(planOf(3));
    children[3]!.listen();
    await settle();
    const stopped = supervisor.stop(1000);
    for (const child of children) child.die("it exited with 0");
    await Promise.all([replaced, stopped]);
    expect(children).toHaveLength(5);
  });

  test("knows what is left in all of them", async () => {
    const supervisor = await started(2);
    for (const child of children) child.say({ kind: "alive", left: { transfers: 1, bytes: 10 } });
    expect(supervisor.left()).toEqual({ transfers: 2, bytes: 20 });
  });
});
