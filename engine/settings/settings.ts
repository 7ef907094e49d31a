/**
 * Every setting of the server, one row each: what it is called, what it may be, what it does.
 *
 * The same rows validate the environment, print `--help` and fill the README's table. To add a
 * setting, add a row; a rule that spans several settings goes into `PAIRS`. How a kind of value is
 * read and shown is in setting-kinds.ts.
 */
import { isIPv4 } from "node:net";
import { parseOrigins } from "../../protocol/cors.js";
import { isStrictTransport, SECURITY_PRESETS } from "../../protocol/security-headers.js";
import { isLoopback, parseProxies } from "../transport/proxies.js";
import type { SettingsTable, ValuesOf } from "./setting-kinds.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The longest wait on offer. Node fires a timer at once when it is set past 2^31 - 1 ms, 24 days. */
const DAY = 24 * HOUR;
/** Files are read in pages of this size: a chunk that ends inside one costs a partial read. */
const PAGE = 4 * KIB;
/**
 * A worker may be the only one, and then the pool and some 1.3 MiB for reads beside it are one view
 * of memory, which in Node 20 holds 4 GiB.
 */
const MOST_POOL_BYTES = 4 * GIB - 2 * MIB;

const SERVING = "What is served";
const SITE = "How a site behaves";
const LISTENING = "Where it listens";
const TLS = "TLS";
const MEMORY = "Files, memory and readers";
const DEADLINES = "Deadlines";
const PROCESSES = "Processes and reload";
const TELLING = "What it tells of itself";

/** Stands for what the machine, or a limit of it, has room for: see shares.ts. */
export const AUTO = -1;

