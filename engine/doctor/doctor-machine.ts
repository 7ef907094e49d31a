/**
 * Checks of the machine: kernel, library, limits, memory, processors, rights.
 *
 * Pure: each is a question to the facts, with its reason beside the answer.
 */
import { JOBS } from "../../fs/job-records.js";
import { showValue } from "../settings/setting-kinds.js";
import { SETTINGS } from "../settings/settings.js";
import {
  CONNECTIONS_FIRST,
  countWorkers,
  keptOpenOf,
  type Share,
  shareOf,
} from "../settings/shares.js";
import { showBytes } from "../settings/units.js";
import { WHERE_IT_LOADS } from "../transport/uws.js";
import type { Check, DoctorFacts, Finding } from "./finding.js";

const KIB = 1024;
const MIB = 1024 * KIB;

const ok = (check: string, found: string): Finding[] => [{ check, verdict: "ok", found }];

/** Processes that serve, 1 or more, and what each of them gets. */
function lookAtShares({ config, machine: { cores, grant, openFiles } }: DoctorFacts): {
  readonly serving: number;
  readonly share: Share;
} {
  const serving = Math.max(
    1,
    countWorkers(config, () => ({ cores, quota: grant.cores })),
  );
  return { serving, share: shareOf(config, serving, openFiles) };
}

function checkKernel({ machine: { platform, kernel } }: DoctorFacts): Finding[] {
  if (platform === "linux") return ok("kernel", `Linux ${kernel}`);
  const found = `${platform} ${kernel}`;
  const why = "limits, control groups and sysctls can only be looked at on Linux";
  return [{ check: "kernel", verdict: "note", found, why }];
}

/** The binary for Node 20 has one fault that the later ones, which want a newer libc, do not have. */
function checkLibrary({ config: { transport }, node, libc, uws }: DoctorFacts): Finding[] {
  const check = "library";
  const here = libc === undefined ? node : `${node}, ${libc}`;
  if (transport === "node") {
    const found = `${here}: node:http, as SLUICE_TRANSPORT says`;
    const why = "it has a fraction of uWebSockets.js's speed";
    return [{ check, verdict: "note", found, change: "SLUICE_TRANSPORT=auto", why }];
  }
  if (!uws.loads) {
    return [
      {
        check,
        verdict: transport === "uws" ? "error" : "warning",
        found: `${here}: uWebSockets.js does not load: ${uws.why}`,
        change: WHERE_IT_LOADS,
        why: "node:http serves in its place at a fraction of the speed; there is no binary for musl",
      },
    ];
  }
  const found = `${here}: uWebSockets.js loads`;
  if (!node.startsWith("Node 20.")) return ok(check, found);
  const why = "its binary for Node 20 answers 505 to a request line cut across two packets";
  return [{ check, verdict: "note", found, change: "Node 22 or later", why }];
}

function checkPages({ config: { chunkBytes }, machine: { pageBytes } }: DoctorFacts): Finding[] {
  if (pageBytes === undefined) return [];
  const found = `${showBytes(pageBytes)} a page`;
  if (chunkBytes % pageBytes === 0) return ok("pages", found);
  return [
    {
      check: "pages",
      verdict: "warning",
      found: `${found}, SLUICE_CHUNK_BYTES=${showBytes(chunkBytes)} ends inside one`,
      change: `SLUICE_CHUNK_BYTES=${showBytes(Math.ceil(chunkBytes / pageBytes) * pageBytes)}`,
      why: "the page at the end of each chunk is read twice",
    },
  ];
}

/** Libraries, timers, threads and logs of the program itself: some 30, measured at start. */
const OWN_DESCRIPTORS = 64;
/** With fewer the server is full before it is busy. */
const FEW_CONNECTIONS = 512;
/** A machine that serves this many at once has been tuned by someone who knows the number. */
const MANY_CONNECTIONS = 8192;

