/** Fear: many workers that look like fewer, like more, or like each other's mean. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FleetParts, FleetSource } from "../../../engine/admin/fleet-source.js";
import type { WorkerLink } from "../../../engine/admin/worker-links.js";
import type { Answer, Question, WorkerSecond } from "../../../engine/process/worker-talk.js";
import { Downloads } from "../../../metrics/downloads.js";
import type { SlowOperation, UnderWay } from "../../../metrics/operations.js";
import { renderMetrics } from "../../../metrics/prometheus.js";
import { isReport } from "../../../metrics/report-shape.js";
import { reportText } from "../../../metrics/report-text.js";
import { type Served, Working } from "../../support/working.js";
import { sampleOf } from "./dashboard/sample.js";

const request: Served = {
  status: 404,
  promisedBytes: 1000,
  firstByteMs: 1,
  totalMs: 10,
  queueMs: 0,
  diskMs: 0,
  loopMs: 10,
  drainMs: 0,
  path: "/a",
};

/** A worker process, played: it answers as long as it is neither hung nor dead. */
class Played implements WorkerLink {
  readonly id: number;
  readonly pid: number;
  readonly working = new Working();
  isHung = false;
  under: readonly UnderWay[] = [];
  downloading: readonly { path: string; inProgress: number }[] = [];
  explains: (() => unknown) | undefined;
  asked: Question["kind"][] = [];

  constructor(id: number, pid: number) {
    this.id = id;
    this.pid = pid;
  }

  ask(question: Question): Promise<Answer> {
    this.asked.push(question.kind);
    if (this.isHung) return new Promise(() => {});
    return this.#answer(question);
  }

  async #answer(question: Question): Promise<Answer> {
    const { downloading, under } = this;
    if (question.kind === "settle") {
      source.heard(this.id, { shipment: this.working.ship(), second: undefined });
      return { kind: "settle", downloading: downloading.length };
    }
    if (question.kind === "explain") {
      if (this.explains === undefined) throw new Error(`worker ${this.id} cannot`);
      return { kind: "explain", explanation: this.explains() };
    }
    const pool = { slots: 2, chunkBytes: 9, slotsPerCell: 1, cells: this.id === 1 ? "pc" : "fl" };
    return { kind: "look", pool, underWay: under, downloading };
  }

  /** A second is over for it. */
  tell(second: Partial<WorkerSecond> = {}): void {
    source.heard(this.id, {
      shipment: this.working.ship(),
      second: {
        sample: sampleOf({ connections: this.pid, rssBytes: 1000, openFds: 10 }),
        transfers: { ready: 1, inLine: 2, reading: 3, pushing: 4, blocked: 5 },
        files: filesOf(this.pid),
        heapTotalBytes: 100,
        startedAtMs: WALL_MS - 5000,
        transport: "uWebSockets.js",
        unready: [],
        ...second,
      },
    });
  }

  serve(times: number, differs: Partial<Served> = {}): void {
    for (let n = 0; n < times; n++) this.working.serve({ ...request, ...differs });
  }
}

/** Each figure differs, so that two mixed up are seen. */
const filesOf = (from: number): WorkerSecond["files"] => ({
  openFiles: from,
  mostOpenFiles: from + 1,
  keptOpenFiles: from + 2,
  bodyBytes: from + 3,
  mostBodyBytes: from + 4,
  entries: from + 5,
  absent: from + 6,
});

const WALL_MS = 1_700_000_000_000;
let source: FleetSource;
let downloads: Downloads;
let workers: Played[];
let nowMs = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  workers = [new Played(1, 71), new Played(2, 72)];
  downloads = new Downloads(10);
  const parts: FleetParts = {
    workers: () => workers,
    expected: 2,
    restarts: () => 3,
    downloads,
    tls: () => ({
      certificates: [{ name: "a.example", notAfterMs: 2_000_000_000_000 }],
      renewals: 4,
      refusals: 0,
    }),
    settings: () => [],
    isMeasuring: () => true,
    nowMs: () => nowMs,
    wallMs: () => WALL_MS,
  };
  nowMs = 0;
  source = new FleetSource(parts);
});
afterEach(() => {
  source.stop();
  vi.useRealTimers();
});

