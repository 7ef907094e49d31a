/** Closed loop with wrk: how much the server can do, and what each request costs it. */
import type { Figures, LoadOf } from "../cell.js";
import { GIB, MIB } from "../fixtures.js";
import type { Outcome } from "../sample.js";
import { disqualified, type LoadContext, noteErrors, startCpuWatch } from "./context.js";
import { type ClosedLoopResult, runWrk } from "./wrk.js";

/** wrk counts statuses from here on as errors. */
const FIRST_ERROR_STATUS = 400;

export async function timeClosed(load: LoadOf<"closed">, context: LoadContext): Promise<Outcome> {
  const { asks, cores, tempDir, server } = context;
  const { connections } = load;
  const plan = { port: server.port, asks, connections, cores, workDir: tempDir };
  await runWrk({ ...plan, durationSec: context.warmUpSec });
  const cpuSec = startCpuWatch(context);
  const result = await runWrk({ ...plan, durationSec: context.durationSec });
  const figures = figuresOf(result, cpuSec());
  const wrong = wrongStatuses(result, asks[0]!.status);
  if (wrong > 0) return disqualified(`${wrong} answers under load had the wrong status`);
  if (result.bytes === 0) return disqualified("it answered nothing under load");
  return { kind: "timed", figures, notes: noteErrors(result.socketErrors) };
}

const wrongStatuses = ({ requests, statusErrors }: ClosedLoopResult, wanted: number): number =>
  wanted >= FIRST_ERROR_STATUS ? requests - statusErrors : statusErrors;

function figuresOf(result: ClosedLoopResult, cpuSec: number): Figures {
  const { durationSec, requests, bytes, p50Ms, p99Ms, p999Ms, maxMs } = result;
  return {
    requestsPerSec: requests / durationSec,
    mibPerSec: bytes / MIB / durationSec,
    ...(requests === 0 ? {} : { cpuUsPerRequest: (cpuSec * 1e6) / requests }), // a short run of huge files
    cpuMsPerGib: (cpuSec * 1e3) / (bytes / GIB),
    busyPercent: (cpuSec / durationSec) * 100,
    p50Ms,
    p99Ms,
    p999Ms,
    maxMs,
  };
}
