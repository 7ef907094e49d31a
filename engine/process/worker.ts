/**
 * One serving process: the machine on the air, drained and stopped.
 *
 * 1. before   the access log is opened, what was kept comes back, readers start
 * 2. open     the port of the files, the one that sends clients to it, then the admin port
 * 3. drain    no new connections; the admin port tells until the last answer is out
 *
 * Owns: in which order things start and end, and the one-second timer.
 */
import { LineWriter } from "../../fs/line-writer.js";
import { watchHosts, watchRoot } from "../../fs/root-watch.js";
import type { Counters } from "../../metrics/counters.js";
import type { Report } from "../../metrics/report.js";
import { AccessLog } from "../access-log.js";
import { MachineSource } from "../admin/machine-source.js";
import type { EffectiveSetting } from "../config.js";
import { type DownloadKeeper, keepDownloads } from "../download-keeper.js";
import { HttpsRedirect } from "../https-redirect.js";
import { type Log, SILENT } from "../log.js";
import { type AddressSet, parseProxies } from "../proxies.js";
import { RootCheck } from "../root-check.js";
import type { Config } from "../settings.js";
import type { Site } from "../site.js";
import type { Certificates } from "../tls/certificates.js";
import type { Listener } from "../transport/exchange.js";
import { listen } from "../transport/listen.js";
import type { AdminPort } from "./admin-port.js";
import { type Announcer, createAnnouncer } from "./announcer.js";
import { createMachine, type Machine } from "./machine.js";

/** A server that is on the air. */
export interface Running {
  readonly listener: Listener;
  /** Undefined when there is none. */
  readonly adminListener: Listener | undefined;
  /** The port that sends clients from http to https; undefined when there is none. */
  readonly redirectListener: Listener | undefined;
  report(): FullReport;
  /** Opens the access log's file anew: it may have been renamed. */
  reopenLogs(): void;
  /** Looks at the certificates now. Resolves when what is new and fit is served. */
  reloadCertificates(): Promise<void>;
  /** Stops listening, waits until requests are answered or `drainMs` is over, then stops. */
  drain(drainMs: number): Promise<"drained" | "cut">;
}

/** The report, and what its parts count of themselves. */
export interface FullReport extends Report {
  readonly machine: Stats;
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
  readonly listings: ReturnType<NonNullable<Machine["listings"]>["stats"]> | undefined;
}

export interface ServerParts {
  readonly config: Config;
  /** The same for people, with where each value comes from. */
  readonly settings: readonly EffectiveSetting[];
  readonly site: Site;
  /** Fit to be served with; undefined: files are served by http. */
  readonly certificates: Certificates | undefined;
  readonly log: Log;
}

/** Deadlines are looked at this often. Nothing here is promised to the second. */
const SWEEP_MS = 1000;
/** How often a drain looks whether the last answer has gone out. */
const DRAIN_LOOK_MS = 50;

const nowMs = (): number => performance.now();

/**
 * Puts a server together and starts to listen.
 *
 * @throws Error whose message is for the operator, when a port, a file or a folder cannot be had
 */
