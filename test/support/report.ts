/** A made-up report of a busy server: plausible figures, two of its clients slow, one path hostile. */
import { Counters } from "../../metrics/counters.js";
import type { Percentiles } from "../../metrics/histogram.js";
import type { UnderWay } from "../../metrics/operations.js";
import type { PhaseTimes } from "../../metrics/phases.js";
import type { ClassReport, Report } from "../../metrics/report.js";
import { SAMPLE_FIELDS, type Sample } from "../../metrics/samples.js";
import type { WorkerRow } from "../../metrics/worker-row.js";

const AT_MS = Date.parse("2026-11-24T03:14:15Z");

/** Percentiles from 50 to 99.99 and the maximum, in the order of the report's columns. */
export function times(count: number, ...us: number[]): Percentiles {
  const [p50Us = 0, p90Us = 0, p99Us = 0, p999Us = 0, p9999Us = 0, maxUs = 0] = us;
  const minUs = Math.floor(p50Us / 2);
  return { count, minUs, meanUs: p50Us, p50Us, p90Us, p99Us, p999Us, p9999Us, maxUs };
}

/** A sample in which all figures not given are zero. */
export const sample = (figures: Partial<Sample>): Sample =>
  ({ ...Object.fromEntries(SAMPLE_FIELDS.map((field) => [field, 0])), ...figures }) as Sample;

const phaseTimes = (
  queueMs: number,
  diskMs: number,
  loopMs: number,
  drainMs: number,
): PhaseTimes => ({
  queueMs,
  diskMs,
  loopMs,
  drainMs,
});

const NONE = times(0);
const IDLE: UnderWay = {
  ...phaseTimes(0, 0, 0, 0),
  kind: "request",
  what: "",
  client: "",
  ageMs: 0,
  phase: "client",
  sentBytes: 0,
  totalBytes: 0,
  waiters: 0,
};

/** Shares and 99th percentiles of queue, disk, loop and drain. */
const split = (
  shares: readonly number[],
  p99Us: readonly number[],
): Pick<ClassReport, "phases" | "shares"> => ({
  shares: { queue: shares[0]!, disk: shares[1]!, loop: shares[2]!, drain: shares[3]! },
  phases: {
    queue: times(9, 0, 0, p99Us[0]!),
    disk: times(9, 0, 0, p99Us[1]!),
    loop: times(9, 0, 0, p99Us[2]!),
    drain: times(9, 0, 0, p99Us[3]!),
  },
});

/** Nothing has happened yet. */
export const EMPTY: Report = {
  version: "0.1.0",
  pid: 4711,
  atMs: AT_MS,
  uptimeMs: 400,
  isMeasuring: true,
  counters: new Counters(),
  latency: [],
  disk: { openQueue: NONE, open: NONE, readQueue: NONE, read: NONE },
  loopLag: NONE,
  now: undefined,
  files: {
    openFiles: 0,
    mostOpenFiles: 4096,
    keptOpenFiles: 0,
    bodyBytes: 0,
    mostBodyBytes: 32 << 20,
    entries: 0,
    absent: 0,
  },
  underWay: [],
  slowest: [],
  downloads: [],
  workers: [],
};

/** One that is idle, and one that stands out. */
export const WORKERS: readonly WorkerRow[] = [
  {
    id: 1,
    pid: 4712,
    uptimeMs: 273_128_000,
    answers: 1_280_001,
    connections: 3,
    rssBytes: 201 << 20,
    loopLagP99Us: 380,
    loopUtilization: 0.012,
    hasAnswered: true,
  },
  {
    id: 2,
    pid: 19_021,
    uptimeMs: 61_000,
    answers: 6692,
    connections: 1201,
    rssBytes: 211 << 20,
    loopLagP99Us: 91_000,
    loopUtilization: 0.342,
    hasAnswered: false,
  },
];

const MIB = 2 ** 20;

