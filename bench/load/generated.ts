/** What the loads from our own sockets share: one generator, one look at the clock on each side. */
import type { Figures } from "../cell.js";
import { type LoadContext, perRequest, startCpuWatch, type Usage } from "./context.js";
import type { GeneratorPlan, GeneratorResult } from "./generator.js";
import { startGenerator } from "./generator-process.js";
import { maxMs, mergeLatencies, percentileMs } from "./latency.js";

/** Runs a plan to its end. @returns its result and what was used meanwhile */
export async function generate(
  plan: GeneratorPlan,
  context: LoadContext,
): Promise<{ result: GeneratorResult; used: Usage }> {
  const generator = await startGenerator(plan, context.cores);
  try {
    const used = startCpuWatch(context);
    const result = await generator.go();
    return { result, used: used() };
  } finally {
    await generator.stop();
  }
}

/** Figures of a run whose latencies were recorded one by one. */
export function recordedFigures(
  run: { readonly histogram: string; readonly answered: number; readonly elapsedSec: number },
  { cpuSec, othersPercent }: Usage,
): Figures {
  const latencies = mergeLatencies([run.histogram]);
  return {
    requestsPerSec: run.answered / run.elapsedSec,
    ...perRequest(cpuSec, run.answered),
    busyPercent: (cpuSec / run.elapsedSec) * 100,
    othersPercent,
    p50Ms: percentileMs(latencies, 50),
    p99Ms: percentileMs(latencies, 99),
    p999Ms: percentileMs(latencies, 99.9),
    maxMs: maxMs(latencies),
  };
}
