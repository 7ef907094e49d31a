/**
 * One serving process: the machine put together, started, drained and stopped.
 *
 *   readers ── fill ──▶ slab ◀── pool ◀── scheduler ◀── server ◀── transport
 *                                              table ◀──┘
 *
 * Owns: what is made once, in which order it starts and ends, and the one-second timer.
 */
import { randomUUID } from "node:crypto";
import { FileTable } from "../../fs/file-table.js";
import { READ_DONE, READ_FILE_CHANGED } from "../../fs/jobs.js";
import type { OpenFile } from "../../fs/open-file.js";
import { ReaderPool } from "../../fs/reader-pool.js";
import { watchHosts, watchRoot } from "../../fs/root-watch.js";
import { Counters } from "../../metrics/counters.js";
import { parseOrigins } from "../../protocol/cors.js";
import { createErrorPages } from "../../protocol/error-page.js";
import { FAULTS, type FaultCode } from "../../protocol/faults.js";
import { securityFields } from "../../protocol/security-headers.js";
import { ChunkPool } from "../chunks/chunk-pool.js";
import { Scheduler } from "../chunks/scheduler.js";
import { type ChunkReader, READ_CHANGED, READ_FAILED, READ_OK } from "../chunks/sink.js";
import { ListingDesk } from "../listing-desk.js";
import { type Log, oncePer } from "../log.js";
import { FileServer } from "../server.js";
import type { Config } from "../settings.js";
import type { Site } from "../site.js";
import type { Listener } from "../transport/exchange.js";
import { listen } from "../transport/listen.js";

/** A server that is on the air. */
export interface Running {
  readonly listener: Listener;
  /** What is going on and what has been counted, for logs and tests. */
  stats(): Stats;
  /** Stops listening, waits until requests are answered or `drainMs` is over, then stops. */
  drain(drainMs: number): Promise<"drained" | "cut">;
}

export interface Stats {
  readonly connections: number;
  readonly counters: Counters;
  readonly scheduler: ReturnType<Scheduler<OpenFile>["stats"]>;
  readonly pool: ReturnType<ChunkPool<OpenFile>["occupancy"]>;
  readonly table: ReturnType<FileTable["stats"]>;
  readonly readers: ReturnType<ReaderPool["stats"]>;
  /** Undefined when there are none to be had. */
  readonly listings: ReturnType<ListingDesk["stats"]> | undefined;
}

/** Deadlines are looked at this often. Nothing here is promised to the second. */
const SWEEP_MS = 1000;
/** How often a drain looks whether the last answer has gone out. */
const DRAIN_LOOK_MS = 50;
/** One line of each kind of fault in this time, with a count of the others. */
const QUIET_MS = 10_000;

const monotonicMs = (): number => performance.now();

/**
 * Puts a server together and starts to listen.
 *
 * @throws Error whose message is for the operator, when the port cannot be had
 */
