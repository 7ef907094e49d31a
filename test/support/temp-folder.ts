/** A folder of its own for a test, removed when the test has ended. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** @returns its resolved path */
export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice-test-")));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, and the folders it lies in. Returns its path. */
export function put(folder: string, name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
