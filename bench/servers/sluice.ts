/**
 * Sluice itself, as built in dist/: one process without a supervisor where one worker is measured, with
 * the trust that the cell asks for, and otherwise with its defaults: what a newcomer gets. Settings of
 * the shell from which the bench was started hold as well, and the report tells them.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPO_ROOT } from "../places.js";
import { ACCESS_LOG, type Contender, type Site } from "./contender.js";
import { askInside } from "./inside.js";

const MAIN = join(REPO_ROOT, "dist", "engine", "main.js");

/** nginx is told to believe what it knows of a file for 60 s; the same trust for both. */
const SAME_TRUST = { SLUICE_REVALIDATE_MS: "60000" };

/** Settings of the shell from which we were started. */
export const shellSettings = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith("SLUICE_") && value !== undefined ? [[name, value]] : [],
    ),
  );

/**
 * @param sweep extra `SLUICE_` variables while settings are swept; they beat all others, and those of the
 * shell do not hold then: what is compared with is the default
 */
export function createSluice(sweep?: Readonly<Record<string, string>>): Contender {
  return {
    name: "sluice",
    family: "sluice",
    missing: () => (existsSync(MAIN) ? undefined : "dist/engine/main.js (npm run build)"),
    version: () => JSON.parse(readFileSync(join(REPO_ROOT, "package.json"), "utf8")).version,
    plan: (site) => ({
      command: process.execPath,
      args: [MAIN, site.root],
      env: {
        ...(sweep === undefined ? shellSettings() : {}),
        SLUICE_HOST: site.host,
        SLUICE_PORT: `${site.port}`,
        SLUICE_ADMIN_PORT: `${site.adminPort}`,
        SLUICE_WORKERS: site.workers > 1 ? `${site.workers}` : "0",
        ...(site.hasDefaultTrust ? {} : SAME_TRUST),
        ...logEnv(site),
        ...tlsEnv(site),
        ...site.settings,
        ...sweep,
      },
    }),
    inside: ({ adminPort }) => askInside(adminPort),
    abstains: {},
  };
}

const logEnv = ({ hasAccessLog, workDir }: Site): Record<string, string> =>
  hasAccessLog
    ? { SLUICE_ACCESS_LOG: "combined", SLUICE_ACCESS_LOG_FILE: join(workDir, ACCESS_LOG) }
    : {};

const tlsEnv = ({ certificate }: Site): Record<string, string> =>
  certificate === undefined
    ? {}
    : { SLUICE_TLS_CERT: certificate.certPath, SLUICE_TLS_KEY: certificate.keyPath };
