/**
 * Why `respond` answers as it does, in sentences for the operator: which precondition settled it, and
 * what became of `Range`.
 *
 * Each sentence comes from asking the judges themselves, about one field at a time: there is no second
 * opinion here that could differ. Not for the hot path.
 */
import { formatHttpDate, parseHttpDate } from "./dates.js";
import {
  ifRangeHolds,
  judgePreconditions,
  type Preconditions,
  type PreconditionVerdict,
  type Validators,
} from "./preconditions.js";
import { type ByteRange, whyIgnored } from "./ranges.js";
import {
  type Ask,
  mostRanges,
  type Policy,
  type Representation,
  validatorsOf,
  wantedRange,
} from "./respond.js";

/** One sentence for each field that was sent and weighed; the last one settled it. */
export function reasonsFor(
  ask: Ask,
  representation: Representation,
  policy: Policy,
  nowMs: number,
): string[] {
  const validators = validatorsOf(representation);
  const reasons = whyPreconditions(ask, validators, nowMs);
  const isSettled = judgePreconditions(ask, validators, nowMs) !== "proceed";
  if (isSettled || ask.range === "") return reasons;
  return [...reasons, whyRange(ask, representation, policy, nowMs)];
}

// --- preconditions ---

interface Weighed {
  readonly name: string;
  readonly key: keyof Preconditions;
  /** With that one sent, nobody looks at this. */
  readonly silencer?: { readonly name: string; readonly key: keyof Preconditions };
  /** How it settled the matter, and how it did not. */
  readonly settles: string;
  readonly passes: string;
}

const IF_MATCH = {
  name: "If-Match",
  key: "ifMatch",
  settles: "names no tag that is strongly equal to ours",
  passes: "names our tag",
} as const satisfies Weighed;
const IF_NONE_MATCH = {
  name: "If-None-Match",
  key: "ifNoneMatch",
  settles: "names our tag",
  passes: "names no tag like ours",
} as const satisfies Weighed;

/** In the order of RFC 9110 section 13.2.2. */
const IN_ORDER: readonly Weighed[] = [
  IF_MATCH,
  {
    name: "If-Unmodified-Since",
    key: "ifUnmodifiedSince",
    silencer: IF_MATCH,
    settles: "is before our Last-Modified",
    passes: "is not before our Last-Modified",
  },
  IF_NONE_MATCH,
  {
    name: "If-Modified-Since",
    key: "ifModifiedSince",
    silencer: IF_NONE_MATCH,
    settles: "is not before our Last-Modified",
    passes: "is before our Last-Modified",
  },
];

const NONE: Preconditions = {
  ifMatch: "",
  ifNoneMatch: "",
  ifModifiedSince: "",
  ifUnmodifiedSince: "",
};

function whyPreconditions(ask: Preconditions, file: Validators, nowMs: number): string[] {
  const reasons: string[] = [];
  for (const one of IN_ORDER) {
    const { name, key, silencer } = one;
    if (ask[key] === "") continue;
    if (silencer !== undefined && ask[silencer.key] !== "") {
      reasons.push(`${name} is not looked at beside ${silencer.name}`);
      continue;
    }
    const verdict = judgePreconditions({ ...NONE, [key]: ask[key] }, file, nowMs);
    reasons.push(`${name} ${why(one, ask[key], file, verdict, nowMs)}`);
    if (verdict !== "proceed") break;
  }
  return reasons;
}

const STATUS_OF = { failed: 412, "not-modified": 304 } as const;

function why(
  { key, settles, passes }: Weighed,
  value: string,
  file: Validators,
  verdict: PreconditionVerdict,
  nowMs: number,
): string {
  const isTag = key === "ifMatch" || key === "ifNoneMatch";
  if (!isTag && parseHttpDate(value, nowMs) === undefined)
    return "is no date, as if it were absent";
  const ours = isTag ? tagOf(file) : dateOf(file);
  if (!isTag && file.modifiedSec === undefined) return "has no Last-Modified to be compared with";
  return verdict === "proceed"
    ? `${passes} (${ours})`
    : `${settles} (${ours}): ${STATUS_OF[verdict]}`;
}

const tagOf = ({ etag }: Validators): string => (etag === "" ? "we have none" : etag);
const dateOf = ({ modifiedSec }: Validators): string =>
  modifiedSec === undefined ? "we have none" : formatHttpDate(modifiedSec);

// --- ranges ---

function whyRange(ask: Ask, file: Representation, policy: Policy, nowMs: number): string {
  const { sizeBytes } = file;
  const wanted = wantedRange(ask, file, policy, nowMs);
  switch (wanted.kind) {
    case "part":
      return `Range selects bytes ${show(wanted.range)} of ${sizeBytes}`;
    case "parts":
      return `Range selects bytes ${wanted.ranges.map(show).join(", ")} of ${sizeBytes}, merged`;
    case "unsatisfiable":
      return `Range selects none of the ${sizeBytes} bytes: 416`;
    case "whole":
      return `Range is ignored: ${whyWhole(ask, file, policy, nowMs)}`;
  }
}

function whyWhole(ask: Ask, file: Representation, policy: Policy, nowMs: number): string {
  const validators = validatorsOf(file);
  if (ask.method !== "GET") return "it is for GET alone";
  if (!ifRangeHolds(ask.ifRange, validators, nowMs)) {
    return `If-Range is not strongly equal to ours (${tagOf(validators)}, ${dateOf(validators)})`;
  }
  return whyIgnored(ask.range, file.sizeBytes, mostRanges(file, policy));
}

const show = ({ first, last }: ByteRange): string => `${first} to ${last}`;
