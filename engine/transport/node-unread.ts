/**
 * What node:http does not hand to a handler: requests that its parser gives up, those that are late,
 * and CONNECT.
 *
 * Each is refused and the connection closed. Behind an answer under way nothing can be said: then the
 * connection is cut. One whose answer is kept from its end by what still comes, ends.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { FAULTS, type FaultCode } from "../../protocol/faults.js";
import { linesWithLength } from "../../protocol/head.js";
import { ALLOWED_METHODS } from "../../protocol/methods.js";
import type { Refusal } from "./exchange.js";
import { createRefusal } from "./handshake.js";
import { LINGER_MS } from "./linger.js";

/** As Node's parser tells of them. */
interface ParserError extends Error {
  readonly code?: string;
  /** What it was given last, and how much of that it understood. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

const refuse = (code: FaultCode): Refusal =>
  createRefusal(FAULTS[code].status, FAULTS[code].says, []);

const MALFORMED = createRefusal(400, "This is no request of HTTP.", []);
const UNKNOWN_METHOD = refuse("UNKNOWN_METHOD");
const CONNECT = createRefusal(FAULTS.METHOD_NOT_ALLOWED.status, FAULTS.METHOD_NOT_ALLOWED.says, [
  ["Allow", ALLOWED_METHODS],
]);

const LATE = "ERR_HTTP_REQUEST_TIMEOUT";

/** By Node's code; whatever else the parser complains of is malformed. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  [LATE]: createRefusal(408, "The request did not arrive in time.", []),
  HPE_HEADER_OVERFLOW: createRefusal(431, "The head of the request is too large.", []),
};

/** All of them is said; they only wait for the rest of their request. */
export const lingering = new WeakSet<ServerResponse>();

/** Listens for them. */
export function refuseUnread(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  const isAnswering = (socket: Duplex): boolean => answering.get(socket)?.writableEnded === false;
  for (const event of ["request", "checkContinue"]) {
    server.on(event, ({ socket }: IncomingMessage, res: ServerResponse) =>
      answering.set(socket, res),
    );
  }
  server.on("clientError", (error: ParserError, socket) => {
    if (socket.writableEnded) return; // of what comes behind the refusal
    const res = answering.get(socket);
    if (res !== undefined && lingering.delete(res)) return void res.end();
    if (res?.writableEnded === true && !res.shouldKeepAlive) return; // it was the last
    const refusal = refusalOf(error);
    if (refusal === undefined || isAnswering(socket)) socket.destroy();
    else sayFarewell(socket, refusal, error.code === LATE);
  });
  server.on("connect", ({ socket }) => {
    socket.on("error", () => {}); // Node no longer looks after it
    if (isAnswering(socket)) socket.destroy();
    else sayFarewell(socket.resume(), CONNECT, false);
  });
}

/** Undefined where nobody can be answered: the connection failed, or its TLS. */
function refusalOf(error: ParserError): Refusal | undefined {
  const { code = "" } = error;
  if (code === "HPE_INVALID_METHOD" && hasMethod(error)) return UNKNOWN_METHOD;
  return REFUSALS[code] ?? (code.startsWith("HPE_") ? MALFORMED : undefined);
}

/** RFC 9112 section 3: a token and a target. */
const BEGINNING = /^[\w!#$%&'*+\-.^`|~]+ \S/;

/** Does what the parser takes for no method begin a request nevertheless? */
function hasMethod({ rawPacket, bytesParsed = 0 }: ParserError): boolean {
  if (rawPacket === undefined) return false;
  const line = rawPacket.lastIndexOf("\n", bytesParsed) + 1;
  return BEGINNING.test(rawPacket.toString("latin1", line, line + 256));
}

function sayFarewell(socket: Duplex, { head, body }: Refusal, isLate: boolean): void {
  const lines = linesWithLength(head, body.length).toString("latin1");
  const date = new Date().toUTCString();
  const all = `HTTP/1.1 ${lines}\r\nDate: ${date}\r\nConnection: close\r\n\r\n${body}`;
  socket.end(all, "latin1", () => {
    if (isLate) socket.destroy(); // it has had its time
  });
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}
