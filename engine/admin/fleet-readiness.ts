/**
 * Are several workers ready for more requests? Each reason against it is one sentence that names whom
 * it concerns. Pure, like readiness.ts.
 *
 * The port is shared: who comes is handed to any worker that listens. So all that listen have to be
 * well; that some do not is no reason while others do, but one that stays away is.
 */
import { showMs } from "../settings/units.js";

export interface WorkerFacts {
  readonly id: number;
  readonly pid: number;
  readonly isListening: boolean;
  /** Since it was last heard. */
  readonly silentMs: number;
  readonly unready: readonly string[];
}

export interface FleetFacts {
  readonly workers: readonly WorkerFacts[];
  /** So many there should be. */
  readonly expected: number;
  /** How long there have been fewer. */
  readonly shortMs: number;
}

/**
 * A restart takes a second or two. Shorter: each one takes the server out of service. Longer: clients
 * of a worker that hangs wait as long.
 */
const PATIENCE_MS = 10_000;

/** Empty when the server is ready. */
export function fleetUnready({ workers, expected, shortMs }: FleetFacts): string[] {
  const listening = workers.filter(({ isListening }) => isListening);
  if (listening.length === 0) return ["no worker listens: the server is starting or stopping"];
  const reasons: string[] = [];
  if (shortMs > PATIENCE_MS) {
    reasons.push(`${workers.length} of ${expected} workers run, for ${showSeconds(shortMs)} now`);
  }
  for (const { id, pid, silentMs } of workers) {
    if (silentMs <= PATIENCE_MS) continue;
    reasons.push(`worker ${id} (pid ${pid}) has said nothing for ${showSeconds(silentMs)}`);
  }
  return [...reasons, ...gather(listening)];
}

/** What all of them say is said once. */
function gather(workers: readonly WorkerFacts[]): string[] {
  const byReason = new Map<string, WorkerFacts[]>();
  for (const worker of workers) {
    for (const reason of worker.unready) {
      byReason.set(reason, [...(byReason.get(reason) ?? []), worker]);
    }
  }
  return [...byReason].map(([reason, those]) =>
    those.length === workers.length ? reason : `${those.map(nameOf).join(", ")}: ${reason}`,
  );
}

const nameOf = ({ id, pid }: WorkerFacts): string => `worker ${id} (pid ${pid})`;

const showSeconds = (ms: number): string => showMs(Math.round(ms / 1000) * 1000);
