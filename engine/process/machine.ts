/**
 * The machine of one serving process, put together and not yet on the air.
 *
 *   readers ── fill ──▶ slab ◀── pool ◀── scheduler ◀── server ◀── front
 *                                              table ◀──┘
 *                       recorder, sampler, operations watch them
 *
 * Owns: what is made once, who knows whom, and which server stands behind the front. Starts nothing.
 */
import { randomUUID } from "node:crypto";
import { getSystemErrorName } from "node:util";
import { CachedOpens } from "../../fs/cached-opens.js";
import { CachedReads } from "../../fs/cached-reads.js";
import { FileTable } from "../../fs/file-table.js";
import { READ_DONE, READ_FILE_CHANGED } from "../../fs/jobs.js";
import { Kernel } from "../../fs/kernel.js";
import type { OpenFile } from "../../fs/open-file.js";
import { type JobObserver, ReaderPool } from "../../fs/reader-pool.js";
import { createSlab } from "../../fs/slab.js";
import { Counters } from "../../metrics/counters.js";
import { DiskRecorder } from "../../metrics/disk-recorder.js";
import { Downloads, MAX_PATHS } from "../../metrics/downloads.js";
import { RequestRecorder } from "../../metrics/request-recorder.js";
import { parseOrigins } from "../../protocol/cors.js";
import { createErrorPages } from "../../protocol/error-page.js";
import { faultOf } from "../../protocol/faults.js";
import { securityFields } from "../../protocol/security-headers.js";
import { ChunkPool } from "../chunks/chunk-pool.js";
import {
  type ChunkReader,
  READ_CHANGED,
  READ_FAILED,
  READ_OK,
  type ReadOutcome,
} from "../chunks/chunk-reader.js";
import { FETCH_BYTES } from "../chunks/loads.js";
import { Scheduler } from "../chunks/scheduler.js";
import { SCRATCH_BYTES } from "../chunks/source.js";
import { createExplain } from "../explain/explain.js";
import { ListingDesk } from "../listings/listing-desk.js";
import type { RequestLog } from "../operations/access-log.js";
import { Operations } from "../operations/operations.js";
import { FileServer } from "../server.js";
import type { ServerParts } from "../server-parts.js";
import type { Config } from "../settings/settings.js";
import type { Share } from "../settings/shares.js";
import type { Site } from "../settings/site.js";
import type { AddressSet } from "../transport/proxies.js";
import { type Gauges, Sampler } from "../watch/sampler.js";
import type { Announcer } from "./announcer.js";
import { type Desk, Front } from "./front.js";

export interface Machine {
  readonly readers: ReaderPool;
  readonly table: FileTable;
  readonly pool: ChunkPool<OpenFile>;
  readonly scheduler: Scheduler<OpenFile>;
  /** At work only where the site has listings. */
  readonly listings: ListingDesk;
  readonly counters: Counters;
  readonly recorder: RequestRecorder;
  readonly disk: DiskRecorder;
  readonly downloads: Downloads;
  readonly sampler: Sampler;
  readonly operations: Operations;
  readonly front: Front;
  /**
   * Answers from another site from now on. Of the settings, only what `ANYTIME` of reload.ts lists
   * may differ from those the machine was made with.
   */
  serve(config: Config, site: Site): void;
}

export interface MachineParts {
  readonly config: Share;
  readonly site: Site;
  readonly say: Announcer;
  readonly accessLog: RequestLog | undefined;
  /** Proxies that are believed who the client is. */
  readonly trusts: AddressSet;
  /** Connections open now: only who listens knows. */
  readonly connections: () => number;
}

const nowMs = (): number => performance.now();
const wallMs = (): number => Date.now();

