/** Fear: a report that misleads at night: a wrong column, a lost unit, a line a client wrote. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Percentiles } from "../../metrics/histogram.js";
import type { FileFigures } from "../../metrics/machine-metrics.js";
import type { Report } from "../../metrics/report.js";
import { reportText } from "../../metrics/report-text.js";
import { SAMPLE_FIELDS, type Sample } from "../../metrics/samples.js";
import { BUSY, EMPTY, sample, times, WORKERS } from "../support/report.js";

const BUSY_AT_80 = String.raw`sluice 0.1.0, pid 4711, up 3d 3h 52m 9s, 2026-11-24T03:14:15Z

Last second
  requests/s  5xx/s  aborted/s  sent MiB/s  in progress  connections
       8,214      0          3       412.7           41        1,204
                                            ─── share of time, % ───
  p50 ms  p90 ms  p99 ms  p99.9 ms  max ms  queue  disk  loop  drain
   0.044   1.290   30.70     204.0   1,204    0.1   2.1   4.0   93.8

Time to the last byte, ms
  body          count    p50     p90      p99    p99.9   p99.99      max
  none         85,578  0.038   0.061    0.140    1.104    4.210    6.300
  to 4 KiB    902,114  0.042   0.079    0.231    2.300    9.100    14.90
  to 1 MiB    288,901  0.960   8.820    61.90    410.0    1,900    4,100
  larger       10,100  8,190  61,300  310,000  912,000  912,000  912,300
  all       1,286,693  0.046   1.310    32.80    8,190  131,000  912,300

Time to the first byte, ms
  body          count    p50    p90    p99  p99.9  p99.99    max
  none         85,578  0.038  0.061  0.140  1.104   4.210  6.300
  to 4 KiB    902,114  0.041  0.077  0.212  2.110   8.820  14.30
  to 1 MiB    288,901  0.112  0.480  3.910  21.30   88.10  131.0
  larger       10,100  0.260  6.900  51.20  61.40   102.0  131.0
  all       1,286,693  0.043  0.180  1.900  14.90   81.90  131.0

Where the time of requests went
            ─ share of all time, % ─  ─── p99 of the phase, ms ───
  body      queue  disk  loop  drain  queue   disk   loop    drain
  none        0.0   1.2  98.8    0.0      0  0.112  0.131        0
  to 4 KiB    0.4   3.1  95.1    1.4      0  0.190  0.201    0.088
  to 1 MiB    2.1  11.4   4.0   82.5  1.204  8.110  0.402    59.90
  larger      0.1   2.2   0.4   97.3  44.10  512.0  91.00  309,000
  all         0.2   2.4   0.9   96.5  0.410  4.100  0.402    28.70

Disk, ms
  job                        count    p50    p90    p99  p99.9  p99.99    max
  open: wait for a reader   24,113  0.004  0.009  0.031  0.410   4.100  6.010
  open: system calls        24,113  0.021  0.038  0.160  3.900   51.20  51.90
  read: wait for a reader  411,902  0.005  0.014  0.820  12.30   44.10  61.00
  read: system calls       411,902  0.061  0.098  1.900  51.20   204.0  512.0

Lag of the event loop, ms
                    count    p50    p90    p99  p99.9  p99.99    max  busy %
  since start  27,312,004  0.012  0.031  0.402  2.110   18.90  91.00       -
  last second           -  0.013      -  0.380      -       -  2.100    34.2

Memory and descriptors, now
  resident MiB  heap MiB  external MiB  slab MiB  open descriptors
         412.0     31.40         188.0     64.00             1,391

Pool and readers, now
  ───────────── slots ──────────────  readers    ─── in line ───
  all  free  loading  cached  pinned  all  busy  transfers  jobs
  256     6        2     243       5    4     2          1     0

Files and paths, now
  ─── open files ────  ─── small, MiB ───  ─ known paths ─
  all  small  at most  in memory  at most  present  absent
  187    112    4,096      31.90    32.00   24,113   8,192

Answers, and how their bodies ended
  1xx        2xx     3xx    4xx  5xx  outdated siblings
    0  1,201,113  84,201  1,377    2                  2
       sent   gone  client stalled  changed  read failed  read timed out
  1,198,404  2,688              14        3            1               1

Under way, all 4
  age s  waits for  done %  of MiB  what
  912.3  client       65.3   631.0  GET /images/debian-12.8.0-amd64-netinst.iso
  61.20  queue        22.1   8,190  GET /video/2026/11/ke…-full-length-2160p.mp4
  0.048  disk          0.0   0.250  read /video/new.mp4
  0.003  lookup          -       0  GET /a\u{a}\u{1b}[31mb

Slowest operations of the last hour, all 4
                             ──── share of it, % ────
  ended UTC  took s  blame   queue  disk  loop  drain  what
  03:03:55    912.3  client      0     0     0    100  GET /images/…-netinst.iso
  03:13:04    60.13  client      0     0     0    100  GET /video/2…th-2160p.mp4
  02:42:35    30.00  disk        0   100     0      0  read /archiv…019/logs.tar
  02:24:15    1.840  loop        0     0   100      0  stall

Most downloaded, all 3
  completed  aborted  ranged  now  sent GiB  path
      4,102      311   1,204   12     2,635  /images/debian-12…amd64-netinst.iso
    288,410        2       0    0     50.00  /app/main-8f3a2c.js
          1        0       0    1    <0.001  /docs/日本語のと…のドキュメント.pdf
`;

test("all of it, as it stands on the narrowest terminal", () => {
  expect(reportText(BUSY, 80)).toBe(BUSY_AT_80);
});

/** The lines of one section, without its title. */
function section(report: Report, title: string, width = 80): string[] {
  const blocks = reportText(report, width).split("\n\n");
  const block = blocks.find((one) => one.startsWith(title));
  return (block ?? "").trimEnd().split("\n").slice(1);
}

