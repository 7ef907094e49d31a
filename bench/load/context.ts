/** What every kind of load is given, what it gives back, and the clock they all read. */
import type { ReadyAsk } from "../check.js";
import type { Cores } from "../cores.js";
import { treeCpuSec } from "../cpu.js";
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

/** @returns a function that tells the server's processor seconds since this call */
export function startCpuWatch({ server }: LoadContext): () => number {
  const beforeSec = treeCpuSec(server.pid);
  return () => treeCpuSec(server.pid) - beforeSec;
}

export const disqualified = (why: string): Outcome => ({ kind: "disqualified", why });

/** Errors of the connections do not disqualify: under load they happen, and they are told. */
export const noteErrors = (count: number): string[] =>
  count > 0 ? [`${count} socket errors`] : [];
