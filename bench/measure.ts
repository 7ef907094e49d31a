/**
 * One cell, one server, one round.
 *
 * 1. start     the server, fresh: no cell inherits another's caches, heap or peak memory
 * 2. check     status and bytes; a wrong answer ends it here
 * 3. warm up   compilers compile, caches fill
 * 4. time      the load runs; processor time is read just before and just after
 * 5. check     again: what was hot may have been sent another way than what was cold
 * 6. ask       what it says of itself, where it says anything
 * 7. stop      nothing is left
 */
import type { Ask, Cell } from "./cell.js";
import type { Certificate } from "./certificate.js";
import { checkAsks } from "./check.js";
import type { Cores } from "./cores.js";
import { treePeakBytes } from "./cpu.js";
import { MIB } from "./fixtures.js";
import { loadServer } from "./load/load.js";
import { openFilesLimit } from "./machine.js";
import type { Preload } from "./preload.js";
import type { Outcome } from "./sample.js";
import type { Contender } from "./servers/contender.js";
import { launch, type RunningServer } from "./servers/launch.js";

/** What all measurements of a run share. */
export interface Bench {
  /** What is served: on another disk than the rest, if one likes. */
  readonly root: string;
  readonly tempDir: string;
  readonly workers: number;
  readonly cores: Cores;
  readonly warmUpSec: number;
  readonly durationSec: number;
  /** Undefined when no cell of this run wants it. */
  readonly certificate?: Certificate | undefined;
  /** The library that slows reads below cold/, or why there is none. */
  readonly slowDisk: Preload;
  /** The library that gives slow readers real sockets, or why there is none. */
  readonly narrowSockets: Preload;
}

/** Never throws for what a server does: that is an outcome. Throws for what the bench does wrong. */
export async function measure(cell: Cell, contender: Contender, bench: Bench): Promise<Outcome> {
  const excuse = contender.abstains[cell.name] ?? whyNotHere(cell, contender, bench);
  if (excuse !== undefined) return { kind: "abstained", why: excuse };

  const asks = cell.asks();
  const started = await start(cell, contender, bench, asks[0]!);
  if ("why" in started) return started;
  try {
    return await check(cell, asks, started.server, bench);
  } finally {
    await started.server.stop();
  }
}

async function check(
  cell: Cell,
  asks: readonly Ask[],
  server: RunningServer,
  bench: Bench,
): Promise<Outcome> {
  const verdict = await checkAsks(server, bench.root, asks);
  if (verdict.kind === "disqualified") return verdict;
  const result = await loadServer(cell.load, {
    server,
    asks: verdict.asks,
    cores: bench.cores,
    tempDir: bench.tempDir,
    warmUpSec: bench.warmUpSec,
    durationSec: bench.durationSec,
    narrowSockets: bench.narrowSockets,
  });
  if (result.kind !== "timed") return result;
  const peakMib = treePeakBytes(server.pid) / MIB;
  const after = await checkAsks(server, bench.root, asks);
  if (after.kind === "disqualified") return after;
  const inside = await server.inside();
  return { ...result, figures: { ...result.figures, peakMib }, inside };
}

function whyNotHere(cell: Cell, contender: Contender, bench: Bench): string | undefined {
  const isFloor = contender.family === "floor";
  if (isFloor && cell.floor === undefined) return "there is no floor to it";
  if (isFloor && bench.workers > 1) return "the floor is one process";
  if (cell.hasSlowDisk && "missing" in bench.slowDisk) return bench.slowDisk.missing;
  if (cell.load.kind === "slow-readers" && "missing" in bench.narrowSockets) {
    return bench.narrowSockets.missing;
  }
  return whyTooManySockets(cell);
}

/** Descriptors of a process beside its connections: files kept open, libraries, the loop's own. */
const OTHER_DESCRIPTORS = 500;

/** Why the limit of open files forbids a cell, or undefined. */
export function whyTooManySockets({ load }: Cell, limit = openFilesLimit()): string | undefined {
  const sockets = load.kind === "slow-readers" ? load.readers : load.connections;
  const wanted = sockets + OTHER_DESCRIPTORS;
  return wanted <= limit ? undefined : `it needs \`ulimit -n ${wanted}\`, and ${limit} is set`;
}

async function start(
  cell: Cell,
  contender: Contender,
  bench: Bench,
  firstAsk: Ask,
): Promise<{ server: RunningServer } | { kind: "disqualified"; why: string }> {
  const { root, tempDir, workers, slowDisk } = bench;
  const { hasAccessLog = false, hasDefaultTrust = false, settings = {} } = cell;
  const preload = cell.hasSlowDisk && "library" in slowDisk ? slowDisk.library : undefined;
  const certificate = cell.isTls ? bench.certificate : undefined;
  const around = { root, tempDir, workers, serverCores: bench.cores.server };
  const ways = { hasAccessLog, hasDefaultTrust, settings };
  const floor = cell.floor && { kind: cell.floor, firstAsk };
  const purpose = { floor, ...ways, preload, certificate };
  try {
    return { server: await launch(contender, around, purpose) };
  } catch (error) {
    return { kind: "disqualified", why: (error as Error).message };
  }
}