describe("width", () => {
  test("a wide terminal shows more of paths, and who asked", () => {
    const [heading, first] = section(BUSY, "Slowest", 160);
    expect(heading).toMatch(/^ +─+ share of it, % ─+$/);
    expect(first).toBe(
      "  ended UTC  took s  blame   queue  disk  loop  drain  for             how it ended        what",
    );
    expect(section(BUSY, "Slowest", 160)[3]).toBe(
      "  03:13:04    60.13  client      0     0     0    100  198.51.100.204  206 client stalled  GET /video/2026/11/keynote-recording-full-length-2160p.mp4",
    );
    expect(section(BUSY, "Slowest", 160)[5]).toMatch(/ 0 {2}- {15}- {19}stall$/);
    expect(section(BUSY, "Under way", 120)[2]).toContain("  2001:db8::8a2e:370:7334  GET /video");
  });
  test("less than 80 is taken as 80, more than 160 as 160", () => {
    const long = { ...BUSY, version: "1".repeat(200) };
    expect(reportText(long, 0)).toBe(reportText(long, 80));
    expect(reportText(long, 1000)).toBe(reportText(long, 160));
    expect(reportText(long, 160)).not.toBe(reportText(long, 159));
  });
});

describe("what is not there", () => {
  test("nothing has happened yet: each section says so", () => {
    const blocks = reportText(EMPTY, 80).trimEnd().split("\n\n").slice(1);
    const said = blocks.filter((block) => !block.startsWith("Answers")).map((b) => b.split("\n"));
    expect(said).toEqual([
      ["Last second", "  the first second is not over yet"],
      ["Time to the last byte", "  no request has ended yet"],
      ["Time to the first byte", "  no request has ended yet"],
      ["Where the time of requests went", "  no request has ended yet"],
      ["Disk", "  no file has been opened or read yet"],
      ["Lag of the event loop", "  the first second is not over yet"],
      ["Memory and descriptors, now", "  the first second is not over yet"],
      ["Pool and readers, now", "  the first second is not over yet"],
      ["Files and paths, now", "  the first second is not over yet"],
      ["Under way", "  nothing"],
      ["Slowest operations of the last hour", "  none that took longer than SLUICE_SLOW_MS"],
      ["Most downloaded", "  nothing has been downloaded yet"],
    ]);
  });
  test("without measuring, the header says so once, and counts remain", () => {
    const text = reportText({ ...EMPTY, isMeasuring: false }, 80);
    expect(text.split("\n\n")).toHaveLength(2);
    expect(text).toContain("SLUICE_METRICS is off: requests are counted, and not measured.\n");
    expect(text).toContain("\n  1xx  2xx  3xx  4xx  5xx");
  });
  test("without measuring, requests of the last second took no known time, not none", () => {
    const now = sample({ requests: 18 });
    const lines = section({ ...EMPTY, isMeasuring: false, now }, "Last second");
    expect(lines[1]).toMatch(/^ +18 /);
    expect(lines[4]).toMatch(/^( +-){9}$/);
  });
  test("jobs that never ran have no row", () => {
    const disk = { ...EMPTY.disk, open: times(3, 21, 38, 160, 390, 512, 519) };
    expect(section({ ...EMPTY, disk }, "Disk, µs")).toEqual([
      "  job                 count  p50  p90  p99  p99.9  p99.99  max",
      "  open: system calls      3   21   38  160    390     512  519",
    ]);
  });
  test("a second without requests has no times and no shares", () => {
    const lines = section({ ...EMPTY, now: sample({ loopUtilization: 0.01 }) }, "Last second");
    expect(lines[4]).toMatch(/^( +-){9}$/);
  });
});

