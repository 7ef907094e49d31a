/**
 * One process that does all: files, admin port and state. For containers that restart what dies, for
 * debugging, and for tests; with workers, supervisor.ts stands in its place.
 *
 * 1. before   what was kept comes back
 * 2. open     the port of the files, then the admin port
 * 3. drain    no new connections; the admin port tells until the last answer is out
 */
import { readOpenFiles } from "../../fs/machine-facts.js";
import type { Report } from "../../metrics/report.js";
import { MachineSource } from "../admin/machine-source.js";
import type { Log } from "../log.js";
import type { Configuration } from "../settings/configuration.js";
import { judgeChange } from "../settings/reload.js";
import { shareOf } from "../settings/shares.js";
import type { DownloadKeeper } from "../watch/download-keeper.js";
import type { AdminPort } from "./admin-port.js";
import { countDown, waitUntil } from "./drain.js";
import { keepState } from "./keep-state.js";
import { openAdmin } from "./open-admin.js";
import type { Reloaded, Running } from "./running.js";
import { openServing, type Stats } from "./worker.js";

/** The report, and what the machine's parts count of themselves. */
export interface FullReport extends Report {
  readonly machine: Stats;
}

/** @throws Error whose message is for the operator, when a port, a file or a folder cannot be had */
export async function startSingle(first: Configuration, log: Log): Promise<Running> {
  let current = first;
  const { config, certificates } = first;
  let keeper: DownloadKeeper | undefined;
  const serving = await openServing({
    config: shareOf(config, 1, readOpenFiles()),
    site: first.site,
    certificates,
    log,
    async prepare({ downloads }) {
      keeper = await keepState(config, downloads, log);
    },
  });
  const { machine, files } = serving;
  const source = new MachineSource({
    machine,
    config,
    settings: () => current.settings,
    root: serving.root,
    certificates,
    listener: serving.listener,
  });
  const close = async (): Promise<void> => {
    await Promise.all([serving.close(), keeper?.stop()]);
  };
  let admin: AdminPort | undefined;
  try {
    const { say } = serving;
    admin = await openAdmin({
      configuration: first,
      log,
      source,
      onBug: say.bug,
    });
  } catch (error) {
    await close();
    throw error;
  }

  certificates?.watch(log);
  return {
    address: { host: config.host, port: files.port },
    transport: files.name,
    redirectPort: serving.redirect?.port,
    adminPort: admin?.listener.port,
    report: async (): Promise<FullReport> => ({ ...source.report(), machine: serving.stats() }),
    reopenLogs: () => serving.reopenLogs(),
    async reload(next): Promise<Reloaded> {
      const change = judgeChange(current.config, next.config, 0);
      if (change.kind === "refused") return change;
      serving.reload(next.config, next.site);
      await certificates?.reload();
      current = next;
      return { kind: "reloaded", names: change.names };
    },
    async drain(limitMs) {
      certificates?.stop();
      void serving.stopListening();
      const endCount = countDown(log.info, serving.left, limitMs);
      const isDrained = await waitUntil(() => files.pending() === 0, limitMs);
      endCount();
      admin?.stop();
      await close();
      return isDrained ? "drained" : "cut";
    },
    abandon: () => {},
  };
}