export async function startServer(config: Config, site: Site, log: Log): Promise<Running> {
  const everywhere = securityFields(config.securityHeaders, false);
  const { allowed: origins } = parseOrigins(config.corsOrigins);
  const slab = new SharedArrayBuffer(slotBytes(config));
  const readers = new ReaderPool(
    {
      readers: config.readers,
      smallFileBytes: config.smallCacheBytes === 0 ? 0 : config.smallFileBytes,
    },
    slab,
  );
  const table = new FileTable(readers, config, monotonicMs);
  const pool = new ChunkPool<OpenFile>(new Uint8Array(slab), config.chunkBytes);
  const counters = new Counters();
  const say = createReporter(log);
  const scheduler = new Scheduler<OpenFile>({
    pool,
    reader: createChunkReader(readers, table),
    settings: {
      sendTimeoutMs: config.sendTimeoutMs,
      readTimeoutMs: config.readTimeoutMs,
      maxReadsPerFile: readsPerFile(config.readers),
    },
    nowMs: monotonicMs,
    defer: setImmediate,
  });
  const listings = config.listing
    ? new ListingDesk({ table, settings: config, nowMs: monotonicMs, onTrouble: say.trouble })
    : undefined;
  const server = new FileServer({
    table,
    scheduler,
    counters,
    listings,
    site: {
      ...site,
      index: config.index,
      appPage: config.spa,
      hasCleanUrls: config.cleanUrls,
      hasServerTiming: config.serverTiming,
      fields: { cacheControl: config.cacheControl, origins, everywhere },
    },
    policy: {
      maxRanges: config.maxRanges,
      createBoundary: randomUUID,
      errorPages: createErrorPages(everywhere),
    },
    report: say.fault,
    onBug: say.bug,
    nowMs: monotonicMs,
  });
  await readers.start();
  const listener = await startListening(config, server, readers, log);
  const distrust = (): void => {
    table.distrust();
    listings?.distrust();
  };
  const endWatch =
    site.hostsDir === "" ? watchRoot(site.root, distrust) : watchHosts(site.hostsDir, distrust);
  const sweep = setInterval(() => {
    scheduler.sweep();
    table.sweep();
    listings?.sweep();
  }, SWEEP_MS);

  const stats = (): Stats => ({
    connections: listener.connections(),
    counters,
    scheduler: scheduler.stats(),
    pool: pool.occupancy(),
    table: table.stats(),
    readers: readers.stats(),
    listings: listings?.stats(),
  });
  const drain = async (drainMs: number): Promise<"drained" | "cut"> => {
    listener.stopListening();
    const isDrained = await waitUntil(() => listener.pending() === 0, drainMs);
    clearInterval(sweep);
    endWatch();
    listings?.stop();
    listener.close();
    await readers.stop();
    return isDrained ? "drained" : "cut";
  };
  return { listener, stats, drain };
}

/** Whole chunks only: a rest at the end of the slab would never be used. */
const slotBytes = ({ poolBytes, chunkBytes }: Config): number =>
  Math.floor(poolBytes / chunkBytes) * chunkBytes;

/** A file on a stuck disk can hold this many readers; the others go on. */
const readsPerFile = (readers: number): number => Math.max(1, Math.floor(readers / 4));

async function startListening(
  { transport, host, port }: Config,
  server: FileServer,
  readers: ReaderPool,
  log: Log,
): Promise<Listener> {
  try {
    return await listen(transport, { host, port }, server, log);
  } catch (error) {
    await readers.stop();
    throw error;
  }
}

/** The scheduler's disk: a read keeps its descriptor open until it has returned. */
function createChunkReader(readers: ReaderPool, table: FileTable): ChunkReader<OpenFile> {
  return {
    read(file, fileOffset, lengthBytes, slabOffset, done) {
      table.hold(file);
      readers.read(file.fd, file.identity, fileOffset, lengthBytes, slabOffset, (result) => {
        table.release(file);
        if (result === READ_DONE) done(READ_OK);
        else done(result === READ_FILE_CHANGED ? READ_CHANGED : READ_FAILED);
      });
    },
  };
}

/** Faults as lines in the log: each kind on its own, a flood of one kind as a count. */
function createReporter(log: Log) {
  const said = new Map<FaultCode, (line: string) => void>();
  const bug = oncePer(QUIET_MS, log.error);
  return {
    trouble: oncePer(QUIET_MS, log.error),
    fault(code: FaultCode, path: string): void {
      const level = FAULTS[code].log;
      if (level === "silent") return;
      const say = said.get(code) ?? oncePer(QUIET_MS, log[level]);
      said.set(code, say);
      say(`${code} ${FAULTS[code].status} for ${path}`);
    },
    bug(error: unknown, path: string): void {
      bug(`bug while answering ${path}: ${error instanceof Error ? error.stack : String(error)}`);
    },
  };
}

/** Resolves true as soon as `holds`, false when `limitMs` is over. */
async function waitUntil(holds: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = monotonicMs() + limitMs;
  while (!holds()) {
    if (monotonicMs() >= endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
  }
  return true;
}
