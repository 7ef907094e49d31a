/**
 * Which coding of a file to send: RFC 9110 section 12.5.3.
 *
 * 1. nothing to choose   no sibling, or the client names no coding: the file as it is
 * 2. weigh               what exists, by what the client wrote
 * 3. rank                of equals the coding that is usually smallest comes first
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
 * Which codings to send in place of the file as it is, the best first: where the sibling of one turns
 * out to be of no use, the next one is sent. Never throws, and names none that is not in `available`.
 * None where nothing is acceptable, as section 12.5.3 advises: a client that refuses everything is
 * better served by the file than by a 406.
 *
 * @param acceptEncoding "" when the header is missing. In theory a missing header accepts any
 *   coding and an empty one none; who sends neither cannot be trusted to decode, so both get the file
 * @param available codings with a sibling, in any order
 */
export function rankCodings(
  acceptEncoding: string,
  available: readonly SiblingCoding[],
): SiblingCoding[] {
  if (available.length === 0 || acceptEncoding === "") return [];
  const preferences = parsePreferences(acceptEncoding).map(withoutAlias);
  const least = identityWeight(preferences);
  return SIBLINGS.filter(({ coding }) => available.includes(coding))
    .map(({ coding }) => ({ coding, weight: weightOf(coding, preferences) ?? 0 }))
    .filter(({ weight }) => weight > 0 && weight >= least)
    .sort((one, other) => other.weight - one.weight)
    .map(({ coding }) => coding);
}

/** What the client's field says of each coding there is, and of the file as it is; for the operator. */
export function whyCoding(acceptEncoding: string, available: readonly SiblingCoding[]): string {
  if (available.length === 0) return "there is no other coding to choose";
  if (acceptEncoding === "") return "the request has no Accept-Encoding, or wants a part";
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
