/** Shapes of operations: what is under way, and what took long. */
import type { Blame, PhaseTimes } from "./phases.js";

/**
 * A request is all of it, from its head to its last byte. An open is a look at a path by a reader,
 * a read is one chunk on its way into the pool; either may serve several requests, or none. A stall
 * is a time in which the event loop got to nothing.
 */
type OperationKind = "request" | "open" | "read" | "stall";

/** What an operation waits for now. */
export type OperationPhase = "lookup" | "turn" | "queue" | "disk" | "client";

/** One operation under way, as it was when it was looked at. */
export interface UnderWay extends PhaseTimes {
  readonly kind: OperationKind;
  /** "GET /big.iso", or the path of a file; control characters as they came. */
  readonly what: string;
  /** Address of the client; "" for what serves several. */
  readonly client: string;
  readonly ageMs: number;
  readonly phase: OperationPhase;
  /** Body bytes taken by the socket, of a request. */
  readonly sentBytes: number;
  /** Body bytes promised, or bytes to be read. 0 while unknown. */
  readonly totalBytes: number;
  /** Requests that wait for an open or a read. */
  readonly waiters: number;
}

/** How a request ended. All but "sent" are short of bytes, or had to be. */
export type Outcome =
  | "sent"
  | "gone"
  | "changed"
  | "read failed"
  | "read timed out"
  | "client stalled";

/** An operation that took long, when it had ended. */
export interface SlowOperation extends PhaseTimes {
  readonly kind: OperationKind;
  readonly what: string;
  readonly client: string;
  /** When it ended, wall clock, milliseconds since the epoch. */
  readonly endedAtMs: number;
  readonly tookMs: number;
  readonly blame: Blame;
  readonly sentBytes: number;
  /** 0 for what is no request. */
  readonly status: number;
  readonly outcome: Outcome;
}
