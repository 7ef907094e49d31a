/**
 * What the supervisor and a worker say to one another. Plain data: it crosses by structured clone.
 *
 *                             worker ── here ──▶
 *   supervisor ── serve ──▶          ── listening, or refused ──▶
 *              ── reload ──▶         ── reloaded ──▶
 *              ── renew ──▶          ── renewed ──▶
 *              ── retire, stop ──▶   ── ended ──▶             and the process exits
 *              ── ask ──▶            ── answered ──▶          of the same number
 *                                    ── news, alive ──▶       each second
 */
import type { Share } from "../settings/shares.js";
import type { Site } from "../settings/site.js";
import type { Left } from "./worker.js";
import type { Answer, Question, SecondNews } from "./worker-talk.js";

/** What a worker serves with. */
export interface Order {
  readonly config: Share;
  readonly site: Site;
}

export type ToWorker =
  /** The first message, once. One of the workers tells what there is to tell of the transport. */
  | { readonly kind: "serve"; readonly order: Order; readonly isSpokesman: boolean }
  /** In place: see reload.ts. */
  | { readonly kind: "reload"; readonly order: Order }
  /** The certificates: what is new and fit in their files is to be served, and to have this digest. */
  | { readonly kind: "renew"; readonly digest: string }
  /** Others have taken over: no new connections; the old ones go on until their clients end them. */
  | { readonly kind: "retire" }
  /** No new connections, and what is under way may take so long. */
  | { readonly kind: "stop"; readonly limitMs: number }
  | { readonly kind: "reopen logs" }
  | { readonly kind: "ask"; readonly number: number; readonly question: Question };

export type FromWorker =
  /** The first message: what was sent before may have been lost, since nobody listened. */
  | { readonly kind: "here" }
  | { readonly kind: "listening"; readonly transport: string }
  /** Instead of listening; one line for the operator. */
  | { readonly kind: "refused"; readonly complaint: string }
  | { readonly kind: "reloaded" }
  /** Or why not; "" when it was. */
  | { readonly kind: "renewed"; readonly failure: string }
  | { readonly kind: "news"; readonly news: SecondNews }
  | { readonly kind: "alive"; readonly left: Left }
  /** Without an answer: it failed, which is a bug. */
  | { readonly kind: "answered"; readonly number: number; readonly answer: Answer | undefined }
  /** The last word. */
  | { readonly kind: "ended"; readonly how: "drained" | "cut" };
