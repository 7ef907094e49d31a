/**
 * What the operator's rules say about a path.
 *
 * 1. match    each rule's pattern, in the order of the file
 * 2. merge    for each thing a rule can say, the first rule that says it counts
 *
 * So the special stands before the general. Rules see the path that was asked for, once: a rewrite
 * leads to a file, and no rule looks at where it leads. A redirect to the path itself is left out;
 * one in a circle over several rules is the browser's to notice, as each turn is a new request.
 *
 * The file's format is in rules-file.ts, what each rule had a share in, in rule-shares.ts.
 */
import { contentDisposition, type DispositionType } from "./disposition.js";
import type { Field } from "./head.js";
import { type Captures, matchPattern, type PathPattern, splitPath } from "./path-pattern.js";
import { fillTarget, leadsTo, type PathTarget } from "./path-target.js";
import type { RedirectStatus } from "./redirect.js";

/** One rule, compiled. What it says nothing about is undefined or empty. */
export interface Rule {
  readonly pattern: PathPattern;
  readonly headers: readonly Field[];
  readonly cacheControl: string | undefined;
  readonly mediaType: string | undefined;
  readonly redirect: { readonly target: PathTarget; readonly status: RedirectStatus } | undefined;
  readonly rewrite: PathTarget | undefined;
  readonly disposition: Disposition | undefined;
  /** Wire paths of pages, by status. */
  readonly errorPages: ReadonlyMap<number, string>;
}

/** Save or show; under the file's own name unless another is given. */
export interface Disposition {
  readonly type: DispositionType;
  readonly fileName: string | undefined;
}

/** What all rules together say about one path. */
export interface Effects {
  /** Extra fields, `Content-Disposition` among them; no name twice. Checked: they may go out. */
  readonly headers: readonly Field[];
  readonly cacheControl: string | undefined;
  /** Of the file that answers, in place of what its name says. Checked: it may go out. */
  readonly mediaType: string | undefined;
  /**
   * Comes before a rewrite. `location` is visible ASCII, without the request's query: see `withQuery`.
   * How long it may be kept is what its own rule says, and no other: one that is meant for the files
   * below would make a passing redirect last.
   */
  readonly redirect: Redirect | undefined;
  /** A wire path, percent-encoded: it goes through the same gate as any that a client sends. */
  readonly rewrite: string | undefined;
  /** Wire paths of pages, by status. */
  readonly errorPages: ReadonlyMap<number, string>;
}

interface Redirect {
  readonly location: string;
  readonly status: RedirectStatus;
  readonly cacheControl: string | undefined;
}

/** For a path of which no rule says anything. */
export const NO_EFFECTS: Effects = {
  headers: [],
  cacheControl: undefined,
  mediaType: undefined,
  redirect: undefined,
  rewrite: undefined,
  errorPages: new Map(),
};

/**
 * Never throws. Cost: nothing without rules; else one split of the path and, for a rule that does
 * not match, mostly one comparison of strings.
 *
 * @param path decoded, with a leading slash, without a query
 */
export function matchRules(rules: readonly Rule[], path: string): Effects {
  if (rules.length === 0) return NO_EFFECTS;

  const parts = splitPath(path);
  let effects = NO_EFFECTS;
  for (const rule of rules) {
    const captures = matchPattern(rule.pattern, parts);
    if (captures !== undefined) effects = mergeRule(effects, rule, captures, path);
  }
  return effects;
}

/** What a rule that matches adds to what those before it said. */
export function mergeRule(before: Effects, rule: Rule, captures: Captures, path: string): Effects {
  return {
    headers: mergeHeaders(before.headers, [...rule.headers, ...dispositionOf(rule, path)]),
    cacheControl: before.cacheControl ?? rule.cacheControl,
    mediaType: before.mediaType ?? rule.mediaType,
    redirect: before.redirect ?? redirectOf(rule, captures, path),
    rewrite: before.rewrite ?? (rule.rewrite && fillTarget(rule.rewrite, captures)),
    errorPages: new Map([...rule.errorPages, ...before.errorPages]),
  };
}

/** RFC 9110 section 5.1: names are the same in any case. */
function mergeHeaders(before: readonly Field[], added: readonly Field[]): readonly Field[] {
  const names = new Set(before.map(([name]) => name.toLowerCase()));
  return [...before, ...added.filter(([name]) => !names.has(name.toLowerCase()))];
}

function dispositionOf({ disposition }: Rule, path: string): Field[] {
  if (disposition === undefined) return [];
  const { type, fileName = path } = disposition; // of a path, the last segment is offered
  return [["Content-Disposition", contentDisposition(type, fileName)]];
}

function redirectOf(rule: Rule, captures: Captures, path: string): Redirect | undefined {
  const { redirect, cacheControl } = rule;
  const location = redirect && fillTarget(redirect.target, captures);
  if (location === undefined || leadsTo(location, path)) return undefined;
  return { location, status: redirect!.status, cacheControl };
}
