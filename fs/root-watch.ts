/**
 * Notices at once when a root is switched: a link on the way to it led to one release, and now leads to
 * another.
 *
 * 1. follow   the path, name by name, off the loop: its last name and each link may be replaced
 * 2. watch    the folders that these names are in
 * 3. follow   again: what was replaced before they were watched, nobody has told
 * 4. tell     when one of the names leads elsewhere, and begin anew: behind a link are other folders now
 *
 * It is followed once at a time: on a mount that does not answer each follower keeps one of libuv's threads.
 *
 * Without inotify (another system, or no watches left) a switch is seen when facts are checked again.
 */
import { type FSWatcher, watch } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Ends a watch. */
type EndWatch = () => void;

/**
 * @param path the root as configured, absolute
 * @param onSwitch may be called when nothing has changed
 */
export const watchRoot = (path: string, onSwitch: () => void): EndWatch =>
  watchWay(path, onSwitch, []);

/** The same for a folder of roots, and for all names in it: a host's folder may be such a link. */
export const watchHosts = (path: string, onSwitch: () => void): EndWatch =>
  watchWay(path, onSwitch, [path]);

function watchWay(path: string, onSwitch: () => void, whole: readonly string[]): EndWatch {
  const way = new WatchedWay(path, onSwitch, whole);
  void way.follow();
  return () => way.end();
}

class WatchedWay {
  readonly #path: string;
  readonly #onSwitch: () => void;
  readonly #whole: readonly string[];
  #watchers: FSWatcher[] = [];
  #isFollowing = false;
  /** What was learned of the way may not be true any more. */
  #isStale = true;
  #hasEnded = false;

  /** @param whole folders of which every name counts */
  constructor(path: string, onSwitch: () => void, whole: readonly string[]) {
    this.#path = path;
    this.#onSwitch = onSwitch;
    this.#whole = whole;
  }

  async follow(): Promise<void> {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#followOnce();
    }
    this.#isFollowing = false;
  }

  end(): void {
    this.#hasEnded = true;
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  async #followOnce(): Promise<void> {
    const way = await followPath(this.#path);
    if (this.#hasEnded) return;
    this.#watchAll(way.places);
    const now = await followPath(this.#path);
    const isOther = now.end !== way.end || now.places.join() !== way.places.join();
    if (isOther && !this.#hasEnded) this.#tell();
  }

  #tell(): void {
    this.#onSwitch();
    this.#isStale = true;
    void this.follow();
  }

  #watchAll(places: readonly string[]): void {
    const before = this.#watchers.splice(0);
    for (const place of places) {
      const folder = dirname(place);
      // A folder that is moved or removed itself tells that under its own name.
      this.#watch(folder, [basename(place), basename(folder)]);
    }
    for (const folder of this.#whole) this.#watch(folder);
    for (const watcher of before) watcher.close();
  }

  /** @param names undefined: all */
  #watch(folder: string, names?: readonly string[]): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        // "change" is what a file holds, or who may read it: it leads where it did.
        if (event !== "rename") return;
        if (name === null || names === undefined || names.includes(name)) this.#tell();
      });
      watcher.on("error", () => watcher.close());
      this.#watchers.push(watcher);
    } catch {
      // no inotify, or the folder is gone
    }
  }
}

/** Longer than any way that the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Where a path leads, and the resolved places of all that may be replaced on the way: each link, its
 * last name, and the first one that is missing.
 */
async function followPath(path: string): Promise<{ end: string; places: string[] }> {
  const places: string[] = [];
  const names = namesOf(path);
  let end = "/";
  for (let links = 0; names.length > 0; ) {
    const place = join(end, names.shift()!);
    const target = await targetOf(place);
    const isLast = names.length === 0;
    if (typeof target === "string" || target === MISSING || isLast) places.push(place);
    if (target === MISSING) break;
    if (typeof target !== "string") end = place;
    else if (++links > MOST_LINKS) break;
    else {
      names.unshift(...namesOf(target));
      if (target.startsWith("/")) end = "/";
    }
  }
  return { end, places };
}

const namesOf = (path: string): string[] => path.split("/").filter((name) => name !== "");

const MISSING = Symbol("missing");

/** Undefined for what is no link. */
async function targetOf(place: string): Promise<string | typeof MISSING | undefined> {
  try {
    return (await lstat(place)).isSymbolicLink() ? await readlink(place) : undefined;
  } catch {
    return MISSING;
  }
}
