/** One of several processes that serve, in one row: for whoever asks which of them it is. */
export interface WorkerRow {
  /** Of its own among those that run, from 1. */
  readonly id: number;
  readonly pid: number;
  readonly uptimeMs: number;
  /** Answers since it started. */
  readonly answers: number;
  readonly connections: number;
  readonly rssBytes: number;
  // Of its event loop, in its last second. Utilization is the share of time it was busy, 0 to 1.
  readonly loopLagP99Us: number;
  readonly loopUtilization: number;
  /** False: it did not answer when it was asked, and these figures are the last it told. */
  readonly hasAnswered: boolean;
}
