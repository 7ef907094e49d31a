/**
 * The open loop: requests at fixed times, free of coordinated omission.
 *
 *   intended   |    |    |    |    |    |    |      every 1/rate seconds, whatever happens
 *   sent       |    |    |              ||| |       the server paused: no free connection
 *   answered    |    |              |    |||
 *   latency     ·    ·    ··········   counted from *intended*, so the pause is in every one of them
 *
 * A request that finds no free connection waits here and its wait is part of its latency. What was
 * still unanswered at the end is recorded with the time it has waited so far.
 *
 * Also recorded: how late the generator itself was. A request counts as late until it is sent, or until
 * it is seen to be due and no connection is free. Where that is not small beside the latencies, they are
 * not the server's: see lateness.ts.
 */
import type { ReadyAsk } from "../check.js";
import { type Client, openClient, requestBytes } from "./client.js";
import { createLatencies, encodeLatencies, recordUs } from "./latency.js";

export interface OpenLoopPlan {
  readonly host: string;
  readonly port: number;
  readonly asks: readonly ReadyAsk[];
  readonly connections: number;
  readonly perSec: number;
  readonly durationSec: number;
}

export interface OpenLoopResult {
  /** Latencies from the intended send time, encoded. */
  readonly histogram: string;
  readonly answered: number;
  /** Sent or due but without an answer at the end. In the histogram, with what they had waited. */
  readonly unanswered: number;
  readonly wrongStatus: number;
  readonly connectionsLost: number;
  /** How late the generator was by its own fault, one for each request, encoded. */
  readonly lateness: string;
  readonly elapsedSec: number;
}

/** After the last intended time, answers are awaited for so long. */
const OVERTIME_SEC = 2;
const US_PER_SEC = 1e6;

/** Runs one schedule to its end. Spins on its core while it runs: a timer would be a millisecond late. */
export async function runOpenLoop(plan: OpenLoopPlan): Promise<OpenLoopResult> {
  const latencies = createLatencies();
  const lateness = createLatencies();
  const requests = plan.asks.map((ask) => requestBytes(plan.host, plan.port, ask));
  const total = Math.round(plan.perSec * plan.durationSec);
  const intervalUs = US_PER_SEC / plan.perSec;
  const free: Seat[] = [];
  const counts = { answered: 0, wrongStatus: 0, lost: 0 };

  const take = (seat: Seat, status: number): void => {
    const ask = plan.asks[seat.index % plan.asks.length]!;
    if (status !== ask.status) counts.wrongStatus++;
    counts.answered++;
    recordUs(latencies, nowUs() - seat.intendedUs);
    seat.isWaiting = false;
    free.push(seat);
  };
  const seats = await Promise.all(
    Array.from({ length: plan.connections }, () => openSeat(plan, take, () => counts.lost++)),
  );
  free.push(...seats);

  const startUs = nowUs();
  const deadlineUs = startUs + (plan.durationSec + OVERTIME_SEC) * US_PER_SEC;
  let next = 0;
  let seen = 0; // from then on a request waits for a connection, not for us
  const intendedUs = (index: number): number => startUs + index * intervalUs;
  const sendDue = (): boolean => {
    const atUs = nowUs();
    const due = Math.min(total, Math.floor((atUs - startUs) / intervalUs) + 1);
    while (next < due && free.length > 0) {
      const seat = free.pop()!;
      seat.index = next;
      seat.intendedUs = intendedUs(next);
      seat.isWaiting = true;
      seat.client.ask(requests[next % requests.length]!);
      if (next === seen) recordUs(lateness, nowUs() - intendedUs(seen++));
      next++;
    }
    for (; seen < due; seen++) recordUs(lateness, atUs - intendedUs(seen));
    return counts.answered === total || atUs > deadlineUs || counts.lost === seats.length;
  };
  await spinUntil(sendDue);

  const endUs = nowUs();
  for (const seat of seats) {
    if (seat.isWaiting) recordUs(latencies, endUs - seat.intendedUs);
    seat.client.close();
  }
  for (let at = next; at < total; at++) recordUs(latencies, endUs - intendedUs(at));
  return {
    histogram: encodeLatencies(latencies),
    answered: counts.answered,
    unanswered: total - counts.answered,
    wrongStatus: counts.wrongStatus,
    connectionsLost: counts.lost,
    lateness: encodeLatencies(lateness),
    elapsedSec: (endUs - startUs) / US_PER_SEC,
  };
}

/** A connection and the request that is out on it. */
interface Seat {
  readonly client: Client;
  index: number;
  intendedUs: number;
  isWaiting: boolean;
}

async function openSeat(
  plan: OpenLoopPlan,
  take: (seat: Seat, status: number) => void,
  onGone: () => void,
): Promise<Seat> {
  const isHead = plan.asks[0]?.method === "HEAD";
  const onAnswer = (status: number) => take(seat, status);
  const client = await openClient(plan.host, plan.port, isHead, { onAnswer, onGone });
  const seat: Seat = { client, index: 0, intendedUs: 0, isWaiting: false };
  return seat;
}

/** Calls `isDone` once per turn of the event loop, so that sockets are read in between. */
function spinUntil(isDone: () => boolean): Promise<void> {
  return new Promise((settle) => {
    const turn = () => (isDone() ? settle() : setImmediate(turn));
    turn();
  });
}

const nowUs = (): number => performance.now() * 1000;
