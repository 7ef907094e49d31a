/**
 * What Sluice says of itself, asked just before it is stopped: where the time of requests went, and
 * how late its event loop was. Since its start, so with the check and the warm-up.
 *
 * A server that does not say loses these figures and nothing else.
 */
import { tellReport } from "../../engine/commands/report-command.js";
import type { Phase } from "../../metrics/phases.js";
import type { Report } from "../../metrics/report.js";

export interface Inside {
  /** Lateness of the event loop, milliseconds. */
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** The share of all requests' time that each phase took, 0 to 1. */
  readonly shares: Readonly<Record<Phase, number>>;
}

/** A server that is still busy then has told enough. */
const DEADLINE_MS = 2000;
const US_PER_MS = 1000;

/** Undefined when it does not answer in time, or not with a report of requests. */
export async function askInside(
  adminPort: number,
  deadlineMs = DEADLINE_MS,
): Promise<Inside | undefined> {
  const env = { SLUICE_ADMIN_PORT: `${adminPort}` };
  const told = await tellReport(env, { asJson: true, width: undefined, deadlineMs });
  return told.kind === "told" ? insideOf(JSON.parse(told.text)) : undefined;
}

function insideOf({ loopLag, latency }: Report): Inside | undefined {
  const all = latency.at(-1); // the sum of all size classes comes last, or there is one class
  if (all === undefined) return undefined;
  const { p99Us, maxUs } = loopLag;
  return { lagP99Ms: p99Us / US_PER_MS, lagMaxMs: maxUs / US_PER_MS, shares: all.shares };
}
