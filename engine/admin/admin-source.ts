/** What the admin port shows, and who knows it: the worker implements this, the routes read it. */
import type { DownloadTotals } from "../../metrics/downloads.js";
import type { MachineMetrics } from "../../metrics/machine-metrics.js";
import type { SlowOperation, UnderWay } from "../../metrics/operations.js";
import type { Report } from "../../metrics/report.js";
import type { Field } from "../../protocol/head.js";
import type { EffectiveSetting } from "../config.js";

export interface AdminSource {
  report(): Report;
  underWay(): readonly UnderWay[];
  /** The slowest first. */
  slowest(): readonly SlowOperation[];
  /** All there are, the most downloaded first. */
  downloads(): readonly DownloadTotals[];
  settings(): readonly EffectiveSetting[];
  /** Why the server is not ready, one sentence each; empty when it is. */
  unready(): readonly string[];
  metrics(): MachineMetrics;
  /**
   * What would be answered, and why, as data that JSON can hold.
   *
   * @param path as a client would send it, with a leading slash; anything may follow
   * @param fields of the request, in order; values free of control characters
   */
  explain(path: string, fields: readonly Field[]): Promise<unknown>;
}
