/**
 * The settings file: one `NAME=value` a line, as systemd's EnvironmentFile= has them, read again at
 * each reload. Pure.
 *
 *   # who may watch
 *   SLUICE_LISTING=on
 *   SLUICE_CACHE_CONTROL="public, max-age=60"
 *
 * Blank lines and lines that begin with # or ; are comments. Quotes around a whole value go; nothing
 * else in it is special. Complaints name the line and never show it: it may hold a secret.
 */
import { nearest } from "./nearest.js";
import { SETTINGS } from "./settings.js";

interface FileReading {
  /** Texts by variable: they are judged where those of the environment are. */
  readonly values: Readonly<Record<string, string>>;
  /** One line each. */
  readonly complaints: readonly string[];
}

export function parseSettingsFile(text: string): FileReading {
  const values: Record<string, string> = {};
  const complaints: string[] = [];
  for (const [at, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || /^[#;]/.test(line)) continue;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    const complaint = name === undefined ? "want NAME=value" : complainOf(name, values);
    if (complaint === undefined) values[name!] = unquote(value!);
    else complaints.push(`line ${at + 1}: ${complaint}`);
  }
  return { values, complaints };
}

const NAMES: readonly string[] = Object.values(SETTINGS).map(({ name }) => name);

function complainOf(name: string, before: Readonly<Record<string, string>>): string | undefined {
  if (name === SETTINGS.settings.name) return `${name}: this is the file it names`;
  if (Object.hasOwn(before, name)) return `${name}: is there twice`;
  if (NAMES.includes(name)) return undefined;
  const meant = nearest(name.toUpperCase(), NAMES);
  return `${name}: unknown setting${meant === undefined ? "" : `, did you mean ${meant}?`}`;
}

const unquote = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
