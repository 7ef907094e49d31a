/**
 * Listening: which transport, and can the port be had?
 *
 * The fast transport shares its port with whoever asks (SO_REUSEPORT) and cannot say why it failed.
 * So the port is first bound for a moment by Node, which shares with nobody and names the reason.
 */
import { type AddressInfo, createServer } from "node:net";
import type { Log } from "../log.js";
import type { Handler, Listener, ListenOptions } from "./exchange.js";
import { listenNode } from "./node.js";
import { listenUws, loadUws, WHERE_IT_LOADS } from "./uws.js";

export type TransportChoice = "auto" | "uws" | "node";

/**
 * Listens, or says in one line why not.
 *
 * @throws Error whose message is for the operator: the port, or a binary that does not load
 */
export async function listen(
  choice: TransportChoice,
  options: ListenOptions,
  handler: Handler,
  log: Log,
): Promise<Listener> {
  const port = await tryPort(options);
  // A renewal of certificates shares the port, and one that was left to chance is not shared.
  const wanted = options.tls === undefined ? options : { ...options, port };
  return listenAtOnce(choice, wanted, handler, log);
}

/** The same where the port has been tried: workers share it, and would find it taken by one another. */
export async function listenAtOnce(
  choice: TransportChoice,
  options: ListenOptions,
  handler: Handler,
  log: Log,
): Promise<Listener> {
  if (choice === "node") return listenNode(options, handler);
  const uws = await loadUws().catch(firstLine);
  if (typeof uws !== "string") {
    if (process.versions.node.startsWith("20.")) log.info(CUT_REQUEST_LINES);
    return listenUws(uws, options, handler);
  }
  const why = `uWebSockets.js does not load here: ${uws}; it does with ${WHERE_IT_LOADS}`;
  if (choice === "uws") throw new Error(why);
  log.warn(`serving through node:http, at a fraction of the speed, since ${why}`);
  return listenNode(options, handler);
}

/** True of the binary for Node 20 alone. */
const CUT_REQUEST_LINES =
  "note: on Node 20 uWebSockets.js answers 505 to a request line cut across two packets; " +
  "Node 22 or later does not have this fault";

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use by another program",
  EACCES: "may not be listened on by this user",
  EADDRNOTAVAIL: "is not an address of this machine",
  ENOTFOUND: "is not a name this machine can look up",
};

/**
 * @returns the port: the one that was free when any would do
 * @throws Error whose message is for the operator, when the port cannot be had
 */
export async function tryPort({ host, port }: ListenOptions): Promise<number> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new Error(`${showAddress(host, port)} ${REASONS[code] ?? firstLine(error)}`);
  }
  const { port: free } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return free;
}

/** As in a URL: an IPv6 address stands in brackets. */
export const showAddress = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
