/** Sluice itself, as built in dist/, with its defaults: what a newcomer gets. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPO_ROOT } from "../places.js";
import type { Contender } from "./contender.js";

const MAIN = join(REPO_ROOT, "dist", "engine", "main.js");

/** nginx is told to believe what it knows of a file for 60 s; the same trust for both. */
const SAME_TRUST = { SLUICE_REVALIDATE_MS: "60000" };

/** @param sweep extra `SLUICE_` variables while settings are swept; they beat all others */
export function createSluice(sweep: Readonly<Record<string, string>> = {}): Contender {
  return {
    name: "sluice",
    family: "sluice",
    missing: () => (existsSync(MAIN) ? undefined : "dist/engine/main.js (npm run build)"),
    version: () => JSON.parse(readFileSync(join(REPO_ROOT, "package.json"), "utf8")).version,
    plan: (site) => ({
      command: process.execPath,
      args: [MAIN, site.root],
      env: {
        SLUICE_HOST: site.host,
        SLUICE_PORT: `${site.port}`,
        ...(site.workers > 1 ? { SLUICE_WORKERS: `${site.workers}` } : {}),
        ...SAME_TRUST,
        ...site.settings,
        ...sweep,
      },
    }),
    abstains: { "access-log": "it writes no access log yet" },
  };
}
