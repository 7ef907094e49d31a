/**
 * The closed loop on our own sockets, for answers wrk cannot parse. Slower than wrk: it shows the
 * server's cost per request, not how many a second it could do.
 */
import type { ReadyAsk } from "../check.js";
import { openClient, requestBytes } from "./client.js";
import { createLatencies, encodeLatencies, recordUs } from "./latency.js";

export interface ClosedRawPlan {
  readonly host: string;
  readonly port: number;
  /** Asked in order, each once and never again when `isOnce`, else over and over. */
  readonly asks: readonly ReadyAsk[];
  readonly isOnce: boolean;
  readonly connections: number;
  readonly durationSec: number;
}

export interface ClosedRawResult {
  readonly histogram: string;
  readonly answered: number;
  readonly wrongStatus: number;
  readonly connectionsLost: number;
  readonly elapsedSec: number;
}

/** Ends after `durationSec`, or when every ask of an `isOnce` plan was answered. */
export async function runClosedRaw(plan: ClosedRawPlan): Promise<ClosedRawResult> {
  const latencies = createLatencies();
  const requests = plan.asks.map((ask) => requestBytes(plan.host, plan.port, ask));
  const counts = { answered: 0, wrongStatus: 0, lost: 0 };
  const startMs = performance.now();
  const endMs = startMs + plan.durationSec * 1000;
  let next = 0;
  await Promise.all(Array.from({ length: plan.connections }, ride));
  const elapsedSec = (performance.now() - startMs) / 1000;
  const { answered, wrongStatus, lost: connectionsLost } = counts;
  return {
    histogram: encodeLatencies(latencies),
    answered,
    wrongStatus,
    connectionsLost,
    elapsedSec,
  };

  /** One connection from its first question to its last. */
  async function ride(): Promise<void> {
    let settle: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    let sentMs = 0;
    let index = 0;
    const onGone = () => {
      counts.lost++;
      settle();
    };
    const onAnswer = (status: number) => {
      recordUs(latencies, (performance.now() - sentMs) * 1000);
      counts.answered++;
      if (status !== plan.asks[index]!.status) counts.wrongStatus++;
      askNext();
    };
    const isHead = plan.asks[0]?.method === "HEAD";
    const client = await openClient(plan.host, plan.port, isHead, { onAnswer, onGone });
    const timer = setTimeout(settle, endMs - performance.now());
    const askNext = () => {
      if (plan.isOnce && next >= requests.length) return settle();
      index = next++ % requests.length;
      sentMs = performance.now();
      client.ask(requests[index]!);
    };
    askNext();
    await done;
    clearTimeout(timer);
    client.close();
  }
}