describe("several workers", () => {
  const report = { ...BUSY, workers: WORKERS };

  test("stand below each other, so that the one that is late stands out", () => {
    expect(section(report, "Workers")).toEqual([
      "                                                                 ── loop lag ──",
      "  worker    pid            up    answers  connected  memory MiB  p99 ms  busy %",
      "       1   4712  3d 3h 52m 8s  1,280,001          3       201.0   0.380     1.2",
      "       2  19021         1m 1s      6,692      1,201       211.0   91.00    34.2",
    ]);
  });
  test("that do not answer are named before any figure", () => {
    const [, second] = reportText(report, 80).split("\n");
    expect(second).toBe("worker 2 (pid 19021) did not answer: its last figures are shown");
    expect(reportText(report, 80)).not.toContain("worker 1 (");
  });
  test("are no table when there is one", () => {
    expect(section({ ...BUSY, workers: WORKERS.slice(0, 1) }, "Workers")).toEqual([]);
  });
});

describe("lists", () => {
  const [operation] = BUSY.underWay;
  const ages = [5, 40, 20, 1, 2, 3, 4, 6, 7, 8, 9, 10];
  const crowd = ages.map((age) => ({ ...operation!, ageMs: age * 1000, what: `GET /${age}` }));

  test("of what is under way, the oldest come first, in whatever order they were told", () => {
    const report = { ...EMPTY, underWay: crowd };
    expect(reportText(report, 80)).toContain("\nUnder way, the oldest 10 of 12\n");
    const [, ...lines] = section(report, "Under way");
    const shown = lines.map((line) => Number(/\d+$/.exec(line)![0]));
    expect(shown).toEqual([40, 20, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(crowd[0]!.ageMs).toBe(5000); // the report itself stays as it was
  });
  test("twenty slow operations and ten downloads, in the order of the report", () => {
    const slow = Array.from({ length: 30 }, (_, at) => ({
      ...BUSY.slowest[0]!,
      what: `GET /${at}`,
    }));
    const paths = Array.from({ length: 30 }, (_, at) => ({
      ...BUSY.downloads[0]!,
      path: `/${at}`,
    }));
    const report = { ...EMPTY, slowest: slow, downloads: paths };
    expect(
      section(report, "Slowest operations of the last hour, the first 20 of 30").slice(2),
    ).toEqual(
      Array.from({ length: 20 }, (_, at) => expect.stringMatching(new RegExp(` GET /${at}$`))),
    );
    expect(section(report, "Most downloaded, the first 10 of 30").slice(1)).toEqual(
      Array.from({ length: 10 }, (_, at) => expect.stringMatching(new RegExp(` /${at}$`))),
    );
  });
});

// --- any report ---

/** Pieces of text whose columns are known beforehand: an independent measure of a line. */
const PIECES = [
  "a",
  "/",
  "%",
  "日",
  "🌊",
  "e\u0301",
  "\n",
  "\x1b[31m",
  "\x9b",
  "\u202e",
  "\ud800",
  "\u2028",
];
const measure = (line: string): number =>
  [...line].reduce((sum, one) => sum + (one === "\u0301" ? 0 : /[日🌊]/u.test(one) ? 2 : 1), 0);

const text = fc.string({ unit: fc.constantFrom(...PIECES), maxLength: 60 });
const kind = fc.constantFrom("request" as const, "open" as const, "stall" as const);
const number = fc.oneof(
  fc.nat({ max: 10_000 }),
  fc.maxSafeNat(),
  fc.double({ min: 0, max: 1e15 }),
  fc.constant(Number.NaN),
);
const recordOf = <Key extends string>(...keys: readonly Key[]) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, number]))) as fc.Arbitrary<
    Record<Key, number>
  >;