export const SETTINGS = {
  root: {
    name: "SLUICE_ROOT",
    group: SERVING,
    kind: "path",
    default: ".",
    says: "folder to serve; ROOT on the command line comes first",
  },
  hostsDir: {
    name: "SLUICE_HOSTS_DIR",
    group: SERVING,
    kind: "path",
    default: "",
    says: "folder of roots, one per host name, in place of SLUICE_ROOT",
  },
  index: {
    name: "SLUICE_INDEX",
    group: SERVING,
    kind: "text",
    must: { hold: isFileName, be: "a file name without a slash or a leading dot" },
    default: "index.html",
    says: "file that answers for its folder",
  },
  // `no-cache` lets every cache keep a copy and makes each ask before using it: a 304 costs little,
  // a stale page under an unchanged name costs trust. Unlike `public`, it does not invite shared
  // caches to keep answers to requests that carried credentials (RFC 9111, section 3.5).
  cacheControl: {
    name: "SLUICE_CACHE_CONTROL",
    group: SERVING,
    kind: "text",
    must: { hold: isHeaderValue, be: "printable ASCII without spaces around it" },
    default: "no-cache",
    says: "Cache-Control of files that are no pages and have no hash in their name",
  },
  maxRanges: {
    name: "SLUICE_MAX_RANGES",
    group: SERVING,
    kind: "integer",
    unit: "ranges",
    min: 1,
    max: 256,
    default: 16,
    says: "most ranges one request may ask for",
  },
  rules: {
    name: "SLUICE_RULES",
    group: SITE,
    kind: "path",
    default: "",
    says: "JSON file of rules: redirects, rewrites, headers, error pages",
  },
  spa: {
    name: "SLUICE_SPA",
    group: SITE,
    kind: "text",
    must: { hold: isWirePath, be: "a path with a leading slash, such as /index.html" },
    default: "",
    says: "page of a single-page app: answers for routes that are no files",
  },
  cleanUrls: {
    name: "SLUICE_CLEAN_URLS",
    group: SITE,
    kind: "boolean",
    default: false,
    says: "/about finds about.html",
  },
  listing: {
    name: "SLUICE_LISTING",
    group: SITE,
    kind: "boolean",
    default: false,
    says: "a folder without an index shows what is in it",
  },
  corsOrigins: {
    name: "SLUICE_CORS_ORIGINS",
    group: SITE,
    kind: "text",
    must: { hold: isOriginList, be: "* or a comma-separated list such as https://example.com" },
    default: "",
    says: "sites whose scripts may read what is served; * for all",
  },
  securityHeaders: {
    name: "SLUICE_SECURITY_HEADERS",
    group: SITE,
    kind: "choice",
    choices: SECURITY_PRESETS,
    default: "basic",
    says: "security headers; strict forbids other sites to frame or embed",
  },
  serverTiming: {
    name: "SLUICE_SERVER_TIMING",
    group: SITE,
    kind: "boolean",
    default: false,
    says: "answers say how long they took to find (Server-Timing); slower",
  },
  host: {
    name: "SLUICE_HOST",
    group: LISTENING,
    kind: "address",
    default: "127.0.0.1",
    says: "address to listen on; 0.0.0.0 or :: for every interface",
  },
  port: {
    name: "SLUICE_PORT",
    group: LISTENING,
    kind: "integer",
    min: 0,
    max: 65_535,
    default: 8080,
    says: "port to listen on; 0 takes any free one",
  },
  transport: {
    name: "SLUICE_TRANSPORT",
    group: LISTENING,
    kind: "choice",
    choices: ["auto", "uws", "node"],
    default: "auto",
    says: "socket library; auto takes uWebSockets.js where its binary loads",
  },
  tlsCert: {
    name: "SLUICE_TLS_CERT",
    group: TLS,
    kind: "path",
    default: "",
    says: "PEM file: certificate and its issuers; the port then speaks HTTPS",
  },
  tlsKey: {
    name: "SLUICE_TLS_KEY",
    group: TLS,
    kind: "path",
    default: "",
    says: "PEM file: private key of SLUICE_TLS_CERT, not encrypted",
  },
  tlsDir: {
    name: "SLUICE_TLS_DIR",
    group: TLS,
    kind: "path",
    default: "",
    says: "folder of certificates, one per name that clients ask for (SNI)",
  },
  httpsRedirect: {
    name: "SLUICE_HTTPS_REDIRECT",
    group: TLS,
    kind: "integer",
    min: 0,
    max: 65_535,
    default: 0,
    says: "port that sends http clients to https, such as 80; 0 for none",
  },
  // None by default: browsers that were told keep to it for as long as it says, whatever we say later.
  hsts: {
    name: "SLUICE_HSTS",
    group: TLS,
    kind: "text",
    must: {
      hold: isStrictTransport,
      be: "max-age=SECONDS, perhaps ; includeSubDomains ; preload",
    },
    default: "",
    says: "Strict-Transport-Security: browsers come back by https only",
  },
  revalidateMs: {
    name: "SLUICE_REVALIDATE_MS",
    group: MEMORY,
    kind: "ms",
    min: 0,
    max: HOUR,
    default: 1000,
    says: "how long a look at the disk is believed at most; 0: look each time",
  },
  maxOpenFiles: {
    name: "SLUICE_MAX_OPEN_FILES",
    group: MEMORY,
    kind: "integer",
    unit: "files",
    min: 16,
    max: 1_048_576, // fs.nr_open, Linux's own ceiling for one process
    words: { auto: AUTO },
    default: AUTO,
    says: "most files kept open; auto: a quarter of `ulimit -n`, 16384 at most",
  },
  chunkBytes: {
    name: "SLUICE_CHUNK_BYTES",
    group: MEMORY,
    kind: "bytes",
    min: PAGE,
    max: 16 * MIB,
    step: PAGE,
    default: MIB,
    says: "bytes read from a file at a time",
  },
  // Node 20 can look at no more than 4 GiB of shared memory through one view.
  poolBytes: {
    name: "SLUICE_POOL_BYTES",
    group: MEMORY,
    kind: "bytes",
    min: MIB,
    max: MOST_POOL_BYTES,
    default: 64 * MIB,
    says: "memory for chunks of large files, taken at start",
  },
  cachedReads: {
    name: "SLUICE_CACHED_READS",
    group: MEMORY,
    kind: "boolean",
    default: true,
    says: "read what the kernel has in memory at once, without a reader",
  },
  readers: {
    name: "SLUICE_READERS",
    group: MEMORY,
    kind: "integer",
    unit: "threads",
    min: 2,
    max: 256,
    default: 16,
    says: "most reader threads; a slow disk wants many",
  },
  smallFileBytes: {
    name: "SLUICE_SMALL_FILE_BYTES",
    group: MEMORY,
    kind: "bytes",
    min: 0,
    max: MIB,
    default: 256 * KIB,
    says: "largest file kept whole in the small-file cache",
  },
  smallCacheBytes: {
    name: "SLUICE_SMALL_CACHE_BYTES",
    group: MEMORY,
    kind: "bytes",
    min: 0,
    max: TIB,
    default: 256 * MIB,
    says: "memory for the small-file cache; 0 turns it off",
  },
  sendTimeoutMs: {
    name: "SLUICE_SEND_TIMEOUT_MS",
    group: DEADLINES,
    kind: "ms",
    min: 100,
    max: DAY,
    default: MINUTE,
    says: "how long a client may take nothing of its answer",
  },
  readTimeoutMs: {
    name: "SLUICE_READ_TIMEOUT_MS",
    group: DEADLINES,
    kind: "ms",
    min: 100,
    max: DAY,
    default: 30_000,
    says: "how long the disk may take over one read",
  },
  drainMs: {
    name: "SLUICE_DRAIN_MS",
    group: DEADLINES,
    kind: "ms",
    min: 0,
    max: DAY,
    default: 30_000,
    says: "how long transfers may go on after a signal to stop",
  },
  workers: {
    name: "SLUICE_WORKERS",
    group: PROCESSES,
    kind: "integer",
    unit: "processes",
    min: 0,
    max: 1024,
    words: { auto: AUTO },
    default: AUTO,
    says: "processes that serve; auto: one a core; 0: this one, unsupervised",
  },
  settings: {
    name: "SLUICE_SETTINGS",
    group: PROCESSES,
    kind: "path",
    default: "",
    says: "file of NAME=value lines, read anew on SIGHUP; variables come first",
  },
  metrics: {
    name: "SLUICE_METRICS",
    group: TELLING,
    kind: "boolean",
    default: true,
    says: "measure requests; off leaves latencies and downloads empty",
  },
  slowMs: {
    name: "SLUICE_SLOW_MS",
    group: TELLING,
    kind: "ms",
    min: 1,
    max: DAY,
    default: 1000,
    says: "what takes longer is logged and kept, with who is to blame",
  },
  adminPort: {
    name: "SLUICE_ADMIN_PORT",
    group: TELLING,
    kind: "integer",
    min: 0,
    max: 65_535,
    default: 8081,
    says: "port of the dashboard, reports, metrics and health; 0 turns it off",
  },
  adminHost: {
    name: "SLUICE_ADMIN_HOST",
    group: TELLING,
    kind: "address",
    default: "127.0.0.1",
    says: "address of the admin port; beyond this machine it wants a token",
  },
  adminToken: {
    name: "SLUICE_ADMIN_TOKEN",
    group: TELLING,
    kind: "secret",
    must: { hold: isToken, be: "16 to 256 printable ASCII characters without spaces" },
    default: "",
    says: "what the admin port wants shown; without, only this machine may ask",
  },
  readyLagMs: {
    name: "SLUICE_READY_LAG_MS",
    group: TELLING,
    kind: "ms",
    min: 1,
    max: HOUR,
    default: 500,
    says: "/readyz says no while the event loop is later than this",
  },
  stateDir: {
    name: "SLUICE_STATE_DIR",
    group: TELLING,
    kind: "path",
    default: "",
    says: "folder that keeps download statistics; without, a restart forgets",
  },
  accessLog: {
    name: "SLUICE_ACCESS_LOG",
    group: TELLING,
    kind: "choice",
    choices: ["off", "combined", "json"],
    default: "off",
    says: "a line for each request",
  },
  accessLogFile: {
    name: "SLUICE_ACCESS_LOG_FILE",
    group: TELLING,
    kind: "path",
    default: "",
    says: "file for these lines, not standard output; SIGUSR1 reopens it",
  },
  trustedProxies: {
    name: "SLUICE_TRUSTED_PROXIES",
    group: TELLING,
    kind: "text",
    must: { hold: isProxyList, be: "a comma-separated list such as 10.0.0.0/8, ::1" },
    default: "",
    says: "proxies that are believed who the client is (X-Forwarded-For)",
  },
} as const satisfies SettingsTable;

