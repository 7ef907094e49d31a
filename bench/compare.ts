/**
 * From samples to standings: who did how well in a cell, and what may be said of it.
 *
 * 1. gather   the rounds of each server; one wrong answer disqualifies all of them
 * 2. oppose   of each family the configuration with the best median, per figure
 * 3. weigh    Sluice against each of those
 * 4. doubt    no verdict against a side to which the load generator was late
 */
import type { FigureName } from "./cell.js";
import { FIGURES } from "./figure-names.js";
import { isOurDelay } from "./lateness.js";
import type { CellInfo, Results } from "./results.js";
import type { Outcome, Timed } from "./sample.js";
import type { Inside } from "./servers/inside.js";
import { isBetter, median, type Verdict, weigh } from "./verdict.js";

const SUBJECT = "sluice";
const FLOOR = "floor";

/** One server in one cell. */
export interface Standing {
  readonly server: string;
  readonly family: string;
  /** Undefined when it was timed; else why not. */
  readonly out: { readonly kind: "disqualified" | "abstained"; readonly why: string } | undefined;
  readonly notes: readonly string[];
  /** Every round of a figure, in order. Empty when the cell does not measure it. */
  readonly runs: (figure: FigureName) => readonly number[];
  /** Undefined when the cell does not measure it. */
  readonly median: (figure: FigureName) => number | undefined;
  /** In some round the figure tells of the load generator and not of the server. */
  readonly isOurDelay: (figure: FigureName) => boolean;
  readonly histograms: readonly string[];
  /** What it said of itself in one round, that of the middle by lag; undefined when it never did. */
  readonly inside: Inside | undefined;
}

/** Sluice against the best of one family, by one figure. */
export interface Duel {
  readonly figure: FigureName;
  readonly family: string;
  readonly opponent: string;
  readonly verdict: Verdict;
}

export interface CellReport {
  readonly cell: CellInfo;
  readonly standings: readonly Standing[];
  /** First the figures against nginx, then the other families. */
  readonly duels: readonly Duel[];
}

export function reportCells(results: Results): CellReport[] {
  return results.cells.map((cell) => {
    const standings = results.servers.map((server) => gather(results, cell, server));
    return { cell, standings, duels: duelsOf(cell, standings) };
  });
}

/** Share of the floor a server reaches by a figure, 0 to 1 and rarely above. */
export function floorShare(report: CellReport, one: Standing, figure: FigureName) {
  const floor = report.standings.find((other) => other.family === FLOOR)?.median(figure);
  const mine = one.median(figure);
  if (floor === undefined || mine === undefined) return undefined;
  return FIGURES[figure].better === "higher" ? mine / floor : floor / mine;
}

/** The duel that decides a cell: its first figure, against nginx or whoever comes first. */
export const deciding = ({ cell, duels }: CellReport): Duel | undefined =>
  duels.find((one) => one.figure === cell.judgedBy[0]);

/** Why a cell has no deciding duel, in words. */
export function whyNotCompared({ cell, standings }: CellReport): string {
  const subject = standings.find((one) => one.family === SUBJECT);
  if (subject?.out !== undefined) return `sluice ${subject.out.kind}: ${subject.out.why}`;
  const [first] = cell.judgedBy;
  if (first === undefined || subject?.median(first) !== undefined) return "nobody to compare with";
  return `sluice: a round without ${FIGURES[first].title}`;
}

/** The best server of a family by a figure, among those that were timed. */
function bestOf(standings: readonly Standing[], family: string, figure: FigureName) {
  const { better } = FIGURES[figure];
  return standings
    .filter((one) => one.family === family && one.median(figure) !== undefined)
    .reduce<Standing | undefined>(
      (best, one) =>
        best === undefined || isBetter(one.median(figure)!, best.median(figure)!, better)
          ? one
          : best,
      undefined,
    );
}

function duelsOf(cell: CellInfo, standings: readonly Standing[]): Duel[] {
  const subject = standings.find((one) => one.family === SUBJECT);
  if (subject === undefined) return [];
  const families = [...new Set(standings.map((one) => one.family))].filter(
    (family) => family !== SUBJECT && family !== FLOOR,
  );
  return families.flatMap((family) =>
    cell.judgedBy.flatMap((figure): Duel[] => {
      const opponent = bestOf(standings, family, figure);
      if (opponent === undefined || subject.median(figure) === undefined) return [];
      const verdict = weigh(subject.runs(figure), opponent.runs(figure), FIGURES[figure].better);
      const loser = verdict.outcome === "ahead" ? family : SUBJECT;
      const isDoubtful = verdict.outcome !== "no verdict" && isLateFor(loser, standings, figure);
      return [{ figure, family, opponent: opponent.server, verdict: doubt(verdict, isDoubtful) }];
    }),
  );
}

/**
 * Of who has lost: lateness only makes a figure worse, so who has won in spite of it has won. Any
 * configuration counts: one that looks slow by our fault may have been the best of its family.
 */
const isLateFor = (family: string, standings: readonly Standing[], figure: FigureName): boolean =>
  standings.some((one) => one.family === family && one.isOurDelay(figure));

const doubt = (verdict: Verdict, isLate: boolean): Verdict =>
  isLate ? { outcome: "no verdict", ratio: verdict.ratio, why: "generator late" } : verdict;

function gather(
  results: Results,
  cell: CellInfo,
  server: { readonly name: string; readonly family: string },
): Standing {
  const outcomes = results.samples
    .filter((one) => one.cell === cell.name && one.server === server.name)
    .map((one) => one.outcome);
  const out = outcomes.find(isOut);
  const timed = out === undefined ? outcomes.filter(isTimed) : [];
  const runs = (figure: FigureName) =>
    timed.map((one) => one.figures[figure]).filter((value) => value !== undefined);
  const isLate = (figure: FigureName) => timed.some((one) => isOurDelay(one, figure));
  return {
    server: server.name,
    family: server.family,
    out,
    notes: [...new Set(timed.flatMap((one) => one.notes)), ...noteLate(cell, isLate)],
    runs,
    median: (figure) => medianOfAll(runs(figure), timed.length),
    isOurDelay: isLate,
    inside: middleInside(timed.flatMap((one) => one.inside ?? [])),
    histograms: timed.map((one) => one.histogram).filter((text) => text !== undefined),
  };
}

/** Undefined where some round has no such figure: of those that are left none need be the middle. */
const medianOfAll = (runs: readonly number[], rounds: number): number | undefined =>
  runs.length === 0 || runs.length < rounds ? undefined : median(runs);

/** One round that happened, so that its shares belong together. Of two in the middle the later one. */
const middleInside = (all: readonly Inside[]): Inside | undefined =>
  [...all].sort((a, b) => a.lagP99Ms - b.lagP99Ms)[Math.floor(all.length / 2)];

function noteLate({ judgedBy }: CellInfo, isLate: (figure: FigureName) => boolean): string[] {
  const titles = judgedBy.filter(isLate).map((figure) => FIGURES[figure].title);
  return titles.length === 0 ? [] : [`generator late: not the server's ${titles.join(", ")}`];
}

type Out = Exclude<Outcome, { kind: "timed" }>;
const isTimed = (outcome: Outcome): outcome is Timed => outcome.kind === "timed";
const isOut = (outcome: Outcome): outcome is Out => outcome.kind !== "timed";
