/** Fear: a server in trouble that is sent more requests, or a sound one that is taken out of service. */
import { describe, expect, test } from "vitest";
import {
  type ReadinessFacts,
  SECONDS_LOOKED_AT,
  unreadyReasons,
} from "../../../engine/admin/readiness.js";
import { SAMPLE_FIELDS, type SampleField, Samples } from "../../../metrics/samples.js";

const CALM = Object.fromEntries(SAMPLE_FIELDS.map((field) => [field, 0])) as Record<
  SampleField,
  number
>;
const FULL: Partial<Record<SampleField, number>> = { slotsLoading: 256, transfersInLine: 3 };
const ROOM = { slotsFree: 256 };

/** @param seconds what differs from a calm second, the oldest first */
const factsOf = (
  seconds: readonly Partial<Record<SampleField, number>>[],
  facts: Partial<ReadinessFacts> = {},
): ReadinessFacts => {
  const samples = new Samples();
  for (const second of seconds) samples.add({ ...CALM, ...ROOM, ...second });
  return {
    isListening: true,
    unreadableRoot: undefined,
    lagBudgetMs: 500,
    ...facts,
    samples: samples.columns(SECONDS_LOOKED_AT),
  };
};
const late = (ms: number) => ({ loopLagP99Us: ms * 1000 });
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const full = { slotsFree: 0, ...FULL };

const LATE = "the event loop was 501ms late (p99) within 10s: more than 500ms";
const POOL = "for 5s no slot of the pool was free, and transfers wait for one";

describe("unreadyReasons", () => {
  type Row = readonly [why: string, facts: ReadinessFacts, want: readonly string[]];
  const rows: readonly Row[] = [
    ["ready before the first second is over", factsOf([]), []],
    ["ready when all is calm", factsOf(times(20, {})), []],
    [
      "not ready while it does not listen",
      factsOf([], { isListening: false }),
      ["it does not listen: it is starting or stopping"],
    ],
    [
      "not ready while its root cannot be read",
      factsOf([], { unreadableRoot: "/srv/www" }),
      ["the root /srv/www cannot be read"],
    ],
    ["ready with a lag that is just in the budget", factsOf([late(500)]), []],
    ["not ready with a lag beyond it", factsOf([late(501)]), [LATE]],
    ["not ready when a later second is calm", factsOf([late(501), {}]), [LATE]],
    ["not ready ten seconds long", factsOf([late(501), ...times(9, {})]), [LATE]],
    ["ready again after ten seconds", factsOf([late(501), ...times(10, {})]), []],
    ["not ready by the worst second, not by a mean", factsOf([{}, late(501), {}]), [LATE]],
    ["ready with a larger budget", factsOf([late(501)], { lagBudgetMs: 60_000 }), []],
    ["not ready with a pool full for five seconds", factsOf(times(5, full)), [POOL]],
    ["ready with a pool full for four", factsOf(times(4, full)), []],
    ["ready when the pool had room a second ago", factsOf([...times(9, full), {}]), []],
    ["ready when the pool had room four seconds ago", factsOf([{}, ...times(4, full)]), []],
    ["not ready when the pool had room six seconds ago", factsOf([{}, ...times(5, full)]), [POOL]],
    [
      "ready with a free slot that nobody has taken yet",
      factsOf(times(10, { ...full, slotsFree: 1 })),
      [],
    ],
    [
      "ready with a pool full of what may be evicted",
      factsOf(times(10, { ...full, slotsCached: 1 })),
      [],
    ],
    [
      "ready with a pool in full use that nobody waits for",
      factsOf(times(10, { ...full, transfersInLine: 0 })),
      [],
    ],
    [
      "not ready for every reason at once",
      factsOf(times(10, { ...full, ...late(501) }), { isListening: false, unreadableRoot: "/a" }),
      ["it does not listen: it is starting or stopping", "the root /a cannot be read", LATE, POOL],
    ],
  ];
  for (const [why, facts, want] of rows) {
    test(why, () => expect(unreadyReasons(facts)).toEqual(want));
  }

  test("looks no further back when it is given more", () => {
    const facts = factsOf(times(10, {}));
    const samples = { ...facts.samples, loopLagP99Us: [999_000, ...facts.samples.loopLagP99Us] };
    expect(unreadyReasons({ ...facts, samples })).toEqual([]);
  });
});
