/** What viewers of the live picture are sent: once all that is remembered, then each second's news. */
import type { DownloadTotals } from "./downloads.js";
import type { SlowOperation, UnderWay } from "./operations.js";
import type { Sample, SampleColumns } from "./samples.js";
import type { WorkerRow } from "./worker-row.js";

/** The first message to each viewer. */
export interface HistoryMessage {
  readonly type: "history";
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly columns: SampleColumns;
}

/** Every second. Lists are cut to what a page can show; `/report.json` has all. */
export interface NowMessage {
  readonly type: "now";
  /** False: requests are not measured, and what is made of them stays empty. */
  readonly isMeasuring: boolean;
  readonly sample: Sample;
  readonly pool: PoolMap;
  readonly underWay: readonly UnderWay[];
  readonly slowest: readonly SlowOperation[];
  readonly downloads: readonly DownloadTotals[];
  /** Why the server is not ready; empty when it is. */
  readonly unready: readonly string[];
  /** Empty where one process does everything. */
  readonly workers: readonly WorkerRow[];
}

/** The slots of the pool, or of several side by side, one character each: f free, l loading, c cached, p pinned. */
export interface PoolMap {
  readonly slots: number;
  readonly chunkBytes: number;
  /** How many slots one character stands for: 1 in most pools; the busiest of them is shown. */
  readonly slotsPerCell: number;
  readonly cells: string;
}

export type LiveMessage = HistoryMessage | NowMessage;
