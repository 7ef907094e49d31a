/** What the files in deploy/ ask for, held against what the program takes. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type CommandLine, readCommandLine } from "../../engine/commands/command-line.js";
import { readConfig } from "../../engine/settings/config.js";
import type { Config } from "../../engine/settings/settings.js";

export const readText = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The settings that these variables make. Fails when a start would complain. */
export function configOf(env: Readonly<Record<string, string>>): Config {
  const { config, complaints } = readConfig(env);
  expect(complaints).toEqual([]);
  return config;
}

/** What the program is told by a command that starts it at this place. */
export function commandOf(words: readonly string[], main: string): CommandLine {
  const [node, script, ...rest] = words;
  expect(node).toMatch(/\/node$/);
  expect(script).toBe(main);
  return readCommandLine(rest);
}
