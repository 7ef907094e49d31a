/** Closed loop on our own sockets, timed: for HEAD, where wrk would wait for a body. */
import type { LoadOf } from "../cell.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { disqualified, type LoadContext, noteErrors } from "./context.js";
import { generate, recordedFigures } from "./generated.js";

export async function timeClosedRaw(
  { connections }: LoadOf<"closed-raw">,
  context: LoadContext,
): Promise<Outcome> {
  const { asks, server, warmUpSec, durationSec } = context;
  const where = { host: HOST, port: server.port, asks, connections };
  const load = { ...where, isOnce: false, durationSec };
  const { result, cpuSec } = await generate({ kind: "closed-raw", warmUpSec, load }, context);
  const closed = result.closed!;
  if (closed.wrongStatus > 0)
    return disqualified(`${closed.wrongStatus} answers had a wrong status`);
  if (closed.answered === 0) return disqualified("it answered nothing under load");
  const figures = recordedFigures(closed, cpuSec);
  return { kind: "timed", figures, notes: noteErrors(closed.connectionsLost) };
}
