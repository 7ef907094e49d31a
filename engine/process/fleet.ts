/**
 * A supervisor and its workers as one server.
 *
 * 1. before   the port is tried, what was kept comes back
 * 2. open     the workers listen, all of them; then the admin port
 * 3. reload   in place where every change can be taken so, else by other workers
 * 4. drain    the workers; the admin port tells until the last one has ended
 *
 * Owns: the admin port and the state, which workers know nothing of.
 */
import { handOverFor } from "../../fs/door.js";
import { Downloads, MAX_PATHS } from "../../metrics/downloads.js";
import { FleetSource } from "../admin/fleet-source.js";
import type { Log } from "../log.js";
import type { Configuration } from "../settings/configuration.js";
import { judgeChange } from "../settings/reload.js";
import { countWorkers } from "../settings/shares.js";
import { tryPort } from "../transport/listen.js";
import type { AdminPort } from "./admin-port.js";
import { createAnnouncer } from "./announcer.js";
import { countDown } from "./drain.js";
import { forkWorker } from "./fork-worker.js";
import { keepState } from "./keep-state.js";
import { openAdmin } from "./open-admin.js";
import type { Reloaded, Running } from "./running.js";
import { type Plan, Supervisor } from "./supervisor.js";

/**
 * Whoever stands in the queue of a listening socket that closes is handed over to another worker's for
 * so long, where this user may decide that: 3 s for the worker to find a quiet moment, 3 s for handshakes.
 */
const CLOSING_MS = 6000;

/**
 * @param giveUp no worker stays alive: there is nothing more to do
 * @throws Error whose message is for the operator, when a port, a file or a folder cannot be had
 */
export async function startFleet(
  first: Configuration,
  log: Log,
  giveUp: (reason: string) => void,
): Promise<Running> {
  let current = first;
  let port = await tryPort(first.config);
  await tryRedirect(first);
  let { certificates } = first;
  const downloads = new Downloads(MAX_PATHS);
  const keeper = await keepState(first.config, downloads, log);
  let admin: AdminPort | undefined;
  const supervisor = new Supervisor(planOf(first, port), {
    fork: forkWorker,
    log,
    onHopeless: async (reason) => {
      await keeper?.stop();
      giveUp(reason);
    },
    onNews: ({ id }, news) => source.heard(id, news),
    onDeath: ({ id }) => source.died(id),
    onClosing: () => handOverFor(CLOSING_MS),
  });
  const source = new FleetSource({
    workers: () => supervisor.workers(),
    get expected() {
      return supervisor.wanted;
    },
    restarts: () => supervisor.restarts,
    downloads,
    tls: () => certificates?.figures(),
    settings: () => current.settings,
    isMeasuring: () => current.config.metrics,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
  const renew = (_: unknown, digest: string) => supervisor.renewCertificates(digest);
  /** They may be others, elsewhere, or none. What has been counted of them goes on. */
  const follow = async ({ config, certificates: next }: Configuration): Promise<void> => {
    if (certificates !== undefined && next !== undefined) {
      certificates.moveTo(config);
      await certificates.reload();
      return;
    }
    certificates?.stop();
    certificates = next;
    certificates?.use(renew);
    certificates?.watch(log);
  };
  const close = async (): Promise<void> => {
    certificates?.stop();
    admin?.stop();
    source.stop();
    await keeper?.stop();
  };
  const transport = await startAll().catch(async (error: unknown) => {
    supervisor.kill();
    await close();
    throw error;
  });
  certificates?.use(renew);
  certificates?.watch(log);
  return {
    get address() {
      return { host: current.config.host, port };
    },
    get transport() {
      return `${transport}, ${nameWorkers(supervisor.wanted)}`;
    },
    redirectPort: redirectOf(first),
    adminPort: admin?.listener.port,
    report: () => source.report(),
    reopenLogs: () => supervisor.reopenLogs(),
    async reload(next): Promise<Reloaded> {
      const change = judgeChange(current.config, next.config, supervisor.wanted);
      if (change.kind === "refused") return change;
      try {
        const free = isMoved(current, next) ? await tryPort(next.config) : port;
        if (redirectOf(next) !== redirectOf(current)) await tryRedirect(next);
        if (change.kind === "in place") await supervisor.reload(planOf(next, free));
        else await supervisor.replaceAll(planOf(next, free));
        port = free;
      } catch (error) {
        return { kind: "refused", complaints: [reasonOf(error)] };
      }
      current = next;
      await follow(next);
      return { kind: "reloaded", names: change.names };
    },
    async drain(limitMs) {
      const endCount = countDown(log.info, () => supervisor.left(), limitMs);
      const how = await supervisor.stop(limitMs);
      endCount();
      await close();
      return how;
    },
    abandon: () => supervisor.kill(),
  };

  async function startAll() {
    const transport = await supervisor.start();
    const { bug: onBug } = createAnnouncer(log);
    admin = await openAdmin({ configuration: first, log, source, onBug });
    return transport;
  }
}

const redirectOf = ({ config }: Configuration): number | undefined =>
  config.httpsRedirect === 0 ? undefined : config.httpsRedirect;

/** @throws Error whose message is for the operator, when there is to be a port that cannot be had */
async function tryRedirect(configuration: Configuration): Promise<void> {
  const port = redirectOf(configuration);
  if (port !== undefined) await tryPort({ host: configuration.config.host, port });
}

const nameWorkers = (count: number): string => `${count} ${count === 1 ? "worker" : "workers"}`;

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const planOf = ({ config, site }: Configuration, port: number): Plan => ({
  config: { ...config, port },
  site,
  workers: countWorkers(config),
});

/** To another port. Another address with the same one is ours already, and would seem to be taken. */
const isMoved = (before: Configuration, after: Configuration): boolean =>
  before.config.port !== after.config.port;