/** Kills a worker and puts another in its place, as `kill -9` and the supervisor do. */
function replace(at: number, pid: number): void {
  source.died(workers[at]!.id);
  workers[at] = new Played(workers[at]!.id, pid);
}

/** Runs into time limits, so that nobody waits for them. */
async function soon<Value>(asked: Promise<Value>): Promise<Value> {
  await vi.advanceTimersByTimeAsync(5000);
  return asked;
}

const linesOf = async (): Promise<string[]> =>
  (await renderMetrics(await soon(source.metrics()))).split("\n");

test("certificates are told of once, as the supervisor has them", async () => {
  for (const worker of workers) worker.tell();
  const lines = await linesOf();
  expect(lines.filter((line) => line.startsWith("sluice_tls_"))).toEqual([
    'sluice_tls_certificate_expiry_timestamp_seconds{name="a.example"} 2000000000',
    'sluice_tls_reloads_total{result="renewed"} 4',
    'sluice_tls_reloads_total{result="refused"} 0',
  ]);
});

describe("since the start", () => {
  test("everything adds up, to this moment and not to the last second", async () => {
    workers[0]!.serve(3);
    for (const worker of workers) worker.tell();
    workers[0]!.serve(1);
    workers[1]!.serve(2, { status: 503 });
    const lines = await linesOf();
    expect(lines).toContain('sluice_requests_total{status_class="4xx",size_class="to 4 KiB"} 4');
    expect(lines).toContain('sluice_requests_total{status_class="5xx",size_class="to 4 KiB"} 2');
    expect(lines).toContain("sluice_response_body_bytes_total 6000");
    expect(lines).toContain('sluice_request_duration_seconds_count{size_class="to 4 KiB"} 6');
    expect(lines).toContain('sluice_transfers{phase="blocked"} 10');
    expect(lines).toContain("sluice_connections 143");
    expect(lines).toContain('sluice_worker_connections{worker="2"} 72');
    expect(lines).toContain("sluice_workers 2");
    expect(lines).toContain("sluice_worker_restarts_total 3");
    expect(lines).toContain('sluice_downloads_total{result="completed"} 6');
    expect(lines).toContain("sluice_ready 1");
  });

  test("a worker's death takes nothing off, and its successor starts from there", async () => {
    workers[0]!.serve(5);
    for (const worker of workers) worker.tell();
    replace(0, 99);
    const five = 'sluice_requests_total{status_class="4xx",size_class="to 4 KiB"} 5';
    const meanwhile = await linesOf();
    expect(meanwhile).toContain(five);
    expect(meanwhile).toContain("sluice_connections 72");
    workers[0]!.serve(2);
    workers[0]!.tell();
    const lines = await linesOf();
    expect(lines).toContain(five.replace(/5$/, "7"));
    expect(lines).toContain("sluice_connections 171");
    expect((await soon(source.report())).workers[0]).toMatchObject({ id: 1, pid: 99, answers: 2 });
  });

  test("last words of the dead count, and bring it back to no list", async () => {
    const [dead] = workers as [Played];
    for (const worker of workers) worker.tell();
    dead.serve(4);
    source.died(dead.id);
    workers = workers.slice(1);
    dead.tell();
    const lines = await linesOf();
    expect(lines).toContain('sluice_requests_total{status_class="4xx",size_class="to 4 KiB"} 4');
    expect(lines).toContain("sluice_connections 72");
  });

  test("a worker that hangs is shown as it was, and named", async () => {
    for (const worker of workers) worker.tell();
    workers[1]!.serve(9);
    workers[1]!.isHung = true;
    const lines = await linesOf();
    expect(lines).toContain('sluice_requests_total{status_class="4xx",size_class="to 4 KiB"} 0');
    expect(lines).toContain("sluice_connections 143");
    const { workers: rows } = await soon(source.report());
    expect(rows.map(({ hasAnswered }) => hasAnswered)).toEqual([true, false]);
    workers[1]!.isHung = false;
    const again = await soon(source.report());
    expect(again.workers.map(({ hasAnswered }) => hasAnswered)).toEqual([true, true]);
    expect(again.counters.answersByClass[4]).toBe(9);
  });

  test("memory and descriptors are those of all processes, the supervisor's too", async () => {
    for (const worker of workers) worker.tell();
    const { process: all } = await soon(source.metrics());
    expect(all.rssBytes).toBeGreaterThan(2000 + 10_000_000);
    expect(all.openFds).toBeGreaterThan(20);
    expect(all.heapTotalBytes).toBeGreaterThan(200 + 1_000_000);
  });

  test("descriptors that one of them cannot count are not told, rather than fewer", async () => {
    workers[0]!.tell();
    workers[1]!.tell({ sample: sampleOf({ openFds: -1 }) });
    expect((await soon(source.metrics())).process.openFds).toBeUndefined();
    expect(await linesOf()).not.toContainEqual(expect.stringMatching(/^process_open_fds/));
    vi.advanceTimersByTime(2000);
    const report = await soon(source.report());
    expect(report.now?.openFds).toBe(-1);
    expect(reportText(report, 100)).toMatch(/open descriptors\n.* -\n/);
  });
});

