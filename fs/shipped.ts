/** Files that come with the program itself: pages and scripts of its admin port. */
import fs from "node:fs";

/**
 * Reads one whole. Blocks: for the start only.
 *
 * @throws Error when it is not there: the program was not built, or not copied whole
 */
export const readShipped = (path: string | URL): Buffer => fs.readFileSync(path);

/** Names of the files in a folder with this ending, sorted. Blocks and throws as `readShipped`. */
export const listShipped = (folder: URL, ending: string): readonly string[] =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .toSorted();
