/**
 * The machine's metrics in the text format of Prometheus.
 *
 * Base units only (seconds, bytes, ratios), `_total` on what only rises. A label has a handful of
 * values and none comes from a client: paths belong to reports, where they cost no time series.
 * What is always there is always sent, a 0 too: a rate over a series that appears late is wrong.
 *
 * Owns: names, help and labels. What they mean is measured elsewhere; prom-client writes the text.
 */
import type { Metric } from "prom-client";
import { addBuckets, type Buckets, bucketsOf, EDGES_SEC } from "./buckets.js";
import type { MachineMetrics } from "./machine-metrics.js";
import type { Outcome } from "./operations.js";
import { PHASES } from "./phases.js";
import type { WorkerRow } from "./worker-row.js";

/** The `Content-Type` of what `renderMetrics` writes. */
export const METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string>>;
interface Value {
  /** Only where it differs from the family's. */
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly Value[];
}

/**
 * Cost: 40 walks over histograms and 700 lines of text, 3 ms in all. The first call loads the
 * library, 70 ms that a server nobody scrapes does not spend.
 */
export async function renderMetrics(machine: MachineMetrics): Promise<string> {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  for (const family of familiesOf(machine)) registry.registerMetric(asMetric(family));
  return registry.metrics();
}

/** All that a registry asks of a metric. prom-client's own histogram takes values one by one. */
const asMetric = (family: Family): Metric =>
  ({ ...family, get: async () => family }) as unknown as Metric;

const familiesOf = (machine: MachineMetrics): Family[] => [
  gauge("sluice_build_info", "What runs; always 1.", [
    [{ version: machine.version, node: process.versions.node, transport: machine.transport }, 1],
  ]),
  gauge("sluice_ready", "1 while /readyz says yes.", Number(machine.isReady)),
  ...requestFamilies(machine),
  ...transferFamilies(machine),
  ...poolFamilies(machine),
  ...fileFamilies(machine),
  ...diskFamilies(machine),
  ...loopFamilies(machine),
  ...downloadFamilies(machine),
  ...workerFamilies(machine),
  ...tlsFamilies(machine),
  ...processFamilies(machine),
];

// --- what clients see ---

const STATUS_CLASSES = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** Where nothing is measured, their sizes are not known. */
const requestsEnded = ({ classes, counters }: MachineMetrics): Labeled[] =>
  classes.length === 0
    ? byStatus(counters.answersByClass, {})
    : classes.flatMap(({ sizeClass, endedByStatus }) =>
        byStatus(endedByStatus, { size_class: sizeClass }),
      );

const byStatus = (counts: readonly number[], labels: Labels): Labeled[] =>
  STATUS_CLASSES.flatMap((status, at): Labeled[] =>
    status === "1xx" ? [] : [[{ status_class: status, ...labels }, counts[at]!]],
  );

const requestFamilies = (machine: MachineMetrics): Family[] => [
  counter(
    "sluice_requests_total",
    "Requests that ended, by status and by the size of the body they were promised; status none: the client left before an answer.",
    requestsEnded(machine),
  ),
  ...measuredFamilies(machine),
  gauge("sluice_connections", "Connections open.", machine.connections),
  gauge(
    "sluice_requests_in_progress",
    "Requests not answered to the last byte.",
    machine.inProgress,
  ),
];

const measuredFamilies = ({ classes, sentBytes }: MachineMetrics): Family[] => [
  counter("sluice_response_body_bytes_total", "Body bytes that sockets took.", sentBytes),
  histogram(
    "sluice_request_duration_seconds",
    "From a request's head to the last byte of its answer.",
    classes.map(({ sizeClass, total }) => [{ size_class: sizeClass }, bucketsOf(total)]),
  ),
  histogram(
    "sluice_request_first_byte_seconds",
    "From a request's head to the first byte of its answer.",
    classes.map(({ sizeClass, firstByte }) => [{ size_class: sizeClass }, bucketsOf(firstByte)]),
  ),
  histogram(
    "sluice_request_phase_seconds",
    "Where the time of requests went: waiting for a slot or a reader, the disk, our loop, the client.",
    classes.length === 0
      ? []
      : PHASES.map((phase) => [
          { phase },
          addBuckets(classes.map(({ phases }) => bucketsOf(phases[phase]))),
        ]),
  ),
];

