/** Fear: metrics that Prometheus refuses, misreads, or that cost it a time series for each path. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { Counters } from "../../metrics/counters.js";
import { createHistogram } from "../../metrics/histogram.js";
import { readProcess } from "../../metrics/machine-metrics.js";
import { METRICS_MEDIA_TYPE, renderMetrics } from "../../metrics/prometheus.js";
import { SIZE_CLASSES } from "../../metrics/size-classes.js";
import { createMachineMetrics, histogramOf } from "../support/machine-metrics.js";
import { WORKERS } from "../support/report.js";

/** In the PATH, or where test/install-packages.sh puts it. */
function findPromtool(): string {
  const { XDG_CACHE_HOME, HOME = "" } = process.env;
  const cached = path.join(XDG_CACHE_HOME ?? path.join(HOME, ".cache"), "sluice", "promtool");
  return existsSync(cached) ? cached : "promtool";
}

const linesOf = async (...changes: Parameters<typeof createMachineMetrics>): Promise<string[]> =>
  (await renderMetrics(createMachineMetrics(...changes))).split("\n");

describe("renderMetrics", () => {
  test("passes Prometheus's own check, without a single remark", async () => {
    const workers = { running: 2, restarts: 3, rows: WORKERS };
    const input = await renderMetrics(createMachineMetrics({ workers }));
    const { status, stdout, stderr, error } = spawnSync(findPromtool(), ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    expect(error).toBeUndefined();
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("is judged by a check that finds faults", () => {
    const input = "# TYPE camelCase counter\ncamelCase 1\n";
    expect(() =>
      execFileSync(findPromtool(), ["check", "metrics"], { input, stdio: "pipe" }),
    ).toThrow();
  });

  test("passes with nothing measured yet, and with the figures of a real process", async () => {
    const empty = createHistogram();
    const input = await renderMetrics(
      createMachineMetrics({
        process: readProcess(undefined),
        classes: [],
        loop: { lag: empty, utilization: undefined },
      }),
    );
    const { status, stdout, stderr } = spawnSync(findPromtool(), ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("tells how many requests there were, also where they are not measured", async () => {
    const counters = new Counters();
    for (const status of [0, 200, 206, 404]) counters.answered(status);
    const lines = await linesOf({ classes: [], counters });
    const ofRequests = lines.filter((line) => /^sluice_request(s_total|_\w+_seconds)/.test(line));
    expect(ofRequests).toEqual([
      'sluice_requests_total{status_class="none"} 1',
      'sluice_requests_total{status_class="2xx"} 2',
      'sluice_requests_total{status_class="3xx"} 0',
      'sluice_requests_total{status_class="4xx"} 1',
      'sluice_requests_total{status_class="5xx"} 0',
    ]);
  });

  const rows: readonly (readonly [why: string, line: string])[] = [
    [
      "what runs",
      `sluice_build_info{version="1.2.3",node="${process.versions.node}",transport="node:http"} 1`,
    ],
    ["readiness", "sluice_ready 1"],
    [
      "requests without an answer",
      'sluice_requests_total{status_class="none",size_class="to 4 KiB"} 1',
    ],
    ["requests answered 2xx", 'sluice_requests_total{status_class="2xx",size_class="none"} 10'],
    ["requests answered 5xx", 'sluice_requests_total{status_class="5xx",size_class="larger"} 45'],
    ["body bytes", "sluice_response_body_bytes_total 101"],
    ["the time of a class", 'sluice_request_duration_seconds_count{size_class="larger"} 1'],
    ["its first byte", 'sluice_request_first_byte_seconds_count{size_class="larger"} 2'],
    ["the queue of all classes", 'sluice_request_phase_seconds_count{phase="queue"} 6'],
    ["the disk of all classes", 'sluice_request_phase_seconds_count{phase="disk"} 12'],
    ["the loop of all classes", 'sluice_request_phase_seconds_count{phase="loop"} 18'],
    ["the client of all classes", 'sluice_request_phase_seconds_count{phase="drain"} 24'],
    ["connections", "sluice_connections 102"],
    ["requests under way", "sluice_requests_in_progress 103"],
    ["transfers that are ready", 'sluice_transfers{phase="ready"} 111'],
    ["transfers in line", 'sluice_transfers{phase="in line"} 112'],
    ["transfers that wait for the disk", 'sluice_transfers{phase="reading"} 113'],
    ["transfers at work", 'sluice_transfers{phase="pushing"} 114'],
    ["transfers that wait for the client", 'sluice_transfers{phase="blocked"} 115'],
    ["bodies sent", 'sluice_transfers_ended_total{outcome="sent"} 201'],
    ["clients gone", 'sluice_transfers_ended_total{outcome="gone"} 202'],
    ["clients stalled", 'sluice_transfers_ended_total{outcome="client stalled"} 203'],
    ["files changed", 'sluice_transfers_ended_total{outcome="changed"} 204'],
    ["reads failed", 'sluice_transfers_ended_total{outcome="read failed"} 205'],
    ["reads timed out", 'sluice_transfers_ended_total{outcome="read timed out"} 206'],
    ["stale siblings", "sluice_stale_siblings_total 207"],
    ["the pool", "sluice_pool_bytes 121"],
    ["free slots", 'sluice_pool_slots{state="free"} 122'],
    ["loading slots", 'sluice_pool_slots{state="loading"} 123'],
    ["cached slots", 'sluice_pool_slots{state="cached"} 124'],
    ["pinned slots", 'sluice_pool_slots{state="pinned"} 125'],
    ["evictions", "sluice_pool_evictions_total 126"],
    ["open files", "sluice_open_files 161"],
    ["how many may be open", "sluice_max_open_files 162"],
    ["small files kept open", "sluice_kept_open_files 163"],
    ["small files in memory", "sluice_small_cache_used_bytes 164"],
    ["the room there is for them", "sluice_small_cache_max_bytes 165"],
    ["known paths", 'sluice_known_paths{state="present"} 166'],
    ["paths known to lead nowhere", 'sluice_known_paths{state="absent"} 167'],
    ["opens", "sluice_disk_open_duration_seconds_count 2"],
    ["reads", "sluice_disk_read_duration_seconds_count 4"],
    ["the wait of opens", 'sluice_reader_wait_seconds_count{job="open"} 1'],
    ["the wait of reads", 'sluice_reader_wait_seconds_count{job="read"} 3'],
    ["busy readers", 'sluice_readers{state="busy"} 131'],
    ["idle readers", 'sluice_readers{state="idle"} 132'],
    ["jobs in line", "sluice_reader_jobs_waiting 133"],
    ["lag", "sluice_event_loop_lag_seconds_count 5"],
    ["utilization", "sluice_event_loop_utilization_ratio 0.25"],
    ["downloads completed", 'sluice_downloads_total{result="completed"} 141'],
    ["downloads aborted", 'sluice_downloads_total{result="aborted"} 142'],
    ["parts", "sluice_downloads_ranged_total 143"],
    ["bytes of downloads", "sluice_download_body_bytes_total 144"],
    ["downloads under way", "sluice_downloads_in_progress 145"],
    [
      "the end of a certificate",
      'sluice_tls_certificate_expiry_timestamp_seconds{name="a.example"} 1800000000',
    ],
    ["renewals", 'sluice_tls_reloads_total{result="renewed"} 151'],
    ["renewals that were refused", 'sluice_tls_reloads_total{result="refused"} 152'],
    ["user time in seconds", "process_cpu_user_seconds_total 1.5"],
    ["system time in seconds", "process_cpu_system_seconds_total 0.25"],
    ["both", "process_cpu_seconds_total 1.75"],
    ["the start in seconds", "process_start_time_seconds 1700000000.5"],
    ["resident memory", "process_resident_memory_bytes 301"],
    ["the heap", "nodejs_heap_size_total_bytes 302"],
    ["the heap in use", "nodejs_heap_size_used_bytes 303"],
    ["memory beyond the heap", "nodejs_external_memory_bytes 304"],
    ["descriptors", "process_open_fds 305"],
  ];
  for (const [why, line] of rows) {
    test(`tells ${why}`, async () => expect(await linesOf()).toContain(line));
  }

  test("tells of workers: how many in all, and each of several by its place", async () => {
    const workers = { running: 2, restarts: 3, rows: WORKERS };
    const lines = await linesOf({ workers });
    expect(lines.filter((line) => line.startsWith("sluice_worker"))).toEqual([
      "sluice_workers 2",
      "sluice_worker_restarts_total 3",
      'sluice_worker_connections{worker="1"} 3',
      'sluice_worker_connections{worker="2"} 1201',
      'sluice_worker_resident_memory_bytes{worker="1"} 210763776',
      'sluice_worker_resident_memory_bytes{worker="2"} 221249536',
      'sluice_worker_event_loop_lag_p99_seconds{worker="1"} 0.00038',
      'sluice_worker_event_loop_lag_p99_seconds{worker="2"} 0.091',
      'sluice_worker_event_loop_utilization_ratio{worker="1"} 0.012',
      'sluice_worker_event_loop_utilization_ratio{worker="2"} 0.342',
    ]);
  });

  test("gives each family its help and type", async () => {
    const lines = await linesOf();
    const names = (kind: string) =>
      lines.filter((line) => line.startsWith(`# ${kind} `)).map((line) => line.split(" ")[2]);
    expect(names("HELP")).toEqual(names("TYPE"));
    expect(new Set(names("TYPE")).size).toBe(names("TYPE").length);
    expect(lines).toContain("# TYPE sluice_requests_total counter");
    expect(lines).toContain("# TYPE sluice_pool_slots gauge");
    expect(lines).toContain("# TYPE sluice_request_duration_seconds histogram");
  });

  test("writes a histogram as Prometheus wants it: cumulative, all of it last", async () => {
    const loop = { lag: histogramOf([127, 128, 255, 200_000_000]), utilization: 0 };
    const lag = (await linesOf({ loop })).filter((line) =>
      line.startsWith("sluice_event_loop_lag"),
    );
    expect(lag).toHaveLength(21 + 3);
    expect(lag.slice(0, 3)).toEqual([
      'sluice_event_loop_lag_seconds_bucket{le="0.000128"} 1',
      'sluice_event_loop_lag_seconds_bucket{le="0.000256"} 3',
      'sluice_event_loop_lag_seconds_bucket{le="0.000512"} 3',
    ]);
    expect(lag[20]).toBe('sluice_event_loop_lag_seconds_bucket{le="134.217728"} 3');
    expect(lag[21]).toBe('sluice_event_loop_lag_seconds_bucket{le="+Inf"} 4');
    expect(lag[22]).toMatch(/^sluice_event_loop_lag_seconds_sum (?:199|200)\.\d+$/);
    expect(lag[23]).toBe("sluice_event_loop_lag_seconds_count 4");
  });

  test("has a series for each class and status from the start", async () => {
    const counts = (await linesOf()).filter((line) => line.startsWith("sluice_requests_total{"));
    expect(counts).toHaveLength(SIZE_CLASSES.length * 5);
  });

  test("leaves out what is not known: that is not 0", async () => {
    const process = { ...createMachineMetrics().process, openFds: undefined };
    const loop = { lag: createHistogram(), utilization: undefined };
    const text = (await linesOf({ process, loop })).join("\n");
    expect(text).not.toMatch(/^(?:process_open_fds|sluice_event_loop_utilization_ratio) /m);
  });

  test("says 0 when it is not ready", async () => {
    expect(await linesOf({ isReady: false })).toContain("sluice_ready 0");
  });

  test("stays small, whatever is served", async () => {
    expect((await linesOf()).length).toBeLessThan(1000);
  });

  test("is declared in the version it is written in", () => {
    expect(METRICS_MEDIA_TYPE).toBe(Registry.PROMETHEUS_CONTENT_TYPE);
  });
});

test("readProcess tells of this process, in the units of its names", () => {
  const before = process.cpuUsage();
  const figures = readProcess(7);
  expect(figures.openFds).toBe(7);
  expect(figures.startedAtMs).toBeGreaterThan(1.6e12);
  expect(figures.startedAtMs).toBeLessThanOrEqual(Date.now());
  expect(figures.rssBytes).toBeGreaterThan(figures.heapUsedBytes);
  expect(figures.heapTotalBytes).toBeGreaterThanOrEqual(figures.heapUsedBytes);
  const { user, system } = process.cpuUsage();
  expect(figures.cpuUserUs).toBeGreaterThanOrEqual(before.user);
  expect(figures.cpuUserUs).toBeLessThanOrEqual(user);
  expect(figures.cpuSystemUs).toBeGreaterThanOrEqual(before.system);
  expect(figures.cpuSystemUs).toBeLessThanOrEqual(system);
});