export async function startServer(parts: ServerParts): Promise<Running> {
  const { config, settings, site, certificates, log } = parts;
  let listener: Listener | undefined;
  let isStopping = false;
  const connections = (): number => listener?.connections() ?? 0;
  const say = createAnnouncer(log);
  const trusts = parseProxies(config.trustedProxies)!; // judged with the settings
  const accessLog = openAccessLog(config, trusts, log);
  const machine = createMachine({ config, site, say, accessLog, trusts, connections });
  const keeper = await keepState(config, machine, log);
  const root = new RootCheck(site.hostsDir || site.root, nowMs);
  const source = new MachineSource({
    machine,
    config,
    settings,
    root,
    certificates,
    listener: () => (isStopping ? undefined : listener),
  });
  const end = (): Promise<unknown> => {
    machine.table.stop();
    return Promise.all([machine.readers.stop(), keeper?.stop(), accessLog?.close()]);
  };

  let redirect: Listener | undefined;
  let admin: AdminPort | undefined;
  try {
    await machine.readers.start();
    const { transport, host, port } = config;
    const options = { host, port, ...(certificates && { tls: certificates.material }) };
    listener = await listen(transport, options, machine.server, log);
    redirect = await openRedirect(parts, listener.port);
    admin = await openAdmin(parts, source, machine, say);
  } catch (error) {
    listener?.close();
    redirect?.close();
    await end();
    throw error;
  }

  const endWatch = watchForSwitches(site, machine);
  const sweep = setInterval(() => sweepAll(machine, root), SWEEP_MS);
  machine.sampler.start();
  const files = listener;
  certificates?.watch((material) => files.renew(material), log);
  const drain = async (drainMs: number): Promise<"drained" | "cut"> => {
    isStopping = true;
    certificates?.stop();
    redirect?.close();
    files.stopListening();
    const isDrained = await waitUntil(() => files.pending() === 0, drainMs);
    clearInterval(sweep);
    endWatch();
    machine.sampler.stop();
    machine.listings?.stop();
    files.close();
    admin?.stop();
    await end();
    return isDrained ? "drained" : "cut";
  };
  return {
    listener: files,
    adminListener: admin?.listener,
    redirectListener: redirect,
    report: () => ({ ...source.report(), machine: statsOf(machine, connections()) }),
    reopenLogs: () => accessLog?.reopen(),
    reloadCertificates: async () => certificates?.reload(),
    drain,
  };
}

/** @throws Error whose message is for the operator, when the file cannot be opened */
function openAccessLog(
  { accessLog: format, accessLogFile: path }: Config,
  trusts: AddressSet,
  { warn }: Log,
): AccessLog | undefined {
  if (format === "off") return undefined;
  try {
    const writer = new LineWriter({ path, onTrouble: (line) => warn(`access log: ${line}`) });
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

/** @throws Error whose message is for the operator, when the folder cannot be used */
async function keepState(
  { metrics, stateDir }: Config,
  { downloads }: Machine,
  { warn }: Log,
): Promise<DownloadKeeper | undefined> {
  if (!metrics || stateDir === "") return undefined;
  return keepDownloads(stateDir, { downloads, onTrouble: warn });
}

/** @throws Error whose message is for the operator, when the port cannot be had */
async function openRedirect(
  { config, certificates }: ServerParts,
  httpsPort: number,
): Promise<Listener | undefined> {
  const { transport, host, httpsRedirect: port } = config;
  if (port === 0 || certificates === undefined) return undefined;
  const handler = new HttpsRedirect(httpsPort, () => certificates.names);
  return listen(transport, { host, port }, handler, SILENT);
}

/**
 * Nobody asked for the default port: where it is taken, the server goes on without.
 *
 * @throws Error whose message is for the operator, when a port that was asked for cannot be had
 */
async function openAdmin(
  { config, settings, log }: ServerParts,
  source: MachineSource,
  { sampler }: Machine,
  say: Announcer,
): Promise<AdminPort | undefined> {
  if (config.adminPort === 0) return undefined;
  const { openAdminPort } = await import("./admin-port.js"); // a third of what there is to load
  try {
    return await openAdminPort({ config, source, sampler, onBug: say.bug });
  } catch (error) {
    const isAskedFor = settings.some(
      ({ name, origin }) => name === "SLUICE_ADMIN_PORT" && origin !== "default",
    );
    const reason = error instanceof Error ? error.message : String(error);
    if (isAskedFor) throw new Error(`admin port: ${reason}`);
    log.warn(`no dashboard and no metrics: ${reason}; SLUICE_ADMIN_PORT names another, 0 none`);
    return undefined;
  }
}

function watchForSwitches({ root, hostsDir }: Site, { table, listings }: Machine): () => void {
  const distrust = (): void => {
    table.distrust();
    listings?.distrust();
  };
  return hostsDir === "" ? watchRoot(root, distrust) : watchHosts(hostsDir, distrust);
}

function sweepAll({ scheduler, table, listings, operations }: Machine, root: RootCheck): void {
  scheduler.sweep();
  table.sweep();
  listings?.sweep();
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
    listings: machine.listings?.stats(),
  };
}

/** Resolves true as soon as `holds`, false when `limitMs` is over. */
async function waitUntil(holds: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = nowMs() + limitMs;
  while (!holds()) {
    if (nowMs() >= endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
  }
  return true;
}
