/** One run of one cell against one server, as it happened: what the report is made of. */
import type { Figures } from "./cell.js";
import type { Inside } from "./servers/inside.js";

export type Outcome =
  | {
      readonly kind: "timed";
      readonly figures: Figures;
      /** Latencies in microseconds, HdrHistogram V2 compressed, base64. Open-loop cells only. */
      readonly histogram?: string | undefined;
      /** How late the load generator itself sent each request, encoded alike. Open-loop cells only. */
      readonly lateness?: string | undefined;
      /** What a reader of the number must know: socket errors, answers that never came. */
      readonly notes: readonly string[];
      /** Where the server says its time went. Sluice only, and not when it did not answer. */
      readonly inside?: Inside | undefined;
    }
  | { readonly kind: "disqualified"; readonly why: string }
  | { readonly kind: "abstained"; readonly why: string };

/** An outcome with figures. */
export type Timed = Extract<Outcome, { kind: "timed" }>;

export interface Sample {
  readonly cell: string;
  readonly server: string;
  /** Counted from 1. */
  readonly round: number;
  readonly outcome: Outcome;
}
