/**
 * Is the answer right? Asked of every server before a cell is timed.
 *
 * 1. complete   add this server's validators to an ask that revalidates
 * 2. status     as wanted
 * 3. headers    the wanted fields, with the wanted values
 * 4. bytes      compared with the fixture on disk, every one of them
 *
 * A wrong answer is a verdict, never an exception: speed at being wrong is not speed.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import type { Agent, IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Ask, Slice, WantedBody } from "./cell.js";
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
  if (answer.statusCode !== ask.status) return `status ${answer.statusCode}, wanted ${ask.status}`;
  return findWrongHeader(answer, ask) ?? compare.fault();
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

// --- bytes ---

function bodyBytes(root: string, body: WantedBody): number {
  if (body.kind === "file") return statSync(join(root, body.path)).size;
  const slices = body.kind === "slice" ? [body.slice] : body.kind === "parts" ? body.slices : [];
  return slices.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

interface Comparison {
  readonly feed: (piece: Buffer) => void;
  readonly fault: () => string | undefined;
}

function createComparison(root: string, body: WantedBody, contentType: string): Comparison {
  if (body.kind === "any") return { feed: () => {}, fault: () => undefined };
  if (body.kind === "none") return compareWith([]);
  if (body.kind === "file") return compareWith([{ path: join(root, body.path) }]);
  if (body.kind === "slice") return compareWith([rooted(root, body.slice)]);
  return compareParts(
    body.slices.map((slice) => rooted(root, slice)),
    contentType,
  );
}

interface Expected {
  readonly path: string;
  readonly first?: number;
  readonly last?: number;
}

const rooted = (root: string, slice: Slice): Expected => ({
  ...slice,
  path: join(root, slice.path),
});

/** Streams: a body of 100 MiB is compared as it comes and never held. */
function compareWith(expected: readonly Expected[]): Comparison {
  const want = expected.map(openExpected);
  const wantBytes = want.reduce((sum, one) => sum + one.lengthBytes, 0);
  let gotBytes = 0;
  let wrongAt: number | undefined;
  return {
    feed(piece) {
      const [only] = want;
      if (wrongAt === undefined && only !== undefined) wrongAt = only.findWrong(piece, gotBytes);
      gotBytes += piece.length;
    },
    fault() {
      for (const one of want) one.close();
      if (wrongAt !== undefined) return `body differs from the file at byte ${wrongAt}`;
      return gotBytes === wantBytes ? undefined : `body of ${gotBytes} bytes, wanted ${wantBytes}`;
    },
  };
}

function openExpected({ path, first = 0, last }: Expected) {
  const fd = openSync(path, "r");
  const lengthBytes = last === undefined ? fstatSync(fd).size - first : last - first + 1;
  return {
    lengthBytes,
    close: () => closeSync(fd),
    /** Offset in the body of a byte that is not the file's, or undefined. Extra bytes are for `fault`. */
    findWrong(piece: Buffer, bodyOffset: number): number | undefined {
      const inside = piece.subarray(0, Math.max(0, lengthBytes - bodyOffset));
      const right = Buffer.alloc(inside.length);
      readSync(fd, right, 0, right.length, first + bodyOffset);
      if (right.equals(inside)) return undefined;
      return bodyOffset + inside.findIndex((byte, at) => byte !== right[at]);
    },
  };
}

/** RFC 9110 section 14.6: every part in order, with the right bytes and nothing else between. */
function compareParts(expected: readonly Expected[], contentType: string): Comparison {
  const pieces: Buffer[] = [];
  return {
    feed: (piece) => void pieces.push(piece),
    fault() {
      const boundary = /^multipart\/byteranges;\s*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
      if (boundary === undefined) return `content-type ${contentType}, wanted multipart/byteranges`;
      const parts = splitParts(Buffer.concat(pieces), boundary);
      if (parts.length !== expected.length) {
        return `${parts.length} parts, wanted ${expected.length}`;
      }
      return expected.map((want, at) => findWrongPart(want, parts[at]!, at)).find(Boolean);
    },
  };
}

function findWrongPart(want: Expected, part: Buffer, at: number): string | undefined {
  const compare = compareWith([want]);
  compare.feed(part);
  const fault = compare.fault();
  return fault === undefined ? undefined : `part ${at + 1}: ${fault}`;
}

/** Bodies between the boundaries, their head fields dropped. */
function splitParts(body: Buffer, boundary: string): Buffer[] {
  const marker = Buffer.from(`--${boundary}`);
  const parts: Buffer[] = [];
  let from = body.indexOf(marker);
  for (;;) {
    const to = from < 0 ? -1 : body.indexOf(marker, from + marker.length);
    if (to < 0) return parts;
    const bodyAt = body.indexOf("\r\n\r\n", from) + 4;
    parts.push(body.subarray(bodyAt, to - 2)); // the line end before a boundary belongs to it
    from = to;
  }
}
