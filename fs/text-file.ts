/** Small files of the operator, read whole. */
import fs from "node:fs";
import { readFile, stat } from "node:fs/promises";

export type TextVerdict =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly complaint: string };

/**
 * Far more than anybody writes: some 100 000 redirects. Without a limit a path that was mistyped fills the
 * memory first, or is longer than a text of JavaScript can be.
 */
const MOST_MIB = 16;

/** Reads a file as UTF-8. Blocks: not for the time when requests are served. */
export function readTextFile(path: string): TextVerdict {
  try {
    const complaint = complaintOf(fs.statSync(path));
    if (complaint !== undefined) return { kind: "refused", complaint };
    return { kind: "text", text: fs.readFileSync(path, "utf8") };
  } catch (error) {
    return refused(error);
  }
}

/** The same, off the loop. */
export async function readText(path: string): Promise<TextVerdict> {
  try {
    const complaint = complaintOf(await stat(path));
    if (complaint !== undefined) return { kind: "refused", complaint };
    return { kind: "text", text: await readFile(path, "utf8") };
  } catch (error) {
    return refused(error);
  }
}

/** Before it is opened: a pipe that nobody writes to holds up whoever opens it. */
function complaintOf(stats: fs.Stats): string | undefined {
  if (stats.isDirectory()) return REASONS["EISDIR"];
  if (!stats.isFile()) return "is not a regular file";
  return stats.size > MOST_MIB * 2 ** 20 ? `is larger than ${MOST_MIB} MiB` : undefined;
}

function refused(error: unknown): TextVerdict {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: "refused", complaint: REASONS[code ?? ""] ?? message };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "may not be read by this user",
  EISDIR: "is a folder",
};
