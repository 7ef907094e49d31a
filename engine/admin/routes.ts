/**
 * What can be asked of the admin port: one row for each path.
 *
 * A path matches exactly. Queries are read where they mean something, and passed over elsewhere: a
 * health check that adds a time stamp gets its answer.
 */
import { METRICS_MEDIA_TYPE, renderMetrics } from "../../metrics/prometheus.js";
import type { AdminSource } from "./admin-source.js";
import { type AdminAnswer, answerJson, answerText } from "./answers.js";
import { parseExplainQuery } from "./explain-query.js";
import { sliceJson } from "./sliced-json.js";

export interface Route {
  /** @param query as sent, at most `MAX_QUERY_CHARS` */
  readonly answer: (source: AdminSource, query: string) => AdminAnswer | Promise<AdminAnswer>;
  /**
   * `probe`: some lines. Whoever asks decides what becomes of the server: it is answered whatever others
   *   have left lying.
   * `figures`: the same for whoever asks: see `SharedAnswer`.
   * `question`: for who asks it.
   */
  readonly kind: "probe" | "figures" | "question";
}

const probe = (answer: Route["answer"]): Route => ({ answer, kind: "probe" });
const figures = (answer: Route["answer"]): Route => ({ answer, kind: "figures" });

export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/healthz", probe(() => answerText(200, "ok"))],
  ["/readyz", probe(answerReady)],
  ["/metrics", figures(answerMetrics)],
  ["/report.json", figures(async (source) => answerObject(await source.report()))],
  ["/operations.json", figures(answerOperations)],
  [
    "/downloads.json",
    figures(async (source) => answerObject({ downloads: await source.downloads() })),
  ],
  ["/config.json", figures((source) => answerObject({ settings: source.settings() }))],
  ["/explain", { answer: answerExplain, kind: "question" }],
]);

/** 503 with a reason on each line: whoever probes looks at the status alone. */
function answerReady(source: AdminSource): AdminAnswer {
  const reasons = source.unready();
  return reasons.length === 0 ? answerText(200, "ok") : answerText(503, reasons.join("\n"));
}

async function answerMetrics(source: AdminSource): Promise<AdminAnswer> {
  const text = await renderMetrics(await source.metrics());
  return answerText(200, text.trimEnd(), [], METRICS_MEDIA_TYPE);
}

async function answerOperations(source: AdminSource): Promise<AdminAnswer> {
  return answerObject({ underWay: await source.underWay(), slowest: source.slowest() });
}

async function answerExplain(source: AdminSource, query: string): Promise<AdminAnswer> {
  const asked = parseExplainQuery(query);
  if (asked.kind === "refuse") return answerText(400, asked.says);
  return answerJson(JSON.stringify((await source.explain(asked.path, asked.fields)) ?? null));
}

async function answerObject(value: object): Promise<AdminAnswer> {
  return answerJson(await sliceJson(value));
}
