/**
 * Which coding of a file to send: RFC 9110 section 12.5.3.
 *
 * 1. nothing to choose   no sibling, or the client names no coding: the file as it is
 * 2. weigh               what exists, by what the client wrote
 * 3. settle              a tie goes to the coding that is usually smallest
 *
 * Knows names and weights. Whether a sibling exists and is fresh is found out in fs/; that a
 * negotiable answer says `Vary: Accept-Encoding`, whatever was chosen, is settled in respond.
 */
import { type Preference, parsePreferences } from "./accept.js";

/** A coding that a sibling file holds ready. */
export type SiblingCoding = "br" | "zstd" | "gzip";
/** What goes into `Content-Encoding`; `identity` is never written there (section 12.5.3). */
export type Coding = SiblingCoding | "identity";

/**
 * How siblings are named on disk. The suffix is the tool's, the coding is IANA's: a `.zst` file is
 * `zstd` on the wire.
 *
 * The order is the server's preference among equals. A sibling was compressed once, at leisure, so
 * only its size counts: brotli is smallest on text, zstd close behind, gzip last.
 */
export const SIBLINGS = [
  { coding: "br", suffix: ".br" },
  { coding: "zstd", suffix: ".zst" },
  { coding: "gzip", suffix: ".gz" },
] as const satisfies readonly { coding: SiblingCoding; suffix: string }[];

/**
 * Picks the coding to send. Never throws, never answers with a coding that is not in `available`,
 * and sends identity when nothing is acceptable, as section 12.5.3 advises: a client that refuses
 * everything is better served by the file than by a 406.
 *
 * @param acceptEncoding "" when the header is missing. In theory a missing header accepts any
 *   coding and an empty one none; who sends neither cannot be trusted to decode, so both get
 *   identity.
 * @param available codings with a fresh sibling, in any order
 */
export function chooseCoding(acceptEncoding: string, available: readonly SiblingCoding[]): Coding {
  if (available.length === 0 || acceptEncoding === "") return "identity";

  const preferences = parsePreferences(acceptEncoding).map(withoutAlias);
  let best: Coding = "identity";
  let bestWeight = identityWeight(preferences);
  for (const { coding } of SIBLINGS) {
    if (!available.includes(coding)) continue;
    const weight = weightOf(coding, preferences) ?? 0;
    if (weight > bestWeight || (weight === bestWeight && weight > 0 && best === "identity")) {
      best = coding;
      bestWeight = weight;
    }
  }
  return best;
}

/** What the client's field says of each coding there is, and of the file as it is; for the operator. */
export function whyCoding(acceptEncoding: string, available: readonly SiblingCoding[]): string {
  if (available.length === 0) return "there is no other coding to choose";
  if (acceptEncoding === "") return "the request has no Accept-Encoding";
  const preferences = parsePreferences(acceptEncoding).map(withoutAlias);
  const weights = [...available, "identity" as const].map(
    (coding) => `${coding} ${(weightOf(coding, preferences) ?? 0) / 1000}`,
  );
  return `Accept-Encoding weighs ${weights.join(", ")}`;
}

/** Section 8.4.1.3: `x-gzip` is gzip. */
const withoutAlias = (preference: Preference): Preference =>
  preference.name === "x-gzip" ? { ...preference, name: "gzip" } : preference;

/** The first member that names the coding; else `*`, which stands for all that are not named. */
function weightOf(coding: Coding, preferences: readonly Preference[]): number | undefined {
  const named = preferences.find(({ name }) => name === coding);
  return (named ?? preferences.find(({ name }) => name === "*"))?.weight;
}

/** Identity needs no mention to be acceptable, but then anything that is mentioned comes first. */
const identityWeight = (preferences: readonly Preference[]): number =>
  weightOf("identity", preferences) ?? 0;
