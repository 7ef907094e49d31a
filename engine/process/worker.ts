/**
 * Files on the air: a machine and its port, the same in a worker and in a process that serves alone.
 *
 * 1. before   the access log is opened, readers start
 * 2. open     the port of the files, and the one that sends clients to it
 * 3. close    no new connections, and later none at all: see drain.ts for what is between
 *
 * Owns: in which order things start and end, and the one-second timer.
 */
import { LineWriter } from "../../fs/line-writer.js";
import { watchHosts, watchRoot } from "../../fs/root-watch.js";
import type { Counters } from "../../metrics/counters.js";
import { type Log, SILENT } from "../log.js";
import { AccessLog } from "../operations/access-log.js";
import type { Config } from "../settings/settings.js";
import type { Share } from "../settings/shares.js";
import type { Site } from "../settings/site.js";
import type { Certificates } from "../tls/certificates.js";
import type { Listener } from "../transport/exchange.js";
import { HttpsRedirect } from "../transport/https-redirect.js";
import { listen, listenAtOnce } from "../transport/listen.js";
import { type AddressSet, parseProxies } from "../transport/proxies.js";
import { RootCheck } from "../watch/root-check.js";
import { type Announcer, createAnnouncer } from "./announcer.js";
import { createMachine, type Machine } from "./machine.js";

/** Files on the air. */
export interface Serving {
  readonly machine: Machine;
  readonly say: Announcer;
  readonly root: RootCheck;
  readonly files: Listener;
  /** Where clients are sent from http to https; undefined when nowhere. */
  readonly redirect: Listener | undefined;
  /** Undefined from the moment it takes no new connections. */
  listener(): Listener | undefined;
  stats(): Stats;
  /** Answers from these from now on: see `Machine.serve`. */
  reload(config: Config, site: Site): void;
  /** Opens the access log's file anew: it may have been renamed. */
  reopenLogs(): void;
  /** Takes no new connections: see `Listener.stopListening`. */
  stopListening(): Promise<void>;
  /** What has yet to go out. */
  left(): Left;
  /** Cuts what is left, and stops all that runs. */
  close(): Promise<void>;
}

/** What a drain waits for. */
export interface Left {
  /** Requests whose answer has not gone out to its last byte. */
  readonly transfers: number;
  /** Body bytes of theirs that no socket has taken yet, as far as they are known. */
  readonly bytes: number;
}

export interface Stats {
  readonly connections: number;
  /** Requests on the main road. */
  readonly inProgress: number;
  readonly counters: Counters;
  readonly scheduler: ReturnType<Machine["scheduler"]["stats"]>;
  readonly pool: ReturnType<Machine["pool"]["occupancy"]>;
  readonly table: ReturnType<Machine["table"]["stats"]>;
  readonly readers: ReturnType<Machine["readers"]["stats"]>;
  readonly listings: ReturnType<Machine["listings"]["stats"]>;
}

export interface ServingParts {
  readonly config: Share;
  readonly site: Site;
  /** Fit to be served with; undefined: files are served by http. */
  readonly certificates: Certificates | undefined;
  readonly log: Log;
  /** There are others: the port has been tried and is shared, and so is where the log goes. */
  readonly isOneOfMany?: boolean;
  /** What is true of all of them is said by one. */
  readonly isSpokesman?: boolean;
  /** Before it listens: who counts may have something to add. */
  readonly prepare?: (machine: Machine) => Promise<void>;
}

/** Deadlines are looked at this often. Nothing here is promised to the second. */
const SWEEP_MS = 1000;

const nowMs = (): number => performance.now();

/**
 * Puts a machine together and starts to listen.
 *
 * @throws Error whose message is for the operator, when the port or a file cannot be had
 */
