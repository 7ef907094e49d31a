/** How a micro-benchmark's figures moved since the stored ones, and whether that means anything. */

/** Nanoseconds a call, by task, and where they were measured. */
export interface MicroFigures {
  readonly machine: string;
  readonly nsPerCall: Readonly<Record<string, number>>;
}

export interface Drift {
  readonly task: string;
  readonly ns: number;
  /** Undefined for a task that is not in the baseline. */
  readonly beforeNs: number | undefined;
  readonly judgment: "new" | "steady" | "slower" | "faster";
}

/**
 * Changes below this are the weather: the same build, measured twice on a shared machine, differs
 * by up to a sixth. A real regression of a hot function is rarely smaller.
 */
const STEADY_SHARE = 0.2;

/** One row per task of `now`, in its order. Tasks that are gone are not listed. */
export function compareFigures(now: MicroFigures, before: MicroFigures | undefined): Drift[] {
  return Object.entries(now.nsPerCall).map(([task, ns]) => {
    const beforeNs = before?.nsPerCall[task];
    return { task, ns, beforeNs, judgment: judge(ns, beforeNs) };
  });
}

function judge(ns: number, beforeNs: number | undefined): Drift["judgment"] {
  if (beforeNs === undefined) return "new";
  if (ns > beforeNs * (1 + STEADY_SHARE)) return "slower";
  return ns < beforeNs / (1 + STEADY_SHARE) ? "faster" : "steady";
}

const NAME_WIDTH = 58;

/** A row of the table: name, now, then and the change in percent. */
export function formatDrift({ task, ns, beforeNs, judgment }: Drift): string {
  const now = `${ns.toFixed(1)} ns`.padStart(12);
  if (beforeNs === undefined) return `${task.padEnd(NAME_WIDTH)}${now}  new`;
  const percent = ((ns / beforeNs - 1) * 100).toFixed(0);
  const change = `${Number(percent) > 0 ? "+" : ""}${percent}%`.padStart(7);
  return `${task.padEnd(NAME_WIDTH)}${now}${`${beforeNs.toFixed(1)} ns`.padStart(12)}${change}  ${judgment}`;
}
