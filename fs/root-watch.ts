/**
 * Notices at once when a root is switched: a link led to one release and now leads to another.
 *
 * Deploys do that by renaming a new link over the old one, which the parent folder's inotify tells.
 * Without it (another system, or no watches left) the switch is seen when facts are checked again.
 */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * @param path the root as configured, absolute
 * @param onSwitch may be called when nothing has changed
 * @returns ends the watch
 */
export function watchRoot(path: string, onSwitch: () => void): () => void {
  const name = basename(path);
  const watcher = tryWatch(dirname(path), (changed) => {
    if (changed === name || changed === null) onSwitch();
  });
  return () => watcher?.close();
}

function tryWatch(folder: string, onChange: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => onChange(name));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
