/** What main.ts can ask of a server that is on the air, be it one process or many. */
import type { Report } from "../../metrics/report.js";
import type { Configuration } from "../settings/configuration.js";

export interface Running {
  /** Now: a reload may have moved it. */
  readonly address: { readonly host: string; readonly port: number };
  /** What files are served through: "uWebSockets.js with 2 workers". */
  readonly transport: string;
  /** Where clients are sent from http to https; undefined when nowhere. */
  readonly redirectPort: number | undefined;
  /** Undefined when there is none. */
  readonly adminPort: number | undefined;
  report(): Promise<Report>;
  /** Opens the access log's file anew: it may have been renamed. */
  reopenLogs(): void;
  /** Takes what is safe to serve; says what was done. */
  reload(next: Configuration): Promise<Reloaded>;
  /** Stops listening, waits until requests are answered or `limitMs` is over, then stops. */
  drain(limitMs: number): Promise<"drained" | "cut">;
  /** Before the process exits at once: ends what would go on without it. */
  abandon(): void;
}

export type Reloaded =
  /** Names of the settings that have changed: none when only files have, or nothing. */
  | { readonly kind: "reloaded"; readonly names: readonly string[] }
  | { readonly kind: "refused"; readonly complaints: readonly string[] };
