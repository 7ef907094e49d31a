/**
 * Where things are: the repository, the built bench, the folder of results.
 *
 * Owns: paths of the checkout only. Fixtures and server folders live in a temporary folder.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json, found by walking up: this file runs both from bench/ and dist/bench/. */
export const REPO_ROOT = findUp(dirname(fileURLToPath(import.meta.url)), "package.json");

/** Where `latest.json` and `latest.html` go. */
export const RESULTS_DIR = join(REPO_ROOT, "bench", "results");

/** A compiled file of this room, for a process that must run it on its own. */
export const builtFile = (name: string): string => join(REPO_ROOT, "dist", "bench", name);

/** A file of this room that is not TypeScript, such as the C source of the slow disk. */
export const sourceFile = (name: string): string => join(REPO_ROOT, "bench", name);

function findUp(from: string, name: string): string {
  if (existsSync(join(from, name))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`no ${name} above ${import.meta.url}`);
  return findUp(parent, name);
}
