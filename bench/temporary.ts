/**
 * The run's temporary folders, and the promise that nothing stays behind.
 *
 * 1. a normal end   the folders are removed, no child is running any more
 * 2. Ctrl-C         every child is ended by pid, the folders are removed, exit code 130
 * 3. a crash        the same, and the crash is shown
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAllChildren } from "./children.js";

const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Makes a folder and arms the clean-up. */
export function createTemporary(parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, "sluice-bench-"));
  process.once("exit", () => {
    killAllChildren();
    rmSync(path, { recursive: true, force: true });
  });
  for (const [signal, code] of Object.entries(EXIT_BY_SIGNAL)) {
    process.once(signal, () => process.exit(code));
  }
  return path;
}
