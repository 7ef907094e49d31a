/**
 * Addresses: this machine's own, and the proxies whose word about the client is taken.
 */
import { BlockList, isIP } from "node:net";

/** Tells whether an address, as the transports write it, is one of a set. Never throws. */
export type AddressSet = (address: string) => boolean;

/** 127.0.0.0/8, ::1 and `localhost`, which no resolver may lead elsewhere (RFC 6761, section 6.3). */
export const isLoopback = (host: string): boolean => host === "localhost" || LOOPBACK(host);

/** `10.0.0.0/8, ::1` -> the set of these addresses; "" is none. Undefined when a part is neither. */
export function parseProxies(text: string): AddressSet | undefined {
  if (text === "") return NOBODY;
  const list = new BlockList();
  for (const part of text.split(",")) if (!add(list, part.trim())) return undefined;
  return remembering(list);
}

const NOBODY: AddressSet = () => false;

/**
 * Verdicts remembered of each set, by address: a look at the list costs 2 µs, one at a map 0.1. When
 * full, all are forgotten: 128 bytes each, 512 KiB at worst.
 */
const MAX_KNOWN = 4096;

function remembering(list: BlockList): AddressSet {
  const known = new Map<string, boolean>();
  return (address) => {
    const verdict = known.get(address);
    if (verdict !== undefined) return verdict;
    const kind = isIP(address);
    if (kind === 0) return false;
    if (known.size >= MAX_KNOWN) known.clear();
    const isMember = list.check(address, kind === 6 ? "ipv6" : "ipv4");
    known.set(address, isMember);
    return isMember;
  };
}

function add(list: BlockList, part: string): boolean {
  const [address = "", bits, ...rest] = part.split("/");
  const kind = isIP(address);
  if (kind === 0 || address.includes("%") || rest.length > 0) return false;
  const family = kind === 6 ? "ipv6" : "ipv4";
  if (bits === undefined) list.addAddress(address, family);
  else if (!/^\d{1,3}$/.test(bits) || Number(bits) > (kind === 6 ? 128 : 32)) return false;
  else list.addSubnet(address, Number(bits), family);
  return true;
}

// Last: it is made with all that stands above.
const LOOPBACK = parseProxies("127.0.0.0/8, ::1")!;
