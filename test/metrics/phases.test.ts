/** Fear: the wrong one is blamed. */
import { expect, test } from "vitest";
import { type Blame, blameFor, type PhaseTimes } from "../../metrics/phases.js";

const times = (some: Partial<PhaseTimes>): PhaseTimes => ({
  queueMs: 1,
  diskMs: 1,
  loopMs: 1,
  drainMs: 1,
  ...some,
});

const rows: readonly (readonly [some: Partial<PhaseTimes>, blame: Blame])[] = [
  [{ queueMs: 2 }, "queue"],
  [{ diskMs: 2 }, "disk"],
  [{ loopMs: 2 }, "loop"],
  [{ drainMs: 2 }, "client"],
];
for (const [some, blame] of rows) {
  test(`the longest phase is to blame: ${blame}`, () => expect(blameFor(times(some))).toBe(blame));
}
