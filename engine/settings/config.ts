/**
 * From the command line, the environment and the settings file to the values the server runs with.
 *
 * 1. read    each setting: the command line first, then its variable, the file, its default
 * 2. cross   the rules that span two settings
 * 3. stray   variables with our prefix that no setting has: a typing error is not a wish
 *
 * Runs at start and at each reload. Nothing here throws, prints or exits: every complaint is returned, one line
 * each, so that a user corrects them all in one go.
 */
import { nearest } from "./nearest.js";
import {
  describeWanted,
  readValue,
  type Setting,
  type SettingsTable,
  showValue,
  type ValuesOf,
} from "./setting-kinds.js";
import { type Config, PAIRS, type Pair, SETTINGS } from "./settings.js";

/** Texts by variable. */
export type Environment = Readonly<Record<string, string | undefined>>;
type Origin = "command line" | "environment" | "settings file";

/** A setting that is not at its default. Secrets are already masked. */
interface Difference {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
}

/** What the server runs with, and where it comes from. Secrets are already masked. */
export interface EffectiveSetting {
  readonly name: string;
  readonly value: string;
  /** "default" also where what was given is refused. */
  readonly origin: Origin | "default";
  readonly default: string;
  readonly says: string;
}

/** What was made of a table's settings. With complaints, `config` holds defaults in their place. */
export interface Reading<Values> {
  readonly config: Values;
  /** One line each; an empty list means "safe to start". */
  readonly complaints: readonly string[];
  /** In the order of the table, for the start message. */
  readonly differences: readonly Difference[];
  /** All of them, in the order of the table. */
  readonly settings: readonly EffectiveSetting[];
}

/** Texts from the command line, by setting. They come before the environment. */
type Overrides<Table> = { readonly [Key in keyof Table]?: string | undefined };

/**
 * The server's own settings.
 *
 * @param env `process.env`
 * @param overrides from command-line.ts
 * @param file from settings-file.ts, which has judged its names
 */
export const readConfig = (
  env: Environment,
  overrides: Overrides<typeof SETTINGS> = {},
  file: Environment = {},
): Reading<Config> => readTable(SETTINGS, PAIRS, env, overrides, file);

/** `readConfig` for any table. */
export function readTable<Table extends SettingsTable>(
  table: Table,
  pairs: readonly Pair<ValuesOf<Table>>[],
  env: Environment,
  overrides: Overrides<Table>,
  file: Environment = {},
): Reading<ValuesOf<Table>> {
  const outcomes = Object.entries(table).map(([key, setting]) =>
    readOne(key, setting, findGiven(setting, { env, file, override: overrides[key] })),
  );
  // Each value was read by its own row, which is what ValuesOf says of it.
  const config = Object.fromEntries(
    outcomes.map(({ key, value }) => [key, value]),
  ) as ValuesOf<Table>;
  return {
    config,
    complaints: [
      ...outcomes.flatMap(({ complaint }) => complaint ?? []),
      ...crossCheck(pairs, config, outcomes),
      ...findStrays(table, env),
    ],
    differences: outcomes.flatMap(describeDifference),
    settings: outcomes.map(describeSetting),
  };
}

// --- one setting ---

interface Given {
  readonly text: string;
  readonly origin: Origin;
}
interface Outcome {
  readonly key: string;
  readonly setting: Setting;
  readonly value: Setting["default"];
  /** Undefined when the value is the default because nothing was given. */
  readonly origin?: Origin;
  /** Set when something was given and `value` is the default in its place. */
  readonly complaint?: string;
}

interface Sources {
  readonly override: string | undefined;
  readonly env: Environment;
  readonly file: Environment;
}

/** A container's environment changes what its image has in a file, not the other way round. */
function findGiven({ name }: Setting, { override, env, file }: Sources): Given | undefined {
  if (override !== undefined) return { text: override, origin: "command line" };
  const text = env[name];
  if (text !== undefined && !isServiceLink(name, text)) return { text, origin: "environment" };
  const line = file[name];
  return line === undefined ? undefined : { text: line, origin: "settings file" };
}

function readOne(key: string, setting: Setting, given: Given | undefined): Outcome {
  if (given === undefined) return { key, setting, value: setting.default };
  const { text, origin } = given;
  const value = readValue(setting, text);
  if (value !== undefined) return { key, setting, value, origin };

  const shown = setting.kind === "secret" ? "(hidden)" : JSON.stringify(text);
  const complaint = `${setting.name}=${shown} from the ${origin}: want ${describeWanted(setting)}`;
  return { key, setting, value: setting.default, complaint };
}

function describeDifference({ setting, value, origin }: Outcome): Difference[] {
  if (origin === undefined || value === setting.default) return [];
  return [{ name: setting.name, value: showValue(setting, value), origin }];
}

const describeSetting = ({ setting, value, origin }: Outcome): EffectiveSetting => ({
  name: setting.name,
  value: showValue(setting, value),
  origin: origin ?? "default",
  default: showValue(setting, setting.default),
  says: setting.says,
});

// --- several settings ---

function crossCheck<Values>(
  pairs: readonly Pair<Values>[],
  config: Values,
  outcomes: readonly Outcome[],
): string[] {
  return pairs.flatMap(({ about, given, holds, wants }) => {
    const concerned = outcomes.filter(({ key }) => (about as readonly string[]).includes(key));
    if (concerned.some(({ key, origin }) => key === given && origin === undefined)) return [];
    if (concerned.some(({ complaint }) => complaint !== undefined) || holds(config)) return [];
    const shown = concerned.map(
      ({ setting, value }) => `${setting.name}=${showValue(setting, value)}`,
    );
    return `${shown.join(" with ")}: ${wants}`;
  });
}

// --- variables that are no setting ---

const PREFIX = "SLUICE_";

function findStrays(table: SettingsTable, env: Environment): string[] {
  const known = Object.values(table).map(({ name }) => name as string);
  return Object.entries(env).flatMap(([name, text]) => {
    const upper = name.toUpperCase(); // `sluice_port` was meant for us, and would be ignored
    if (!upper.startsWith(PREFIX) || known.includes(name) || text === undefined) return [];
    if (isServiceLink(name, text)) return [];
    const meant = nearest(upper, known);
    return `${name}: unknown setting${meant === undefined ? "" : `, did you mean ${meant}?`}`;
  });
}

/**
 * Kubernetes announces each service to every container beside it: one called `sluice` yields
 * SLUICE_PORT=tcp://10.0.0.1:80, SLUICE_SERVICE_HOST and their like. Nobody chose these.
 */
function isServiceLink(name: string, text: string): boolean {
  if (/_SERVICE_(?:HOST|PORT(?:_\w+)?)$/.test(name)) return true;
  if (/_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(text);
}
