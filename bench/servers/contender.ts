/**
 * What a server must tell about itself to take part. One file beside this one per server.
 *
 * A contender only describes: command line, environment, configuration files. Starting, pinning and
 * stopping is launch.ts, the same for all.
 */
import type { Ask, FloorKind } from "../cell.js";
import type { Certificate } from "../certificate.js";
import type { Inside } from "./inside.js";

/** What one start of a server is given. */
export interface Site {
  readonly root: string;
  readonly host: string;
  readonly port: number;
  /** For whoever tells of itself on a port of its own. Only Sluice looks at it. */
  readonly adminPort: number;
  /** It speaks TLS with this certificate; undefined: plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** A folder of this start alone, for configuration, pid file and logs. Removed afterwards. */
  readonly workDir: string;
  readonly workers: number;
  readonly hasAccessLog: boolean;
  /** It believes what it knows of a file as long as it does by default; else for a minute, if it can. */
  readonly hasDefaultTrust: boolean;
  /** Settings of Sluice that the cell asks for. Only Sluice looks at them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Only the floor looks at it, and without it there is none. */
  readonly floor: FloorWish | undefined;
}

/** What the floor is to do. */
export interface FloorWish {
  readonly kind: FloorKind;
  /** The first question of the cell: one answer for all is the answer to it. */
  readonly firstAsk: Ask;
}

interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Written into `workDir` first; shown in the report. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Contender {
  /** Unique, shown in tables: `nginx sendfile`. */
  readonly name: string;
  /** What `--against` picks: `nginx`. */
  readonly family: string;
  /** Undefined when it can run here, else what to do about it: `apt-get install nginx`. */
  readonly missing: () => string | undefined;
  readonly version: () => string;
  readonly plan: (site: Site) => LaunchPlan;
  /** What the running server says of itself, if it can. */
  readonly inside?: (site: Site) => Promise<Inside | undefined>;
  /** Cells it cannot take part in, by name, with the reason for the report. */
  readonly abstains: Readonly<Record<string, string>>;
}

/** Where each server writes its access log, in its own folder. */
export const ACCESS_LOG = "access.log";

/** `abstains` of a server that cannot take part in the cells over TLS. */
export const abstainFromTls = (why: string): Record<string, string> =>
  Object.fromEntries(TLS_CELLS.map((name) => [name, why]));

const TLS_CELLS = ["tls-1k", "tls-1m"];
