/**
 * Is the answer right? Asked of every server before a cell is timed.
 *
 * 1. complete   add this server's validators to an ask that revalidates
 * 2. status     as wanted
 * 3. headers    the wanted fields, with the wanted values
 * 4. bytes      every one of them: see body-check.ts
 *
 * A wrong answer is a verdict, never an exception: speed at being wrong is not speed.
 */
import type { Agent, IncomingMessage } from "node:http";
import { bodyBytes, createComparison } from "./body-check.js";
import type { Ask } from "./cell.js";
import { openAgent, openRequest } from "./certificate.js";
import { HOST, type RunningServer } from "./servers/launch.js";

/** An ask with every header it will be timed with. */
export interface ReadyAsk {
  readonly method: "GET" | "HEAD";
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  /** Of the right body, 0 when its length is the server's choice. */
  readonly bodyBytes: number;
}

/** Where to knock, and in which language. */
export type Door = Pick<RunningServer, "port" | "certificate">;

/** Whether a server may be timed, and with which requests. */
export type CheckVerdict =
  | { readonly kind: "fit"; readonly asks: readonly ReadyAsk[] }
  | { readonly kind: "disqualified"; readonly why: string };

/**
 * How many asks of a long list are compared byte by byte. All twenty thousand would take longer
 * than the timed run; an even spread over the list finds what is wrong in kind.
 */
const SAMPLES = 48;
/** A server that does not answer one request in this time answers wrongly. */
const ANSWER_LIMIT_MS = 10_000;

/** Puts a sample of `asks` to the server and compares. Never throws for what it answers. */
export async function checkAsks(
  server: Door,
  root: string,
  asks: readonly Ask[],
): Promise<CheckVerdict> {
  const agent = openAgent(server.certificate);
  const put: Put = (question) => send(server, agent, question);
  try {
    const ready: ReadyAsk[] = [];
    for (const ask of asks) {
      const headers = ask.revalidates ? await withValidators(put, ask) : ask.headers;
      ready.push({ ...ask, headers, bodyBytes: bodyBytes(root, ask.body) });
    }
    const step = Math.max(1, Math.floor(asks.length / SAMPLES));
    for (let at = 0; at < asks.length; at += step) {
      const fault = await findFault(put, root, asks[at]!, ready[at]!);
      const name = `${asks[at]!.method} ${asks[at]!.target}`;
      if (fault !== undefined) return { kind: "disqualified", why: `${name}: ${fault}` };
    }
    return { kind: "fit", asks: ready };
  } catch (error) {
    return { kind: "disqualified", why: (error as Error).message };
  } finally {
    agent.destroy();
  }
}

/** Undefined when the answer is right. */
async function findFault(
  put: Put,
  root: string,
  ask: Ask,
  ready: ReadyAsk,
): Promise<string | undefined> {
  const answer = await put(ready);
  const type = answer.headers["content-type"] ?? "";
  const compare = createComparison(root, ask.body, type);
  for await (const piece of answer) compare.feed(piece);
  const bodyFault = compare.fault();
  if (answer.statusCode !== ask.status) return `status ${answer.statusCode}, wanted ${ask.status}`;
  return findWrongHeader(answer, ask) ?? bodyFault;
}

function findWrongHeader(answer: IncomingMessage, ask: Ask): string | undefined {
  for (const [name, want] of Object.entries(ask.answerHeaders ?? {})) {
    const got = answer.headers[name];
    if (got !== want) return `${name} is ${got ?? "absent"}, wanted ${want}`;
  }
  return undefined;
}

async function withValidators(put: Put, ask: Ask): Promise<ReadyAsk["headers"]> {
  const answer = await put(ask);
  answer.resume();
  await new Promise((done) => answer.once("close", done));
  const { etag, "last-modified": modified } = answer.headers;
  return {
    ...ask.headers,
    ...(etag === undefined ? {} : { "If-None-Match": etag }),
    ...(modified === undefined ? {} : { "If-Modified-Since": modified }),
  };
}

/** What is sent, and nothing of what should come back. */
export type Question = Pick<Ask, "method" | "target" | "headers">;
type Put = (ask: Question) => Promise<IncomingMessage>;

function send(server: Door, agent: Agent, ask: Question): Promise<IncomingMessage> {
  const { method, target: path, headers } = ask;
  const where = { host: HOST, port: server.port, method, path, headers, agent };
  return new Promise((settle, fail) => {
    const asked = openRequest(where, server.certificate, settle);
    asked.setTimeout(ANSWER_LIMIT_MS, () =>
      asked.destroy(new Error(`${method} ${path}: no answer in ${ANSWER_LIMIT_MS} ms`)),
    );
    asked.once("error", fail).end();
  });
}
