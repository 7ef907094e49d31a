/** Lists of fields from several sources, made into one (RFC 9110 section 5.3). */
import type { Field } from "./head.js";

/**
 * Joins lists, the more particular first: of two fields with one name the earlier counts, in any
 * case of letters. `Vary` alone adds up: each source knows one thing that the answer depends on.
 */
export function mergeFields(...lists: readonly (readonly Field[])[]): Field[] {
  const fields = lists.flat();
  const varied = fields.filter(isVary).map(([, value]) => value);
  const seen = new Set<string>();
  const merged = fields.filter((field) => {
    const name = field[0].toLowerCase();
    const isFirst = !seen.has(name);
    seen.add(name);
    return isFirst && !isVary(field);
  });
  return varied.length === 0 ? merged : [...merged, ["Vary", joinVary(varied)]];
}

const isVary = ([name]: Field): boolean => name.toLowerCase() === "vary";

/** RFC 9110 section 12.5.5: a list of names, or `*` alone. */
function joinVary(values: readonly string[]): string {
  const names = values.flatMap((value) => value.split(",")).map((name) => name.trim());
  if (names.includes("*")) return "*";
  const keys = names.map((name) => name.toLowerCase());
  return names.filter((_, at) => keys.indexOf(keys[at]!) === at).join(", ");
}
