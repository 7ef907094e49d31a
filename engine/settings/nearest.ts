/** Which known word someone meant: the one fewest slips of the hand away. */

/** The closest of `known`, or undefined when even that one differs in more than a third of the letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(word.length / 3) + 1;
  for (const candidate of known) {
    const slips = countSlips(word, candidate);
    if (slips >= fewest) continue;
    best = candidate;
    fewest = slips;
  }
  return best;
}

/**
 * Letters added, left out, replaced, or swapped with their neighbor: Levenshtein's distance with
 * swaps, which are the commonest slip of all (`PROT` is nearer to `PORT` than to `ROOT`).
 *
 * `slips[row][column]` is the distance between the first `row` and `column` letters.
 */
function countSlips(from: string, to: string): number {
  const slips = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    const above = slips[row - 1]!;
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      const fewest = Math.min(replaced, above[column]! + 1, current[column - 1]! + 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? slips[row - 2]?.[column - 2] : undefined;
      current.push(swapped === undefined ? fewest : Math.min(fewest, swapped + 1));
    }
    slips.push(current);
  }
  return slips[from.length]![to.length]!;
}