const transferFamilies = ({ transfers, counters }: MachineMetrics) => [
  gauge("sluice_transfers", "Transfers under way, by what they wait for.", [
    [{ phase: "ready" }, transfers.ready],
    [{ phase: "in line" }, transfers.inLine],
    [{ phase: "reading" }, transfers.reading],
    [{ phase: "pushing" }, transfers.pushing],
    [{ phase: "blocked" }, transfers.blocked],
  ]),
  counter("sluice_transfers_ended_total", "Transfers by how they ended.", [
    ended("sent", counters.bodiesSent),
    ended("gone", counters.clientsGone),
    ended("client stalled", counters.clientsStalled),
    ended("changed", counters.filesChanged),
    ended("read failed", counters.readsFailed),
    ended("read timed out", counters.readsTimedOut),
  ]),
  counter(
    "sluice_stale_siblings_total",
    "Precompressed files not sent because they were older than their original.",
    counters.staleSiblings,
  ),
];

const ended = (outcome: Outcome, count: number): Labeled => [{ outcome }, count];

// --- what the machine does for it ---

const poolFamilies = ({ pool }: MachineMetrics) => [
  gauge("sluice_pool_bytes", "Memory of the chunk pool, taken at start.", pool.bytes),
  gauge("sluice_pool_slots", "Slots of the chunk pool by state.", [
    [{ state: "free" }, pool.free],
    [{ state: "loading" }, pool.loading],
    [{ state: "cached" }, pool.cached],
    [{ state: "pinned" }, pool.pinned],
  ]),
  counter("sluice_pool_evictions_total", "Chunks that made room for others.", pool.evictions),
];

const fileFamilies = ({ files }: MachineMetrics) => [
  gauge("sluice_open_files", "Files held open to be served.", files.openFiles),
  gauge(
    "sluice_max_open_files",
    "Files that may be held open: beyond it, the least asked for is closed.",
    files.mostOpenFiles,
  ),
  gauge(
    "sluice_kept_open_files",
    "Of the files held open, small ones for which the cache has no room.",
    files.keptOpenFiles,
  ),
  gauge("sluice_small_cache_used_bytes", "Small files kept in memory.", files.bodyBytes),
  gauge(
    "sluice_small_cache_max_bytes",
    "Small files that may be kept in memory.",
    files.mostBodyBytes,
  ),
  gauge("sluice_known_paths", "Paths remembered; absent: they lead to nothing.", [
    [{ state: "present" }, files.entries],
    [{ state: "absent" }, files.absent],
  ]),
];

const diskFamilies = ({ disk, readers }: MachineMetrics) => [
  histogram("sluice_disk_open_duration_seconds", "System calls of a look at a path.", [
    [{}, bucketsOf(disk.open)],
  ]),
  histogram("sluice_disk_read_duration_seconds", "System calls of the read of a chunk.", [
    [{}, bucketsOf(disk.read)],
  ]),
  histogram("sluice_reader_wait_seconds", "How long jobs waited for a reader thread.", [
    [{ job: "open" }, bucketsOf(disk.openQueue)],
    [{ job: "read" }, bucketsOf(disk.readQueue)],
  ]),
  gauge("sluice_readers", "Reader threads by state.", [
    [{ state: "busy" }, readers.busy],
    [{ state: "idle" }, readers.idle],
  ]),
  gauge("sluice_reader_jobs_waiting", "Jobs that wait for a reader.", readers.jobsWaiting),
];

const loopFamilies = ({ loop }: MachineMetrics) => [
  histogram("sluice_event_loop_lag_seconds", "How late the event loop got to a timer.", [
    [{}, bucketsOf(loop.lag)],
  ]),
  gauge(
    "sluice_event_loop_utilization_ratio",
    "Share of the last second in which the event loop was busy; of several, the busiest.",
    loop.utilization,
  ),
];

const downloadFamilies = ({ downloads }: MachineMetrics) => [
  counter("sluice_downloads_total", "Downloads of all paths by how they ended.", [
    [{ result: "completed" }, downloads.completed],
    [{ result: "aborted" }, downloads.aborted],
  ]),
  counter("sluice_downloads_ranged_total", "Downloads that asked for a part.", downloads.ranged),
  counter("sluice_download_body_bytes_total", "Body bytes of downloads.", downloads.bytes),
  gauge("sluice_downloads_in_progress", "Downloads under way.", downloads.inProgress),
];

