/** Open loop, timed: what a user waits when requests come at their own times. */
import type { LoadOf } from "../cell.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { disqualified, type LoadContext, noteErrors, type Usage } from "./context.js";
import { generate, recordedFigures } from "./generated.js";
import type { OpenLoopPlan, OpenLoopResult } from "./open-loop.js";

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
  ];
  const { histogram, lateness } = paced;
  return { kind: "timed", figures: recordedFigures(paced, used), histogram, lateness, notes };
}