export const BUSY: Report = {
  ...EMPTY,
  uptimeMs: 273_129_000,
  counters: Object.assign(new Counters(), {
    answersByClass: [0, 0, 1_201_113, 84_201, 1_377, 2],
    bytesAtHand: 1_198_404_000,
    bodiesSent: 1_198_404,
    clientsGone: 2_688,
    clientsStalled: 14,
    filesChanged: 3,
    readsFailed: 1,
    readsTimedOut: 1,
    staleSiblings: 2,
  }),
  latency: [
    {
      sizeClass: "none",
      firstByte: times(85_578, 38, 61, 140, 1_104, 4_210, 6_300),
      total: times(85_578, 38, 61, 140, 1_104, 4_210, 6_300),
      ...split([0, 0.012, 0.988, 0], [0, 112, 131, 0]),
    },
    {
      sizeClass: "to 4 KiB",
      firstByte: times(902_114, 41, 77, 212, 2_110, 8_820, 14_300),
      total: times(902_114, 42, 79, 231, 2_300, 9_100, 14_900),
      ...split([0.004, 0.031, 0.951, 0.014], [0, 190, 201, 88]),
    },
    {
      sizeClass: "to 1 MiB",
      firstByte: times(288_901, 112, 480, 3_910, 21_300, 88_100, 131_000),
      total: times(288_901, 960, 8_820, 61_900, 410_000, 1_900_000, 4_100_000),
      ...split([0.021, 0.114, 0.04, 0.825], [1_204, 8_110, 402, 59_900]),
    },
    {
      sizeClass: "larger",
      firstByte: times(10_100, 260, 6_900, 51_200, 61_400, 102_000, 131_000),
      total: times(
        10_100,
        8_190_000,
        61_300_000,
        310_000_000,
        912_000_000,
        912_000_000,
        912_345_000,
      ),
      ...split([0.001, 0.022, 0.004, 0.973], [44_100, 512_000, 91_000, 309_000_000]),
    },
    {
      sizeClass: "all",
      firstByte: times(1_286_693, 43, 180, 1_900, 14_900, 81_900, 131_000),
      total: times(1_286_693, 46, 1_310, 32_800, 8_190_000, 131_000_000, 912_345_000),
      ...split([0.002, 0.024, 0.009, 0.965], [410, 4_100, 402, 28_700]),
    },
  ],
  disk: {
    openQueue: times(24_113, 4, 9, 31, 410, 4_100, 6_010),
    open: times(24_113, 21, 38, 160, 3_900, 51_200, 51_900),
    readQueue: times(411_902, 5, 14, 820, 12_300, 44_100, 61_000),
    read: times(411_902, 61, 98, 1_900, 51_200, 204_000, 512_000),
  },
  loopLag: times(27_312_004, 12, 31, 402, 2_110, 18_900, 91_000),
  now: sample({
    atMs: AT_MS,
    requests: 8_214,
    aborted: 3,
    sentBytes: 432_741_000,
    p50Us: 44,
    p90Us: 1_290,
    p99Us: 30_700,
    p999Us: 204_000,
    maxUs: 1_204_000,
    queueMs: 12,
    diskMs: 204,
    loopMs: 390,
    drainMs: 9_204,
    loopLagP50Us: 13,
    loopLagP99Us: 380,
    loopLagMaxUs: 2_100,
    loopUtilization: 0.342,
    inProgress: 41,
    connections: 1_204,
    rssBytes: 412 * MIB,
    heapUsedBytes: 31.4 * MIB,
    externalBytes: 188 * MIB,
    slabBytes: 64 * MIB,
    slotsFree: 6,
    slotsLoading: 2,
    slotsCached: 243,
    slotsPinned: 5,
    readers: 4,
    readersBusy: 2,
    jobsWaiting: 0,
    transfersInLine: 1,
    openFds: 1_391,
  }),
  files: {
    openFiles: 187,
    mostOpenFiles: 4096,
    keptOpenFiles: 112,
    bodyBytes: 31.9 * MIB,
    mostBodyBytes: 32 * MIB,
    entries: 24_113,
    absent: 8_192,
  },
  underWay: [
    {
      ...IDLE,
      what: "GET /images/debian-12.8.0-amd64-netinst.iso",
      client: "203.0.113.77",
      ageMs: 912_345,
      sentBytes: 412 * MIB,
      totalBytes: 631 * MIB,
    },
    {
      ...IDLE,
      what: "GET /video/2026/11/keynote-recording-full-length-2160p.mp4",
      client: "2001:db8::8a2e:370:7334",
      ageMs: 61_204,
      phase: "queue",
      sentBytes: 1_811 * MIB,
      totalBytes: 8_190 * MIB,
    },
    {
      ...IDLE,
      kind: "read",
      what: "/video/new.mp4",
      ageMs: 48.2,
      phase: "disk",
      totalBytes: MIB / 4,
      waiters: 3,
    },
    { ...IDLE, what: "GET /a\n\x1b[31mb", client: "198.51.100.9", ageMs: 3.1, phase: "lookup" },
  ],
  slowest: [
    {
      ...phaseTimes(44, 512, 91, 911_698),
      kind: "request",
      what: "GET /images/debian-12.8.0-amd64-netinst.iso",
      client: "203.0.113.78",
      endedAtMs: AT_MS - 620_000,
      tookMs: 912_345,
      blame: "client",
      sentBytes: 631 * MIB,
      status: 200,
      outcome: "sent",
    },
    {
      ...phaseTimes(120, 8, 4, 60_000),
      kind: "request",
      what: "GET /video/2026/11/keynote-recording-full-length-2160p.mp4",
      client: "198.51.100.204",
      endedAtMs: AT_MS - 71_000,
      tookMs: 60_132,
      blame: "client",
      sentBytes: 3 * MIB,
      status: 206,
      outcome: "client stalled",
    },
    {
      ...phaseTimes(0, 30_000, 0, 0),
      kind: "read",
      what: "/archive/2019/logs.tar",
      client: "",
      endedAtMs: AT_MS - 1_900_000,
      tookMs: 30_000,
      blame: "disk",
      sentBytes: 0,
      status: 0,
      outcome: "read timed out",
    },
    {
      ...phaseTimes(0, 0, 1_840, 0),
      kind: "stall",
      what: "",
      client: "",
      endedAtMs: AT_MS - 3_000_000,
      tookMs: 1_840,
      blame: "loop",
      sentBytes: 0,
      status: 0,
      outcome: "sent",
    },
  ],
  downloads: [
    {
      path: "/images/debian-12.8.0-amd64-netinst.iso",
      completed: 4_102,
      aborted: 311,
      ranged: 1_204,
      bytes: 2_698_000 * MIB,
      inProgress: 12,
      lastMs: AT_MS - 4_000,
    },
    {
      path: "/app/main-8f3a2c.js",
      completed: 288_410,
      aborted: 2,
      ranged: 0,
      bytes: 51_200 * MIB,
      inProgress: 0,
      lastMs: AT_MS - 1_000,
    },
    {
      path: "/docs/日本語のとても長い名前のドキュメント.pdf",
      completed: 1,
      aborted: 0,
      ranged: 0,
      bytes: 412_000,
      inProgress: 1,
      lastMs: 0,
    },
  ],
};
