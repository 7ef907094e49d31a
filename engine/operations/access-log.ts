/**
 * The access log: one line for each request, when it has ended.
 *
 * 1. callerOf  copies what a line needs, while the request is there
 * 2. write     makes the line, when the last byte is out or never will be
 *
 * What is refused before a handler runs (on uWebSockets.js HTTP/1.0, and broken heads) leaves no line.
 */
import type { Outcome } from "../../metrics/operations.js";
import { clientOf } from "../transport/client-address.js";
import { type Ask, fieldName } from "../transport/exchange.js";
import type { AddressSet } from "../transport/proxies.js";
import { type Caller, createCombined, createJson, type LineFormat } from "./access-line.js";

/** Where lines go: a `LineWriter` of fs/. `write` takes whole lines, never blocks, never throws. */
export interface AccessWriter {
  write(line: string): void;
  reopen(): void;
  close(): Promise<void>;
  stats(): { readonly lines: number; readonly dropped: number };
}

export interface AccessLogParts {
  readonly format: "combined" | "json";
  readonly writer: AccessWriter;
  /** Proxies that are believed who the client is. */
  readonly trusts: AddressSet;
  /** Wall clock, whole milliseconds since the epoch. */
  readonly nowMs: () => number;
}

const REFERER = fieldName("referer");
const USER_AGENT = fieldName("user-agent");

/** What those who serve requests need of it. */
export type RequestLog = Pick<AccessLog, "callerOf" | "write">;

export class AccessLog {
  readonly #writer: AccessWriter;
  readonly #trusts: AddressSet;
  readonly #nowMs: () => number;
  readonly #format: LineFormat;

  constructor({ format, writer, trusts, nowMs }: AccessLogParts) {
    this.#writer = writer;
    this.#trusts = trusts;
    this.#nowMs = nowMs;
    this.#format = format === "json" ? createJson() : createCombined();
  }

  /** Call it before the answer is sent. Cost: two fields, the target, the system call of `client`. */
  callerOf(ask: Ask): Caller {
    const { path, query } = ask;
    return {
      method: ask.method,
      target: query === "" ? path : `${path}?${query}`,
      version: ask.version,
      client: clientOf(ask, this.#trusts),
      referer: ask.field(REFERER),
      userAgent: ask.field(USER_AGENT),
    };
  }

  /**
   * @param status of the head that went out; 0 when the client left before
   * @param sentBytes body bytes that the socket took
   */
  write(caller: Caller, status: number, sentBytes: number, tookMs: number, outcome: Outcome): void {
    const ending = { status, sentBytes, tookMs, outcome };
    this.#writer.write(this.#format(caller, ending, this.#nowMs()));
  }

  reopen(): void {
    this.#writer.reopen();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  stats(): { lines: number; dropped: number } {
    const { lines, dropped } = this.#writer.stats();
    return { lines, dropped };
  }
}
