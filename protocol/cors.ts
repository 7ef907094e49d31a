/**
 * Cross-origin reading: which scripts of other sites may read what this server sends.
 *
 * 1. parse       the operator's list of origins, once, with every complaint
 * 2. answer      the fields for an ordinary request
 * 3. preflight   the fields for the OPTIONS request that asks first
 *
 * The Fetch standard, section 3.3 ("CORS protocol"). Credentials are never allowed: a file server
 * has no use for cookies, and without them an open `*` tells a stranger nothing he could not fetch
 * himself. The client's `Origin` is compared, never echoed: what is sent is the operator's text.
 */
import type { Field } from "./head.js";

/** Who may read: everyone, or the listed origins. An empty list turns the whole matter off. */
export type AllowedOrigins = "*" | readonly string[];

/** What a script may read of an answer beyond the safelist: what a player needs to seek. */
const EXPOSED = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag";
/** What a script may send beyond the safelist: ranges and preconditions. */
const SENDABLE = "If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range";
/** How long a preflight may be remembered. Chromium forgets after two hours whatever one says. */
const PREFLIGHT_SECONDS = 7200;

const VARY_ORIGIN: readonly Field[] = [["Vary", "Origin"]];

/**
 * Fields for any answer, errors included: a script may then read the status.
 *
 * With a list, `Vary: Origin` comes with every answer, also to strangers and to requests without
 * an origin, or a cache would hand one site's answer to another.
 *
 * @param origin the `Origin` header; "" when there is none
 */
export function corsFields(allowed: AllowedOrigins, origin: string): readonly Field[] {
  if (allowed.length === 0) return [];
  if (allowed === "*") return grant("*");

  const match = allowed.find((one) => one === origin);
  return match === undefined ? VARY_ORIGIN : [...grant(match), ...VARY_ORIGIN];
}

const grant = (origin: string): readonly Field[] => [
  ["Access-Control-Allow-Origin", origin],
  ["Access-Control-Expose-Headers", EXPOSED],
];

/**
 * Fields for the answer to an OPTIONS request, or undefined when it is no preflight.
 *
 * @param requestedMethod the `Access-Control-Request-Method` header; "" when there is none
 */
export function preflightFields(
  allowed: AllowedOrigins,
  origin: string,
  requestedMethod: string,
): readonly Field[] | undefined {
  if (allowed.length === 0 || origin === "" || requestedMethod === "") return undefined;
  if (allowed !== "*" && !allowed.includes(origin)) return VARY_ORIGIN;

  const fields: readonly Field[] = [
    ["Access-Control-Allow-Origin", allowed === "*" ? "*" : origin],
    ["Access-Control-Allow-Methods", "GET, HEAD"],
    ["Access-Control-Allow-Headers", SENDABLE],
    ["Access-Control-Max-Age", String(PREFLIGHT_SECONDS)],
  ];
  return allowed === "*" ? fields : [...fields, ...VARY_ORIGIN];
}

/** RFC 6454 section 6.1, as browsers write it: lower case, no path, no default port. */
const ORIGIN = /^(https?):\/\/((?:[a-z\d_-]+\.)*[a-z\d_-]+|\[[\da-f:]+\])(?::(\d{1,5}))?$/;

/**
 * Reads `*` or a comma-separated list of origins.
 *
 * An origin that no browser would ever send, such as one with a trailing slash, would silently
 * match nobody: it is a complaint instead.
 */
export function parseOrigins(text: string): { allowed: AllowedOrigins; complaints: string[] } {
  const origins = text.split(",").flatMap((one) => one.trim() || []);
  if (origins.length === 1 && origins[0] === "*") return { allowed: "*", complaints: [] };
  return { allowed: origins, complaints: origins.flatMap(complainOf) };
}

function complainOf(origin: string): string[] {
  if (origin === "*") return ["*: stands alone, not beside other origins"];
  const [, scheme, , port] = ORIGIN.exec(origin) ?? [];
  if (scheme === undefined)
    return [`${origin}: want scheme://host or scheme://host:port, lower case`];
  const defaultPort = scheme === "https" ? "443" : "80";
  return port === defaultPort
    ? [`${origin}: browsers leave :${port} out, so it never matches`]
    : [];
}
