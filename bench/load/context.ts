/** What every kind of load is given, what it gives back, and the clock they all read. */
import { availableParallelism } from "node:os";
import type { Figures } from "../cell.js";
import type { ReadyAsk } from "../check.js";
import type { Cores } from "../cores.js";
import { othersCpuSec, treeCpuSec } from "../cpu.js";
import { GIB } from "../fixtures.js";
import type { Preload } from "../preload.js";
import type { Outcome } from "../sample.js";
import type { RunningServer } from "../servers/launch.js";

export interface LoadContext {
  readonly server: RunningServer;
  readonly asks: readonly ReadyAsk[];
  readonly cores: Cores;
  readonly tempDir: string;
  readonly warmUpSec: number;
  readonly durationSec: number;
  readonly narrowSockets: Preload;
}

/** What a timed part used. */
export interface Usage {
  /** Processor seconds of the server. */
  readonly cpuSec: number;
  /** Of all cores: what was used by processes that are neither the server nor ours. */
  readonly othersPercent: number;
}

/** @returns a function that tells what was used since this call */
export function startCpuWatch({
  server,
}: {
  readonly server: { readonly pid: number };
}): () => Usage {
  const startMs = performance.now();
  const before = look(server.pid);
  return () => {
    const after = look(server.pid);
    const coreSec = (availableParallelism() * (performance.now() - startMs)) / 1000;
    const othersSec = Math.max(0, after.othersSec - before.othersSec);
    return {
      cpuSec: after.serverSec - before.serverSec,
      othersPercent: (100 * othersSec) / coreSec,
    };
  };
}

/** The server is a descendant of this process, as the load generator is. */
const look = (serverPid: number) => ({
  serverSec: treeCpuSec(serverPid),
  othersSec: othersCpuSec(process.pid),
});

/**
 * What each request cost. Absent when there were none, and when all of them together cost less than the
 * kernel's clock tells: a cost of 0 would beat every other.
 */
export const perRequest = (cpuSec: number, requests: number): Figures =>
  cpuSec > 0 && requests > 0 ? { cpuUsPerRequest: (cpuSec * 1e6) / requests } : {};

/** The same of each GiB. */
export const perGib = (cpuSec: number, bytes: number): Figures =>
  cpuSec > 0 && bytes > 0 ? { cpuMsPerGib: (cpuSec * 1e3) / (bytes / GIB) } : {};

export const disqualified = (why: string): Outcome => ({ kind: "disqualified", why });

/** Errors of the connections do not disqualify: under load they happen, and they are told. */
export const noteErrors = (count: number): string[] =>
  count > 0 ? [`${count} socket errors`] : [];
