/**
 * All that an operator decides, read and judged: at the start, and anew at each reload.
 *
 * 1. file      the settings file, where the environment names one
 * 2. settings  command line, environment, file, default: the first that says something counts
 * 3. site      what the settings point to on disk
 *
 * Blocks: for the start, and for when an operator asks.
 */
import { readTextFile } from "../../fs/text-file.js";
import type { Certificates } from "../tls/certificates.js";
import { type Environment, type Reading, readConfig } from "./config.js";
import { type Config, SETTINGS } from "./settings.js";
import { parseSettingsFile } from "./settings-file.js";
import { judgeSite, type Site } from "./site.js";

/** With complaints, nothing else in it is to be used. */
export interface Configuration extends Reading<Config> {
  readonly site: Site;
  /** Fit to be served with, once their files have been read; undefined: files are served by http. */
  readonly certificates?: Certificates;
  /** What is no reason not to start, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Never throws.
 *
 * @param env `process.env`
 * @param root of the command line, if it has one
 */
export function readConfiguration(env: Environment, root?: string): Configuration {
  const { reading, complaints } = readSettings(env, root);
  const { complaints: ofSite, ...site } = judgeSite(reading.config);
  return { ...reading, site, complaints: [...complaints, ...ofSite], warnings: [] };
}

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