test("open files, small ones in memory and known paths are those of all workers that live", async () => {
  for (const worker of workers) worker.tell();
  const told = async (): Promise<string[]> =>
    (await linesOf()).filter((line) => /^sluice_(max_|kept_|small_|known_|open_)/.test(line));
  expect(await told()).toEqual([
    "sluice_open_files 143",
    "sluice_max_open_files 145",
    "sluice_kept_open_files 147",
    "sluice_small_cache_used_bytes 149",
    "sluice_small_cache_max_bytes 151",
    'sluice_known_paths{state="present"} 153',
    'sluice_known_paths{state="absent"} 155',
  ]);
  expect((await soon(source.report())).files).toEqual({
    openFiles: 143,
    mostOpenFiles: 145,
    keptOpenFiles: 147,
    bodyBytes: 149,
    mostBodyBytes: 151,
    entries: 153,
    absent: 155,
  });
  source.died(1);
  workers = workers.slice(1);
  expect((await told())[0]).toBe("sluice_open_files 72");
});

describe("a report", () => {
  const underWay = (what: string, ageMs: number, kind: UnderWay["kind"] = "request"): UnderWay => ({
    kind,
    what,
    client: "",
    ageMs,
    phase: "client",
    sentBytes: 0,
    totalBytes: 0,
    waiters: 0,
    queueMs: 0,
    diskMs: 0,
    loopMs: 0,
    drainMs: 0,
  });

  test("has what every worker knows, in one order", async () => {
    workers[0]!.under = [underWay("GET /old", 90), underWay("/disk", 95, "read")];
    workers[1]!.under = [underWay("GET /older", 91), underWay("GET /new", 1)];
    workers[0]!.downloading = [{ path: "/a", inProgress: 1 }];
    workers[1]!.downloading = [
      { path: "/a", inProgress: 2 },
      { path: "/new", inProgress: 1 },
    ];
    workers[0]!.working.slow.push({
      blame: "disk",
      tookMs: 700,
      endedAtMs: WALL_MS,
    } as SlowOperation);
    workers[1]!.working.slow.push({
      blame: "disk",
      tookMs: 900,
      endedAtMs: WALL_MS,
    } as SlowOperation);
    for (const worker of workers) worker.serve(1);
    for (const worker of workers) worker.tell();
    const report = await soon(source.report());
    expect(report.underWay.map(({ what }) => what)).toEqual([
      "GET /older",
      "GET /old",
      "GET /new",
      "/disk",
    ]);
    expect(report.underWay[0]).toMatchObject({ worker: 2 });
    expect(report.slowest.map(({ tookMs }) => tookMs)).toEqual([900, 700]);
    expect(report.downloads).toMatchObject([
      { path: "/a", completed: 2, inProgress: 3 },
      { path: "/new", completed: 0, inProgress: 1 },
    ]);
    expect(report.latency).toMatchObject([{ sizeClass: "to 4 KiB", total: { count: 2 } }]);
    expect(report.pid).toBe(process.pid);
  });

  test("is one, also before anything has happened and when all workers are gone", async () => {
    const throughJson = async (): Promise<unknown> =>
      JSON.parse(JSON.stringify(await soon(source.report())));
    expect(isReport(await throughJson())).toBe(true);
    for (const worker of workers) worker.tell();
    expect(isReport(await throughJson())).toBe(true);
    workers = [];
    expect(isReport(await throughJson())).toBe(true);
  });
});

