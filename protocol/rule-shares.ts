/**
 * Which rules had a share in what is said about a path: for the operator who wonders.
 *
 * Asks the same `mergeRule` that answers requests: what a rule says alone, and how much of it nobody
 * said before. Not for the hot path.
 */
import { matchPattern, splitPath } from "./path-pattern.js";
import { type Effects, mergeRule, NO_EFFECTS, type Rule } from "./rules.js";

/** One rule that matches a path. */
export interface RuleShare {
  /** Its place in the file, from 1. */
  readonly number: number;
  /** What counts of what it says: `Cache-Control: no-store`, `redirect 301 to /new`. */
  readonly counts: readonly string[];
  /** What an earlier rule has said already. */
  readonly late: readonly string[];
  /** Leads to the path itself, or to none that may be asked for. */
  readonly leftOut: readonly ("redirect" | "rewrite")[];
}

/** @param path decoded, with a leading slash, without a query */
export function shareRules(rules: readonly Rule[], path: string): RuleShare[] {
  const parts = splitPath(path);
  const shares: RuleShare[] = [];
  let effects = NO_EFFECTS;
  for (const [at, rule] of rules.entries()) {
    const captures = matchPattern(rule.pattern, parts);
    if (captures === undefined) continue;
    const alone = mergeRule(NO_EFFECTS, rule, captures, path);
    shares.push({ number: at + 1, ...compare(effects, alone), leftOut: leftOut(rule, alone) });
    effects = mergeRule(effects, rule, captures, path);
  }
  return shares;
}

function compare(before: Effects, alone: Effects): Pick<RuleShare, "counts" | "late"> {
  const taken = sayingsOf(before);
  const said = [...sayingsOf(alone)];
  return {
    counts: said.filter(([subject]) => !taken.has(subject)).map(([, saying]) => saying),
    late: said.filter(([subject]) => taken.has(subject)).map(([, saying]) => saying),
  };
}

function leftOut({ redirect, rewrite }: Rule, alone: Effects): RuleShare["leftOut"] {
  return [
    ...(redirect !== undefined && alone.redirect === undefined ? (["redirect"] as const) : []),
    ...(rewrite !== undefined && alone.rewrite === undefined ? (["rewrite"] as const) : []),
  ];
}

/** Everything effects say, by what it is about: of each only the first counts. */
function sayingsOf(effects: Effects) {
  const { headers, cacheControl, mediaType, redirect, rewrite, errorPages } = effects;
  const sayings = new Map<string, string>();
  for (const [name, value] of headers) sayings.set(name.toLowerCase(), `${name}: ${value}`);
  if (cacheControl !== undefined) sayings.set("cache-control", `Cache-Control: ${cacheControl}`);
  if (mediaType !== undefined) sayings.set("content-type", `Content-Type: ${mediaType}`);
  if (redirect !== undefined) {
    sayings.set("redirect", `redirect ${redirect.status} to ${redirect.location}`);
  }
  if (rewrite !== undefined) sayings.set("rewrite", `rewrite to ${rewrite}`);
  for (const [status, page] of errorPages) sayings.set(`${status}`, `${page} for ${status}`);
  return sayings;
}
