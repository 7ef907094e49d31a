/**
 * From a cell's load to its figures: which generator runs, and what is read around it.
 *
 * Owns: the order warm up, look, run, look. Does not know HTTP or any server.
 */
import type { Figures, Load } from "../cell.js";
import type { ReadyAsk } from "../check.js";
import type { Cores } from "../cores.js";
import { treeCpuSec } from "../cpu.js";
import { GIB, MIB } from "../fixtures.js";
import type { RunningServer } from "../servers/launch.js";
import { type ClosedLoopResult, runWrk } from "./wrk.js";

export interface LoadContext {
  readonly server: RunningServer;
  readonly asks: readonly ReadyAsk[];
  readonly cores: Cores;
  readonly tempDir: string;
  readonly workers: number;
  readonly warmUpSec: number;
  readonly durationSec: number;
}

export type LoadResult =
  | {
      readonly kind: "timed";
      readonly figures: Figures;
      readonly histogram?: string | undefined;
      readonly notes: readonly string[];
    }
  | { readonly kind: "disqualified"; readonly why: string };

export async function loadServer(load: Load, context: LoadContext): Promise<LoadResult> {
  switch (load.kind) {
    case "closed":
      return closedLoop(load.connections, context);
    default:
      throw new Error("not yet");
  }
}

async function closedLoop(connections: number, context: LoadContext): Promise<LoadResult> {
  const { asks, cores, tempDir, server } = context;
  const plan = { port: server.port, asks, connections, cores, workDir: tempDir };
  await runWrk({ ...plan, durationSec: context.warmUpSec });
  const cpu = startCpuWatch(context);
  const result = await runWrk({ ...plan, durationSec: context.durationSec });
  return { kind: "timed", figures: closedFigures(result, cpu()), notes: notesOn(result) };
}

/** @returns a function that tells the processor seconds used since this call */
function startCpuWatch({ server }: LoadContext): () => number {
  const beforeSec = treeCpuSec(server.pid);
  return () => treeCpuSec(server.pid) - beforeSec;
}

function closedFigures(result: ClosedLoopResult, cpuSec: number): Figures {
  const { durationSec, requests, bytes } = result;
  return {
    requestsPerSec: requests / durationSec,
    mibPerSec: bytes / MIB / durationSec,
    cpuUsPerRequest: (cpuSec * 1e6) / requests,
    cpuMsPerGib: (cpuSec * 1e3) / (bytes / GIB),
    busyPercent: (cpuSec / durationSec) * 100,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    p999Ms: result.p999Ms,
    maxMs: result.maxMs,
  };
}

function notesOn(result: ClosedLoopResult): string[] {
  return result.socketErrors > 0 ? [`${result.socketErrors} socket errors`] : [];
}
