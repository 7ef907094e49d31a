/** Which programs this machine has, and the version they say they are. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian keeps servers here, and an ordinary user's PATH often does not. */
const SERVER_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

const found = new Map<string, string | undefined>();

/** The absolute path of a program, or undefined when it is not installed. Remembered. */
export function findProgram(name: string): string | undefined {
  if (!found.has(name)) found.set(name, lookUp(name));
  return found.get(name);
}

export const isInstalled = (name: string): boolean => findProgram(name) !== undefined;

/** First version number in what a program says of itself, or "unknown". nginx says it on stderr. */
export function versionOf(name: string, args: readonly string[]): string {
  const path = findProgram(name);
  if (path === undefined) return "missing";
  const said = spawnSync(path, args, { encoding: "utf8" });
  return /\d+\.\d+(\.\d+)?/.exec(`${said.stdout}${said.stderr}`)?.[0] ?? "unknown";
}

function lookUp(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SERVER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
