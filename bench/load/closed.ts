/** Closed loop with wrk: how much the server can do, and what each request costs it. */
import type { Figures, LoadOf } from "../cell.js";
import { MIB } from "../fixtures.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { runClosedRaw } from "./closed-raw.js";
import {
  disqualified,
  type LoadContext,
  noteErrors,
  perGib,
  perRequest,
  startCpuWatch,
  type Usage,
} from "./context.js";
import { type ClosedLoopResult, runWrk } from "./wrk.js";

/** wrk counts statuses from here on as errors. */
const FIRST_ERROR_STATUS = 400;
/** Twenty thousand small files take a second or two; a machine ten times slower is waited for. */
const EACH_ONCE_LIMIT_SEC = 60;

export async function timeClosed(load: LoadOf<"closed">, context: LoadContext): Promise<Outcome> {
  const { asks, cores, tempDir, server } = context;
  const { connections, isByPopularity = false, asksEachFirst = 0 } = load;
  for (let pass = 0; pass < asksEachFirst; pass++) {
    const fault = await askEachOnce(connections, context);
    if (fault !== undefined) return disqualified(fault);
  }
  const plan = { server, asks, connections, isByPopularity, cores, workDir: tempDir };
  await runWrk({ ...plan, durationSec: context.warmUpSec });
  const used = startCpuWatch(context);
  const result = await runWrk({ ...plan, durationSec: context.durationSec });
  const figures = figuresOf(result, used());
  const wrong = wrongStatuses(result, asks[0]!.status);
  if (wrong > 0) return disqualified(`${wrong} answers under load had the wrong status`);
  if (result.bytes === 0) return disqualified("it answered nothing under load");
  const leastBytes = Math.min(...asks.map((ask) => ask.bodyBytes));
  if (result.bytes < result.requests * leastBytes) {
    return disqualified("answers under load were shorter than the files");
  }
  return { kind: "timed", figures, notes: noteErrors(result.socketErrors) };
}

const wrongStatuses = ({ requests, statusErrors }: ClosedLoopResult, wanted: number): number =>
  wanted >= FIRST_ERROR_STATUS ? requests - statusErrors : statusErrors;

/** In this process and before any clock runs, so it may share a core. Undefined when all is well. */
async function askEachOnce(
  connections: number,
  { server, asks }: LoadContext,
): Promise<string | undefined> {
  const where = { host: HOST, port: server.port, asks, connections };
  const once = await runClosedRaw({ ...where, isOnce: true, durationSec: EACH_ONCE_LIMIT_SEC });
  const wrong = asks.length - once.answered + once.wrongStatus;
  return wrong === 0 ? undefined : `${wrong} of ${asks.length} questions had no right answer`;
}

function figuresOf(result: ClosedLoopResult, { cpuSec, othersPercent }: Usage): Figures {
  const { durationSec, requests, bytes, p50Ms, p99Ms, p999Ms, maxMs } = result;
  return {
    requestsPerSec: requests / durationSec,
    mibPerSec: bytes / MIB / durationSec,
    ...perRequest(cpuSec, requests), // a short run of huge files may have none
    ...perGib(cpuSec, bytes),
    busyPercent: (cpuSec / durationSec) * 100,
    othersPercent,
    p50Ms,
    p99Ms,
    p999Ms,
    maxMs,
  };
}
