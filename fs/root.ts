/** The folder to serve: is it there, may we look into it, and what is its full name? */
import fs from "node:fs";
import { access, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";

export type RootVerdict =
  | { readonly kind: "root"; readonly path: string }
  | { readonly kind: "refused"; readonly complaint: string };

/**
 * Judges a root as configured. The path is made absolute but links in it are kept: a root that is a
 * link may be switched to another release while the server runs.
 */
export function judgeRoot(given: string): RootVerdict {
  const path = resolve(given);
  try {
    if (!fs.statSync(path).isDirectory()) return refused(path, "is not a folder");
    fs.accessSync(path, fs.constants.R_OK | fs.constants.X_OK);
    return { kind: "root", path };
  } catch (error) {
    return refused(path, REASONS[(error as NodeJS.ErrnoException).code ?? ""] ?? String(error));
  }
}

/**
 * Does a place lie below a root, by its name or by where links lead now? What is not there yet lies where
 * its folder does. Blocks.
 *
 * @param root absolute
 */
export function isPlaceBelow(root: string, place: string): boolean {
  const path = resolve(place);
  return isBelow(root, path) || isBelow(realOf(root), realOf(path));
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith("../");
}

function realOf(path: string): string {
  try {
    return fs.realpathSync.native(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realOf(folder), basename(path));
  }
}

/** Looks that have not come back: on a dead mount each keeps a thread for ever, so there is one a path. */
const asked = new Map<string, Promise<void>>();

/**
 * Does its disk answer, whatever it says, within so many milliseconds? To be asked before anything that
 * blocks.
 */
export async function answersWithin(path: string, limitMs: number): Promise<boolean> {
  const answer = asked.get(path) ?? askOnce(path);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  const isInTime = await Promise.race([answer.then(() => true), late]);
  clearTimeout(timer);
  return isInTime;
}

function askOnce(path: string): Promise<void> {
  const forget = (): void => void asked.delete(path);
  const answer = stat(path).then(forget, forget);
  asked.set(path, answer);
  return answer;
}

/** Can it be read now? Off the loop; a dead mount may keep its answer for ever. */
export async function isReadableRoot(path: string): Promise<boolean> {
  try {
    await access(path, fs.constants.R_OK | fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "leads through something that is not a folder",
  EACCES: "may not be read by this user",
  ELOOP: "is a link that leads in a circle",
};

const refused = (path: string, reason: string): RootVerdict => ({
  kind: "refused",
  complaint: `root ${JSON.stringify(path)} ${reason}`,
});
