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
  /** It is the same for whoever asks: see `SharedAnswer`. */
  readonly isShared: boolean;
}

const own = (answer: Route["answer"]): Route => ({ answer, isShared: false });
const shared = (answer: Route["answer"]): Route => ({ answer, isShared: true });

export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/healthz", own(() => answerText(200, "ok"))],
  ["/readyz", own(answerReady)],
  ["/metrics", shared(answerMetrics)],
  ["/report.json", shared(async (source) => answerObject(await source.report()))],
  ["/operations.json", shared(answerOperations)],
  [
    "/downloads.json",
    shared(async (source) => answerObject({ downloads: await source.downloads() })),
  ],
  ["/config.json", shared((source) => answerObject({ settings: source.settings() }))],
  ["/explain", own(answerExplain)],
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
