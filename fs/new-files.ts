/** Files that are made once and never written over. */
import { mkdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface NewFile {
  readonly name: string;
  readonly text: string;
  /** Permissions, such as 0o600. */
  readonly mode: number;
}

/**
 * Writes all of them, or none: what was written before one failed is taken back. Never rejects.
 *
 * @param folder absolute; made where it is not there, for this user alone
 * @returns complaints, one line each
 */
export async function writeNewFiles(folder: string, files: readonly NewFile[]): Promise<string[]> {
  const written: string[] = [];
  try {
    await makeFolders(folder);
    for (const { name, text, mode } of files) {
      await writeFile(join(folder, name), text, { flag: "wx", mode });
      written.push(join(folder, name));
    }
    return [];
  } catch (error) {
    await Promise.all(written.map((path) => unlink(path)));
    const { code = "", message, path = folder } = error as NodeJS.ErrnoException;
    return [`${path}: ${REASONS[code] ?? message}`];
  }
}

/** Level by level: Node's recursive mkdir never returns where no folder can be made, as in /proc. */
async function makeFolders(folder: string): Promise<void> {
  if (await isThere(folder)) return;
  await makeFolders(dirname(folder));
  await mkdir(folder, 0o700);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "is there already, and is not written over",
  EACCES: "may not be written by this user",
  ENOENT: "cannot be made",
  EROFS: "is on a file system that cannot be written to",
  ENOTDIR: "leads through something that is not a folder",
};
