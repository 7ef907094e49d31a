/**
 * What the machine grants this process: looked up, not judged.
 *
 * Everything that only Linux tells is undefined elsewhere, or where /proc is not to be seen. Blocks:
 * not for the time when requests are served.
 */
import fs from "node:fs";
import os from "node:os";
import { type Grant, readGrant } from "./cgroup.js";

export interface MachineFacts {
  /** As `process.platform` says: `linux`. */
  readonly platform: string;
  /** As uname(2) says: `6.1.0-18-amd64`. */
  readonly kernel: string;
  /** Of memory; what a read from the page cache is aligned to. */
  readonly pageBytes: number | undefined;
  /** Descriptors this process may have open (RLIMIT_NOFILE); Node has raised it as far as it may. */
  readonly openFiles: number | undefined;
  /** Most connections that may wait to be accepted (net.core.somaxconn). */
  readonly somaxconn: number | undefined;
  /** net.ipv4.tcp_migrate_req: 0 or 1; undefined before Linux 5.14. */
  readonly migrateRequests: number | undefined;
  /** Ports below this one are not for everybody (net.ipv4.ip_unprivileged_port_start). */
  readonly unprivilegedPort: number | undefined;
  /** Whether the process holds CAP_NET_BIND_SERVICE (capabilities(7)). */
  readonly mayBindAnyPort: boolean;
  /** Undefined on Windows. */
  readonly userId: number | undefined;
  readonly memoryBytes: number;
  readonly cores: number;
  readonly grant: Grant;
}

export function readMachineFacts(): MachineFacts {
  return {
    platform: process.platform,
    kernel: os.release(),
    pageBytes: readPageBytes(),
    openFiles: readOpenFiles(),
    somaxconn: readSysctl("net/core/somaxconn"),
    migrateRequests: readSysctl("net/ipv4/tcp_migrate_req"),
    unprivilegedPort: readSysctl("net/ipv4/ip_unprivileged_port_start"),
    mayBindAnyPort: holdsBindCapability(readProc("self/status")),
    userId: process.getuid?.(),
    memoryBytes: os.totalmem(),
    cores: os.availableParallelism(),
    grant: readGrant(),
  };
}

function readProc(name: string): string {
  try {
    return fs.readFileSync(`/proc/${name}`, "utf8");
  } catch {
    return ""; // not Linux, or hidden by who confines us
  }
}

function readSysctl(name: string): number | undefined {
  const text = readProc(`sys/${name}`).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * As in `MachineFacts`. The line is
 * `Max open files            1024                 524288               files`: soft comes first.
 */
export function readOpenFiles(): number | undefined {
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readProc("self/limits")) ?? [];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/** linux/capability.h: CAP_NET_BIND_SERVICE is bit 10 of the effective set. */
function holdsBindCapability(status: string): boolean {
  const [, effective] = /^CapEff:\s*([\da-f]+)$/m.exec(status) ?? [];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> 10n) & 1n) === 1n;
}

/** getauxval(3): pairs of words, a key and its value. AT_PAGESZ is 6. Node runs on 64 bits here. */
function readPageBytes(): number | undefined {
  try {
    const words = new BigUint64Array(new Uint8Array(fs.readFileSync("/proc/self/auxv")).buffer);
    for (let at = 0; at + 1 < words.length; at += 2) {
      if (words[at] === 6n) return Number(words[at + 1]);
    }
  } catch {
    // as readProc; or 32 bits, where the words do not fit
  }
  return undefined;
}
