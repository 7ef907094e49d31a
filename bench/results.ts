/** The record of a run: everything the reports are drawn from, and what `--json` writes. */
import { readFileSync } from "node:fs";
import type { Cell, FigureName } from "./cell.js";
import type { Machine } from "./machine.js";
import type { Sample } from "./sample.js";

export interface ServerInfo {
  readonly name: string;
  readonly family: string;
  readonly version: string;
  /** Command line, environment and files, as one text to read. */
  readonly configuration: string;
}

export interface CellInfo {
  readonly name: string;
  readonly title: string;
  readonly judgedBy: readonly FigureName[];
  /** Settings of Sluice for this cell alone. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Results {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly durationSec: number;
  readonly warmUpSec: number;
  readonly workers: number;
  /** Which cores served and which loaded, as a sentence. */
  readonly cores: string;
  /** On what file system the files were that were served. Not in records from before it was noted. */
  readonly fixtures?: string;
  /** What a reader must know before believing a number. */
  readonly caveats: readonly string[];
  readonly servers: readonly ServerInfo[];
  readonly cells: readonly CellInfo[];
  readonly samples: readonly Sample[];
}

export const cellInfo = ({ name, title, judgedBy, settings }: Cell): CellInfo => ({
  name,
  title,
  judgedBy,
  ...(settings === undefined ? {} : { settings }),
});

/** `sluice with NAME=VALUE`, where a cell gives it settings: no line or one. */
export function settingsLines({ settings = {} }: CellInfo): string[] {
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return given.length === 0 ? [] : [`sluice with ${given.join(" ")}`];
}

/** What `--json` wrote. @throws Error when the file cannot be read, or is not that */
export function readResults(path: string): Results {
  const read: Partial<Results> | null = JSON.parse(readFileSync(path, "utf8"));
  if (Array.isArray(read?.samples) && Array.isArray(read.cells)) return read as Results;
  throw new Error("it is not the record of a run");
}