describe("an explanation", () => {
  test("comes from any worker that can give one", async () => {
    workers[1]!.explains = () => ({ status: 200 });
    expect(await source.explain("/a", [])).toEqual({ status: 200 });
  });
  test("fails as the last of them did", async () => {
    await expect(source.explain("/a", [])).rejects.toThrow("worker 2 cannot");
  });
});

describe("readiness", () => {
  test("wants the workers that there should be, with patience for a restart", () => {
    expect(source.unready()).toEqual(["no worker listens: the server is starting or stopping"]);
    for (const worker of workers) worker.tell();
    vi.advanceTimersByTime(1000);
    expect(source.unready()).toEqual([]);
    source.died(2);
    workers = workers.slice(0, 1);
    vi.advanceTimersByTime(1000);
    nowMs += 9000;
    workers[0]!.tell();
    expect(source.unready()).toEqual([]);
    nowMs += 3000;
    workers[0]!.tell();
    expect(source.unready()).toEqual(["1 of 2 workers run, for 12s now"]);
    workers.push(new Played(2, 80));
    workers[1]!.tell();
    vi.advanceTimersByTime(1000);
    expect(source.unready()).toEqual([]);
  });
  test("asks each worker's own budget", () => {
    workers[0]!.tell();
    workers[1]!.tell({ unready: ["it is late"] });
    expect(source.unready()).toContain("worker 2 (pid 72): it is late");
  });
});

describe("the live picture", () => {
  test("shows each second of all together, with percentiles of all requests", async () => {
    for (const worker of workers) worker.tell(); // who is there
    workers[0]!.tell();
    workers[0]!.serve(98, { totalMs: 1 });
    workers[1]!.serve(2, { totalMs: 1000 });
    const sample = sampleOf({ requests: 50, connections: 7, loopUtilization: 0.1, rssBytes: 1 });
    workers[1]!.tell({ sample: { ...sample, loopUtilization: 0.9 } });
    let seconds = 0;
    const end = source.everySecond(() => seconds++);
    workers[0]!.tell({ sample });
    await vi.advanceTimersByTimeAsync(0);
    expect(seconds).toBe(1);
    const { sample: all, pool, workers: rows } = source.now();
    expect(all).toMatchObject({
      atMs: WALL_MS,
      requests: 100,
      connections: 14,
      loopUtilization: 0.9,
      p50Us: 1003,
      maxUs: 1_000_000,
    });
    expect(all.rssBytes).toBeGreaterThan(1_000_000);
    expect(pool).toEqual({ slots: 4, chunkBytes: 9, slotsPerCell: 1, cells: "pcfl" });
    expect(rows).toHaveLength(2);
    expect(source.history().columns.requests.at(-1)).toBe(100);
    end();
    for (const worker of workers) worker.tell();
    await vi.advanceTimersByTimeAsync(0);
    expect(seconds).toBe(1);
  });

  test("asks nothing of workers while nobody watches", () => {
    for (const worker of workers) worker.tell();
    for (const worker of workers) worker.tell();
    expect(workers.flatMap(({ asked }) => asked)).toEqual([]);
  });

  test("goes on, late by less than a second, when a worker hangs", async () => {
    let seconds = 0;
    source.everySecond(() => seconds++);
    workers[1]!.isHung = true;
    workers[0]!.tell();
    await vi.advanceTimersByTimeAsync(900);
    expect(seconds).toBe(1);
    expect(source.now().workers.map(({ id }) => id)).toEqual([1]);
    workers[1]!.tell(); // once more
    workers[0]!.tell();
    workers[0]!.tell();
    workers[0]!.tell();
    expect(source.history().columns.connections.at(-1)).toBe(143);
  });

  test("has seconds without a worker too", async () => {
    workers = [];
    await vi.advanceTimersByTimeAsync(3000);
    expect(source.history().columns.connections).toEqual([0, 0, 0]);
  });
});
