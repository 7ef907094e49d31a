/** Requests by the size of the body they were promised: latencies of unlike sizes say nothing together. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** `maxBytes` is inclusive. The first class has no body: HEAD, 304, redirects. */
export const SIZE_CLASSES = [
  { name: "none", maxBytes: 0 },
  { name: "to 4 KiB", maxBytes: 4 * KIB },
  { name: "to 64 KiB", maxBytes: 64 * KIB },
  { name: "to 1 MiB", maxBytes: MIB },
  { name: "to 64 MiB", maxBytes: 64 * MIB },
  { name: "larger", maxBytes: Number.MAX_SAFE_INTEGER },
] as const;

export type SizeClassName = (typeof SIZE_CLASSES)[number]["name"];

const MOST_BYTES = Float64Array.from(SIZE_CLASSES, ({ maxBytes }) => maxBytes);

/** Index into `SIZE_CLASSES`. Cost: six comparisons at most. */
export function sizeClassOf(bytes: number): number {
  let at = 0;
  while (bytes > MOST_BYTES[at]!) at++;
  return at;
}
