/**
 * Who won, and whether anybody may say so.
 *
 * 1. median    the middle of an odd number of runs: a run that happened
 * 2. verdict   a winner only when every run of one side beats every run of the other, and there are
 *              enough of them; else why nobody may say
 */

/** Outcome of one comparison. `ratio` above 1 means ours is better, whichever way the figure points. */
export type Verdict =
  | { readonly outcome: "ahead" | "behind"; readonly ratio: number }
  | { readonly outcome: "no verdict"; readonly ratio: number; readonly why: WhyNone };

/** `generator late`: the runs tell of the load generator, see lateness.ts. */
type WhyNone = "too few runs" | "runs overlap" | "generator late";

export type Better = "higher" | "lower";

/** @throws Error for an even count: the middle would be a run that never happened */
export function median(runs: readonly number[]): number {
  if (runs.length % 2 === 0) throw new Error(`want an odd number of runs, got ${runs.length}`);
  return [...runs].sort((a, b) => a - b)[(runs.length - 1) / 2]!;
}

/** Of fewer runs all of one side beat all of the other by luck, so they settle nothing. */
export const RUNS_FOR_A_VERDICT = 3;

/** Compares all runs of both sides. */
export function weigh(ours: readonly number[], theirs: readonly number[], better: Better): Verdict {
  const ratio = ratioOf(median(ours), median(theirs), better);
  if (Math.min(ours.length, theirs.length) < RUNS_FOR_A_VERDICT) {
    return { outcome: "no verdict", ratio, why: "too few runs" };
  }
  if (beatsAll(ours, theirs, better)) return { outcome: "ahead", ratio };
  if (beatsAll(theirs, ours, better)) return { outcome: "behind", ratio };
  return { outcome: "no verdict", ratio, why: "runs overlap" };
}

/** For a table: `ahead`, or `no verdict: runs overlap`. */
export const verdictWords = (verdict: Verdict): string =>
  verdict.outcome === "no verdict" ? `no verdict: ${verdict.why}` : verdict.outcome;

/** The worst run of one side is better than the best run of the other. */
const beatsAll = (some: readonly number[], others: readonly number[], better: Better): boolean =>
  better === "higher"
    ? Math.min(...some) > Math.max(...others)
    : Math.max(...some) < Math.min(...others);

/** Above 1 when `ours` is better. Two zeros are equal: nobody was cut off, say. */
function ratioOf(ours: number, theirs: number, better: Better): number {
  if (ours === theirs) return 1;
  return better === "higher" ? ours / theirs : theirs / ours;
}

/** Whether `a` is a better figure than `b`. */
export const isBetter = (a: number, b: number, better: Better): boolean =>
  better === "higher" ? a > b : a < b;
