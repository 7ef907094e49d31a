/** Fear: a page that says healthy while it is not, cries wolf, or blames the wrong one. */
import { describe, expect, test } from "vitest";
import { judge, sumPhases, type Verdict } from "../../../../engine/admin/dashboard/page/health.js";
import type { NowMessage } from "../../../../metrics/live.js";
import type { Sample } from "../../../../metrics/samples.js";
import { sampleOf } from "./sample.js";

const now = (unready: readonly string[] = []): NowMessage => ({
  type: "now",
  isMeasuring: true,
  sample: sampleOf(),
  pool: { slots: 4, chunkBytes: 4096, slotsPerCell: 1, cells: "ffff" },
  underWay: [],
  slowest: [],
  downloads: [],
  unready,
  workers: [],
});

/** Ten seconds, the last `count` of which differ. */
const seconds = (differs: Partial<Sample>, count = 10): readonly Sample[] =>
  Array.from({ length: 10 }, (_, at) =>
    sampleOf({ readers: 2, slotsFree: 1, ...(at >= 10 - count && differs) }),
  );

const LATE = { loopLagP99Us: 120_000 };
const FULL = { slotsFree: 0, slotsCached: 0, slotsPinned: 4, transfersInLine: 1 };
const BUSY = { readersBusy: 2, jobsWaiting: 14 };

const rows: readonly (readonly [
  why: string,
  recent: readonly Sample[],
  level: Verdict["level"],
  headline: string,
])[] = [
  ["nothing is known yet", [], "healthy", "Healthy."],
  ["nothing is wrong", seconds({}), "healthy", "Healthy."],
  ["one late second is noise", seconds(LATE, 1), "healthy", "Healthy."],
  ["two are too", seconds(LATE, 2), "healthy", "Healthy."],
  ["three are not", seconds(LATE, 3), "strained", "Ready, but the event loop is 120 ms late."],
  ["what is over is over", [...seconds(LATE, 9).slice(1), sampleOf()], "healthy", "Healthy."],
  ["a lag at the limit is none", seconds({ loopLagP99Us: 50_000 }), "healthy", "Healthy."],
  [
    "requests failed, in one second of ten",
    [...seconds({ requests: 100 }, 9), sampleOf({ requests: 100, serverErrors: 3 })].slice(1),
    "strained",
    "Ready, but 3 of 1,000 requests failed in the last 10 s.",
  ],
  [
    "transfers wait for a slot",
    seconds(FULL),
    "strained",
    "Ready, but the pool is full, with 1 transfer in line.",
  ],
  [
    "a full pool that nobody waits for",
    seconds({ ...FULL, transfersInLine: 0 }),
    "healthy",
    "Healthy.",
  ],
  ["what is cached can be taken", seconds({ ...FULL, slotsCached: 1 }), "healthy", "Healthy."],
  [
    "jobs wait for a reader",
    seconds(BUSY),
    "strained",
    "Ready, but all 2 readers are busy, with 14 jobs in line.",
  ],
  ["busy readers without a line", seconds({ ...BUSY, jobsWaiting: 0 }), "healthy", "Healthy."],
  ["a line while a reader is free", seconds({ ...BUSY, readersBusy: 1 }), "healthy", "Healthy."],
  [
    "two at once",
    seconds({ ...LATE, ...FULL }),
    "strained",
    "Ready, but the event loop is 120 ms late; the pool is full, with 1 transfer in line.",
  ],
];
for (const [why, recent, level, headline] of rows) {
  test(`${level}: ${why}`, () => {
    expect(judge(now(), recent)).toMatchObject({ level, headline });
  });
}

test("one reason is enough not to be ready", () => {
  expect(judge(now(["the root is gone"]), seconds({})).headline).toBe(
    "Not ready: the root is gone.",
  );
});

test("the server's own reasons come before what we find", () => {
  const { level, headline } = judge(now(["the root is gone", "the loop lags"]), seconds(LATE));
  expect(level).toBe("unready");
  expect(headline).toBe("Not ready: the root is gone; the loop lags.");
});

describe("detail", () => {
  const detail = (...recent: readonly Sample[]): string => judge(now(), recent).detail;
  const ended = { requests: 1, p99Us: 4200 };

  const details: readonly (readonly [why: string, got: string, want: string])[] = [
    ["no request", detail(sampleOf()), "No request has ended in the last 10 s."],
    ["no time spent", detail(sampleOf(ended)), "p99 is 4.2 ms."],
    [
      "the client",
      detail(sampleOf({ ...ended, drainMs: 3, diskMs: 1 })),
      "p99 is 4.2 ms. Requests spend 75% of their time on clients taking their bytes.",
    ],
    [
      "the disk",
      detail(sampleOf({ ...ended, diskMs: 3, queueMs: 1 })),
      "p99 is 4.2 ms. Requests spend 75% of their time on the disk.",
    ],
    [
      "the line",
      detail(sampleOf({ ...ended, queueMs: 3, loopMs: 1 })),
      "p99 is 4.2 ms. Requests spend 75% of their time in line for a slot or a reader.",
    ],
    [
      "the loop",
      detail(sampleOf({ ...ended, loopMs: 3, drainMs: 1 })),
      "p99 is 4.2 ms. Requests spend 75% of their time on the event loop.",
    ],
    [
      "the latest second that had a request",
      detail(sampleOf({ requests: 1, p99Us: 1000 }), sampleOf(ended), sampleOf()),
      "p99 is 4.2 ms.",
    ],
  ];
  for (const [why, got, want] of details) {
    test(why, () => {
      expect(got).toBe(want);
    });
  }
});

test("phases add up over seconds", () => {
  const one = sampleOf({ queueMs: 1, diskMs: 2, loopMs: 3, drainMs: 4 });
  expect(sumPhases([one, one])).toEqual({ queueMs: 2, diskMs: 4, loopMs: 6, drainMs: 8 });
});

test("says that nothing is measured, not that nothing happens", () => {
  const { level, detail } = judge({ ...now(), isMeasuring: false }, seconds({}));
  expect([level, detail]).toEqual(["healthy", "Requests are not measured: SLUICE_METRICS is off."]);
});
