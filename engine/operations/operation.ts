/**
 * One request from its head to its last byte: what it is, where it stands, where its time went.
 *
 *   begin ──▶ looked up (queue, disk) ──▶ answered ──▶ transfer (queue, disk, drain) ──▶ over
 *
 * What no phase claims is the event loop's. Written by the server and delivery as the request goes
 * on; read by whoever wants to know what is under way. A request of the express lane has none.
 */
import type { OpenFile } from "../../fs/open-file.js";
import type { JobTimes } from "../../fs/reader-pool.js";
import type { DownloadCounter } from "../../metrics/download-counter.js";
import type { OperationPhase, UnderWay } from "../../metrics/operations.js";
import type { PhaseTimes } from "../../metrics/phases.js";
import type { Measured } from "../../metrics/request-recorder.js";
import type { Line, Linked } from "../chunks/line.js";
import { BLOCKED, IN_LINE, type Phase, PUSHING, READING, READY, SETTLED } from "../chunks/phase.js";
import type { Transfer } from "../chunks/transfer.js";
import { diskMsOf, NOT_STARTED, queueMsOf, type StartedMs } from "../chunks/wait.js";
import type { Caller } from "./access-line.js";

/** What the table knows of a request when it begins. */
export interface Asked {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly client: string;
  readonly startMs: number;
  /** Set when there is an access log. */
  readonly caller: Caller | undefined;
}

const NOT_LOOKING = -1;
/** Of what no reader does: whoever does it is at work from the beginning. */
const AT_ONCE: StartedMs = () => 0;

export class Operation implements Linked<Operation> {
  readonly asked: Asked;
  /** 0 until there is an answer, and again when nothing of it has gone out. */
  status = 0;
  /** Body bytes the head promises. */
  promisedBytes = 0;
  /** When the first byte of the answer went out; -1 before. */
  firstByteMs = -1;
  /** Set when the answer is a file, or a part of one. */
  download: DownloadCounter | undefined = undefined;
  isRange = false;
  isOver = false;
  /** The log has been told that it takes long. */
  isReported = false;

  line: Line<Operation> | undefined = undefined;
  before: Operation | undefined = undefined;
  behind: Operation | undefined = undefined;

  #queueMs = 0;
  #diskMs = 0;
  #drainMs = 0;
  #sentBytes = 0;
  #looksSinceMs = NOT_LOOKING;
  #lookStartedMs = AT_ONCE;
  #transfer: Transfer<OpenFile> | undefined = undefined;

  constructor(asked: Asked) {
    this.asked = asked;
  }

  /** Body bytes the socket has taken. */
  get sentBytes(): number {
    return this.#sentBytes + (this.#transfer?.sentBytes ?? 0);
  }

  /** It waits for a look at the disk, or for a listing, from now on. */
  looks(nowMs: number, startedMs: StartedMs = AT_ONCE): void {
    this.#looksSinceMs = nowMs;
    this.#lookStartedMs = startedMs;
  }

