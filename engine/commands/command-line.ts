/**
 * The command line: what was asked for, and the texts that answer it.
 *
 * Pure: main.ts prints and exits. Everything but ROOT is a setting and comes from the environment,
 * so that there is one way to set it and one place to look.
 */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { nearest } from "../settings/nearest.js";
import { describeWanted, type Setting, showValue } from "../settings/setting-kinds.js";
import { SETTINGS } from "../settings/settings.js";

/** What the command line asks for. `root` is undefined when the environment decides. */
export type CommandLine =
  | { readonly kind: "serve"; readonly root: string | undefined }
  | { readonly kind: "check"; readonly root: string | undefined }
  | { readonly kind: "report"; readonly asJson: boolean }
  | { readonly kind: "doctor"; readonly root: string | undefined; readonly asJson: boolean }
  | { readonly kind: "health"; readonly isForRequests: boolean }
  | { readonly kind: "dev-cert"; readonly folder: string | undefined }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "refused"; readonly complaints: readonly string[] };

const OPTIONS = {
  check: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  ready: { type: "boolean" },
  version: { type: "boolean", short: "V" },
} as const;

type Option = keyof typeof OPTIONS;
/** Whether an option was given. */
type Asks = (name: Option) => boolean;
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
  const first = words[0];
  const word = first !== undefined && first.index < endOfOptions(tokens) ? first.value : undefined;
  const name = isCommand(word) ? word : undefined;
  const folders = words.slice(name === undefined ? 0 : 1).map(({ value }) => value);
  complaints.push(...complainOfMixture(name, asks), ...complainOfFolders(name, folders));
  if (complaints.length > 0) return { kind: "refused", complaints };

  const [root] = folders;
  if (name === "report") return { kind: "report", asJson: asks("json") };
  if (name === "doctor") return { kind: "doctor", root, asJson: asks("json") };
  if (name === "dev-cert") return { kind: "dev-cert", folder: root };
  if (name === "health") return { kind: "health", isForRequests: asks("ready") };
  return { kind: asks("check") ? "check" : "serve", root };
}

interface Command {
  /** The folder that may follow. */
  readonly takes: "ROOT" | "FOLDER" | undefined;
  readonly options: readonly Option[];
}

/** Words that ask for something else than serving. After `--`, or as `./report`, they are folders. */
const COMMANDS = {
  report: { takes: undefined, options: ["json"] },
  doctor: { takes: "ROOT", options: ["json"] },
  "dev-cert": { takes: "FOLDER", options: [] },
  health: { takes: undefined, options: ["ready"] },
} as const satisfies Readonly<Record<string, Command>>;
type CommandName = keyof typeof COMMANDS;

const SERVING: Command = { takes: "ROOT", options: ["check"] };

const isCommand = (word: string | undefined): word is CommandName =>
  word !== undefined && Object.hasOwn(COMMANDS, word);

/** Where `--` stands, after which every word is a folder. */
const endOfOptions = (tokens: readonly Token[]): number =>
  tokens.find(({ kind }) => kind === "option-terminator")?.index ?? Number.POSITIVE_INFINITY;

/** Options that belong to another command than the one that was given. */
function complainOfMixture(name: CommandName | undefined, asks: Asks): string[] {
  const own: Command = name === undefined ? SERVING : COMMANDS[name];
  return (["check", "json", "ready"] as const).flatMap((option) => {
    if (!asks(option) || own.options.includes(option)) return [];
    if (name !== undefined) return `--${option}: not together with ${name}`;
    const owners = Object.entries<Command>(COMMANDS).flatMap(([owner, { options }]) =>
      options.includes(option) ? owner : [],
    );
    return `--${option}: only together with ${owners.join(" or ")}, as in sluice ${owners[0]} --${option}`;
  });
}

function complainOfFolders(name: CommandName | undefined, folders: readonly string[]): string[] {
  const { takes }: Command = name === undefined ? SERVING : COMMANDS[name];
  const got = showAll(folders);
  if (takes === undefined) return folders.length > 0 ? [`${name} takes no ROOT, got ${got}`] : [];
  if (folders.length < 2) return [];
  const hint = name === undefined ? hintAt(folders[0]!) : [];
  return [`want one ${takes}, got ${folders.length}: ${got}`, ...hint];
}

/** For a word that was taken for a folder: the command or option it may have been meant for. */
export function hintAt(word: string): string[] {
  if (word.includes("/")) return []; // a path, for sure
  const options = Object.keys(OPTIONS);
  const meant = nearest(word, [...Object.keys(COMMANDS), ...options]);
  if (meant === undefined) return [];
  const shown = options.includes(meant) ? `--${meant}` : meant;
  return [`${JSON.stringify(word)} is no command either: did you mean sluice ${shown}?`];
}

/** `--port` is what other servers have, so it deserves an answer. */
function complainOfOption(rawName: string, name: string): string {
  const variable = `SLUICE_${name.replaceAll("-", "_").toUpperCase()}`;
  const isSetting = Object.values(SETTINGS).some((setting) => setting.name === variable);
  const near = nearest(name, Object.keys(OPTIONS));
  const meant = near === undefined ? "see sluice --help" : `did you mean --${near}?`;
  const advice = isSetting ? `set ${variable} in the environment instead` : meant;
  return `${JSON.stringify(rawName).slice(1, -1)}: unknown option, ${advice}`;
}

const showAll = (words: readonly string[]): string =>
  words.map((word) => JSON.stringify(word)).join(", ");

/** For `--version`: the one line. */
export const versionText = (): string => `sluice ${readVersion()}`;

/** package.json is one folder further up from dist/ than from the sources. */
export function readVersion(): string {
  const above = import.meta.url.endsWith(".ts") ? "../.." : "../../..";
  const manifest: { readonly version: string } = createRequire(import.meta.url)(
    `${above}/package.json`,
  );
  return manifest.version;
}

/** For `--help`: every option and every setting, at most 100 columns wide. */
export const helpText = (): string => `${versionText()}: serves a folder over HTTP

Usage: sluice [ROOT] [--check] [--help] [--version]
       sluice doctor [ROOT] [--json]
       sluice report [--json]
       sluice health [--ready]
       sluice dev-cert [FOLDER]

  ROOT           folder to serve, the current one by default; ./report for one of that name
  doctor         look at the machine, the folder and the settings; say what to change, and why
  report         print how the running server performs, as its admin port tells
  dev-cert       make a certificate for trying https, in FOLDER or ~/.config/sluice/dev-cert
  health         ask the running server whether it lives: exit code 0 when it does
  --json         print the findings or the report as JSON, on one line
  --ready        ask whether it is ready for requests
  --check        check the settings and the folder, say what is wrong, and exit
  -h, --help     print this
  -V, --version  print the version

Examples:
  sluice                               serve the current folder on http://127.0.0.1:8080
  sluice ./public                      serve another
  SLUICE_HOST=0.0.0.0 sluice ./public  to the whole network
  SLUICE_POOL_BYTES=1GiB sluice --check
  sluice doctor ./public               what on this machine would hold it back
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
