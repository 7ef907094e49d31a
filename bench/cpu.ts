/**
 * What a server cost: processor time, memory and descriptors of its whole process tree, from /proc;
 * and what all others used meanwhile.
 *
 * 1. list   every process whose parent chain leads to the root
 * 2. sum    utime + stime of the living, plus what they inherited from children already reaped
 * 3. peak   VmHWM of the living, summed
 *
 * Counting reaped children keeps the sum from falling when a worker dies between two looks.
 * Owns: reading /proc. Does not know what the processes do.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const BYTES_PER_KIB = 1024;

/** Resolution of the kernel's figures: ticks a second, 100 on nearly every Linux. */
const TICKS_PER_SEC = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Of one process, from proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** utime + stime + cutime + cstime. */
  readonly ticks: number;
}

/** Processor seconds the tree below `rootPid` has used since it started. Resolution: one tick, 10 ms. */
export function treeCpuSec(rootPid: number): number {
  const ticks = readTree(rootPid).reduce((sum, one) => sum + one.ticks, 0);
  return ticks / TICKS_PER_SEC;
}

/**
 * Processor seconds that all processes outside a tree have used since they started, those of the kernel
 * included, and what a hypervisor gave to others meanwhile (proc_stat(5): steal).
 *
 * From the same clock as `treeCpuSec`: most kernels charge interrupts to the process they interrupt and
 * not to the machine's sums, so a difference of those would hide whoever takes less than they do.
 */
export const othersCpuSec = (rootPid: number): number =>
  (ticksOutside(allProcesses(), rootPid) + stolenTicks()) / TICKS_PER_SEC;

/** Of all processes that are not in a tree. */
export function ticksOutside(all: readonly ProcessStat[], rootPid: number): number {
  const tree = new Set(treeOf(all, rootPid));
  return all.reduce((sum, one) => sum + (tree.has(one) ? 0 : one.ticks), 0);
}

function stolenTicks(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  return Number(line.trim().split(/\s+/)[STEAL] ?? 0);
}

/** Of the columns of the first line, its name counted. */
const STEAL = 8;

/** Peak resident bytes of the tree: the sum of each process's own peak, shared pages counted in each. */
export function treePeakBytes(rootPid: number): number {
  return treePids(rootPid).reduce((sum, pid) => sum + statusBytes(pid, "VmHWM"), 0);
}

/** Resident bytes of the tree now, shared pages counted in each process. */
export const treeResidentBytes = (rootPid: number): number => residentBytes(treePids(rootPid));

/** What a tree holds now. Shared pages are counted in each process. */
export interface Holdings {
  readonly residentBytes: number;
  readonly descriptors: number;
  /** Of these, connections, listeners and the like. */
  readonly sockets: number;
}

export function treeHoldings(rootPid: number): Holdings {
  const pids = treePids(rootPid);
  const targets = pids.flatMap(descriptorTargets);
  return {
    residentBytes: residentBytes(pids),
    descriptors: targets.length,
    sockets: targets.filter((to) => to.startsWith("socket:")).length,
  };
}

/** The root and everything below it, parents before children. Empty when the root is gone. */
export function treePids(rootPid: number): number[] {
  return readTree(rootPid).map((one) => one.pid);
}

const readTree = (rootPid: number): ProcessStat[] => treeOf(allProcesses(), rootPid);

function treeOf(all: readonly ProcessStat[], rootPid: number): ProcessStat[] {
  const tree = all.filter((one) => one.pid === rootPid);
  for (let at = 0; at < tree.length; at++) {
    const parent = tree[at]!.pid;
    tree.push(...all.filter((one) => one.parentPid === parent));
  }
  return tree;
}

function allProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined);
}

/** proc_pid_stat(5). The name in parentheses may hold anything, so fields are counted after it. */
function readStat(pid: number): ProcessStat | undefined {
  const text = readProcFile(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [, parentPid] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, parentPid: Number(parentPid), ticks };
}

const residentBytes = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + statusBytes(pid, "VmRSS"), 0);

function statusBytes(pid: number, field: string): number {
  const text = readProcFile(`/proc/${pid}/status`) ?? "";
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text);
  return Number(line?.[1] ?? 0) * BYTES_PER_KIB;
}

/** proc_pid_fd(5). A descriptor or a process that is gone by the time of the look is left out. */
function descriptorTargets(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** Undefined when the process ended between the listing and the look: that is no error. */
function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