  /** The look is over. Others may have waited for it before; without times no reader has answered. */
  looked(nowMs: number, times?: JobTimes): void {
    const { startedMs = this.#lookStartedMs(), endedMs = nowMs } = times ?? {};
    this.#queueMs += queueMsOf(this.#looksSinceMs, startedMs, endedMs);
    this.#diskMs += diskMsOf(this.#looksSinceMs, startedMs, endedMs);
    this.#looksSinceMs = NOT_LOOKING;
  }

  /** The answer is a file, or a part of one. */
  downloads(counter: DownloadCounter, isRange: boolean): void {
    this.download = counter;
    this.isRange = isRange;
    counter.begin();
  }

  /** There is an answer: its head goes out with its first bytes. */
  answered(status: number, promisedBytes: number): void {
    this.status = status;
    this.promisedBytes = promisedBytes;
  }

  /** There was one, and nothing of it has gone out: the client has seen no status. */
  unanswered(): void {
    this.answered(0, 0);
  }

  /** Bytes that went out without a transfer. */
  sent(bytes: number, nowMs: number): void {
    this.#sentBytes += bytes;
    if (this.firstByteMs < 0) this.firstByteMs = nowMs;
  }

  /** Its body is a transfer's now. */
  follow(transfer: Transfer<OpenFile>): void {
    this.#transfer = transfer;
  }

  /** Another answer takes the place of one of which nothing has gone out. */
  startOver(): void {
    this.download?.cancel();
    this.download = undefined;
  }

  /** The transfer is over, well or not: takes in what it has to tell. */
  takeOver(transfer: Transfer<OpenFile>): void {
    this.#queueMs += transfer.queueMs;
    this.#diskMs += transfer.diskMs;
    this.#drainMs += transfer.drainMs;
    this.#sentBytes += transfer.sentBytes;
    if (this.firstByteMs < 0) this.firstByteMs = transfer.firstTakenMs;
    this.#transfer = undefined;
  }

  /** Where the time up to now went. */
  times(nowMs: number): PhaseTimes {
    const transfer = this.#transfer;
    let queueMs = this.#queueMs + (transfer?.queueMs ?? 0);
    let diskMs = this.#diskMs + (transfer?.diskMs ?? 0);
    let drainMs = this.#drainMs + (transfer?.drainMs ?? 0);
    if (this.#waitsSinceMs >= 0) {
      const startedMs = this.#startedMs;
      queueMs += queueMsOf(this.#waitsSinceMs, startedMs, nowMs);
      diskMs += diskMsOf(this.#waitsSinceMs, startedMs, nowMs);
    }
    if (transfer?.phase === BLOCKED) drainMs += nowMs - transfer.phaseSinceMs;
    const rest = nowMs - this.asked.startMs - queueMs - diskMs - drainMs;
    return { queueMs, diskMs, loopMs: Math.max(0, rest), drainMs };
  }

  /** What there is to record when it is over, maybe in the middle of a look. Cost: two objects. */
  measure(endMs: number): Measured {
    const { startMs } = this.asked;
    const { queueMs, diskMs, loopMs, drainMs } = this.times(endMs);
    return {
      status: this.status,
      promisedBytes: this.promisedBytes,
      firstByteMs: this.firstByteMs < 0 ? this.firstByteMs : this.firstByteMs - startMs,
      totalMs: endMs - startMs,
      queueMs,
      diskMs,
      loopMs,
      drainMs,
    };
  }

  show(nowMs: number): UnderWay {
    return {
      kind: "request",
      what: this.what,
      client: this.asked.client,
      ageMs: nowMs - this.asked.startMs,
      phase: this.#phase,
      sentBytes: this.sentBytes,
      totalBytes: this.promisedBytes,
      waiters: 0,
      ...this.times(nowMs),
    };
  }

  get what(): string {
    return `${this.asked.method} ${this.asked.target}`;
  }

  get #phase(): OperationPhase {
    const transfer = this.#transfer;
    if (transfer === undefined) return this.#looksSinceMs === NOT_LOOKING ? "turn" : "lookup";
    const name = PHASE_NAMES[transfer.phase];
    return name === "disk" && this.#startedMs === NOT_STARTED ? "queue" : name;
  }

  /** Since when it waits for a slot, a reader or the disk; negative while it does not. */
  get #waitsSinceMs(): number {
    const transfer = this.#transfer;
    return transfer?.load === undefined ? this.#looksSinceMs : transfer.phaseSinceMs;
  }

  /** When a reader started with what it waits for. */
  get #startedMs(): number {
    return (this.#transfer?.load?.startedMs ?? this.#lookStartedMs)();
  }
}

const PHASE_NAMES: Readonly<Record<Phase, OperationPhase>> = {
  [READY]: "turn",
  [IN_LINE]: "queue",
  [READING]: "disk",
  [PUSHING]: "turn",
  [BLOCKED]: "client",
  [SETTLED]: "turn",
};
