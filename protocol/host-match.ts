/**
 * From a `Host` header to the folder that serves it.
 *
 * 0. judge    is it a host at all? The only step where all hosts have one root
 * 1. parse    the header into one spelling of the name: lower case, no port, no trailing dot
 * 2. list     the folders that may serve it, the best first
 *
 * Owns the spelling, so this is where a client's text turns into a folder's name: what comes out
 * is one path segment, never starts with a dot, and never is a name with a meaning of its own
 * (`*.…`, `_default`). Does not know which folders exist.
 */

/** The folder for hosts that have none of their own. */
export const DEFAULT_HOST_FOLDER = "_default";

/** What a `Host` header says. */
export type HostVerdict =
  | { readonly kind: "name"; readonly name: string; readonly isAddress: boolean }
  | { readonly kind: "invalid" }; // missing, or no host has such a name: 400

const INVALID: HostVerdict = { kind: "invalid" };

/** RFC 3986 sections 3.2.2 and 3.2.3: an IPv6 literal or what may be a name, and a port. */
const URI_HOST = /^(?:\[[\da-f:.]{2,45}\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d*)?$/i;

/**
 * May a request have this `Host`? RFC 9112 section 3.2: without one, or with an empty one, it may.
 *
 * Where hosts have folders, `parseHost` asks for more: that it is a name that a folder could have.
 */
export const isHost = (header: string): boolean => URI_HOST.test(header);

/** RFC 3986 section 3.2.2: an IPv6 literal or a name; section 3.2.3: a port, which may be empty. */
const AUTHORITY = /^(?:(\[[\da-f:.]{2,45}\])|([^:[\]]+))(?::(\d{0,5}))?$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
/**
 * RFC 1123 section 2.1, and an underscore inside, which names in container networks have. Not in
 * front: that keeps `_default` out of reach.
 */
const LABEL = /^[a-z\d](?:[a-z\d_-]{0,61}[a-z\d])?$/;
/** RFC 1035 section 2.3.4. */
const NAME_CHARS = 253;
const LAST_PORT = 65_535;

/** RFC 9112 section 3.2. Total: any string gets a verdict. `""` is a missing header. */
export function parseHost(header: string): HostVerdict {
  const [, address, given = "", port = ""] = AUTHORITY.exec(header) ?? [];
  if (Number(port) > LAST_PORT) return INVALID;
  if (address !== undefined) return { kind: "name", name: address.toLowerCase(), isAddress: true };

  const name = given.toLowerCase().replace(/\.$/, "");
  if (name.length > NAME_CHARS || !name.split(".").every((label) => LABEL.test(label))) {
    return INVALID;
  }
  return { kind: "name", name, isAddress: IPV4.test(name) };
}

/**
 * How many parents of a name may have a wildcard folder. Real names have fewer than eight labels;
 * one of 127 must not cost 127 look-ups.
 */
const PARENTS = 8;

/**
 * The folders that may serve a host, the best first: its own, then the wildcards, then
 * `_default`. `a.b.example.com` is served by `a.b.example.com`, `*.b.example.com`,
 * `*.example.com`, `*.com` or `_default`.
 *
 * A wildcard stands for one or more labels and the longest wins, as in nginx; `*.example.com` does
 * not serve `example.com` itself. (Caddy's star is one label; here a nearer folder says the same.)
 */
export function listHostFolders(host: HostVerdict & { kind: "name" }): string[] {
  if (host.isAddress) return [host.name, DEFAULT_HOST_FOLDER];

  const labels = host.name.split(".");
  const parents = labels.slice(1).map((_, at) => labels.slice(at + 1).join("."));
  const wildcards = parents.slice(-PARENTS).map((parent) => `*.${parent}`);
  return [host.name, ...wildcards, DEFAULT_HOST_FOLDER];
}
