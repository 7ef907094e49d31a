/** Open loop, timed: what a user waits when requests come at their own times. */
import type { LoadOf } from "../cell.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { disqualified, type LoadContext, noteErrors } from "./context.js";
import { generate, recordedFigures } from "./generated.js";
import type { OpenLoopPlan, OpenLoopResult } from "./open-loop.js";

/** A generator later than this by its own fault, at its 99th percentile, measured itself. */
const LATENESS_LIMIT_MS = 1;

export async function timePaced(load: LoadOf<"paced">, context: LoadContext): Promise<Outcome> {
  const plan = { kind: "paced", warmUpSec: context.warmUpSec, load: planOpenLoop(load, context) };
  const { result, cpuSec } = await generate({ ...plan, kind: "paced" }, context);
  return judgePaced(result.paced!, cpuSec);
}

export function planOpenLoop(
  { connections, perSec }: { readonly connections: number; readonly perSec: number },
  { server, asks, durationSec }: LoadContext,
): OpenLoopPlan {
  return { host: HOST, port: server.port, asks, connections, perSec, durationSec };
}

export function judgePaced(paced: OpenLoopResult, cpuSec: number): Outcome {
  if (paced.wrongStatus > 0) return disqualified(`${paced.wrongStatus} answers had a wrong status`);
  if (paced.answered === 0) return disqualified("it answered nothing under load");
  const notes = [
    ...noteErrors(paced.connectionsLost),
    ...(paced.unanswered > 0 ? [`${paced.unanswered} requests unanswered at the end`] : []),
    ...(paced.latenessP99Ms > LATENESS_LIMIT_MS
      ? [`generator late by ${paced.latenessP99Ms.toFixed(1)} ms at p99`]
      : []),
  ];
  const figures = recordedFigures(paced, cpuSec);
  return { kind: "timed", figures, histogram: paced.histogram, notes };
}
