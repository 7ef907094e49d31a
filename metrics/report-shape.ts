/**
 * Whether a value is a report: for whoever was sent one.
 *
 * The shape is written down once more, and the compiler holds it against the type. What is not in
 * it is let through: a newer server says more.
 */
import { PHASES } from "./phases.js";
import type { Report } from "./report.js";
import { SAMPLE_FIELDS, type Sample } from "./samples.js";

/** What JSON must look like to be of a type. A list is written as its one item; methods are not sent. */
type ShapeOf<Value> = [Value] extends [boolean]
  ? "boolean"
  : Value extends string
    ? "string"
    : Value extends number
      ? "number"
      : Value extends readonly (infer Item)[]
        ? readonly [ShapeOf<Item>]
        : { readonly [Key in DataKeys<Value>]: ShapeOf<Value[Key]> };
type DataKeys<Value> = {
  [Key in keyof Value]: Value[Key] extends (...args: never) => unknown ? never : Key;
}[keyof Value];

type Shape = "boolean" | "string" | "number" | readonly [Shape] | { readonly [key: string]: Shape };

const numbers = <Key extends string>(...keys: readonly Key[]) =>
  Object.fromEntries(keys.map((key) => [key, "number"])) as Readonly<Record<Key, "number">>;

const PERCENTILES = numbers(
  "count",
  "minUs",
  "meanUs",
  "p50Us",
  "p90Us",
  "p99Us",
  "p999Us",
  "p9999Us",
  "maxUs",
);
const PHASE_TIMES = numbers("queueMs", "diskMs", "loopMs", "drainMs");

const REPORT: ShapeOf<Omit<Report, "now">> = {
  version: "string",
  ...numbers("pid", "atMs", "uptimeMs"),
  isMeasuring: "boolean",
  counters: {
    answersByClass: ["number"],
    ...numbers("bytesAtHand", "bodiesSent", "clientsGone", "clientsStalled", "filesChanged"),
    ...numbers("readsFailed", "readsTimedOut", "staleSiblings"),
  },
  latency: [
    {
      sizeClass: "string",
      firstByte: PERCENTILES,
      total: PERCENTILES,
      phases: { queue: PERCENTILES, disk: PERCENTILES, loop: PERCENTILES, drain: PERCENTILES },
      shares: numbers(...PHASES),
    },
  ],
  disk: { openQueue: PERCENTILES, open: PERCENTILES, readQueue: PERCENTILES, read: PERCENTILES },
  loopLag: PERCENTILES,
  files: {
    ...numbers("openFiles", "mostOpenFiles", "keptOpenFiles", "bodyBytes", "mostBodyBytes"),
    ...numbers("entries", "absent"),
  },
  underWay: [
    {
      ...PHASE_TIMES,
      kind: "string",
      what: "string",
      client: "string",
      phase: "string",
      ...numbers("ageMs", "sentBytes", "totalBytes", "waiters"),
    },
  ],
  slowest: [
    {
      ...PHASE_TIMES,
      kind: "string",
      what: "string",
      client: "string",
      blame: "string",
      outcome: "string",
      ...numbers("endedAtMs", "tookMs", "sentBytes", "status"),
    },
  ],
  workers: [
    {
      ...numbers("id", "pid", "uptimeMs", "answers", "connections", "rssBytes"),
      ...numbers("loopLagP99Us", "loopUtilization"),
      hasAnswered: "boolean",
    },
  ],
  downloads: [
    {
      path: "string",
      ...numbers("completed", "aborted", "ranged", "bytes", "inProgress", "lastMs"),
    },
  ],
};
const NOW: ShapeOf<Sample> = numbers(...SAMPLE_FIELDS);

/** Whether `value`, out of JSON, is a report. The text of one that is can be made without a fault. */
export function isReport(value: unknown): value is Report {
  if (!fits(value, REPORT)) return false;
  const { now } = value as { readonly now?: unknown };
  return now === undefined || fits(now, NOW);
}

function fits(value: unknown, shape: Shape): boolean {
  // NaN becomes null on its way through JSON. One figure that is none is no reason to hide the rest.
  if (shape === "number") return typeof value === "number" || value === null;
  if (shape === "string" || shape === "boolean") return typeof value === shape;
  if (isList(shape)) return Array.isArray(value) && value.every((item) => fits(item, shape[0]));
  return isObject(value) && Object.entries(shape).every(([key, one]) => fits(value[key], one));
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
