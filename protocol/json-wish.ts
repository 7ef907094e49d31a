/** `Accept`: does a client read JSON rather than HTML (RFC 9110 section 12.5.1)? */

/**
 * True when `application/json` weighs more than `text/html`. A tie, as in a browser's or curl's
 * catch-all of every type, is for HTML.
 *
 * @param accept "" when absent
 */
export const prefersJson = (accept: string): boolean =>
  accept !== "" && weightFor(accept, "application/json") > weightFor(accept, "text/html");

/**
 * 0 to 1. The most specific media range that covers the type decides, and of equals the first.
 * Parameters but `q` are ignored; a comma in a quoted one cuts a member nobody asks for.
 */
function weightFor(accept: string, mediaType: string): number {
  const covers = [mediaType, mediaType.replace(/\/.*/, "/*"), "*/*"]; // most specific first
  let best = covers.length;
  let weight = 0;
  for (const member of accept.split(",")) {
    const [range = "", ...parameters] = member.split(";").map((text) => text.trim().toLowerCase());
    const rank = covers.indexOf(range);
    if (rank === -1 || rank >= best) continue;
    best = rank;
    weight = weightIn(parameters);
  }
  return weight;
}

/** RFC 9110 section 12.4.2: 1 when absent. An unreadable weight wants nothing. */
function weightIn(parameters: readonly string[]): number {
  const written = parameters.find((text) => text.startsWith("q="));
  if (written === undefined) return 1;
  const weight = Number(written.slice("q=".length));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
