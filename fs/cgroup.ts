/**
 * What the control group grants: memory and processor time, the least of all groups above us.
 *
 * Version 2 (cgroup-v2.rst) and version 1 (memory.rst, sched-bwc.rst), from below a folder that is
 * "/" but for tests. In a container the path that /proc tells may be the host's: then what is there
 * counts. Blocks: not for the time when requests are served.
 */
import fs from "node:fs";
import { dirname, join } from "node:path";

export interface Grant {
  /** Undefined: as much as the machine has. */
  readonly memoryBytes: number | undefined;
  /** Processors' worth of time, such as 1.5; undefined: no quota. */
  readonly cores: number | undefined;
}

/** Version 1 spells "no limit" as a number of whole pages near 2^63. */
const NO_LIMIT_BYTES = 2 ** 60;

/** @param above the folder that holds `proc` and `sys` */
export function readGrant(above = "/"): Grant {
  const paths = readPaths(above);
  const unified = groupsUp(above, "", paths.get(""));
  const memory = groupsUp(above, "memory", paths.get("memory"));
  const cpu = groupsUp(above, "cpu", paths.get("cpu"));
  return {
    memoryBytes: least([
      ...unified.flatMap((group) => [
        readNumber(group, "memory.max"),
        readNumber(group, "memory.high"),
      ]),
      ...memory.map((group) => readNumber(group, "memory.limit_in_bytes")),
    ]),
    cores: least([...unified.map(readCpuMax), ...cpu.map(readCfsQuota)]),
  };
}

/** `0::/a` is version 2, `4:memory:/b` and `2:cpu,cpuacct:/c` are version 1 (cgroups(7)). */
function readPaths(above: string): ReadonlyMap<string, string> {
  const lines = (readLine(above, "proc/self/cgroup") ?? "").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      if (controllers === undefined || path === undefined) return [];
      return controllers.split(",").map((controller) => [controller, path] as const);
    }),
  );
}

/** Folders of the group and of those above it, up to where the controller is mounted. */
function groupsUp(above: string, controller: string, path: string | undefined): string[] {
  if (path === undefined) return [];
  const mount = join(above, "sys/fs/cgroup", controller);
  const paths = [path];
  while (paths.at(-1) !== "/") paths.push(dirname(paths.at(-1)!));
  return paths.map((one) => join(mount, one));
}

/** `50000 100000`: quota and period in microseconds; `max` is no quota. */
function readCpuMax(group: string): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)$/.exec(readLine(group, "cpu.max") ?? "") ?? [];
  return quota === undefined ? undefined : Number(quota) / Number(period);
}

/** -1 is no quota. */
function readCfsQuota(group: string): number | undefined {
  const quota = readNumber(group, "cpu.cfs_quota_us");
  const period = readNumber(group, "cpu.cfs_period_us");
  return quota === undefined || period === undefined ? undefined : quota / period;
}

/** Undefined where the file is missing, or says anything but a number: `max`, -1. */
function readNumber(folder: string, name: string): number | undefined {
  const text = readLine(folder, name) ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function readLine(folder: string, name: string): string | undefined {
  try {
    return fs.readFileSync(join(folder, name), "utf8").trim();
  } catch {
    return undefined; // another version of control groups, or none: nothing is granted by it
  }
}

function least(limits: readonly (number | undefined)[]): number | undefined {
  const real = limits.filter((limit) => limit !== undefined && limit < NO_LIMIT_BYTES);
  return real.length === 0 ? undefined : Math.min(...(real as number[]));
}
