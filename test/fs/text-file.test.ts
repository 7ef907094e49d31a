/** Fear: a mistyped path to a settings, rules or certificate file that fills the memory, or hangs. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readText, readTextFile } from "../../fs/text-file.js";
import { put, tempFolder } from "../support/temp-folder.js";

const MIB = 2 ** 20;

function pipe(folder: string): string {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

/** Holes: takes no room on the disk. */
function fileOf(folder: string, bytes: number): string {
  const path = put(folder, "large", "");
  fs.truncateSync(path, bytes);
  return path;
}

const rows: readonly (readonly [
  why: string,
  make: (folder: string) => string,
  complaint: string,
])[] = [
  ["never ends", () => "/dev/zero", "is not a regular file"],
  ["is a pipe that nobody writes to", pipe, "is not a regular file"],
  ["is larger than a text can be", (folder) => fileOf(folder, 3072 * MIB), "is larger than 16 MiB"],
  ["is a byte too large", (folder) => fileOf(folder, 16 * MIB + 1), "is larger than 16 MiB"],
  ["is a folder", (folder) => folder, "is a folder"],
  ["is not there", (folder) => join(folder, "gone"), "does not exist"],
];

describe("a text file is refused when it", () => {
  test.each(rows)("%s", async (_, make, complaint) => {
    const path = make(tempFolder());
    const refused = { kind: "refused", complaint };
    expect(readTextFile(path)).toEqual(refused);
    expect(await readText(path)).toEqual(refused);
  });
});

test("a text file is read when it is as large as it may be", async () => {
  const path = fileOf(tempFolder(), 16 * MIB);
  expect(readTextFile(path)).toMatchObject({ kind: "text" });
  expect(await readText(path)).toMatchObject({ kind: "text" });
});

test("a text file is read whole where its size is not told, as in /proc", () => {
  expect(readTextFile("/proc/version")).toMatchObject({ text: expect.stringContaining("Linux") });
});