export async function openServing(parts: ServingParts): Promise<Serving> {
  const { config, site, certificates, log, prepare } = parts;
  const { isOneOfMany = false, isSpokesman = true } = parts;
  let listener: Listener | undefined;
  let redirect: Listener | undefined;
  let isStopping = false;
  const connections = (): number => listener?.connections() ?? 0;
  const say = createAnnouncer(log);
  const trusts = parseProxies(config.trustedProxies)!; // judged with the settings
  const accessLog = openAccessLog({ ...parts, isOneOfMany }, trusts);
  const machine = createMachine({
    config,
    site,
    say,
    accessLog,
    trusts,
    connections,
  });
  const root = new RootCheck(rootOf(site), nowMs);
  const end = (): Promise<unknown> => {
    machine.table.stop();
    return Promise.all([machine.readers.stop(), accessLog?.close()]);
  };
  try {
    await prepare?.(machine);
    await machine.readers.start();
    const { transport, host, port, sendTimeoutMs } = config;
    const isBehindProxies = config.trustedProxies !== "";
    const open = isOneOfMany ? listenAtOnce : listen;
    const tls = certificates && { tls: certificates.material };
    const isShared = isOneOfMany;
    const aboutTransport = isSpokesman ? log : SILENT;
    const options = { host, port, sendTimeoutMs, isBehindProxies, isShared, ...tls };
    listener = await open(transport, options, machine.front, aboutTransport);
    if (certificates !== undefined && config.httpsRedirect !== 0) {
      const handler = new HttpsRedirect(listener.port, () => certificates.names);
      const options = { host, port: config.httpsRedirect, isShared };
      redirect = await open(transport, options, handler, SILENT);
    }
  } catch (error) {
    listener?.close();
    await end();
    throw error;
  }

  let endWatch = watchForSwitches(site, machine);
  const sweep = setInterval(() => sweepAll(machine, root), SWEEP_MS);
  machine.sampler.start();
  const files = listener;
  certificates?.use((material) => files.renew(material));
  return {
    machine,
    say,
    root,
    files,
    redirect,
    listener: () => (isStopping ? undefined : files),
    stats: () => statsOf(machine, connections()),
    reload(config, site) {
      machine.serve(config, site);
      root.moveTo(rootOf(site));
      endWatch();
      endWatch = watchForSwitches(site, machine);
    },
    reopenLogs: () => accessLog?.reopen(),
    async stopListening() {
      isStopping = true;
      await Promise.all([redirect?.stopListening(), files.stopListening()]);
    },
    left: () => ({ transfers: files.pending(), bytes: machine.operations.bytesLeft() }),
    async close() {
      clearInterval(sweep);
      endWatch();
      machine.sampler.stop();
      machine.listings.stop();
      redirect?.close();
      files.close();
      await end();
    },
  };
}

const rootOf = ({ hostsDir, root }: Site): string => hostsDir || root;

/** @throws Error whose message is for the operator, when the file cannot be opened */
function openAccessLog(
  { config, log, isOneOfMany }: Pick<ServingParts, "config" | "log" | "isOneOfMany">,
  trusts: AddressSet,
): AccessLog | undefined {
  const { accessLog: format, accessLogFile: path } = config;
  if (format === "off") return undefined;
  try {
    const writer = new LineWriter({
      path,
      onTrouble: (line) => log.warn(`access log: ${line}`),
      isShared: isOneOfMany === true,
    });
    return new AccessLog({ format, writer, trusts, nowMs: Date.now });
  } catch (error) {
    throw new Error(`SLUICE_ACCESS_LOG_FILE=${path}: ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  EACCES: "may not be written by this user",
  EISDIR: "is a folder",
};

const reasonOf = (error: unknown): string => {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
};

function watchForSwitches({ root, hostsDir }: Site, { table, listings }: Machine): () => void {
  const distrust = (): void => {
    table.distrust();
    listings.distrust();
  };
  return hostsDir === "" ? watchRoot(root, distrust) : watchHosts(hostsDir, distrust);
}

function sweepAll({ scheduler, table, listings, operations }: Machine, root: RootCheck): void {
  scheduler.sweep();
  table.sweep();
  listings.sweep();
  operations.sweep();
  root.ask();
}

function statsOf(machine: Machine, connections: number): Stats {
  return {
    connections,
    inProgress: machine.operations.inProgress,
    counters: machine.counters,
    scheduler: machine.scheduler.stats(),
    pool: machine.pool.occupancy(),
    table: machine.table.stats(),
    readers: machine.readers.stats(),
    listings: machine.listings.stats(),
  };
}
