/**
 * The names a certificate is good for, and the name a client asks for: do they match?
 *
 * Names are in lower case and without a dot at the end; addresses as in a URL, those of IPv6 in brackets.
 */

/** RFC 9525 section 6.3: a star is the whole first label, and stands for exactly one. */
export function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === name;
  const dot = name.indexOf(".");
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}