const percentiles: fc.Arbitrary<Percentiles> = recordOf(
  ...(Object.keys(times(0)) as (keyof Percentiles)[]),
);
const phaseTimes = recordOf("queueMs", "diskMs", "loopMs", "drainMs");
const byPhase = <Value>(value: fc.Arbitrary<Value>) =>
  fc.record({ queue: value, disk: value, loop: value, drain: value });
const many = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { maxLength: 4 });

const anyReport: fc.Arbitrary<Report> = fc.record({
  version: text,
  pid: fc.nat(),
  atMs: number,
  uptimeMs: number,
  isMeasuring: fc.boolean(),
  counters: fc.constant(BUSY.counters),
  latency: many(
    fc.record({
      sizeClass: fc.constantFrom("none", "to 64 MiB", "all"),
      firstByte: percentiles,
      total: percentiles,
      phases: byPhase(percentiles),
      shares: byPhase(number),
    }),
  ),
  disk: fc.record({
    openQueue: percentiles,
    open: percentiles,
    readQueue: percentiles,
    read: percentiles,
  }),
  loopLag: percentiles,
  now: fc.option(recordOf(...SAMPLE_FIELDS) as fc.Arbitrary<Sample>, { nil: undefined }),
  files: recordOf(...(Object.keys(EMPTY.files) as (keyof FileFigures)[])),
  underWay: many(
    fc
      .tuple(phaseTimes, recordOf("ageMs", "sentBytes", "totalBytes", "waiters"), text, text, kind)
      .map(([split, figures, what, client, kind]) => ({
        ...split,
        ...figures,
        what,
        client,
        kind,
        phase: "lookup" as const,
      })),
  ),
  slowest: many(
    fc
      .tuple(phaseTimes, recordOf("endedAtMs", "tookMs", "sentBytes", "status"), text, text, kind)
      .map(([split, figures, what, client, kind]) => ({
        ...split,
        ...figures,
        what,
        client,
        kind,
        blame: "client" as const,
        outcome: "read timed out" as const,
      })),
  ),
  downloads: many(
    fc
      .tuple(recordOf("completed", "aborted", "ranged", "bytes", "inProgress", "lastMs"), text)
      .map(([figures, path]) => ({ ...figures, path })),
  ),
  workers: many(
    fc
      .tuple(
        recordOf("uptimeMs", "answers", "connections", "rssBytes", "loopLagP99Us"),
        number,
        fc.nat(),
        fc.boolean(),
      )
      .map(([figures, loopUtilization, pid, hasAnswered]) => ({
        ...figures,
        loopUtilization,
        id: pid,
        pid,
        hasAnswered,
      })),
  ),
});

test("of any report no line is too wide, and nothing in it steers a terminal", () => {
  fc.assert(
    fc.property(anyReport, fc.integer({ min: 80, max: 160 }), (report, width) => {
      const lines = reportText(report, width).split("\n");
      expect(Math.max(...lines.map(measure))).toBeLessThanOrEqual(width);
      expect(lines.join("")).not.toMatch(
        /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|NaN|Infinity|undefined/u,
      );
      expect(lines.filter((line) => line.endsWith(" "))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("what goes to a log line by line has no empty end", () => {
  for (const report of [BUSY, EMPTY]) expect(reportText(report, 80)).toMatch(/[^\n]\n$/);
});
