/**
 * The command line: what was asked for, and the texts that answer it.
 *
 * Pure: main.ts prints and exits. Everything but ROOT is a setting and comes from the environment,
 * so that there is one way to set it and one place to look.
 */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { describeWanted, type Setting, showValue } from "./setting-kinds.js";
import { SETTINGS } from "./settings.js";

/** What the command line asks for. `root` is undefined when the environment decides. */
export type CommandLine =
  | { readonly kind: "serve"; readonly root: string | undefined }
  | { readonly kind: "check"; readonly root: string | undefined }
  | { readonly kind: "report"; readonly asJson: boolean }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "refused"; readonly complaints: readonly string[] };

const OPTIONS = {
  check: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  version: { type: "boolean", short: "V" },
} as const;

/** Whether an option was given. */
type Asks = (name: keyof typeof OPTIONS) => boolean;
interface Token {
  readonly kind: "option" | "positional" | "option-terminator";
  /** Its place among the words of the command line. */
  readonly index: number;
}

/**
 * Reads the words after `sluice`. Never throws. Help is given whatever else is wrong: whoever asks
 * for it is about to mend the rest.
 *
 * @param args `process.argv` without its first two
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  // Not strict, because strict stops at the first mistake: we read the tokens and tell them all.
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const options = tokens.filter((token) => token.kind === "option");
  const words = tokens.filter((token) => token.kind === "positional");
  const asks: Asks = (name) =>
    options.some((option) => option.name === name && option.value === undefined);

  if (asks("help")) return { kind: "help" };
  if (asks("version")) return { kind: "version" };

  const complaints = options.flatMap(({ rawName, name, value }) => {
    if (!Object.hasOwn(OPTIONS, name)) return complainOfOption(rawName, name);
    return value === undefined
      ? []
      : `${rawName}: takes no value, was given ${JSON.stringify(value)}`;
  });
  const isReport = words[0]?.value === REPORT && words[0].index < endOfOptions(tokens);
  const roots = words.slice(isReport ? 1 : 0).map(({ value }) => value);
  complaints.push(...(isReport ? complainOfReport : complainOfServing)(roots, asks));
  if (complaints.length > 0) return { kind: "refused", complaints };

  if (isReport) return { kind: "report", asJson: asks("json") };
  return { kind: asks("check") ? "check" : "serve", root: roots[0] };
}

/** The word that asks for the report. After `--`, or as `./report`, it is a folder. */
const REPORT = "report";

/** Where `--` stands, after which every word is a folder. */
const endOfOptions = (tokens: readonly Token[]): number =>
  tokens.find(({ kind }) => kind === "option-terminator")?.index ?? Number.POSITIVE_INFINITY;

function complainOfReport(roots: readonly string[], asks: Asks): string[] {
  return [
    ...(asks("check") ? ["--check: not together with report"] : []),
    ...(roots.length > 0 ? [`report takes no ROOT, got ${showAll(roots)}`] : []),
  ];
}

function complainOfServing(roots: readonly string[], asks: Asks): string[] {
  return [
    ...(asks("json") ? ["--json: only together with report, as in sluice report --json"] : []),
    ...(roots.length > 1 ? [`want one ROOT, got ${roots.length}: ${showAll(roots)}`] : []),
  ];
}

/** `--port` is what other servers have, so it deserves an answer. */
function complainOfOption(rawName: string, name: string): string {
  const variable = `SLUICE_${name.replaceAll("-", "_").toUpperCase()}`;
  const isSetting = Object.values(SETTINGS).some((setting) => setting.name === variable);
  const meant = isSetting ? `set ${variable} in the environment instead` : "see sluice --help";
  return `${JSON.stringify(rawName).slice(1, -1)}: unknown option, ${meant}`;
}

const showAll = (words: readonly string[]): string =>
  words.map((word) => JSON.stringify(word)).join(", ");

/** For `--version`: the one line. */
export const versionText = (): string => `sluice ${readVersion()}`;

/** package.json is one folder further up from dist/engine/ than from engine/. */
export function readVersion(): string {
  const above = import.meta.url.endsWith(".ts") ? ".." : "../..";
  const manifest: { readonly version: string } = createRequire(import.meta.url)(
    `${above}/package.json`,
  );
  return manifest.version;
}

/** For `--help`: every option and every setting, at most 100 columns wide. */
export const helpText = (): string => `${versionText()}: serves a folder over HTTP

Usage: sluice [ROOT] [--check] [--help] [--version]
       sluice report [--json]

  ROOT           folder to serve, the current one by default; ./report for one of that name
  report         print how the running server performs, as its admin port tells
  --json         print the report as JSON, on one line
  --check        check the settings and the folder, say what is wrong, and exit
  -h, --help     print this
  -V, --version  print the version

Examples:
  sluice                               serve the current folder on http://127.0.0.1:8080
  sluice ./public                      serve another
  SLUICE_HOST=0.0.0.0 sluice ./public  to the whole network
  SLUICE_POOL_BYTES=1GiB sluice --check
  sluice report                        how the running server performs

Settings are environment variables. A size is in bytes or has a unit: 65536, 64KiB, 1GiB.
A time is in milliseconds or has a unit: 1500, 500ms, 10s, 2m, 1h. A switch is on or off.
${helpRows()}`;

function helpRows(): string {
  const settings = Object.values(SETTINGS);
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings
    .map((setting, at) => {
      const heading = setting.group === settings[at - 1]?.group ? "" : `\n${setting.group}:\n`;
      const indent = " ".repeat(width + 4);
      return `${heading}  ${setting.name.padEnd(width)}  ${setting.says}\n${indent}${describeValues(setting)}\n`;
    })
    .join("");
}

const describeValues = (setting: Setting): string =>
  `default ${showValue(setting, setting.default)}; ${describeWanted(setting)}`;
