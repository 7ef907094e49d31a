/** Places to write to, looked at before anything is written. Both block, and open nothing. */
import fs from "node:fs";
import { dirname, resolve } from "node:path";

const { W_OK, X_OK } = fs.constants;

/** @returns why this user can neither write to the file nor make it; undefined where nothing is known */
export const whyNoFile = (path: string): string | undefined =>
  judge(path, W_OK, (stats) => (stats.isDirectory() ? "is a folder" : undefined));

/** The same of a folder and what is in it; the one above it is not made. */
export const whyNoFolder = (path: string): string | undefined =>
  judge(path, W_OK | X_OK, (stats) => (stats.isDirectory() ? undefined : "is not a folder"));

function judge(
  given: string,
  mode: number,
  complaintOf: (stats: fs.Stats) => string | undefined,
): string | undefined {
  const path = resolve(given);
  try {
    const stats = fs.statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) {
      const complaint = complaintOf(stats);
      if (complaint === undefined) fs.accessSync(path, mode);
      return complaint;
    }
    const isLink = fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    if (!isLink) fs.accessSync(dirname(path), W_OK | X_OK); // a link leads to who knows where
    return undefined;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return REASONS[code] ?? message;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "leads through something that is not a folder",
  EACCES: "may not be written by this user",
  EROFS: "is on a file system that cannot be written to",
};
