/**
 * What a client would rather have: `Accept` and the weights that `Accept-Encoding` shares with it.
 *
 * 1. split    the list into members, with quoted strings left whole
 * 2. weigh    each member, 0 to 1000; a member that cannot be read is as good as not sent
 * 3. rank     HTML and JSON by weight first, then by how exactly the client named them
 *
 * Knows two media types, because Sluice writes pages and listings in two. Files are sent as the
 * type they have, whatever `Accept` says: there is nothing else to send.
 */

/** One member of a weighted list. `name` is lower-case and has no parameters. */
export interface Preference {
  readonly name: string;
  /** Thousandths, integer, 0 to 1000. 0 means "not acceptable". */
  readonly weight: number;
}

/** RFC 9110 section 12.4.2: at most three decimals, and nothing above one. */
const QVALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
const Q_PARAMETER = /^[\t ]*q=/i;

/**
 * RFC 9110 section 12.4.2. Never throws; linear in the header's length.
 *
 * A member with a malformed weight is dropped: reading it as 1 would prefer what the client may
 * have meant to refuse, reading it as 0 would refuse what it may have meant to prefer.
 */
export function parsePreferences(header: string): Preference[] {
  const preferences: Preference[] = [];
  for (const member of splitUnquoted(header, ",")) {
    const [name = "", ...parameters] = splitUnquoted(member, ";");
    const weight = weightOf(parameters);
    if (weight === undefined || name.trim() === "") continue;
    preferences.push({ name: name.trim().toLowerCase(), weight });
  }
  return preferences;
}

function weightOf(parameters: readonly string[]): number | undefined {
  const q = parameters.find((parameter) => Q_PARAMETER.test(parameter));
  if (q === undefined) return 1000;

  const value = q.slice(q.indexOf("=") + 1).trimEnd();
  return QVALUE.test(value) ? Number(value) * 1000 : undefined; // exact: each was tried
}

/** Cuts at `separator`, but not inside a quoted string (RFC 9110 section 5.6.4). */
function splitUnquoted(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);

  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === "\\" && isQuoted) at++;
    else if (char === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/**
 * Does the client want a page, rather than data or an image? For the single-page fallback.
 *
 * A browser that navigates names `text/html` first; curl and link previews take whatever comes.
 * `<img>`, `<link>` and most API clients also end their lists with a wildcard, which is why being
 * acceptable is not enough: nothing in the list may be wanted more, or named more exactly.
 */
export function wantsHtml(accept: string): boolean {
  const preferences = parsePreferences(accept);
  if (preferences.length === 0) return true; // section 12.5.1: no list, anything goes
  const html = rankOf("text/html", preferences);
  return html > 0 && preferences.every((other) => rank(other) <= html);
}

/**
 * Does the client want JSON more than HTML? A tie goes to HTML, for people.
 *
 * Cost: a comparison or two for what browsers and tools send; else some microseconds.
 */
export function prefersJson(accept: string): boolean {
  if (accept === "" || accept === "*/*" || accept.startsWith("text/html,")) return false;
  const preferences = parsePreferences(accept);
  return rankOf("application/json", preferences) > rankOf("text/html", preferences);
}

/** RFC 9110 section 12.5.1: of all ranges that match a type, the most specific one counts. */
function rankOf(type: string, preferences: readonly Preference[]): number {
  const ranges = [type, `${type.slice(0, type.indexOf("/"))}/*`, "*/*"];
  for (const range of ranges) {
    const found = preferences.find(({ name }) => name === range);
    if (found !== undefined) return rank(found);
  }
  return 0;
}

/** Orders by weight, then by exactness. 0 is "not acceptable". */
function rank({ name, weight }: Preference): number {
  if (weight === 0) return 0;
  const exactness = name === "*/*" ? 0 : name.endsWith("/*") ? 1 : 2;
  return weight * 3 + exactness;
}