/** What the server runs with, checked at start and at each reload. Names carry units: `Ms`, `Bytes`. */
export type Config = ValuesOf<typeof SETTINGS>;

/** A rule that spans several settings. Not asked when one of them is already complained about. */
export interface Pair<Values> {
  readonly about: readonly (keyof Values)[];
  /** Only asked where this one is given: its default is nobody's wish. */
  readonly given?: keyof Values;
  readonly holds: (values: Values) => boolean;
  /** The complaint after the settings' names and values. */
  readonly wants: string;
}

/** Whether files are served by HTTPS. */
export const hasTls = ({ tlsCert, tlsDir }: Pick<Config, "tlsCert" | "tlsDir">): boolean =>
  tlsCert !== "" || tlsDir !== "";

/** Two transfers, each pushing one chunk while it loads the next. With fewer they wait in turn. */
export const LEAST_CHUNKS = 4;

/** Without it, the second to listen would be told that another program has the port. */
const WANT_TWO_PORTS = "want two ports, or addresses that do not overlap";

export const PAIRS: readonly Pair<Config>[] = [
  {
    about: ["poolBytes", "chunkBytes"],
    holds: ({ poolBytes, chunkBytes }) => poolBytes >= LEAST_CHUNKS * chunkBytes,
    wants: `want a pool of at least ${LEAST_CHUNKS} chunks`,
  },
  {
    about: ["smallFileBytes", "smallCacheBytes"],
    holds: ({ smallFileBytes, smallCacheBytes }) =>
      smallCacheBytes === 0 || smallFileBytes <= smallCacheBytes,
    wants: "want a cache that holds at least one such file, or 0 for none",
  },
  {
    about: ["adminHost", "adminToken"],
    holds: ({ adminHost, adminToken, adminPort }) =>
      adminPort === 0 || adminToken !== "" || isLoopback(adminHost),
    wants: "want a token where others than this machine can ask",
  },
  {
    about: ["tlsCert", "tlsKey"],
    holds: ({ tlsCert, tlsKey }) => (tlsCert === "") === (tlsKey === ""),
    wants: "want both or neither",
  },
  {
    about: ["httpsRedirect", "tlsCert", "tlsDir"],
    holds: (config) => config.httpsRedirect === 0 || hasTls(config),
    wants: "want a certificate, or there is no https to send clients to",
  },
  {
    about: ["httpsRedirect", "port"],
    holds: ({ httpsRedirect, port }) => httpsRedirect === 0 || httpsRedirect !== port,
    wants: "want two ports: one port speaks either http or https",
  },
  {
    about: ["host", "port", "adminHost", "adminPort"],
    given: "adminPort",
    holds: ({ host, port, adminHost, adminPort }) =>
      adminPort === 0 || adminPort !== port || !overlap(host, adminHost),
    wants: WANT_TWO_PORTS,
  },
  {
    about: ["host", "httpsRedirect", "adminHost", "adminPort"],
    given: "adminPort",
    holds: ({ host, httpsRedirect, adminHost, adminPort }) =>
      adminPort === 0 || adminPort !== httpsRedirect || !overlap(host, adminHost),
    wants: WANT_TWO_PORTS,
  },
  {
    about: ["hsts", "tlsCert", "tlsDir"],
    holds: (config) => config.hsts === "" || hasTls(config),
    wants: "want a certificate: over http browsers must not be told (RFC 6797, section 7.2)",
  },
];

