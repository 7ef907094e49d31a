/**
 * How many workers, and what each gets of what the machine was given.
 *
 * Memory, descriptors and readers are set for the machine: a worker gets its part, and at least what it
 * cannot do without. So with very many workers the parts may add up to more than the whole.
 */
import { availableParallelism } from "node:os";
import { readGrant } from "../../fs/cgroup.js";
import { AUTO_WORKERS, type Config, LEAST_CHUNKS, SETTINGS } from "./settings.js";

/** What the machine has for us. `quota` is in processors, undefined for no limit. */
interface Cores {
  readonly cores: number;
  readonly quota: number | undefined;
}

const lookAtCores = (): Cores => ({ cores: availableParallelism(), quota: readGrant().cores });

/**
 * Workers wanted, 0 for none. One a core; of a quota, whole processors: one more worker than it pays
 * for has all of them held up for tens of ms at a time.
 */
export function countWorkers({ workers }: Pick<Config, "workers">, look = lookAtCores): number {
  if (workers !== AUTO_WORKERS) return workers;
  const { cores, quota = cores } = look();
  return Math.max(1, Math.min(cores, Math.floor(quota)));
}

/**
 * Of the descriptors for files, those that may go to small ones for which memory has no room. More: large
 * files are opened anew. Fewer: small ones are.
 */
const KEPT_OPEN_SHARE = 3 / 4;

/**
 * Connections that find a descriptor whatever is kept open. With small files it is soon as many as may be,
 * and a process that has none left refuses connections, and answers nobody about itself. Fewer: nothing
 * is kept open where the limit is low, which it once was everywhere.
 */
export const CONNECTIONS_FIRST = 8_192;

/**
 * Small files that one process may keep open.
 *
 * @param maxOpenFiles its own part
 * @param limit descriptors it may have; undefined where nobody tells
 */
export function keptOpenOf(maxOpenFiles: number, limit = Number.POSITIVE_INFINITY): number {
  const share = Math.floor(maxOpenFiles * KEPT_OPEN_SHARE);
  const others = maxOpenFiles - share;
  return Math.max(0, Math.min(share, limit - CONNECTIONS_FIRST - others));
}

/** The settings of one of so many workers, 1 or more. */
export function shareOf(config: Config, workers: number): Config {
  const { poolBytes, chunkBytes, smallCacheBytes, smallFileBytes, maxOpenFiles, readers } = config;
  const part = (whole: number, least: number): number =>
    Math.max(least, Math.floor(whole / workers));
  return {
    ...config,
    poolBytes: part(poolBytes, LEAST_CHUNKS * chunkBytes),
    smallCacheBytes: smallCacheBytes === 0 ? 0 : part(smallCacheBytes, smallFileBytes),
    maxOpenFiles: part(maxOpenFiles, SETTINGS.maxOpenFiles.min),
    readers: part(readers, SETTINGS.readers.min),
  };
}
