/**
 * What a changed configuration asks for: another server behind the front, other workers, or a restart.
 *
 * What no list here names takes other workers, which is right for every setting, if not the cheapest.
 */
import { type Config, SETTINGS } from "./settings.js";

/** A worker takes these while it serves: no connection notices. */
const ANYTIME: ReadonlySet<keyof Config> = new Set([
  "root",
  "hostsDir",
  "index",
  "cacheControl",
  "maxRanges",
  "rules",
  "spa",
  "cleanUrls",
  "listing",
  "corsOrigins",
  "securityHeaders",
  "serverTiming",
  "hsts",
  "drainMs",
]);

/**
 * The supervisor's own, its port, its store and the file it reads; and the way a port is shared, in
 * which old and new workers have to agree.
 */
const AT_START: ReadonlySet<keyof Config> = new Set([
  "adminPort",
  "adminHost",
  "adminToken",
  "stateDir",
  "settings",
  "transport",
]);

export type Change =
  /** `names` of variables; none when only files have changed, or nothing. */
  | { readonly kind: "in place" | "new workers"; readonly names: readonly string[] }
  | { readonly kind: "refused"; readonly complaints: readonly string[] };

/** @param workers that run now; 0 when this process serves by itself */
export function judgeChange(before: Config, after: Config, workers: number): Change {
  const changed = (Object.keys(SETTINGS) as (keyof Config)[]).filter(
    (key) => before[key] !== after[key],
  );
  const isBeyond = (key: keyof Config): boolean =>
    AT_START.has(key) ||
    (workers === 0 ? !ANYTIME.has(key) : key === "workers" && after[key] === 0);
  const complaints = changed.filter(isBeyond).map(complain);
  if (complaints.length > 0) return { kind: "refused", complaints };

  const names = changed.map((key) => SETTINGS[key].name);
  return { kind: changed.every((key) => ANYTIME.has(key)) ? "in place" : "new workers", names };
}

const complain = (key: keyof Config): string =>
  `${SETTINGS[key].name} has changed, which takes a restart`;
