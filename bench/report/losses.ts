/** What lost, in words: the part of a report that makes the rest believable. */
import type { CellReport } from "../compare.js";
import { FIGURES, formatRatio } from "../figure-names.js";

/** One sentence for each figure in which another server beat Sluice in every run. */
export function listLosses(reports: readonly CellReport[]): string[] {
  return reports.flatMap(({ cell, duels }) =>
    duels
      .filter((duel) => duel.verdict.outcome === "behind")
      .map((duel) => {
        const by = FIGURES[duel.figure].title;
        return `${cell.name}: behind ${duel.opponent} by ${by}, ${formatRatio(duel.verdict.ratio)}`;
      }),
  );
}

/** Who was not timed where, and why. */
export function listAbsences(reports: readonly CellReport[]): string[] {
  return reports.flatMap(({ cell, standings }) =>
    standings.flatMap(({ server, family, out }) =>
      out === undefined || family === "floor"
        ? []
        : [`${cell.name}: ${server} ${out.kind}, ${out.why}`],
    ),
  );
}
