/**
 * The folder that this process works in, by its name.
 *
 * A build may remove it and make it anew, as whoever serves the current folder has it. The process
 * then stands in one that has no name any more: no thread of Node starts there, and no worker.
 */
import fs from "node:fs";

/** What Linux says behind the name, proc(5). */
const GONE = " (deleted)";

/**
 * Goes to what has that name now. For before a thread or a process starts, and before a relative path
 * is looked at. Cost: one syscall, that asks no disk unless the folder is gone.
 */
export function followWorkingFolder(): void {
  try {
    const name = fs.readlinkSync("/proc/self/cwd");
    if (name.endsWith(GONE)) process.chdir(name.slice(0, -GONE.length));
  } catch {
    // Not Linux, or nobody has made it anew yet: what starts now says so.
  }
}

/** False: whoever asks Node for the folder is thrown at, as is every thread that starts. */
export function hasWorkingFolder(): boolean {
  followWorkingFolder();
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