/**
 * Whether they surely have an address in common. On Linux :: takes the IPv4 addresses, too; what a name
 * stands for is left to be seen when it is listened on.
 */
function overlap(host: string, other: string): boolean {
  const both = [host, other];
  if (host === other || both.includes("::")) return true;
  return both.includes("0.0.0.0") && both.every(isIPv4);
}

/** One segment of a path that is served: a name with a leading dot would be hidden. */
function isFileName(text: string): boolean {
  return /^[^./\\\p{Cc}][^/\\\p{Cc}]*$/u.test(text) && Buffer.byteLength(text) <= 255;
}

/** RFC 9110 section 5.5, less the obsolete bytes and the tabs: nothing that could end a header. */
function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}

/** One that `toRooted` will judge again at each use; here only what is surely a slip is refused. */
function isWirePath(text: string): boolean {
  return /^\/(?!\/)[!-~]*$/.test(text);
}

function isOriginList(text: string): boolean {
  const { allowed, complaints } = parseOrigins(text);
  return complaints.length === 0 && allowed.length > 0;
}

/** Long enough that guessing is hopeless; whatever can stand in an Authorization field. */
function isToken(text: string): boolean {
  return /^[!-~]{16,256}$/.test(text);
}

function isProxyList(text: string): boolean {
  return parseProxies(text) !== undefined;
}
