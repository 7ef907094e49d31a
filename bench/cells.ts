/** The table of cells: everything the bench can ask, in the order of the report. The questions: asks.ts. */
import {
  compressed,
  headOnly,
  missing,
  multiRange,
  PARTS_PER_ANSWER,
  ranges,
  unchanged,
  whole,
} from "./asks.js";
import type { Ask, Cell, FigureName } from "./cell.js";
import { createNoise, type Fixture, GIB, KIB, MIB } from "./fixtures.js";
import { filesKeptOpen } from "./machine.js";

/** How large a run is: `--quick` keeps every cell and shrinks what it handles. */
export interface Scale {
  /** Files of the random cell. */
  readonly manyFiles: number;
  readonly rangedFileBytes: number;
  readonly hugeFileBytes: number;
  readonly manyConnections: number;
  readonly slowReaders: number;
  /** Files of the slow disk: each is asked for once, so that no cache of ours can help. */
  readonly coldFiles: number;
}

export const FULL_SCALE: Scale = {
  manyFiles: 20_000,
  rangedFileBytes: GIB,
  hugeFileBytes: 100 * MIB,
  manyConnections: 1000,
  slowReaders: 5000,
  coldFiles: 4000,
};

export const QUICK_SCALE: Scale = {
  manyFiles: 300,
  rangedFileBytes: 16 * MIB,
  hugeFileBytes: 16 * MIB,
  manyConnections: 200,
  slowReaders: 100,
  coldFiles: 200,
};

/** Clients of most cells: enough to keep one core busy, few enough not to measure the accept queue. */
const CONNECTIONS = 64;
/** Large bodies fill the loopback with fewer; more only adds socket buffers. */
const BULK_CONNECTIONS = 16;
/**
 * Rate of the latency cell, requests a second. Every server here can do it on one core with time to
 * spare, so the curve shows delay and not overload; far lower, and it shows only the wake-up.
 */
const PACED_PER_SEC = 10_000;
/** Hot requests beside the slow disk: few, since only their delay is of interest. */
const STALLING_PER_SEC = 2000;
const COLD_CLIENTS = 8;
/** What a reader on a poor line takes. */
const SLOW_BYTES_PER_SEC = 10 * KIB;
/** Other files than those of the first touch: enough that a warm-up opens files, not one answer. */
const WARM_UP_FILES = 500;
const CPU_FIRST: readonly FigureName[] = ["cpuUsPerRequest", "requestsPerSec"];
const BULK_FIRST: readonly FigureName[] = ["cpuMsPerGib", "mibPerSec"];
const LATENCY_FIRST: readonly FigureName[] = ["p99Ms", "p999Ms", "cpuUsPerRequest"];

