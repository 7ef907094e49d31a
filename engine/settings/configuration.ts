/**
 * All that an operator decides, read and judged: at the start, and anew at each reload.
 *
 * 1. file      the settings file, where the environment names one
 * 2. settings  command line, environment, file, default: the first that says something counts
 * 3. disks     those that the settings point to answer
 * 4. site      what is there
 *
 * Blocks for as long as a disk takes that has just answered: for the start, and for when an operator asks.
 */
import { answersWithin } from "../../fs/root.js";
import { readTextFile } from "../../fs/text-file.js";
import { followWorkingFolder } from "../../fs/working-folder.js";
import type { Certificates } from "../tls/certificates.js";
import { type Environment, type Reading, readConfig } from "./config.js";
import { type Config, SETTINGS } from "./settings.js";
import { parseSettingsFile } from "./settings-file.js";
import { complainOfWrites, judgeSite, PRIVATE, type Site } from "./site.js";

/** With complaints, nothing else in it is to be used. */
export interface Configuration extends Reading<Config> {
  readonly site: Site;
  /** Fit to be served with, once their files have been read; undefined: files are served by http. */
  readonly certificates?: Certificates;
  /** What is a reason not to start, but none not to take a reload: who serves has what it writes to. */
  readonly unwritable: readonly string[];
  /** What is no reason not to start, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Never throws.
 *
 * @param env `process.env`
 * @param root of the command line, if it has one
 */
export async function readConfiguration(env: Environment, root?: string): Promise<Configuration> {
  followWorkingFolder();
  const { reading, complaints } = readSettings(env, root);
  const silent = await findSilent(reading.config);
  const canLook = silent.length === 0;
  const { complaints: ofSite, ...site } = canLook ? judgeSite(reading.config) : NO_SITE;
  const unwritable = canLook ? complainOfWrites(reading.config) : [];
  const all = [...complaints, ...silent, ...ofSite];
  return { ...reading, site, complaints: all, unwritable, warnings: [] };
}

/**
 * Longer: an operator waits for longer to hear of a dead mount. Shorter: a disk that has to spin up first
 * is taken for dead.
 */
const ANSWER_MS = 15_000;

const NO_SITE = { root: "", hostsDir: "", rules: [], complaints: [] } as const;

/** A reload would hold up whoever is served from elsewhere, and for ever. */
async function findSilent(config: Config): Promise<string[]> {
  const unused = config.hostsDir === "" ? "hostsDir" : "root";
  const named = SITE_PLACES.filter((key) => key !== unused && config[key] !== "");
  const answers = await Promise.all(named.map((key) => answersWithin(config[key], ANSWER_MS)));
  return named
    .filter((_, at) => answers[at] === false)
    .map((key) => `${SETTINGS[key].name}=${config[key]}: its disk does not answer`);
}

/** All that site.ts looks at. A place that is not there yet answers, too. */
const SITE_PLACES = ["root", "hostsDir", "rules", ...PRIVATE] as const;

/** The settings alone, for who only asks a server. Never throws. */
export function readSettings(
  env: Environment,
  root?: string,
): { readonly reading: Reading<Config>; readonly complaints: readonly string[] } {
  const path = env[SETTINGS.settings.name] ?? "";
  const file = path === "" ? NO_FILE : readFile(path);
  const reading = readConfig(env, { root }, file.values);
  return { reading, complaints: [...file.complaints, ...reading.complaints] };
}

const NO_FILE = { values: {}, complaints: [] } as const;

function readFile(path: string): ReturnType<typeof parseSettingsFile> {
  const file = readTextFile(path);
  if (file.kind === "refused") return { values: {}, complaints: [`${path}: ${file.complaint}`] };
  const { values, complaints } = parseSettingsFile(file.text);
  return { values, complaints: complaints.map((complaint) => `${path}: ${complaint}`) };
}
