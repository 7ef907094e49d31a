/**
 * Who the client is: the peer of the connection, or, where the peer is a proxy that is trusted, the
 * address that the proxies say they were asked from.
 *
 *   X-Forwarded-For: anything, 203.0.113.7, 10.0.0.2     peer 10.0.0.1
 *                    └ the client's own word  └───────── trusted ────┘
 *
 * Each proxy adds its peer at the right, so the walk goes from there to the left and ends at the
 * first address that is no trusted proxy: what stands further left, the client may have made up.
 * Anything that is no address ends the walk too, at the last one that was.
 */
import { isIP } from "node:net";
import { plainAddress } from "./address.js";
import type { Ask } from "./exchange.js";
import type { AddressSet } from "./proxies.js";

/**
 * The client's address in its one spelling; "" when the peer has gone.
 *
 * Cost: the system call for the peer and one look into the set. Behind a trusted proxy also all
 * fields of the request, 100 ns each: a proxy may add a field of its own beside one that the client
 * sent. The work is bounded by the largest head a transport takes.
 */
export function clientOf(ask: Ask, trusts: AddressSet): string {
  const peer = ask.client;
  if (!trusts(peer)) return peer;
  const entries = forwardedFor(ask);
  let client = peer;
  for (let at = entries.length - 1; at >= 0 && trusts(client); at--) {
    const address = readEntry(entries[at]!);
    if (address === undefined) break;
    client = address;
  }
  return client;
}

/** The list of all fields of the name, less its empty members (RFC 9110, section 5.6.1). */
const forwardedFor = (ask: Ask): string[] =>
  ask
    .fields()
    .filter(([name]) => name.toLowerCase() === "x-forwarded-for")
    .flatMap(([, value]) => value.split(","))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/** `192.0.2.1`, `192.0.2.1:80`, `::1`, `[::1]` or `[::1]:80` -> the address. */
function readEntry(entry: string): string | undefined {
  const [, bracketed, beforePort] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry) ?? [];
  const address = plainAddress(bracketed ?? beforePort ?? entry);
  const kind = isIP(address);
  if (kind === 4) return bracketed === undefined || address !== bracketed ? address : undefined;
  // A zone names an interface of another machine, and not every Node looks at what stands in it.
  return kind === 6 && !address.includes("%") ? spellV6(address) : undefined;
}

/** The URL standard serializes hosts by the rules of RFC 5952. */
const spellV6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);
