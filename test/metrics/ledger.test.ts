/** Fear: sums that fall when a worker dies, or that count a request twice or not at all. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Downloads } from "../../metrics/downloads.js";
import { percentilesOf } from "../../metrics/histogram.js";
import { Ledger } from "../../metrics/ledger.js";
import { classMetricsOf } from "../../metrics/machine-metrics.js";
import type { SlowOperation } from "../../metrics/operations.js";
import { PHASES } from "../../metrics/phases.js";
import { type Served, Working } from "../support/working.js";

const served: fc.Arbitrary<Served> = fc.record({
  status: fc.constantFrom(0, 200, 206, 404, 503),
  promisedBytes: fc.constantFrom(0, 1000, 2_000_000),
  firstByteMs: fc.constantFrom(-1, 0, 2.5),
  totalMs: fc.integer({ min: 0, max: 100_000 }),
  queueMs: fc.constantFrom(0, 1, 250),
  diskMs: fc.constantFrom(0, 3, 7000),
  loopMs: fc.constantFrom(0, 0.25),
  drainMs: fc.constantFrom(0, 12),
  path: fc.constantFrom("/a", "/b", "/c", "/d", "/e", "/f", "/g"),
});

type Step =
  | { readonly kind: "serve"; readonly worker: number; readonly served: Served }
  | { readonly kind: "ship" | "kill"; readonly worker: number };
const worker = fc.nat({ max: 2 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("serve" as const), worker, served }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("ship" as const, "ship", "kill"), worker }),
    },
  ),
  { maxLength: 60 },
);

/** Everything that only rises, by name. */
function countsOf(ledger: Ledger): Record<string, number> {
  const { counters, otherSums, disk, lag, downloads } = ledger;
  const { answersByClass, ...others } = counters;
  const { inProgress: _, ...downloaded } = downloads.sums;
  const counts: Record<string, number> = { ...others, ...otherSums, lags: lag.totalCount };
  for (const [name, count] of Object.entries(downloaded)) counts[`downloads ${name}`] = count;
  for (const [name, histogram] of Object.entries(disk)) counts[name] = histogram.totalCount;
  answersByClass.forEach((count, at) => {
    counts[`answers ${at}xx`] = count;
  });
  for (const { sizeClass, ...cell } of classMetricsOf(ledger.cells())) {
    counts[`${sizeClass} total`] = cell.total.totalCount;
    counts[`${sizeClass} first byte`] = cell.firstByte.totalCount;
    cell.endedByStatus.forEach((count, at) => {
      counts[`${sizeClass} ${at}xx`] = count;
    });
  }
  return counts;
}

/** All that a ledger and a recorder must agree in, whoever of them has it from many. */
const figuresOf = (cells: ReturnType<Ledger["cells"]>) =>
  [...cells]
    .sort((a, b) => a.sizeClass - b.sizeClass || a.statusClass - b.statusClass)
    .map(({ sizeClass, statusClass, total, firstByte, phases, phaseMs }) => ({
      sizeClass,
      statusClass,
      total: percentilesOf(total),
      firstByte: percentilesOf(firstByte),
      phases: PHASES.map((phase) => percentilesOf(phases[phase])),
      phaseMs: PHASES.map((phase) => Math.round(phaseMs[phase])),
    }));

describe("a ledger", () => {
  test("holds all that was shipped, never falls, and outlives whoever shipped it", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const ledger = new Ledger(new Downloads(2));
        const reference = new Working();
        const workers = Array.from({ length: 3 }, () => new Working());
        const unshipped: Served[][] = [[], [], []];
        let before = countsOf(ledger);
        for (const step of all) {
          const { kind, worker } = step;
          if (kind === "serve") {
            workers[worker]!.serve(step.served);
            unshipped[worker]!.push(step.served);
            continue;
          }
          if (kind === "kill") workers[worker] = new Working();
          else {
            ledger.add(workers[worker]!.ship());
            for (const one of unshipped[worker]!) reference.serve(one);
          }
          unshipped[worker] = [];
          const now = countsOf(ledger);
          for (const [name, count] of Object.entries(now)) {
            expect(count, name).toBeGreaterThanOrEqual(before[name]!);
          }
          before = now;
        }

        const { counters, disk, lag, recorder, downloads } = reference;
        expect(figuresOf(ledger.cells())).toEqual(figuresOf(recorder.cells()));
        expect(ledger.counters).toEqual(counters);
        expect(percentilesOf(ledger.lag)).toEqual(percentilesOf(lag));
        expect(percentilesOf(ledger.disk.read)).toEqual(percentilesOf(disk.read));
        expect(ledger.downloads.sums).toEqual(downloads.sums);
        expect(ledger.otherSums.evictions).toBe(2 * ledger.otherSums.sentBytes);
        expect(ledger.otherSums.sentBytes).toBe(downloads.sums.bytes);
      }),
      { numRuns: 60 },
    );
  });

  test("tells of a second what was shipped in it, of all together", () => {
    const ledger = new Ledger(new Downloads(2));
    const [quick, slow] = [new Working(), new Working()];
    const request = { status: 404, promisedBytes: 0, firstByteMs: 0, path: "/" };
    const noTime = { queueMs: 0, diskMs: 0, loopMs: 0, drainMs: 0 };
    for (let n = 0; n < 98; n++) quick.serve({ ...request, ...noTime, totalMs: 1 });
    for (let n = 0; n < 2; n++) slow.serve({ ...request, ...noTime, totalMs: 1000 });
    ledger.add(quick.ship());
    ledger.add(slow.ship());
    // A mean of both 99th percentiles would be half a second.
    expect(ledger.second().total).toMatchObject({ count: 100, p50Us: 1003, maxUs: 1_000_000 });
    expect(ledger.second().total.count).toBe(0);
    slow.serve({ ...request, ...noTime, totalMs: 20 });
    ledger.add(slow.ship());
    expect(ledger.second().total).toMatchObject({ count: 1 });
  });

  test("keeps a slow operation once, also of a worker that is gone", () => {
    const ledger = new Ledger(new Downloads(2));
    const working = new Working();
    const slow = { blame: "disk", tookMs: 900, endedAtMs: 5 } as SlowOperation;
    working.slow.push(slow);
    ledger.add(working.ship());
    ledger.add(working.ship());
    expect(ledger.slowest.list(10)).toEqual([slow]);
  });

  test("has a store kept up to date with what was handed over", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ worker, path: fc.constantFrom("/a", "/b", "/c", "/d", "/e") }), {
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 40 }),
        (served, period) => {
          const supervisor = new Downloads(2);
          const workers = Array.from({ length: 3 }, () => new Downloads(2));
          const store = new Map<string, number>();
          served.forEach(({ worker, path }, at) => {
            workers[worker]!.counterOf(path).whole(1, at);
            if (at % period !== 0) return;
            for (const one of workers) supervisor.add(one.handOver(2));
            const { removed, changed } = supervisor.takeChanges(100);
            for (const name of removed) store.delete(name);
            for (const row of changed) store.set(row.path, row.completed);
            const stored = [...store.values()].reduce((sum, count) => sum + count, 0);
            expect(stored).toBe(supervisor.sums.completed);
          });
          for (const one of workers) while (one.pending > 0) supervisor.add(one.handOver(2));
          expect(supervisor.sums).toMatchObject({
            completed: served.length,
            bytes: served.length,
          });
          for (const one of workers) expect(one.sums).toMatchObject({ completed: 0, bytes: 0 });
        },
      ),
    );
  });
});
