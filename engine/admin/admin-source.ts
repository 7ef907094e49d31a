/** What the admin port shows, and who knows it: the routes read it. */
import type { DownloadTotals } from "../../metrics/downloads.js";
import type { HistoryMessage, NowMessage } from "../../metrics/live.js";
import type { MachineMetrics } from "../../metrics/machine-metrics.js";
import type { SlowOperation, UnderWay } from "../../metrics/operations.js";
import type { Report } from "../../metrics/report.js";
import type { Field } from "../../protocol/head.js";
import type { EffectiveSetting } from "../settings/config.js";

/** Known here, or to be asked of another process. */
type Asked<Value> = Value | Promise<Value>;

export interface AdminSource {
  report(): Asked<Report>;
  underWay(): Asked<readonly UnderWay[]>;
  /** The slowest first. */
  slowest(): readonly SlowOperation[];
  /** All there are, the most downloaded first. */
  downloads(): Asked<readonly DownloadTotals[]>;
  settings(): readonly EffectiveSetting[];
  /** Why the server is not ready, one sentence each; empty when it is. */
  unready(): readonly string[];
  metrics(): Asked<MachineMetrics>;
  /**
   * What would be answered, and why, as data that JSON can hold.
   *
   * @param path as a client would send it, with a leading slash; anything may follow
   * @param fields of the request, in order; values free of control characters
   */
  explain(path: string, fields: readonly Field[]): Promise<unknown>;
}

/** The live picture. */
export interface LiveSource {
  /** What is remembered, for a new viewer. */
  history(): HistoryMessage;
  /** The second that is just over: to be asked for when `everySecond` calls. */
  now(): NowMessage;
  /** Calls back each second, when its figures are in, until the result is called. */
  everySecond(run: () => void): () => void;
}