/** The limit is each process's own, while files are set for the machine and divided among them. */
function checkOpenFiles(facts: DoctorFacts): Finding[] {
  const { config } = facts;
  const { openFiles } = facts.machine;
  if (openFiles === undefined) return [];
  const check = "open files";
  if (openFiles === Number.POSITIVE_INFINITY) return ok(check, "no limit");
  const { serving, share } = lookAtShares(facts);
  const connectionsOf = (limit: number): number =>
    serving * (limit - shareOf(config, serving, limit).maxOpenFiles - OWN_DESCRIPTORS);
  const connections = Math.max(0, connectionsOf(openFiles));
  const set = `SLUICE_MAX_OPEN_FILES=${showValue(SETTINGS.maxOpenFiles, config.maxOpenFiles)}`;
  const each = serving === 1 ? "" : ` for each of ${serving} workers`;
  const found = `limit ${openFiles}${each}, less ${share.maxOpenFiles} by ${set}: ${connections} connections`;
  if (connections < MANY_CONNECTIONS) {
    const verdict = connections < FEW_CONNECTIONS ? "error" : "warning";
    const change = leastLimit((limit) => connectionsOf(limit) >= MANY_CONNECTIONS);
    const why =
      "a connection is a descriptor; who comes when none is left waits until another goes";
    return [{ check, verdict, found, change, why }];
  }
  const mayKeepAllOpen = (limit: number): boolean => {
    const { maxOpenFiles, keptOpenFiles } = shareOf(config, serving, limit);
    return keptOpenFiles === keptOpenOf(maxOpenFiles);
  };
  if (!config.cachedReads || mayKeepAllOpen(openFiles)) return ok(check, found);
  const change = leastLimit(mayKeepAllOpen);
  const why = `small files that memory has no room for are kept open as far as a worker has ${CONNECTIONS_FIRST} descriptors besides`;
  return [{ check, verdict: "note", found, change, why }];
}

/** How to set the least limit that is enough, of the powers of two. */
function leastLimit(isEnough: (limit: number) => boolean): string {
  let limit = 1024;
  while (!isEnough(limit)) limit *= 2;
  return `LimitNOFILE=${limit} in the systemd unit, docker run --ulimit nofile=${limit}, or ulimit -Hn ${limit} as root`;
}

/** What both socket libraries ask for when they listen (512 and 511). */
const BACKLOG = 512;

function checkBacklog({ machine: { somaxconn } }: DoctorFacts): Finding[] {
  if (somaxconn === undefined) return [];
  const found = `net.core.somaxconn=${somaxconn}`;
  if (somaxconn >= BACKLOG) return ok("backlog", found);
  return [
    {
      check: "backlog",
      verdict: "warning",
      found,
      change: "sysctl -w net.core.somaxconn=4096, and the same in /etc/sysctl.d/",
      why: `it cuts the queue of connections not yet accepted below ${BACKLOG}: in a rush clients are dropped`,
    },
  ];
}

function checkMigration({ machine }: DoctorFacts): Finding[] {
  if (machine.migrateRequests === undefined) return [];
  const found = `net.ipv4.tcp_migrate_req=${machine.migrateRequests}`;
  if (machine.migrateRequests === 1) return ok("hand-over", found);
  return [
    {
      check: "hand-over",
      verdict: "note",
      found,
      change: "sysctl -w net.ipv4.tcp_migrate_req=1, and the same in /etc/sysctl.d/",
      why: "of several processes on one port, one that ends resets the connections it had not accepted",
    },
  ];
}

/** Node, its heap and the libraries, resident after the start: 88 MiB in one run, less its readers. */
const PROGRAM_BYTES = 72 * MIB;
/** Of each process beside the first, which shares the program's own pages: 20 to 38 MiB in one run. */
const PROCESS_BYTES = 32 * MIB;
/** A reader thread's own, measured. */
const READER_BYTES = 7.4 * MIB;
/**
 * What a process remembers of paths, at most: entries of the file table, tickets of the express lane,
 * rows of downloads. 65,536 files of one byte took 193 MiB more than 1,000 of them in one run.
 */
const PATHS_BYTES = 200 * MIB;
/** Of the limit. The rest is for sockets' buffers and for file pages, without which reads crawl. */
const FULL_ENOUGH = 0.9;

