/**
 * The server of a soak, as built in dist/ and with its own settings, and what can be seen of it: its
 * process tree in /proc, its own report on the admin port, and what it writes.
 */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { divideCores } from "../cores.js";
import { treeHoldings } from "../cpu.js";
import { freePort, HOST, launch } from "../servers/launch.js";
import { createSluice } from "../servers/sluice.js";

/** A look at it. Bytes, but for counts. Resident memory and descriptors are those of all processes. */
export interface Look {
  readonly atMs: number;
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  /** Descriptors but for sockets: files that are served, threads and timers. */
  readonly files: number;
  readonly sockets: number;
  readonly connections: number;
  readonly inProgress: number;
}

export interface Subject {
  readonly port: number;
  readonly pid: number;
  /** The folder that is served. */
  readonly root: string;
  readonly look: () => Promise<Look>;
  /** Lines that it should not have written. */
  readonly complaints: () => string[];
  readonly stop: () => Promise<void>;
}

export interface SubjectOptions {
  /** Parent of its folders: see createTemporary. */
  readonly tempDir: string;
  readonly transport: string;
  readonly workers: number;
  /** Beside the settings of every soak. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Slow clients are part of a soak: that they are slow is no news. */
const SETTINGS = { SLUICE_SLOW_MS: "1h", SLUICE_LISTING: "on" };

/** Whatever comes from Node itself, from a bug, or with a level in front. */
const COMPLAINT = /^(warning|error): |^\(node:|^\s+at |Unhandled|bug while/;

/** @throws Error with the server's own last words when it does not come up */
export async function startSubject(options: SubjectOptions): Promise<Subject> {
  const { tempDir, transport, workers } = options;
  const root = mkdtempSync(join(tempDir, "root-"));
  const adminPort = await freePort();
  const ours = { SLUICE_TRANSPORT: transport, SLUICE_ADMIN_PORT: `${adminPort}` };
  const settings = { ...SETTINGS, ...ours, ...options.env };
  const around = { root, tempDir, workers, serverCores: divideCores(Infinity).server };
  const purpose = { floor: undefined, hasAccessLog: false, hasDefaultTrust: true, settings };
  const server = await launch(createSluice(), around, purpose);
  return {
    port: server.port,
    pid: server.pid,
    root,
    look: () => lookAt(server.pid, adminPort),
    complaints: () =>
      server
        .said()
        .split("\n")
        .filter((line) => COMPLAINT.test(line)),
    stop: server.stop,
  };
}

async function lookAt(pid: number, adminPort: number): Promise<Look> {
  const answer = await fetch(`http://${HOST}:${adminPort}/report.json`);
  const { now } = (await answer.json()) as { now?: Readonly<Record<string, number>> };
  if (now === undefined) {
    await sleep(100); // its first second is not over
    return lookAt(pid, adminPort);
  }
  const { residentBytes, descriptors, sockets } = treeHoldings(pid);
  return {
    atMs: performance.now(),
    rss: residentBytes,
    heap: now["heapUsedBytes"]!,
    external: now["externalBytes"]!,
    connections: now["connections"]!,
    inProgress: now["inProgress"]!,
    files: descriptors - sockets,
    sockets,
  };
}
