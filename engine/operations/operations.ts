/**
 * The operations table: every request under way on the main road, and what becomes of it.
 *
 * 1. begin   stands in line, the oldest first
 * 2. end     counted, recorded, written to the access log; kept if it was slow
 * 3. sweep   once a second: what has come to take long is told while it still does
 *
 * Looks and reads of the disk are under way in the file table and the scheduler: they are looked up
 * there, and cost nothing here. Owns: requests under way, and the slowest of the last hour.
 */
import type { FileTable } from "../../fs/file-table.js";
import type { OpenFile } from "../../fs/open-file.js";
import type { JobTimes } from "../../fs/reader-pool.js";
import type { Counters } from "../../metrics/counters.js";
import type { Outcome, SlowOperation, UnderWay } from "../../metrics/operations.js";
import { blameFor, type PhaseTimes } from "../../metrics/phases.js";
import type { RequestRecorder } from "../../metrics/request-recorder.js";
import { Slowest } from "../../metrics/slowest.js";
import { Line } from "../chunks/line.js";
import type { Scheduler } from "../chunks/scheduler.js";
import { diskMsOf, NOT_STARTED, queueMsOf } from "../chunks/wait.js";
import type { RequestLog } from "./access-log.js";
import { type Asked, Operation } from "./operation.js";

export interface OperationsParts {
  /** Undefined: nothing is measured. */
  readonly recorder: RequestRecorder | undefined;
  readonly counters: Pick<Counters, "answered">;
  readonly accessLog: RequestLog | undefined;
  readonly table: Pick<FileTable, "looks">;
  readonly scheduler: Pick<Scheduler<OpenFile>, "reads">;
  /** What takes as long is slow, milliseconds. */
  readonly slowMs: number;
  /** Told of a request that is the only one under way. */
  readonly onBusy: () => void;
  /** Told of an operation that has come to take long, or took it. */
  readonly onSlow: (operation: SlowOperation | UnderWay) => void;
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

/** How often `sweep` is called. */
const SWEEP_MS = 1000;

export class Operations {
  readonly #parts: OperationsParts;
  readonly #live = new Line<Operation>();
  readonly #slowest = new Slowest();

  constructor(parts: OperationsParts) {
    this.#parts = parts;
  }

  get inProgress(): number {
    return this.#live.size;
  }

