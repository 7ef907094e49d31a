/**
 * Does an open descriptor lie inside the root it was asked for?
 *
 * The question is put to the descriptor, after the open: no link that is swapped in between can
 * change the answer. Linux names it in /proc/self/fd; elsewhere the path is resolved again and has
 * to lead to the same inode.
 */
import fs from "node:fs";

interface Resolved {
  readonly path: string;
  readonly untilMs: number;
}

/** What each root led to when it was last resolved. It may be a link that is switched on deploy. */
const resolvedRoots = new Map<string, Resolved>();

/**
 * For so long what is there is inside, without another look. Longer: a link out of the new release is
 * taken for one inside, if it leads to the old. Shorter: the root is resolved more often, 5 µs each time.
 */
const BELIEVED_MS = 1000;

const HAS_PROC = fs.existsSync("/proc/self/fd");

/** @param root a root as configured, absolute, without a slash at its end */
export function containmentOf(root: string, fd: number, path: string): "inside" | "outside" {
  const real = HAS_PROC ? fs.readlinkSync(`/proc/self/fd/${fd}`) : realPathOf(fd, path);
  return real === undefined ? "outside" : judge(root, real);
}

/**
 * The same of what a path leads to now. Takes no descriptor, and a link may be swapped before the answer
 * is there: for what is in hand already.
 */
export const containmentNow = (root: string, path: string): "inside" | "outside" =>
  judge(root, fs.realpathSync.native(path));

function judge(root: string, real: string): "inside" | "outside" {
  const known = resolvedRoots.get(root);
  const nowMs = performance.now();
  if (known !== undefined && nowMs < known.untilMs && isBelow(known.path, real)) return "inside";

  const now = fs.realpathSync.native(root);
  resolvedRoots.set(root, { path: now, untilMs: nowMs + BELIEVED_MS });
  return isBelow(now, real) ? "inside" : "outside";
}

/** A path to what a descriptor has open; on Linux whatever has become of its name since. */
export const wayTo = (fd: number, path: string): string =>
  HAS_PROC ? `/proc/self/fd/${fd}` : path;

function isBelow(root: string, real: string): boolean {
  if (root === "/") return true;
  return real.startsWith(root) && (real.length === root.length || real[root.length] === "/");
}

/** By the system: Node's own takes `..` in a link's target by name, without following what stands before it. */
function realPathOf(fd: number, path: string): string | undefined {
  const real = fs.realpathSync.native(path);
  const byPath = fs.statSync(real, { bigint: true });
  const byFd = fs.fstatSync(fd, { bigint: true });
  return byPath.ino === byFd.ino && byPath.dev === byFd.dev ? real : undefined;
}
