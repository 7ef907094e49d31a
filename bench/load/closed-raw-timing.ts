/**
 * Closed loop on our own sockets, timed: for HEAD, where wrk would wait for a body, and for files
 * that are asked for once, where wrk would begin again.
 */
import type { LoadOf } from "../cell.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import type { ClosedRawPlan } from "./closed-raw.js";
import { disqualified, type LoadContext, noteErrors } from "./context.js";
import { generate, recordedFigures } from "./generated.js";

export function timeClosedRaw(
  { connections }: LoadOf<"closed-raw">,
  context: LoadContext,
): Promise<Outcome> {
  const warmUp = planWarmUp(connections, context);
  return timeRaw(warmUp, { ...warmUp, durationSec: context.durationSec }, context);
}

/** Ends early when every target was asked for. What is compared byte by byte are the other files. */
export function timeFirstTouch(
  { connections, targets }: LoadOf<"first-touch">,
  context: LoadContext,
): Promise<Outcome> {
  const warmUp = planWarmUp(connections, context);
  const asks = targets.map((target) => ({ ...warmUp.asks[0]!, target }));
  const load = { ...warmUp, asks, isOnce: true, durationSec: context.durationSec };
  return timeRaw(warmUp, load, context);
}

function planWarmUp(connections: number, { server, asks, warmUpSec }: LoadContext): ClosedRawPlan {
  const where = { host: HOST, port: server.port, asks, connections };
  return { ...where, isOnce: false, durationSec: warmUpSec };
}

async function timeRaw(
  warmUp: ClosedRawPlan,
  load: ClosedRawPlan,
  context: LoadContext,
): Promise<Outcome> {
  const { result, used } = await generate({ kind: "closed-raw", warmUp, load }, context);
  const closed = result.closed!;
  if (closed.wrongStatus > 0)
    return disqualified(`${closed.wrongStatus} answers had a wrong status`);
  if (closed.answered === 0) return disqualified("it answered nothing under load");
  const figures = recordedFigures(closed, used);
  return { kind: "timed", figures, notes: noteErrors(closed.connectionsLost) };
}
