/**
 * Hot requests at fixed times while other clients wait for a slow disk.
 *
 * 1. probe   one cold file must take as long as the disk is slow, or this server is not held by it
 * 2. warm    as below, over cold files of its own: a server that starts threads has them then
 * 3. run     hot schedule and cold clients together; every cold file is asked for once
 */
import { request } from "node:http";
import type { LoadOf } from "../cell.js";
import { READ_DELAY_MS } from "../preload.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { disqualified, type LoadContext } from "./context.js";
import { generate } from "./generated.js";
import { judgePaced, planOpenLoop } from "./paced.js";

export async function timeStalling(
  load: LoadOf<"stalling">,
  context: LoadContext,
): Promise<Outcome> {
  const { server, warmUpSec, durationSec } = context;
  const [probe, ...targets] = load.coldTargets;
  const probedMs = await timeAnswer(server.port, probe!);
  if (probedMs < READ_DELAY_MS) {
    const took = `a cold file took ${probedMs.toFixed(1)} ms`;
    return disqualified(`the slow disk does not reach this server: ${took}`);
  }
  const asks = targets.map(
    (target) => ({ method: "GET", target, headers: {}, status: 200, bodyBytes: 0 }) as const,
  );
  const half = Math.floor(asks.length / 2);
  const where = { host: HOST, port: server.port, connections: load.coldClients };
  const hot = planOpenLoop(load, context);
  const plan = {
    kind: "stalling",
    warmUpSec,
    load: hot,
    warmUpCold: { ...where, asks: asks.slice(0, half), isOnce: true, durationSec: warmUpSec },
    cold: { ...where, asks: asks.slice(half), isOnce: true, durationSec },
  } as const;
  const { result, used } = await generate(plan, context);

  const outcome = judgePaced(result.paced!, used);
  const slow = result.cold!;
  if (outcome.kind !== "timed") return outcome;
  if (slow.wrongStatus > 0) return disqualified(`${slow.wrongStatus} cold answers were wrong`);
  const coldPerSec = slow.answered / slow.elapsedSec;
  return { ...outcome, figures: { ...outcome.figures, coldPerSec } };
}

function timeAnswer(port: number, path: string): Promise<number> {
  const startMs = performance.now();
  return new Promise((settle, fail) => {
    const asked = request({ host: HOST, port, path, agent: false }, (answer) => {
      answer.resume().once("end", () => settle(performance.now() - startMs));
    });
    asked.once("error", fail).end();
  });
}
