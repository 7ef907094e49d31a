/**
 * Where the fixtures are put: may they be, and on what file system.
 *
 * A slow disk, or one whose files the kernel drops from its memory while the run goes on, is what a run
 * then measures: so one may choose, and the report says where they were.
 */
import { mkdtempSync, readFileSync, realpathSync, rmdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type Fixture, GIB, MIB } from "./fixtures.js";

/** For folders, and for the access logs that stand beside the fixtures where nobody chose a place. */
const SPARE_BYTES = 256 * MIB;

/** Why these fixtures cannot be put below `folder`, in one line; undefined when they can. */
export function whyNoPlace(folder: string, fixtures: readonly Fixture[]): string | undefined {
  try {
    rmdirSync(mkdtempSync(join(folder, "sluice-bench-")));
    const { bavail, bsize } = statfsSync(folder);
    const freeBytes = bavail * bsize;
    const wantedBytes = sizeOnDisk(fixtures, bsize) + SPARE_BYTES;
    if (wantedBytes <= freeBytes) return undefined;
    const [wanted, free] = [wantedBytes, freeBytes].map(
      (bytes) => `${(bytes / GIB).toFixed(1)} GiB`,
    );
    return `No room for the fixtures in ${folder}: ${wanted} wanted, ${free} free; --fixtures DIR puts them elsewhere`;
  } catch (error) {
    return `No place for the fixtures in ${folder}: ${(error as Error).message}`;
  }
}

/** In whole blocks. What stands compressed beside a file is counted as if it were not compressed. */
function sizeOnDisk(fixtures: readonly Fixture[], blockBytes: number): number {
  const unique = new Map(fixtures.map((one) => [one.path, one]));
  return [...unique.values()].reduce((sum, { sizeBytes, hasSidecars = false }) => {
    const wholeBytes = Math.ceil(sizeBytes / blockBytes) * blockBytes;
    return sum + (hasSidecars ? 3 : 1) * wholeBytes;
  }, 0);
}

/**
 * Why the disk that a folder is on cannot be played as a slow one; undefined when it can. A server may
 * rely on it that what lies in memory needs no disk, and would wait for one all the same.
 */
export function whyNoDisk(folder: string): { readonly missing: string } | undefined {
  const [type = ""] = fileSystemOf(folder).split(" ");
  if (type !== "tmpfs" && type !== "ramfs") return undefined;
  return { missing: `files on ${type} come from no disk: --fixtures DIR puts them on one` };
}

/** Type and device of the file system that a folder is on: `ext4 (/dev/vda)`. */
export function fileSystemOf(folder: string): string {
  const path = `${realpathSync(folder)}/`;
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n").map(readMount);
  const [at] = mounts
    .filter(({ point }) => path.startsWith(point === "/" ? point : `${point}/`))
    .reverse() // of two on one point the later one is seen
    .sort((a, b) => b.point.length - a.point.length);
  return at === undefined ? "unknown" : `${at.type} (${at.source})`;
}

/** proc_pid_mountinfo(5): any number of fields before the dash. */
function readMount(line: string): { point: string; type: string; source: string } {
  const [before = "", after = ""] = line.split(" - ");
  const [point = ""] = before.split(" ").slice(4);
  const [type = "", source = ""] = after.split(" ");
  return { point: readName(point), type, source: readName(source) };
}

/** Blanks and the like stand as `\040`. */
const readName = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
