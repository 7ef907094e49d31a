/** Small files of the operator, read whole. */
import fs from "node:fs";
import { readFile } from "node:fs/promises";

export type TextVerdict =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly complaint: string };

/** Reads a file as UTF-8. Blocks: not for the time when requests are served. */
export function readTextFile(path: string): TextVerdict {
  try {
    return { kind: "text", text: fs.readFileSync(path, "utf8") };
  } catch (error) {
    return refused(error);
  }
}

/** The same, off the loop. */
export async function readText(path: string): Promise<TextVerdict> {
  try {
    return { kind: "text", text: await readFile(path, "utf8") };
  } catch (error) {
    return refused(error);
  }
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