/** Bytes resident when every cache is full and every reader has started, of all processes. */
function neededBytes(facts: DoctorFacts): number {
  const { serving, share } = lookAtShares(facts);
  const { poolBytes, smallCacheBytes, smallFileBytes, readers } = share;
  const beside = facts.config.workers === 0 ? 0 : serving; // the supervisor is the first, or serves alone
  const landings = smallCacheBytes === 0 ? 0 : JOBS * smallFileBytes;
  const caches = poolBytes + smallCacheBytes + landings + PATHS_BYTES;
  const each = caches + Math.ceil(readers * READER_BYTES);
  return PROGRAM_BYTES + beside * PROCESS_BYTES + serving * each;
}

function checkMemory(facts: DoctorFacts): Finding[] {
  const { config, machine } = facts;
  const { memoryBytes, grant } = machine;
  const check = "memory";
  const limit = Math.min(grant.memoryBytes ?? memoryBytes, memoryBytes);
  const whose = limit === grant.memoryBytes ? "the control group grants" : "the machine has";
  const needed = neededBytes(facts);
  const found = `up to ${showMib(needed)} with full caches; ${whose} ${showMib(limit)}`;
  if (needed <= limit * FULL_ENOUGH) return ok(check, found);
  return [
    {
      check,
      verdict: needed > limit ? "error" : "warning",
      found,
      change: changeOfMemory(config, needed, limit),
      why: "past the limit the kernel kills the server; close to it file pages find no room",
    },
  ];
}

function changeOfMemory(config: DoctorFacts["config"], needed: number, limit: number): string {
  const wanted = showMib(Math.ceil(needed / FULL_ENOUGH));
  const more = `a limit of at least ${wanted}`;
  const room = limit * FULL_ENOUGH - (needed - config.smallCacheBytes);
  const cache = Math.floor(room / MIB) * MIB;
  return cache < Math.max(config.smallFileBytes, MIB)
    ? `${more}, or a smaller SLUICE_POOL_BYTES and SLUICE_SMALL_CACHE_BYTES`
    : `SLUICE_SMALL_CACHE_BYTES=${showBytes(cache)}, or ${more}`;
}

const showMib = (bytes: number): string => `${Math.ceil(bytes / MIB)}MiB`;

function checkCores({ machine: { cores, grant } }: DoctorFacts): Finding[] {
  const check = "processors";
  const quota = grant.cores;
  if (quota === undefined || quota >= cores) return ok(check, `${cores}, no quota below that`);
  const found = `a quota of ${Number(quota.toFixed(2))} of ${cores}`;
  return [
    {
      check,
      verdict: quota < 1 ? "warning" : "note",
      found,
      change: "no quota (CPUQuota=, resources.limits.cpu), but a share (CPUWeight=, requests.cpu)",
      why: "when it is used up, all threads stand still for the rest of 100 ms: the slowest requests grow by that",
    },
  ];
}

function checkUser({ machine: { userId } }: DoctorFacts): Finding[] {
  if (userId === undefined) return [];
  if (userId !== 0) return ok("user", `id ${userId}`);
  return [
    {
      check: "user",
      verdict: "warning",
      found: "root",
      change: "DynamicUser=yes in the systemd unit, docker run --user 65532, or setpriv --reuid",
      why: "what only root may read could be served, and a fault would be a fault of root",
    },
  ];
}

function checkPorts({ config: { port, adminPort }, machine }: DoctorFacts): Finding[] {
  const { unprivilegedPort, mayBindAnyPort } = machine;
  if (unprivilegedPort === undefined) return [];
  const low = [...new Set([port, adminPort])].filter((one) => one > 0 && one < unprivilegedPort);
  if (low.length === 0 || mayBindAnyPort) return ok("ports", `${port} may be listened on`);
  return [
    {
      check: "ports",
      verdict: "error",
      found: `${low.join(" and ")} may not be listened on by this user`,
      change: `AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or sysctl -w net.ipv4.ip_unprivileged_port_start=${Math.min(...low)}`,
      why: `ports below ${unprivilegedPort} are for those with CAP_NET_BIND_SERVICE`,
    },
  ];
}

export const MACHINE_CHECKS: readonly Check[] = [
  checkKernel,
  checkLibrary,
  checkPages,
  checkOpenFiles,
  checkBacklog,
  checkMigration,
  checkMemory,
  checkCores,
  checkUser,
  checkPorts,
];
