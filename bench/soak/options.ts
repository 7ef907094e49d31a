/** The command line of `npm run soak`, as a table. */
import { availableParallelism } from "node:os";
import { type OptionTable, splitArguments, tableText } from "../arguments.js";

const TABLE = {
  minutes: { takes: "N", says: "how long the load goes on, 0.5 to 10080 (5)" },
  attacks: {
    takes: "",
    says: "slowhttptest in four modes instead, 1,000 connections for 30 s each",
  },
  connections: { takes: "", says: "memory of 10,000 idle and 5,000 slow connections instead" },
  transport: { takes: "NAME", says: "uws, node, or auto: what the server takes by itself (auto)" },
  workers: { takes: "N", says: "processes of the server (1)" },
  json: { takes: "FILE", says: "also write every look there" },
  help: { takes: "", says: "this text" },
} as const satisfies OptionTable;

export interface SoakOptions {
  readonly action: "soak" | (typeof INSTEAD)[number];
  readonly minutes: number;
  readonly transport: string;
  readonly workers: number;
  readonly jsonPath: string | undefined;
}

export type ParsedSoak =
  | { readonly kind: "options"; readonly options: SoakOptions }
  | { readonly kind: "complaints"; readonly complaints: readonly string[] };

const TRANSPORTS: readonly string[] = ["auto", "uws", "node"];
const INSTEAD = ["help", "attacks", "connections"] as const;
const WEEK_MINUTES = 7 * 24 * 60;

/** Never throws: whatever was typed comes back as options or as complaints. */
export function parseSoakOptions(args: readonly string[]): ParsedSoak {
  const { given, complaints } = splitArguments(TABLE, args);
  const minutes = Number(given.get("minutes") ?? 5);
  const workers = Number(given.get("workers") ?? 1);
  const transport = given.get("transport") ?? "auto";
  const fits: readonly (readonly [keyof typeof TABLE, boolean])[] = [
    ["minutes", minutes >= 0.5 && minutes <= WEEK_MINUTES],
    ["workers", Number.isInteger(workers) && workers >= 1 && workers <= availableParallelism()],
    ["transport", TRANSPORTS.includes(transport)],
  ];
  for (const [name, isFit] of fits) {
    if (!isFit) complaints.push(`--${name} ${given.get(name)}: ${TABLE[name].says}`);
  }
  if (complaints.length > 0) return { kind: "complaints", complaints };
  const action = INSTEAD.find((name) => given.has(name)) ?? "soak";
  return {
    kind: "options",
    options: { action, minutes, transport, workers, jsonPath: given.get("json") },
  };
}

export const soakHelpText = (): string => tableText("npm run soak -- [options]", TABLE);
