/**
 * What the supervisor and a worker say to each other about figures. Plain data that a structured clone
 * can carry, typed arrays included.
 *
 *   worker      ── SecondNews ──▶  supervisor      each second, and before an answer that wants it
 *   supervisor  ── Question   ──▶  worker
 *   worker      ── Answer     ──▶  supervisor      of the same kind as the question
 *
 * Messages keep their order. News must never be dropped: what is in it has been told, and will not be
 * told again.
 */
import type { PathInProgress } from "../../metrics/downloads.js";
import type { PoolMap } from "../../metrics/live.js";
import type { MachineMetrics } from "../../metrics/machine-metrics.js";
import type { UnderWay } from "../../metrics/operations.js";
import type { Sample } from "../../metrics/samples.js";
import type { Shipment } from "../../metrics/shipment.js";
import type { Field } from "../../protocol/head.js";

export interface SecondNews {
  readonly shipment: Shipment;
  /** Undefined in news that was asked for within a second. */
  readonly second: WorkerSecond | undefined;
}

/** How a worker stands at the end of a second. */
export interface WorkerSecond {
  readonly sample: Sample;
  readonly transfers: MachineMetrics["transfers"];
  readonly files: MachineMetrics["files"];
  readonly heapTotalBytes: number;
  /** When its process started, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Name of the transport that listens; undefined when none does. */
  readonly transport: string | undefined;
  /** Why it is not ready though it listens, one sentence each. */
  readonly unready: readonly string[];
}

export type Question =
  /** For news of all until now: it is sent before the answer. */
  | { readonly kind: "settle" }
  /** How things stand at this moment. */
  | {
      readonly kind: "look";
      /** Of each list. */
      readonly mostRows: number;
      /** Of the map of the pool. */
      readonly mostCells: number;
    }
  | { readonly kind: "explain"; readonly path: string; readonly fields: readonly Field[] };

export type Answer = Settled | Look | Explained;

export interface Settled {
  readonly kind: "settle";
  /** Downloads under way. */
  readonly downloading: number;
}

export interface Look {
  readonly kind: "look";
  readonly pool: PoolMap;
  readonly underWay: readonly UnderWay[];
  readonly downloading: readonly PathInProgress[];
}

interface Explained {
  readonly kind: "explain";
  readonly explanation: unknown;
}
