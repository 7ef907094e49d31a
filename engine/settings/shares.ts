/**
 * How many workers, and what each gets of what the machine was given.
 *
 * Memory, descriptors and readers are set for the machine: a worker gets its part, and at least what it
 * cannot do without. So with very many workers the parts may add up to more than the whole.
 */
import { availableParallelism } from "node:os";
import { readGrant } from "../../fs/cgroup.js";
import { readOpenFiles } from "../../fs/machine-facts.js";
import { AUTO, type Config, LEAST_CHUNKS, SETTINGS } from "./settings.js";

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
  if (workers !== AUTO) return workers;
  const { cores, quota = cores } = look();
  return Math.max(1, Math.min(cores, Math.floor(quota)));
}

/**
 * Files that are kept open where nobody says how many: this part of a process's descriptors. More: fewer
 * connections find one. Fewer: more files are opened anew.
 */
const AUTO_FILES_SHARE = 1 / 4;
/** Of the machine. The kernel keeps more than 1 KiB for each that it cannot take back meanwhile. */
const MOST_AUTO_FILES = 16_384;
/** Where no limit is told. */
const USUAL_FILES = 4096;

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
 * What a start takes, with room for a few clients: 100 or so to load the program in all its parts. Fewer:
 * it ends in the name of whichever file was not opened.
 */
const LEAST_DESCRIPTORS = 128;

/** @returns complaints, one line each */
export function complainOfLimit(limit = readOpenFiles()): string[] {
  if (limit === undefined || limit >= LEAST_DESCRIPTORS) return [];
  const wants = `want ${LEAST_DESCRIPTORS} or more, as by ulimit -n ${LEAST_DESCRIPTORS}`;
  return [`a process may have ${limit} files open: ${wants}`];
}

/** What one process that serves is given. */
export interface Share extends Config {
  /** A number, whatever was set. */
  readonly maxOpenFiles: number;
  /** Of them, most small files for which memory has no room. */
  readonly keptOpenFiles: number;
}

/**
 * The settings of one of so many workers, 1 or more.
 *
 * @param limit descriptors each process may have; undefined where nobody tells
 */
export function shareOf(config: Config, workers: number, limit: number | undefined): Share {
  const { poolBytes, chunkBytes, smallCacheBytes, smallFileBytes, readers } = config;
  const part = (whole: number, least: number): number =>
    Math.max(least, Math.floor(whole / workers));
  const filesWanted =
    config.maxOpenFiles === AUTO ? autoFiles(limit, workers) : config.maxOpenFiles;
  const maxOpenFiles = part(filesWanted, SETTINGS.maxOpenFiles.min);
  return {
    ...config,
    poolBytes: part(poolBytes, LEAST_CHUNKS * chunkBytes),
    smallCacheBytes: smallCacheBytes === 0 ? 0 : part(smallCacheBytes, smallFileBytes),
    maxOpenFiles,
    keptOpenFiles: keptOpenOf(maxOpenFiles, limit),
    readers: part(readers, SETTINGS.readers.min),
  };
}

/** For all workers, each of which has the limit for itself. */
const autoFiles = (limit: number | undefined, workers: number): number =>
  limit === undefined ? USUAL_FILES : Math.min(MOST_AUTO_FILES, limit * AUTO_FILES_SHARE * workers);

/**
 * Small files that one process may keep open.
 *
 * @param maxOpenFiles its own part
 * @param limit as in `shareOf`
 */
export function keptOpenOf(maxOpenFiles: number, limit = Number.POSITIVE_INFINITY): number {
  const share = Math.floor(maxOpenFiles * KEPT_OPEN_SHARE);
  const others = maxOpenFiles - share;
  return Math.max(0, Math.min(share, limit - CONNECTIONS_FIRST - others));
}
