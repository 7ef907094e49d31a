/** The longer sentences of an explanation: from facts to words. */
import { type Entry, isForgotten } from "../../fs/file-table.js";
import type { OpenFile } from "../../fs/open-file.js";
import { canHaveSiblings } from "../../fs/sidecars.js";
import { cacheKindOf } from "../../protocol/cache-policy.js";
import { type Coding, SIBLINGS, type SiblingCoding } from "../../protocol/negotiation.js";
import { countOf, isoTime } from "../../protocol/readable.js";
import type { RuleShare } from "../../protocol/rule-shares.js";
import { codingsBeside, type FoundFile } from "../finder.js";
import type { Circumstances } from "../site-fields.js";
import type { Source } from "./explain-reply.js";

/** What the file table knows of a path, from where, and for how long. */
export function wordsOfLook(entry: Entry, source: Source, nowMs: number): string {
  const leftMs = Math.round(entry.freshUntilMs - nowMs);
  const trust = leftMs > 0 ? `believed for ${leftMs} ms more` : "to be checked before it is used";
  return `${entry.path} ${wordsOfKnown(entry)}; known from ${source}, ${trust}`;
}

function wordsOfKnown(entry: Entry): string {
  const { known } = entry;
  switch (known.kind) {
    case "file":
      return wordsOfFile(known.file, isForgotten(entry));
    case "directory":
      return "is a folder";
    case "irregular":
      return "is neither a file nor a folder, so it is not served";
    case "outside":
      return "leads out of the root through a link, so it is not served";
    case "failed":
      return wordsOfErrno(known.errno);
  }
}

function wordsOfFile({ sizeBytes, modifiedMs, body }: OpenFile, isLoose: boolean): string {
  const whole = isLoose
    ? "not kept: memory is full of what is asked for more"
    : "held whole in memory";
  const held = body === undefined ? "held by its descriptor" : whole;
  return `is a file of ${countOf(sizeBytes, "byte")}, modified ${isoTime(modifiedMs)}, ${held}`;
}

const ERRNO_WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "does not exist"],
  ["ENOTDIR", "lies in something that is no folder"],
  ["EACCES", "may not be read by this server"],
  ["EPERM", "may not be read by this server"],
  ["ELOOP", "is a link that leads in a circle"],
  ["ENXIO", "is a socket, or a pipe nobody writes to"],
  ["EMFILE", "could not be opened: no descriptor was free"],
  ["ETIMEDOUT", "was not looked at in time: the disk does not answer"],
]);

const wordsOfErrno = (errno: string): string =>
  `${ERRNO_WORDS.get(errno) ?? "could not be opened"} (${errno})`;

/** `rule 2 matches: says X-One: 1; says too late, after an earlier rule, Cache-Control: no-store`. */
export function wordsOfRule({ number, counts, late, leftOut }: RuleShare): string {
  const parts = [
    ...(counts.length > 0 ? [`says ${counts.join(", ")}`] : []),
    ...(late.length > 0 ? [`says too late, after an earlier rule, ${late.join(", ")}`] : []),
    ...leftOut.map((one) => `its ${one} leads to the path itself or to none, and is left out`),
  ];
  return `rule ${number} matches: ${parts.join("; ")}`;
}

/**
 * Each sibling a file may have: absent, there, tried in vain, or sent.
 *
 * @param useless tried before the one that is sent
 */
export function wordsOfSiblings(
  found: FoundFile,
  sent: Coding,
  useless: readonly SiblingCoding[],
): string {
  if (!canHaveSiblings(found.entry.path)) {
    return "a file of this type has no precompressed siblings";
  }
  const beside = codingsBeside(found);
  const states = SIBLINGS.map(({ coding, suffix }) => {
    if (!beside.includes(coding)) return `${suffix} is absent`;
    if (coding === sent) return `${suffix} is sent`;
    return `${suffix} is ${useless.includes(coding) ? "stale or no file, so not sent" : "there"}`;
  });
  return states.join(", ");
}

/** Why `Cache-Control` is what it is. */
export function wordsOfCaching(about: Circumstances, mediaType: string): string {
  if (about.isStandIn) return "Cache-Control no-store: it stands in for something missing";
  if (about.effects.cacheControl !== undefined) return "Cache-Control by a rule";
  return CACHING[cacheKindOf({ ...about, mediaType })];
}

const CACHING = {
  page: "Cache-Control of a page: it names all others, so it is always asked for again",
  hashed: "Cache-Control of a file named by its content: kept for a year",
  other: "Cache-Control by SLUICE_CACHE_CONTROL",
} as const;
