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
