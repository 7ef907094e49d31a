/** Files that are made once and never written over. */
import { mkdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface NewFile {
  readonly name: string;
  readonly text: string;
  /** Permissions, such as 0o600. */
  readonly mode: number;
}

/**
 * Writes all of them, or none: what was written before one failed is taken back. Never rejects.
 *
 * @param folder made where it is not there, for this user alone
 * @returns complaints, one line each
 */
export async function writeNewFiles(folder: string, files: readonly NewFile[]): Promise<string[]> {
  const written: string[] = [];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
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

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "is there already, and is not written over",
  EACCES: "may not be written by this user",
  EROFS: "is on a file system that cannot be written to",
  ENOTDIR: "leads through something that is not a folder",
};
