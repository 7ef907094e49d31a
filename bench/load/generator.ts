/**
 * The process that loads a server with our own sockets, on cores of its own.
 *
 * 1. plan    the parent sends what to do
 * 2. warm    a load of the same kind, so that this process and the server are compiled
 * 3. ready   the parent looks at the server's clock and memory
 * 4. go      the timed part; of slow readers, who have no end of their own, the end
 * 5. result  figures back
 */
import { once } from "node:events";
import { type ClosedRawPlan, type ClosedRawResult, runClosedRaw } from "./closed-raw.js";
import { type OpenLoopPlan, type OpenLoopResult, runOpenLoop } from "./open-loop.js";
import { type SlowReadersPlan, startSlowReaders } from "./slow-readers.js";

export type GeneratorPlan =
  | { readonly kind: "paced"; readonly warmUpSec: number; readonly load: OpenLoopPlan }
  | { readonly kind: "closed-raw"; readonly warmUp: ClosedRawPlan; readonly load: ClosedRawPlan }
  | {
      readonly kind: "stalling";
      readonly warmUpSec: number;
      readonly load: OpenLoopPlan;
      readonly warmUpCold: ClosedRawPlan;
      readonly cold: ClosedRawPlan;
    }
  | { readonly kind: "slow-readers"; readonly load: SlowReadersPlan };

/** One field per kind of load; absent where the plan has no such part. */
export interface GeneratorResult {
  readonly paced?: OpenLoopResult;
  readonly closed?: ClosedRawResult;
  readonly cold?: ClosedRawResult;
  readonly readersCut?: number;
  readonly readersBytes?: number;
}

if (process.send !== undefined) await obey();

async function obey(): Promise<void> {
  const [plan] = (await once(process, "message")) as [GeneratorPlan];
  const result = await carryOut(plan);
  process.send?.(result);
  process.disconnect();
}

async function carryOut(plan: GeneratorPlan): Promise<GeneratorResult> {
  switch (plan.kind) {
    case "paced":
      await runOpenLoop({ ...plan.load, durationSec: plan.warmUpSec });
      await whenTold();
      return { paced: await runOpenLoop(plan.load) };
    case "closed-raw":
      await runClosedRaw(plan.warmUp);
      await whenTold();
      return { closed: await runClosedRaw(plan.load) };
    case "stalling": {
      const warmUp = { ...plan.load, durationSec: plan.warmUpSec };
      await Promise.all([runOpenLoop(warmUp), runClosedRaw(plan.warmUpCold)]);
      await whenTold();
      const both = [runOpenLoop(plan.load), runClosedRaw(plan.cold)] as const;
      const [paced, cold] = await Promise.all(both);
      return { paced, cold };
    }
    case "slow-readers": {
      const readers = await startSlowReaders(plan.load);
      await whenTold();
      readers.stop();
      return { readersCut: readers.countCut(), readersBytes: readers.bytesRead() };
    }
  }
}

/** Says that all is set, and waits for the parent's word. */
async function whenTold(): Promise<void> {
  const told = once(process, "message");
  process.send?.("ready");
  await told;
}
