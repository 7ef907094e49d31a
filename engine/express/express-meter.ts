/**
 * What is noted of a request of the express lane: it has no operation, so here is all there is.
 *
 * `begin` and `sent` come from inside one call-back of the transport, one right after the other, so
 * one place for the request between them is enough. Cost of both: two looks at the clock and some
 * additions, one of them in a plain row of the recorder; with an access log, what a line costs.
 */
import type { Counters } from "../../metrics/counters.js";
import type { RequestRecorder } from "../../metrics/request-recorder.js";
import type { Caller } from "../operations/access-line.js";
import type { RequestLog } from "../operations/access-log.js";
import type { Ask, Ready } from "../transport/exchange.js";

export interface ExpressMeterParts {
  readonly counters: Counters;
  /** Undefined: nothing is measured. */
  readonly recorder: RequestRecorder | undefined;
  readonly accessLog: RequestLog | undefined;
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

export class ExpressMeter {
  readonly #parts: ExpressMeterParts;
  #startMs = 0;
  #caller: Caller | undefined;

  constructor(parts: ExpressMeterParts) {
    this.#parts = parts;
  }

  /** An answer is at hand. The address of the client is not to be had after it was sent. */
  begin(ask: Ask, startMs: number): void {
    this.#startMs = startMs;
    this.#caller = this.#parts.accessLog?.callerOf(ask);
  }

  /** When the answer at hand was asked for. */
  get startMs(): number {
    return this.#startMs;
  }

  /** All of it has gone out. */
  sent({ status, body, download }: Ready): void {
    const { counters, recorder, accessLog, nowMs, wallMs } = this.#parts;
    const bytes = body === undefined ? 0 : body.byteLength;
    counters.answered(status);
    counters.bytesAtHand += bytes;
    if (bytes > 0) counters.bodiesSent++;
    if (recorder === undefined && accessLog === undefined) return;
    const tookMs = nowMs() - this.#startMs;
    if (status === 206) download?.part(bytes, wallMs());
    else download?.whole(bytes, wallMs());
    if (recorder !== undefined) recorder.express(status, bytes, tookMs);
    if (accessLog !== undefined) accessLog.write(this.#caller!, status, bytes, tookMs, "sent");
  }
}
