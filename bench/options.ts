/**
 * The command line, as one table: it parses, complains and prints `--help`.
 *
 * Every complaint is told at once.
 */
import { availableParallelism } from "node:os";
import { type OptionTable, splitArguments, tableText } from "./arguments.js";

const TABLE = {
  quick: {
    takes: "",
    says: "every cell, small and short, beside one nginx, under a minute: is the bench right?",
  },
  only: { takes: "CELL,...", says: "these cells; a name ending in * matches by its beginning" },
  against: { takes: "SERVER,...", says: "these servers beside Sluice; `none` for Sluice alone" },
  duration: { takes: "SECONDS", says: "timed part of each measurement, 0.2 to 600 (2)" },
  "warm-up": { takes: "SECONDS", says: "the same load before it, not timed, 0.1 to 600 (3)" },
  rounds: { takes: "N", says: "how often each cell is measured, odd, 1 to 99 (3)" },
  workers: { takes: "N", says: "processes or threads of each server, one core each (1)" },
  fixtures: { takes: "DIR", says: "put the files that are served below it (the temporary folder)" },
  json: { takes: "FILE", says: "also write the results there" },
  markdown: {
    takes: "FILE",
    says: "measure nothing: print the results in FILE as a table for a README",
  },
  tune: { takes: "", says: "sweep Sluice's settings on this machine and print the best" },
  list: { takes: "", says: "name the cells and servers, then end" },
  help: { takes: "", says: "this text" },
} as const satisfies OptionTable;

type OptionName = keyof typeof TABLE;

export interface Options {
  readonly isQuick: boolean;
  /** Undefined for all cells. */
  readonly only: readonly string[] | undefined;
  /** Undefined for whatever is installed. */
  readonly against: readonly string[] | undefined;
  readonly durationSec: number;
  readonly warmUpSec: number;
  readonly rounds: number;
  readonly workers: number;
  /** An existing folder; undefined for that of all temporary files. */
  readonly fixturesDir: string | undefined;
  readonly jsonPath: string | undefined;
  /** A record to print in the place of a run; undefined for a run. */
  readonly markdownPath: string | undefined;
  readonly action: "measure" | "tune" | "list" | "help";
}

export type Parsed =
  | { readonly kind: "options"; readonly options: Options }
  | { readonly kind: "complaints"; readonly complaints: readonly string[] };

/** A quick run proves the bench, not the servers. */
const QUICK = { durationSec: 0.1, warmUpSec: 0.05, rounds: 1 };
/**
 * The warm-up ends when compilers are quiet. Shorter, and cells of few requests are timed while V8
 * still compiles: of 3 s of 1 MiB requests after 1 s of warm-up, 15% of the server's processor time
 * was the optimizing compiler (2 cores). Longer, and every measurement takes that much longer.
 * `npm run bench -- --only hot-1m,hot-100m --warm-up N` tells whether more would change a figure.
 */
const DEFAULT = { durationSec: 2, warmUpSec: 3, rounds: 3 };

/** Never throws: whatever was typed comes back as options or as complaints. */
export function parseOptions(args: readonly string[]): Parsed {
  const { given, complaints } = splitArguments(TABLE, args);
  const isQuick = given.has("quick");
  const numbers = readNumbers(given, isQuick, complaints);
  const readList = (name: "only" | "against"): string[] | undefined => {
    const list = splitList(given.get(name));
    if (list?.length === 0) complaints.push(`--${name} names nothing: ${TABLE[name].says}`);
    return list;
  };
  const [only, against] = [readList("only"), readList("against")];
  if (complaints.length > 0) return { kind: "complaints", complaints };
  const options: Options = {
    ...numbers,
    isQuick,
    only,
    against,
    fixturesDir: given.get("fixtures"),
    jsonPath: given.get("json"),
    markdownPath: given.get("markdown"),
    action: pickAction(given),
  };
  return { kind: "options", options };
}

/** The text of `--help`. */
export const helpText = (): string => tableText("npm run bench -- [options]", TABLE);

function readNumbers(
  given: ReadonlyMap<OptionName, string>,
  isQuick: boolean,
  complaints: string[],
): Pick<Options, "durationSec" | "warmUpSec" | "rounds" | "workers"> {
  const base = isQuick ? QUICK : DEFAULT;
  const read = (name: OptionName, fallback: number, isFit: (n: number) => boolean): number => {
    const text = given.get(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!isFit(value)) complaints.push(`--${name} ${text}: ${TABLE[name].says}`);
    return value;
  };
  const cores = availableParallelism();
  const isOdd = (n: number) => Number.isInteger(n) && n >= 1 && n <= 99 && n % 2 === 1;
  return {
    durationSec: read("duration", base.durationSec, (n) => n >= 0.2 && n <= 600),
    warmUpSec: read("warm-up", base.warmUpSec, (n) => n >= 0.1 && n <= 600),
    rounds: read("rounds", base.rounds, isOdd),
    workers: read("workers", 1, (n) => Number.isInteger(n) && n >= 1 && n <= cores),
  };
}

const splitList = (text: string | undefined): string[] | undefined =>
  text
    ?.split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

function pickAction(given: ReadonlyMap<OptionName, string>): Options["action"] {
  for (const action of ["help", "list", "tune"] as const) if (given.has(action)) return action;
  return "measure";
}