export function createMachine(parts: MachineParts): Machine {
  const { config, site, say, accessLog } = parts;
  const poolBytes = slotBytes(config);
  const kernel = config.cachedReads ? Kernel.load() : undefined;
  const slab = createSlab(poolBytes + SCRATCH_BYTES + FETCH_BYTES, kernel);
  const scratch = slab.subarray(poolBytes, poolBytes + SCRATCH_BYTES);
  const disk = new DiskRecorder();
  const counters = new Counters();
  const recorder = new RequestRecorder();
  const downloads = new Downloads(MAX_PATHS);
  const jobEnded: JobObserver = (kind, path, times, errno) => {
    disk.ended(kind, times.startedMs - times.askedMs, times.endedMs - times.startedMs);
    operations.jobEnded(kind, path, times);
    if (errno < 0) tellOfDisk(say, `${kind} of ${path}`, getSystemErrorName(errno));
  };
  const smallFileBytes = config.smallCacheBytes === 0 ? 0 : config.smallFileBytes;
  const readers = new ReaderPool(
    { readers: config.readers, smallFileBytes },
    slab.buffer,
    jobEnded,
  );
  const cachedOpens = kernel && new CachedOpens(kernel, { ...config, smallFileBytes }, nowMs);
  const cachedReads = kernel && new CachedReads(kernel, slab.buffer);
  const table = new FileTable(readers, config, nowMs, cachedOpens);
  const pool = new ChunkPool<OpenFile>(slab.subarray(0, poolBytes), config.chunkBytes);
  const sampler = new Sampler({
    recorder,
    counters,
    gauges: () => gaugesOf(machine, parts.connections()),
    sentBytes: () => sentBytesOf(machine),
    onStall: (ms) => operations.stalled(ms),
    nowMs,
    wallMs,
  });
  const scheduler = new Scheduler<OpenFile>({
    pool,
    reader: createChunkReader(readers, table, cachedReads),
    scratch: { bytes: scratch, slabOffset: scratch.byteOffset },
    settings: {
      sendTimeoutMs: config.sendTimeoutMs,
      readTimeoutMs: config.readTimeoutMs,
      maxReadsPerFile: readsPerFile(config.readers),
      wasteOffset: scratch.byteOffset + SCRATCH_BYTES,
    },
    nowMs,
    stalledMs: () => sampler.loop.stalledMs(),
    defer: setImmediate,
  });
  const measured = config.metrics ? { recorder, downloads } : NOT_MEASURED;
  const operations = new Operations({
    recorder: measured.recorder,
    counters,
    accessLog,
    table,
    scheduler,
    slowMs: config.slowMs,
    onBusy: () => sampler.wake(),
    onSlow: say.slow,
    nowMs,
    wallMs,
  });
  const listings = new ListingDesk({ table, settings: config, nowMs, onTrouble: say.trouble });
  const core = {
    ...measured,
    table,
    scheduler,
    counters,
    operations,
    accessLog,
    trusts: parts.trusts,
    report: say.fault,
    onBug: say.bug,
    nowMs,
    wallMs,
  };
  const deskFor = (config: Config, site: Site): Desk => {
    const serverParts: ServerParts = {
      ...core,
      ...siteParts(config, site),
      listings: config.listing ? listings : undefined,
    };
    const server = new FileServer(serverParts);
    return { server, explain: createExplain(serverParts, server) };
  };
  const front = new Front(deskFor(config, site));
  const protectRoots = ({ hostsDir }: Site): void => readers.shareAmongRoots(hostsDir !== "");
  protectRoots(site);
  const machine: Machine = {
    readers,
    table,
    pool,
    scheduler,
    listings,
    counters,
    recorder,
    disk,
    downloads,
    sampler,
    operations,
    front,
    serve(config, site) {
      protectRoots(site);
      front.replace(deskFor(config, site));
    },
  };
  return machine;
}

/** What is decided by the settings of reload.ts's `ANYTIME`, and by nothing else. */
export function siteParts(config: Config, site: Site): Pick<ServerParts, "site" | "policy"> {
  const everywhere = securityFields(config.securityHeaders, config.hsts);
  return {
    site: {
      ...site,
      index: config.index,
      appPage: config.spa,
      hasCleanUrls: config.cleanUrls,
      hasServerTiming: config.serverTiming,
      fields: {
        cacheControl: config.cacheControl,
        origins: parseOrigins(config.corsOrigins).allowed,
        everywhere,
      },
    },
    policy: {
      maxRanges: config.maxRanges,
      createBoundary: randomUUID,
      errorPages: createErrorPages(everywhere),
    },
  };
}

/** Whoever asked is told that the disk failed, and the log that he was: how it failed is known here alone. */
function tellOfDisk(say: Announcer, what: string, errno: string): void {
  if (faultOf(errno) === "DISK_FAILED") say.trouble(`${what} failed: ${errno}`);
}

const NOT_MEASURED = { recorder: undefined, downloads: undefined } as const;

/** Whole chunks only: a rest at the end of the slab would never be used. */
const slotBytes = ({ poolBytes, chunkBytes }: Config): number =>
  Math.floor(poolBytes / chunkBytes) * chunkBytes;

/** A file on a stuck disk can hold this many readers; the others go on. */
const readsPerFile = (readers: number): number => Math.max(1, Math.floor(readers / 4));

const OUTCOME_OF: Readonly<Record<number, ReadOutcome>> = {
  [READ_DONE]: READ_OK,
  [READ_FILE_CHANGED]: READ_CHANGED,
};

/** The scheduler's disk: a read keeps its descriptor open until it has returned. */
function createChunkReader(
  readers: ReaderPool,
  table: FileTable,
  cached: CachedReads | undefined,
): ChunkReader<OpenFile> {
  return {
    readNow: (file, fileOffset, lengthBytes, slabOffset) =>
      cached?.read(file, fileOffset, lengthBytes, slabOffset) === true,
    canReadNow: (file) => cached?.canRead(file) === true,
    isAtHand: (file, fileOffset, lengthBytes) =>
      cached?.isAtHand(file, fileOffset, lengthBytes) === true,
    isUnchanged: (file) => cached?.isUnchanged(file) === true,
    read(file, fileOffset, lengthBytes, slabOffset, done) {
      table.hold(file);
      return readers.read(file, fileOffset, lengthBytes, slabOffset, (result, _errno, times) => {
        table.release(file);
        done(OUTCOME_OF[result] ?? READ_FAILED, times.startedMs, times.endedMs);
      });
    },
  };
}

/** Body bytes that sockets took since the start. */
export const sentBytesOf = ({
  counters,
  scheduler,
}: Pick<Machine, "counters" | "scheduler">): number =>
  counters.bytesAtHand + scheduler.stats().sentBytes;

function gaugesOf({ operations, pool, readers, scheduler }: Machine, connections: number): Gauges {
  const { free, loading, ready, cached, slots } = pool.occupancy();
  const { readers: threads, asleep, waiting } = readers.stats();
  return {
    inProgress: operations.inProgress,
    connections,
    slabBytes: slots * pool.chunkBytes,
    slotsFree: free,
    slotsLoading: loading,
    slotsCached: cached,
    slotsPinned: ready - cached,
    readers: threads,
    readersBusy: Math.max(0, threads - asleep),
    jobsWaiting: waiting,
    transfersInLine: scheduler.stats().inLine,
  };
}
