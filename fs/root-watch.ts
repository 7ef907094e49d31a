/**
 * Notices at once when a root is switched: a link led to one release and now leads to another.
 *
 * Deploys do that by renaming a new link over the old one, which the parent folder's inotify tells.
 * Without it (another system, or no watches left) the switch is seen when facts are checked again.
 */
import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Ends a watch. */
type EndWatch = () => void;

/**
 * @param path the root as configured, absolute
 * @param onSwitch may be called when nothing has changed
 */
export function watchRoot(path: string, onSwitch: () => void): EndWatch {
  const own = basename(path);
  return tryWatch(dirname(path), (name) => {
    if (name === own || name === null) onSwitch();
  });
}

/** The same for a folder of roots: a host's folder may be such a link. */
export const watchHosts = (path: string, onSwitch: () => void): EndWatch =>
  tryWatch(path, onSwitch);

function tryWatch(folder: string, onChange: (name: string | null) => void): EndWatch {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => onChange(name));
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
