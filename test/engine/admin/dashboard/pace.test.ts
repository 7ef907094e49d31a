/** Fear: the speed of one transfer told of another, or of none at all. */
import { expect, test } from "vitest";
import { Pace } from "../../../../engine/admin/dashboard/page/pace.js";
import type { UnderWay } from "../../../../metrics/operations.js";

const transfer = (differs: Partial<UnderWay>): UnderWay => ({
  kind: "request",
  what: "GET /a",
  client: "192.0.2.1",
  ageMs: 1000,
  phase: "client",
  sentBytes: 0,
  totalBytes: 1e9,
  waiters: 0,
  queueMs: 0,
  diskMs: 0,
  loopMs: 0,
  drainMs: 0,
  ...differs,
});

const look = (...looks: readonly (readonly [atMs: number, ...(readonly UnderWay[])])[]) => {
  const pace = new Pace();
  return looks.map(([atMs, ...underWay]) => pace.look(underWay, atMs)).at(-1);
};

const first = transfer({ ageMs: 2000, sentBytes: 500 });
const later = (differs: Partial<UnderWay>): UnderWay => transfer({ ageMs: 3000, ...differs });

const rows: readonly (readonly [why: string, got: unknown, want: readonly unknown[]])[] = [
  ["new: since its start", look([9000, first]), [250]],
  ["known: since the last look", look([9000, first], [10_000, later({ sentBytes: 800 })]), [300]],
  ["known: it stands", look([9000, first], [10_000, later({ sentBytes: 500 })]), [0]],
  [
    "known, with a start told a little differently",
    look([9000, first], [10_000, later({ ageMs: 3200, sentBytes: 800 })]),
    [300],
  ],
  [
    "the same file again is another transfer",
    look([9000, first], [10_000, transfer({ ageMs: 500, sentBytes: 100 })]),
    [200],
  ],
  [
    "another client is another transfer",
    look([9000, first], [10_000, later({ client: "192.0.2.2", sentBytes: 900 })]),
    [300],
  ],
  [
    "two of the same client and file, by their start",
    look(
      [9000, first, transfer({ ageMs: 1000, sentBytes: 100 })],
      [10_000, transfer({ ageMs: 2000, sentBytes: 150 }), later({ sentBytes: 1500 })],
    ),
    [50, 1000],
  ],
  [
    "forgotten after a look without it",
    look([8000, first], [9000], [10_000, later({ ageMs: 4000, sentBytes: 900 })]),
    [225],
  ],
  ["a read sends nothing", look([9000, transfer({ kind: "read" })]), [undefined]],
  ["one that starts this very moment", look([9000, transfer({ ageMs: 0 })]), [undefined]],
];
for (const [why, got, want] of rows) {
  test(why, () => {
    expect(got).toEqual(want);
  });
}
