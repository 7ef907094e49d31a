/** Whether there is an admin port, and what it means when it cannot be had. */

import type { Log } from "../log.js";
import type { Configuration } from "../settings/configuration.js";
import type { AdminPort, AdminPortParts } from "./admin-port.js";

export interface AdminParts extends Omit<AdminPortParts, "config"> {
  readonly configuration: Configuration;
  readonly log: Log;
}

/**
 * Nobody asked for the default port: where it is taken, the server goes on without.
 *
 * @returns undefined when there is none
 * @throws Error whose message is for the operator, when a port that was asked for cannot be had
 */
export async function openAdmin(parts: AdminParts): Promise<AdminPort | undefined> {
  const { configuration, log, ...others } = parts;
  const { config, settings } = configuration;
  if (config.adminPort === 0) return undefined;
  const { openAdminPort } = await import("./admin-port.js"); // a third of what there is to load
  try {
    return await openAdminPort({ config, ...others });
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
