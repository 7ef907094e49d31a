/**
 * Asking the admin port of the running server, for commands that do so.
 *
 * 1. settings   only those of the admin port, from where the server was started with them
 * 2. ask        with a deadline and a bound
 * 3. judge      whatever listens there may be another program, or want another token
 *
 * Never throws: every failure is one line for the operator. Does not print or exit.
 */
import { get, type IncomingMessage } from "node:http";
import type { Environment } from "../settings/config.js";
import { readSettings } from "../settings/configuration.js";
import { type Config, SETTINGS } from "../settings/settings.js";
import { showBytes, showMs } from "../settings/units.js";
import { showAddress } from "../transport/listen.js";

/** One line each, for the operator. */
interface Refused {
  readonly kind: "refused";
  readonly complaints: readonly string[];
}

/** What there is to print, or why there is nothing. */
export type Told = { readonly kind: "told"; readonly text: string } | Refused;

/** An answer of any status but 401 and 403, or why there is none. */
type Asked =
  | {
      readonly kind: "answered";
      /** Who answered, for people. */
      readonly address: string;
      readonly status: number;
      readonly body: string;
    }
  | Refused;

type AdminPort = Pick<Config, "adminHost" | "adminPort" | "adminToken">;

/** Ten thousand downloads with paths of a kibibyte, and all else: more is no report of ours. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * @param env `process.env`; settings that are not of the admin port may be wrong in it
 * @param path what to GET, such as `/healthz`
 * @param deadlineMs how long the server may take over its whole answer
 */
export async function askAdmin(env: Environment, path: string, deadlineMs: number): Promise<Asked> {
  const { reading, complaints } = readSettings(env);
  const { config } = reading;
  const ours = complaints.filter(isOfAdmin);
  if (ours.length > 0) return { kind: "refused", complaints: ours };
  if (config.adminPort === 0) return refused("SLUICE_ADMIN_PORT=0: the admin port is off");

  const port = { ...config, adminHost: reachable(config.adminHost) };
  const address = showAddress(port.adminHost, port.adminPort);
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const { status, body } = await ask(port, path, signal);
    const refusal = describeRefusal(address, status, port.adminToken);
    return refusal === undefined ? { kind: "answered", address, status, body } : refused(refusal);
  } catch (error) {
    if (signal.aborted) return refused(`${address} did not answer within ${showMs(deadlineMs)}`);
    return refused(describeFailure(address, error));
  }
}

/** Whether it goes together with the port of the files is the server's affair, which may have others. */
const isOfAdmin = (complaint: string): boolean =>
  complaint.includes("SLUICE_ADMIN_") && !complaint.startsWith(SETTINGS.host.name);

export const refused = (complaint: string): Refused => ({
  kind: "refused",
  complaints: [complaint],
});

/** A server on every interface is on this machine's own, too. */
const reachable = (host: string): string => WILDCARDS.get(host) ?? host;
const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

// --- asking ---

interface Answered {
  readonly status: number;
  readonly body: string;
}

/** @throws Error of the socket, of the HTTP parser, of the signal, or one of ours */
async function ask(port: AdminPort, path: string, signal: AbortSignal): Promise<Answered> {
  const { adminHost, adminPort, adminToken } = port;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      host: adminHost,
      port: adminPort,
      path,
      headers: adminToken === "" ? {} : { authorization: `Bearer ${adminToken}` },
      agent: false, // one connection, closed after its answer: none keeps the program waiting
      signal,
    };
    const request = get(options, resolve);
    request.on("error", reject);
    // After an answer, or an error, this changes nothing; a 101 is followed by nothing else.
    request.on("close", () => reject(new Stranger("no answer to HTTP")));
  });
  return { status: answer.statusCode ?? 0, body: await readBody(answer) };
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > MOST_BYTES) throw new Stranger(`more than ${showBytes(MOST_BYTES)}`);
  }
  return Buffer.concat(chunks).toString();
}

// --- why there is no answer ---

/** Whatever listens there is no admin port; the message is what it sent. */
class Stranger extends Error {}

/** @param got what it sent, such as `status 404` */
export const describeStranger = (address: string, got: string): string =>
  `what answers on ${address} is not the admin port of this version of Sluice: it sent ${got}`;

function describeRefusal(address: string, status: number, token: string): string | undefined {
  if (status === 401 && token === "") {
    return `${address} wants a token: set SLUICE_ADMIN_TOKEN to the one of the server`;
  }
  if (status === 401) return `${address} wants another token than SLUICE_ADMIN_TOKEN has here`;
  if (status === 403) {
    return `${address} answers only its own machine (403): the server was given no SLUICE_ADMIN_TOKEN`;
  }
  return undefined;
}

function describeFailure(address: string, error: unknown): string {
  const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
  if (error instanceof Stranger) return describeStranger(address, message);
  if (code.startsWith("HPE_")) return describeStranger(address, "no answer to HTTP");
  if (code === "ECONNREFUSED") {
    return `no server answers on ${address}: is it running, and with the same SLUICE_ADMIN_PORT?`;
  }
  if (code === "ECONNRESET") return `${address} hung up before its answer was complete`;
  if (code === "ENOTFOUND") return `${address} is not a name this machine can look up`;
  return `${address} cannot be asked: ${message}`;
}
