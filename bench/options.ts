/**
 * The command line, as one table: it parses, complains and prints `--help`.
 *
 * Every complaint is told at once. Defaults give the run whose table goes into the README.
 */
import { availableParallelism } from "node:os";
import { type OptionTable, splitArguments, tableText } from "./arguments.js";

const TABLE = {
  quick: {
    takes: "",
    says: "every cell, small and short, under a minute: is the bench itself right?",
  },
  only: { takes: "CELL,...", says: "these cells; a name ending in * matches by its beginning" },
  against: { takes: "SERVER,...", says: "these servers beside Sluice; `none` for Sluice alone" },
  duration: { takes: "SECONDS", says: "timed part of each measurement, 0.2 to 600 (2)" },
  rounds: { takes: "N", says: "how often each cell is measured, odd, 1 to 99 (3)" },
  workers: { takes: "N", says: "processes or threads of each server, one core each (1)" },
  json: { takes: "FILE", says: "also write the results there" },
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
  readonly jsonPath: string | undefined;
  readonly action: "measure" | "tune" | "list" | "help";
}

export type Parsed =
  | { readonly kind: "options"; readonly options: Options }
  | { readonly kind: "complaints"; readonly complaints: readonly string[] };

/** Long enough for V8 to compile what is hot and for every cache to hold what is asked. */
const WARM_UP_SEC = 1;
/** A quick run proves the bench, not the servers. */
const QUICK = { durationSec: 0.3, warmUpSec: 0.1, rounds: 1 };
const DEFAULT = { durationSec: 2, rounds: 3 };

/** Never throws: whatever was typed comes back as options or as complaints. */
export function parseOptions(args: readonly string[]): Parsed {
  const { given, complaints } = splitArguments(TABLE, args);
  const isQuick = given.has("quick");
  const numbers = readNumbers(given, isQuick, complaints);
  if (complaints.length > 0) return { kind: "complaints", complaints };
  const options: Options = {
    ...numbers,
    isQuick,
    warmUpSec: isQuick ? QUICK.warmUpSec : Math.min(WARM_UP_SEC, numbers.durationSec),
    only: splitList(given.get("only")),
    against: splitList(given.get("against")),
    jsonPath: given.get("json"),
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
): { durationSec: number; rounds: number; workers: number } {
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
