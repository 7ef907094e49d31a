/**
 * Where the same thing is to be had by https.
 *
 * 1. host    as the client wrote it, judged; none, or no such: no answer can be right
 * 2. ours    one that a certificate is good for, or anybody could have us send people anywhere
 * 3. url     of that host, our port, and the target as sent
 */
import { matchesName } from "./certificate-names.js";
import { parseHost } from "./host-match.js";

export type HttpsVerdict =
  | { readonly kind: "go"; readonly location: string }
  | { readonly kind: "bad host" } // 400
  | { readonly kind: "stranger" }; // 421: no certificate of ours has this name

/** The port that need not be said, RFC 9110 section 4.2.2. */
const HTTPS_PORT = 443;

/**
 * Total: any strings get a verdict. What may not stand in a URI is left to `redirectTo` to escape.
 *
 * @param host the field; "" when absent
 * @param target path and query as sent; one without a leading slash is taken for "/"
 * @param port where https is listened for
 * @param patterns names of all certificates
 */
export function toHttps(
  host: string,
  target: string,
  port: number,
  patterns: readonly string[],
): HttpsVerdict {
  const judged = parseHost(host);
  if (judged.kind === "invalid") return { kind: "bad host" };
  const { name } = judged;
  if (!patterns.some((pattern) => matchesName(pattern, name))) return { kind: "stranger" };
  const authority = port === HTTPS_PORT ? name : `${name}:${port}`;
  return { kind: "go", location: `https://${authority}${target.startsWith("/") ? target : "/"}` };
}
