/** Open loop, timed: what a user waits when requests come at their own times. */
import type { LoadOf } from "../cell.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { disqualified, type LoadContext, noteErrors, type Usage } from "./context.js";
import { generate, recordedFigures } from "./generated.js";
import type { OpenLoopPlan, OpenLoopResult } from "./open-loop.js";

/** A generator later than this by its own fault, at its 99th percentile, measured itself. */
const LATENESS_LIMIT_MS = 1;
const LATE_NOTE = `the load generator itself was late by more than ${LATENESS_LIMIT_MS} ms at p99`;

export async function timePaced(load: LoadOf<"paced">, context: LoadContext): Promise<Outcome> {
  const { warmUpSec } = context;
  const plan = { kind: "paced", warmUpSec, load: planOpenLoop(load, context) } as const;
  const { result, used } = await generate(plan, context);
  return judgePaced(result.paced!, used);
}

export function planOpenLoop(
  { connections, perSec }: { readonly connections: number; readonly perSec: number },
  { server, asks, durationSec }: LoadContext,
): OpenLoopPlan {
  return { host: HOST, port: server.port, asks, connections, perSec, durationSec };
}

export function judgePaced(paced: OpenLoopResult, used: Usage): Outcome {
  if (paced.wrongStatus > 0) return disqualified(`${paced.wrongStatus} answers had a wrong status`);
  if (paced.answered === 0) return disqualified("it answered nothing under load");
  const notes = [
    ...noteErrors(paced.connectionsLost),
    ...(paced.unanswered > 0 ? [`${paced.unanswered} requests unanswered at the end`] : []),
    ...(paced.latenessP99Ms > LATENESS_LIMIT_MS ? [LATE_NOTE] : []),
  ];
  const figures = recordedFigures(paced, used);
  return { kind: "timed", figures, histogram: paced.histogram, notes };
}
