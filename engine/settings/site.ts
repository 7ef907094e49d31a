/** The parts of the configuration that lie on disk: roots and rules, judged at start and at each reload. */
import { basename } from "node:path";
import { toRooted } from "../../fs/paths.js";
import { isPlaceBelow, judgeRoot } from "../../fs/root.js";
import { readTextFile } from "../../fs/text-file.js";
import { whyNoFile, whyNoFolder } from "../../fs/writable.js";
import type { Rule } from "../../protocol/rules.js";
import { parseRules } from "../../protocol/rules-file.js";
import { nearest } from "./nearest.js";
import { type Config, SETTINGS } from "./settings.js";

export interface Site {
  /** Absolute; "" when there are hosts. */
  readonly root: string;
  /** Absolute; "" when there is one root for all hosts. */
  readonly hostsDir: string;
  readonly rules: readonly Rule[];
}

interface JudgedSite extends Site {
  /** One line each; an empty list means "safe to serve". */
  readonly complaints: readonly string[];
}

/** Looks at everything the settings point to. Never throws. */
export function judgeSite(config: Config): JudgedSite {
  const { root, hostsDir, rules, settings, stateDir, accessLogFile, tlsKey, tlsDir } = config;
  const isHosting = hostsDir !== "";
  const folder = judgeRoot(isHosting ? hostsDir : root);
  const rulebook = rules === "" ? NO_RULES : readRules(rules);
  const path = folder.kind === "root" ? folder.path : "";
  const isDotfile = basename(settings).startsWith("."); // as ".env", which nobody is shown
  const places = { settings: isDotfile ? "" : settings, stateDir, accessLogFile, tlsKey, tlsDir };
  return {
    root: isHosting ? "" : path,
    hostsDir: isHosting ? path : "",
    rules: rulebook.rules,
    complaints: [
      ...(folder.kind === "refused" ? [folder.complaint] : []),
      ...(folder.kind === "root" ? exposed(path, places) : []),
      ...rulebook.complaints.map((complaint) => `${rules}: ${complaint}`),
    ],
  };
}

/** What no client is to be shown. */
export const PRIVATE = ["settings", "stateDir", "accessLogFile", "tlsKey", "tlsDir"] as const;

/** What must not be served: who asked for what, the keys that prove who we are, and the admin token. */
function exposed(
  root: string,
  places: Readonly<Record<(typeof PRIVATE)[number], string>>,
): string[] {
  return PRIVATE.flatMap((key) =>
    places[key] === "" || !isPlaceBelow(root, places[key])
      ? []
      : `${SETTINGS[key].name}=${places[key]}: want a place outside ${root}, which is served`,
  );
}

/** Looks at the places that a start writes to: it would refuse one after the other. Never throws. */
export function complainOfWrites(config: Config): string[] {
  const { metrics, stateDir, accessLog, accessLogFile } = config;
  const isLogged = accessLog !== "off" && accessLogFile !== "";
  const isKept = metrics && stateDir !== "";
  const reasons = [
    ["stateDir", isKept ? whyNoFolder(stateDir) : undefined],
    ["accessLogFile", isLogged ? whyNoFile(accessLogFile) : undefined],
  ] as const;
  return reasons.flatMap(([key, why]) =>
    why === undefined ? [] : `${SETTINGS[key].name}=${config[key]}: ${why}`,
  );
}

const NO_RULES = { rules: [], complaints: [] } as const;

function readRules(path: string): ReturnType<typeof parseRules> {
  const file = readTextFile(path);
  return file.kind === "text"
    ? parseRules(file.text, nearest, whyRefused)
    : { rules: [], complaints: [file.complaint] };
}

function whyRefused(wire: string): string | undefined {
  const verdict = toRooted(wire);
  return verdict.kind === "rooted" ? undefined : verdict.why;
}