export function createCells(scale: Scale): readonly Cell[] {
  const small: Fixture = { path: "hot/1k.bin", sizeBytes: KIB };
  const huge: Fixture = { path: "hot/huge.bin", sizeBytes: scale.hugeFileBytes };
  const ranged: Fixture = { path: "hot/ranged.bin", sizeBytes: scale.rangedFileBytes };
  const index: Fixture = { path: "site/index.html", sizeBytes: 4 * KIB };
  const script: Fixture = { path: "site/app.js", sizeBytes: 64 * KIB, hasSidecars: true };
  const medium: Fixture = { path: "hot/1m.bin", sizeBytes: MIB };
  const many = numbered("many/f", ".bin", scale.manyFiles, 10 * KIB);
  const others = numbered("others/f", ".bin", WARM_UP_FILES, 10 * KIB);
  const manyTitle = `${scale.manyFiles.toLocaleString("en-US")} files of 10 KiB`;
  const cold = numbered("cold/f", ".bin", scale.coldFiles, 10 * KIB);
  const hugeTitle = `${scale.hugeFileBytes / MIB} MiB`;
  const rangedTitle = formatGib(scale.rangedFileBytes);

  return [
    hot("hot-1k", "1 KiB", small, CONNECTIONS, CPU_FIRST),
    hot("hot-10k", "10 KiB", { path: "hot/10k.bin", sizeBytes: 10 * KIB }, CONNECTIONS, CPU_FIRST),
    hot(
      "hot-100k",
      "100 KiB",
      { path: "hot/100k.bin", sizeBytes: 100 * KIB },
      CONNECTIONS,
      CPU_FIRST,
    ),
    hot("hot-1m", "1 MiB", medium, BULK_CONNECTIONS, CPU_FIRST),
    hot("hot-100m", hugeTitle, huge, BULK_CONNECTIONS, BULK_FIRST),
    hot("hot-1k-alone", "1 KiB", small, 1, CPU_FIRST),
    hot("hot-1k-crowd", "1 KiB", small, scale.manyConnections, CPU_FIRST),
    {
      ...closed("random-10k", CONNECTIONS, many, () => many.map(whole)),
      title: `${manyTitle}, random, each asked for twice before, ${CONNECTIONS} connections`,
      load: { kind: "closed", connections: CONNECTIONS, asksEachFirst: 2 },
      floor: "kept",
    },
    {
      ...closed("random-10k-default", CONNECTIONS, many, () => many.map(whole)),
      title: `${manyTitle}, random, each asked for twice before and believed for no longer than by default, ${CONNECTIONS} connections`,
      load: { kind: "closed", connections: CONNECTIONS, asksEachFirst: 2 },
      hasDefaultTrust: true,
      floor: "kept",
    },
    {
      ...closed("random-10k-popular", CONNECTIONS, many, () => many.map(whole)),
      title: `${manyTitle} by popularity (Zipf), of which the small-file cache holds a quarter, ${CONNECTIONS} connections`,
      load: {
        kind: "closed",
        connections: CONNECTIONS,
        asksEachFirst: 2,
        isByPopularity: true,
      },
      settings: {
        SLUICE_SMALL_CACHE_BYTES: `${(scale.manyFiles * 10) / 4}KiB`,
        SLUICE_MAX_OPEN_FILES: `${filesKeptOpen()}`, // as nginx
      },
      floor: undefined,
    },
    {
      ...closed("random-10k-first", CONNECTIONS, [...others, ...many], () => others.map(whole)),
      title: `${manyTitle}, each for the first time and once, in the kernel's memory, ${CONNECTIONS} connections`,
      load: {
        kind: "first-touch",
        connections: CONNECTIONS,
        targets: shuffled(many).map((file) => `/${file.path}`),
      },
      floor: "opened",
    },
    {
      ...closed("not-modified", CONNECTIONS, [small], () => [unchanged(small)]),
      title: `304, ${CONNECTIONS} connections`,
    },
    {
      ...closed("missing", CONNECTIONS, [small], () => [missing()]),
      title: `404, ${CONNECTIONS} connections`,
    },
    {
      ...closed("head", CONNECTIONS, [small], () => [headOnly(small)]),
      title: `HEAD of 1 KiB, ${CONNECTIONS} connections`,
      load: { kind: "closed-raw", connections: CONNECTIONS },
    },
    {
      ...closed("range-64k", CONNECTIONS, [ranged], () => ranges(ranged)),
      title: `206: 64 KiB out of ${rangedTitle}, ${CONNECTIONS} connections`,
      floor: "sliced",
    },
    {
      ...closed("range-16", CONNECTIONS, [ranged], () => [multiRange(ranged)]),
      title: `206: ${PARTS_PER_ANSWER} ranges of 4 KiB out of ${rangedTitle}, ${CONNECTIONS} connections`,
      floor: undefined,
    },
    {
      ...closed("index", CONNECTIONS, [index], () => [{ ...whole(index), target: "/site/" }]),
      title: `Directory index of 4 KiB, ${CONNECTIONS} connections`,
    },
    {
      ...closed("precompressed", CONNECTIONS, [script], () => [compressed(script)]),
      title: `64 KiB of script, gzip beside it, ${CONNECTIONS} connections`,
    },
    {
      ...closed("access-log", CONNECTIONS, [small], () => [whole(small)]),
      title: `1 KiB with the access log on, ${CONNECTIONS} connections`,
      hasAccessLog: true,
      floor: undefined,
    },
    overTls(hot("tls-1k", "1 KiB over TLS", small, CONNECTIONS, CPU_FIRST)),
    overTls(hot("tls-1m", "1 MiB over TLS", medium, BULK_CONNECTIONS, CPU_FIRST)),
    {
      ...closed("latency-1k", CONNECTIONS, [small], () => [whole(small)]),
      title: `Latency of 1 KiB at ${PACED_PER_SEC.toLocaleString("en-US")} requests a second`,
      load: { kind: "paced", connections: CONNECTIONS, perSec: PACED_PER_SEC },
      judgedBy: LATENCY_FIRST,
    },
    {
      ...closed("slow-disk", CONNECTIONS, [small, ...cold], () => [whole(small)]),
      title: `Latency of hot 1 KiB while ${COLD_CLIENTS} clients read cold files at 50 ms a read`,
      load: {
        kind: "stalling",
        connections: CONNECTIONS,
        perSec: STALLING_PER_SEC,
        coldClients: COLD_CLIENTS,
        coldTargets: cold.map((file) => `/${file.path}`),
      },
      judgedBy: ["p99Ms", "coldPerSec", "p999Ms"],
      hasSlowDisk: true,
      floor: undefined,
    },
    {
      ...closed("slow-readers", 1, [huge], () => [whole(huge)]),
      title: `One fast client beside ${scale.slowReaders.toLocaleString("en-US")} readers at 10 KiB/s of ${hugeTitle}`,
      load: {
        kind: "slow-readers",
        readers: scale.slowReaders,
        bytesPerSec: SLOW_BYTES_PER_SEC,
        target: `/${huge.path}`,
      },
      judgedBy: ["mibPerSec", "keptPercent", "kibPerReader", "readersCut", "peakMib"],
      floor: undefined,
    },
  ];
}

function hot(
  name: string,
  size: string,
  fixture: Fixture,
  connections: number,
  judgedBy: readonly FigureName[],
): Cell {
  const clients = connections === 1 ? "1 connection" : `${connections} connections`;
  const cell = closed(name, connections, [fixture], () => [whole(fixture)]);
  return { ...cell, title: `${size}, ${clients}`, judgedBy };
}

const overTls = (cell: Cell): Cell => ({ ...cell, isTls: true });

function closed(
  name: string,
  connections: number,
  fixtures: readonly Fixture[],
  asks: () => readonly Ask[],
): Cell {
  const load = { kind: "closed", connections } as const;
  return { name, title: name, load, fixtures, asks, judgedBy: CPU_FIRST, floor: "constant" };
}

function numbered(before: string, after: string, count: number, sizeBytes: number): Fixture[] {
  return Array.from({ length: count }, (_, at) => ({ path: `${before}${at}${after}`, sizeBytes }));
}

/** The same order in every run and for every server, and not that of the folder. */
function shuffled(files: readonly Fixture[]): Fixture[] {
  const next = createNoise(files.length);
  const drawn = files.map((file) => ({ file, at: next() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ file }) => file);
}

const formatGib = (bytes: number): string =>
  bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`;
