/**
 * Explains a request without answering it: which file, which rule, which variant, which head, which
 * status, and why.
 *
 * 1. ask      a request that nobody sent
 * 2. run      a server of the same class with the same parts, but stand-ins where bytes would be read
 *             or sent and where anything is counted; its steps tell what they decide
 * 3. sum up   what it would have sent
 *
 * There is no second implementation that could be wrong. The file table is the real one and learns
 * from the look, and so does the desk of listings; nothing else of the real server is touched. What a
 * transport refuses by itself, such as a head too large, is not seen here. Waits for a disk no longer
 * than the table and the desk do.
 */
import { Counters } from "../../metrics/counters.js";
import type { FaultCode } from "../../protocol/faults.js";
import type { Field } from "../../protocol/head.js";
import { judgeMethod } from "../../protocol/methods.js";
import type { Coding } from "../../protocol/negotiation.js";
import { countOf } from "../../protocol/readable.js";
import type { LaneState } from "../express/express-lane.js";
import { FileServer } from "../server.js";
import type { ServerParts } from "../server-parts.js";
import { ExplainedAsk } from "./explain-ask.js";
import { createIdleScheduler, followTable, NotedReply, UNRECORDED } from "./explain-reply.js";
import { type Step, Steps } from "./explain-steps.js";

/** What the server would answer now. Plain data, fit for JSON. */
export interface Explanation {
  readonly method: string;
  /** Path and query, as asked for. */
  readonly target: string;
  readonly status: number;
  readonly reason: string;
  /** Finer than the status: what the log calls it. "" when nothing failed, and for 412 and 416. */
  readonly fault: FaultCode | "";
  /** Absolute path of the file that answers, its sibling where one was chosen; "" for none. */
  readonly file: string;
  readonly coding: Coding;
  /** Rules that match, by their place in the file, from 1. */
  readonly rules: readonly number[];
  /** What the express lane has for this request: it was neither asked nor filled. */
  readonly lane: LaneState;
  /** What was decided, in order. */
  readonly steps: readonly Step[];
  /** In order, `Content-Length` included. `Date` is added when an answer is sent. */
  readonly head: readonly Field[];
  /** In order; empty for none. */
  readonly body: readonly ExplainedPart[];
}

/** A piece of a body: some bytes of our own, or a stretch of a file, both ends inclusive. */
type ExplainedPart =
  | { readonly kind: "literal"; readonly bytes: number }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly first: number;
      readonly last: number;
    };

/**
 * Explains a request.
 *
 * @param target path and query, as a client would send them
 * @param fields of the request, in order; `:method` names a method other than GET
 */
export type Explain = (target: string, fields: readonly Field[]) => Promise<Explanation>;

/**
 * @param parts of the server that answers
 * @param server that server: it is only asked what its express lane has
 */
export const createExplain =
  (parts: ServerParts, server: Pick<FileServer, "peek">): Explain =>
  async (target, fields) => {
    const ask = new ExplainedAsk(target, fields);
    const steps = new Steps(ask, parts);
    const reply = new NotedReply();
    const lane = server.peek(ask);
    steps.note("lane", LANE_WORDS[lane]);
    noteMethod(ask.method, steps);
    createStandIn(parts, steps, reply).handle(ask, reply);
    await reply.answered;
    return sumUp(ask, target, steps, reply, lane);
  };

const LANE_WORDS: Readonly<Record<LaneState, string>> = {
  answers: "the express lane has this answer at hand; how it was found follows",
  "may answer":
    "the express lane knows the file, and sends what is asked of it if that lies in memory",
  "has a ticket": "the express lane knows the file, but this request takes the main road",
  "may look":
    "the express lane knows nothing of this target, and looks: a small file that lies in memory is answered at once",
  "has none": "the express lane knows nothing of this target",
};

const METHOD_WORDS = {
  serve: "is answered with what GET is answered, without the body",
  describe: "is answered with what may be done here",
  refuse: "is not for files",
} as const;

function noteMethod(method: string, steps: Steps): void {
  if (method === "GET") return;
  steps.note("method", `${JSON.stringify(method)} ${METHOD_WORDS[judgeMethod(method).kind]}`);
}

function createStandIn(parts: ServerParts, steps: Steps, reply: NotedReply): FileServer {
  return new FileServer({
    ...parts,
    table: followTable(parts.table, (entry, source) => steps.looked(entry, source)),
    scheduler: createIdleScheduler(reply, parts.nowMs),
    counters: new Counters(),
    operations: UNRECORDED,
    recorder: undefined,
    downloads: undefined,
    accessLog: undefined,
    report: (code) => steps.failed(code),
    trace: steps,
  });
}

function sumUp(
  ask: ExplainedAsk,
  target: string,
  steps: Steps,
  reply: NotedReply,
  lane: LaneState,
): Explanation {
  const { statusLine } = reply;
  const body = bodyOf(steps, reply);
  const size = reply.bodyBytes === 0 ? "no body" : `a body of ${countOf(reply.bodyBytes, "byte")}`;
  steps.note("answer", `${statusLine}, with ${size}`);
  return {
    method: ask.method,
    target,
    status: Number(statusLine.slice(0, 3)),
    reason: statusLine.slice(4),
    fault: steps.fault,
    file: steps.file,
    coding: steps.coding,
    rules: steps.rules,
    lane,
    steps: steps.list,
    head: reply.fields,
    body,
  };
}

function bodyOf({ body, file }: Steps, { bodyBytes }: NotedReply): ExplainedPart[] {
  if (bodyBytes === 0) return [];
  if (body === undefined) return [{ kind: "literal", bytes: bodyBytes }];
  return body.map((part) =>
    part.kind === "literal"
      ? { kind: "literal", bytes: part.bytes.length }
      : { kind: "file", path: file, first: part.first, last: part.last },
  );
}
