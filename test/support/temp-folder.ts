/** A folder of its own for a test, removed when the test has ended. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const SHARED_MEMORY = "/dev/shm";
export const TMPFS = 0x01021994;

export const hasMemoryFolders =
  existsSync(SHARED_MEMORY) && statfsSync(SHARED_MEMORY).type === TMPFS;

/** @returns its resolved path */
export const tempFolder = (): string => createFolder(tmpdir());

/** One on tmpfs, where that is. */
export const memoryFolder = (): string => createFolder(SHARED_MEMORY);

function createFolder(where: string): string {
  const folder = realpathSync(mkdtempSync(join(where, "sluice-test-")));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The kernel's clock for files has moved on: two changes within one tick have one time stamp. */
export const nextTick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Writes a file, and the folders it lies in. Returns its path. */
export function put(folder: string, name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