const workerFamilies = ({ workers }: MachineMetrics) => {
  const each = (of: (worker: WorkerRow) => number): Labeled[] =>
    workers.rows.map((worker) => [{ worker: String(worker.id) }, of(worker)]);
  return [
    gauge("sluice_workers", "Processes that serve.", workers.running),
    counter(
      "sluice_worker_restarts_total",
      "Workers started in place of one that had died.",
      workers.restarts,
    ),
    gauge(
      "sluice_worker_connections",
      "Connections open, by worker.",
      each(({ connections }) => connections),
    ),
    gauge(
      "sluice_worker_resident_memory_bytes",
      "Resident memory, by worker.",
      each(({ rssBytes }) => rssBytes),
    ),
    gauge(
      "sluice_worker_event_loop_lag_p99_seconds",
      "99th percentile of the event loop's lag in the last second, by worker.",
      each(({ loopLagP99Us }) => loopLagP99Us / 1e6),
    ),
    gauge(
      "sluice_worker_event_loop_utilization_ratio",
      "Share of the last second in which the event loop was busy, by worker.",
      each(({ loopUtilization }) => loopUtilization),
    ),
  ];
};

/** None without TLS. A certificate is named by its first name: the operator's, not a client's. */
const tlsFamilies = ({ tls }: MachineMetrics): Family[] =>
  tls === undefined
    ? []
    : [
        gauge(
          "sluice_tls_certificate_expiry_timestamp_seconds",
          "When the certificate that new connections see ends, since the epoch.",
          tls.certificates.map(({ name, notAfterMs }) => [{ name }, notAfterMs / 1000]),
        ),
        counter("sluice_tls_reloads_total", "Looks at the certificates that found something.", [
          [{ result: "renewed" }, tls.renewals],
          [{ result: "refused" }, tls.refusals],
        ]),
      ];

/**
 * The names that every Prometheus client library uses, so that common dashboards work. They are sums
 * over the supervisor and its workers: the server, not the process that was asked. What is resident
 * in several is counted in each.
 */
const processFamilies = ({ process: it }: MachineMetrics) => [
  counter("process_cpu_user_seconds_total", "User CPU time of all processes.", it.cpuUserUs / 1e6),
  counter(
    "process_cpu_system_seconds_total",
    "System CPU time of all processes.",
    it.cpuSystemUs / 1e6,
  ),
  counter(
    "process_cpu_seconds_total",
    "CPU time of all processes.",
    (it.cpuUserUs + it.cpuSystemUs) / 1e6,
  ),
  gauge(
    "process_start_time_seconds",
    "When the server started, since the epoch.",
    it.startedAtMs / 1000,
  ),
  gauge("process_resident_memory_bytes", "Resident memory of all processes.", it.rssBytes),
  gauge("process_open_fds", "Open file descriptors of all processes.", it.openFds),
  gauge("nodejs_heap_size_total_bytes", "Heaps taken from the system.", it.heapTotalBytes),
  gauge("nodejs_heap_size_used_bytes", "Heaps in use.", it.heapUsedBytes),
  gauge("nodejs_external_memory_bytes", "Memory outside the heaps.", it.externalBytes),
];

// --- families ---

type Labeled = readonly [labels: Labels, value: number];

const counter = (name: string, help: string, values: number | readonly Labeled[]): Family => ({
  name,
  help,
  type: "counter",
  values: listValues(values),
});

/** Undefined is not known: the family then has no value, which is not the same as 0. */
const gauge = (
  name: string,
  help: string,
  values: number | undefined | readonly Labeled[],
): Family => ({ name, help, type: "gauge", values: listValues(values ?? []) });

const listValues = (values: number | readonly Labeled[]): Value[] =>
  typeof values === "number"
    ? [{ labels: {}, value: values }]
    : values.map(([labels, value]) => ({ labels, value }));

const histogram = (
  name: string,
  help: string,
  series: readonly (readonly [Labels, Buckets])[],
): Family => ({
  name,
  help,
  type: "histogram",
  values: series.flatMap(([labels, { below, count, sumSec }]) => [
    ...EDGES_SEC.map((edge, at) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: String(edge) },
      value: below[at]!,
    })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: count },
    { metricName: `${name}_sum`, labels, value: sumSec },
    { metricName: `${name}_count`, labels, value: count },
  ]),
});
