/**
 * A whole run: every cell against every contender, round after round, in an order drawn anew.
 *
 * Within a round the cells are shuffled, and within a cell the servers, so that a machine which
 * slows down over minutes slows everybody. One cell's servers follow each other closely: their
 * ratio is what counts.
 */
import type { Cell } from "./cell.js";
import { type Bench, measure } from "./measure.js";
import type { Progress } from "./progress.js";
import type { Sample } from "./sample.js";
import type { Contender } from "./servers/contender.js";

export async function runAll(
  cells: readonly Cell[],
  contenders: readonly Contender[],
  rounds: number,
  bench: Bench,
  progress: Progress,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const cell of shuffle(cells)) {
      for (const contender of shuffle(contenders)) {
        progress.step(`round ${round}, ${cell.name}, ${contender.name}`);
        const outcome = await measure(cell, contender, bench);
        if (outcome.kind === "disqualified") {
          progress.say(`${contender.name} disqualified in ${cell.name}: ${outcome.why}`);
        }
        samples.push({ cell: cell.name, server: contender.name, round, outcome });
      }
    }
  }
  return samples;
}

/** Fisher-Yates, on a copy. */
export function shuffle<T>(items: readonly T[]): T[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}
