/**
 * Addresses of clients as text: one spelling each, so that they can be compared, shared by and logged.
 */

/**
 * Spellings remembered, by their bytes. Most requests come from few addresses, and spelling one costs
 * more than asking for it: 7 µs for IPv6. When full, all of that family are forgotten: 1 MiB at worst.
 */
const MAX_KNOWN = 8192;
const knownV4 = new Map<number, string>();
/** A character for each byte. */
const knownV6 = new Map<string, string>();

/**
 * @param address 4 or 16 bytes in network order, or none when the peer has gone
 * @returns `192.0.2.1`, or the form of RFC 5952; an IPv4-mapped address as IPv4; "" for none
 */
export function spellAddress(address: ArrayBuffer): string {
  const bytes = new Uint8Array(address);
  if (bytes.length === 4) return spellV4(bytes, 0);
  if (bytes.length !== 16) return "";
  return isV4Mapped(bytes) ? spellV4(bytes, V4_IN_V6) : spellV6(address);
}

/** The same from text, as Node writes it: `::ffff:192.0.2.1` on a socket that takes both families. */
export const plainAddress = (text: string): string =>
  /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text) ? text.slice("::ffff:".length) : text;

function spellV4(bytes: Uint8Array, at: number): string {
  const half = bytes[at]! * 256 + bytes[at + 1]!;
  const key = half * 65_536 + bytes[at + 2]! * 256 + bytes[at + 3]!;
  return knownV4.get(key) ?? remember(knownV4, key, bytes.subarray(at).join("."));
}

/** Where the last four bytes of sixteen begin. */
const V4_IN_V6 = 12;

/** RFC 4291 section 2.5.5.2. */
function isV4Mapped(bytes: Uint8Array): boolean {
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function spellV6(address: ArrayBuffer): string {
  const bytes = Buffer.from(address);
  const key = bytes.toString("latin1");
  return knownV6.get(key) ?? remember(knownV6, key, compress(bytes));
}

/** The URL standard serializes hosts by the rules of RFC 5952. */
function compress(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function remember<Key>(known: Map<Key, string>, key: Key, spelled: string): string {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, spelled);
  return spelled;
}