  /** Cost: one object. */
  begin(asked: Asked): Operation {
    const operation = new Operation(asked);
    if (this.#live.size === 0) this.#parts.onBusy();
    this.#live.join(operation);
    return operation;
  }

  /** Nothing more will be sent. Does nothing when it is over already. */
  end(operation: Operation, outcome: Outcome): void {
    if (operation.isOver) return;
    operation.isOver = true;
    this.#live.leave(operation);
    const { recorder, counters, accessLog, slowMs, nowMs, wallMs } = this.#parts;
    const endMs = nowMs();
    const { asked, status, sentBytes, download } = operation;
    const totalMs = endMs - asked.startMs;
    counters.answered(status);
    recorder?.ended(operation.measure(endMs));
    download?.end(outcome === "sent", sentBytes, operation.isRange, wallMs());
    if (asked.caller !== undefined) {
      accessLog?.write(asked.caller, status, sentBytes, totalMs, outcome);
    }
    if (totalMs >= slowMs) this.#keepRequest(operation, totalMs, outcome, endMs);
  }

  /** A look at a path, or a read of a chunk, has ended. Most were fast and leave no trace. */
  jobEnded(kind: "open" | "read", path: string, { askedMs, startedMs, endedMs }: JobTimes): void {
    const tookMs = this.#parts.nowMs() - askedMs;
    if (tookMs < this.#parts.slowMs) return;
    const diskMs = endedMs - startedMs;
    const queueMs = startedMs - askedMs;
    const times = { queueMs, diskMs, loopMs: tookMs - queueMs - diskMs, drainMs: 0 };
    this.#keep({ ...OF_NO_REQUEST, kind, what: path, tookMs }, times, false);
  }

  /** The event loop got to nothing for so long. */
  stalled(ms: number): void {
    if (ms < this.#parts.slowMs) return;
    const times = { queueMs: 0, diskMs: 0, loopMs: ms, drainMs: 0 };
    this.#keep({ ...OF_NO_REQUEST, kind: "stall", what: "event loop", tookMs: ms }, times, false);
  }

  /** Tells of what has come to take long since the last call. Cost: a few comparisons each. */
  sweep(): void {
    const { slowMs, onSlow, nowMs } = this.#parts;
    const now = nowMs();
    for (let one = this.#live.head; one !== undefined; one = one.behind) {
      if (now - one.asked.startMs < slowMs) break; // all behind it are younger
      if (!one.isReported) onSlow(one.show(now));
      one.isReported = true;
    }
    for (const one of this.#atDisk(now)) {
      if (one.ageMs >= slowMs && one.ageMs < slowMs + SWEEP_MS) onSlow(one);
    }
  }

  /**
   * What is under way, requests first, each kind with the oldest first.
   *
   * @param most of each kind
   */
  underWay(most: number): UnderWay[] {
    const now = this.#parts.nowMs();
    const rows: UnderWay[] = [];
    for (let one = this.#live.head; one !== undefined && rows.length < most; one = one.behind) {
      rows.push(one.show(now));
    }
    const others = [...this.#atDisk(now)].sort((a, b) => b.ageMs - a.ageMs);
    return [...rows, ...others.slice(0, most)];
  }

  /** Body bytes promised and not taken by a socket yet. Cost: a subtraction for each request. */
  bytesLeft(): number {
    let bytes = 0;
    for (let one = this.#live.head; one !== undefined; one = one.behind) {
      bytes += Math.max(0, one.promisedBytes - one.sentBytes);
    }
    return bytes;
  }

  /** The slowest of the last hour, the slowest first. */
  slowest(): SlowOperation[] {
    return this.#slowest.list(this.#parts.wallMs());
  }

  #keepRequest(operation: Operation, tookMs: number, outcome: Outcome, endMs: number): void {
    const { asked, what, status, sentBytes, isReported } = operation;
    const about = { kind: "request", what, client: asked.client, sentBytes, status } as const;
    this.#keep({ ...about, outcome, tookMs }, operation.times(endMs), isReported);
  }

  #keep(
    about: Omit<SlowOperation, "blame" | "endedAtMs" | keyof PhaseTimes>,
    times: PhaseTimes,
    isReported: boolean,
  ): void {
    const { wallMs, onSlow } = this.#parts;
    const slow = { ...about, ...times, blame: blameFor(times), endedAtMs: wallMs() };
    this.#slowest.add(slow);
    if (!isReported) onSlow(slow);
  }

  *#atDisk(now: number): Generator<UnderWay> {
    for (const look of this.#parts.table.looks()) {
      const { path, waiters } = look;
      yield { ...OF_NO_CLIENT, kind: "open", what: path, waiters, ...waitOf(look, now) };
    }
    for (const read of this.#parts.scheduler.reads()) {
      yield {
        ...OF_NO_CLIENT,
        kind: "read",
        what: `${read.file.path || "a listing"}, chunk ${read.chunk}`,
        totalBytes: read.lengthBytes,
        waiters: read.waiters,
        ...waitOf(read, now),
      };
    }
  }
}

/** How long it has been waited for, and for whom. */
const waitOf = (
  { sinceMs, startedMs }: { readonly sinceMs: number; readonly startedMs: number },
  nowMs: number,
): Pick<UnderWay, "ageMs" | "phase" | keyof PhaseTimes> => ({
  ageMs: nowMs - sinceMs,
  phase: startedMs === NOT_STARTED ? "queue" : "disk",
  queueMs: queueMsOf(sinceMs, startedMs, nowMs),
  diskMs: diskMsOf(sinceMs, startedMs, nowMs),
  loopMs: 0,
  drainMs: 0,
});

const OF_NO_CLIENT = { client: "", sentBytes: 0, totalBytes: 0 } as const;
const OF_NO_REQUEST = { client: "", sentBytes: 0, status: 0, outcome: "sent" } as const;
