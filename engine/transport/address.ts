/**
 * Addresses of clients as text: one spelling each, so that they can be compared, shared by and logged.
 */

/**
 * Spellings remembered, by their bytes. Most requests come from few addresses, and spelling one
 * costs as much as asking for it. When full, all are forgotten: 64 bytes each, 512 KiB at worst.
 */
const MAX_KNOWN = 8192;
const known = new Map<number, string>();

/**
 * @param address 4 or 16 bytes in network order, or none when the peer has gone
 * @returns `192.0.2.1`, or the form of RFC 5952; an IPv4-mapped address as IPv4; "" for none
 */
export function spellAddress(address: ArrayBuffer): string {
  const bytes = new Uint8Array(address);
  if (bytes.length === 4) return spellV4(bytes);
  if (bytes.length !== 16) return "";
  return isV4Mapped(bytes) ? spellV4(bytes.subarray(12)) : spellV6(bytes);
}

/** The same from text, as Node writes it: `::ffff:192.0.2.1` on a socket that takes both families. */
export const plainAddress = (text: string): string =>
  /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text) ? text.slice("::ffff:".length) : text;

function spellV4(bytes: Uint8Array): string {
  const key = bytes[0]! * 0x1000000 + bytes[1]! * 0x10000 + bytes[2]! * 0x100 + bytes[3]!;
  const text = known.get(key);
  if (text !== undefined) return text;
  if (known.size >= MAX_KNOWN) known.clear();
  const spelled = bytes.join(".");
  known.set(key, spelled);
  return spelled;
}

/** RFC 4291 section 2.5.5.2. */
const isV4Mapped = (bytes: Uint8Array): boolean =>
  bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);

/** The URL standard serializes hosts by the rules of RFC 5952. */
function spellV6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    (bytes[2 * at]! * 256 + bytes[2 * at + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
