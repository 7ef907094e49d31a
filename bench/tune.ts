/**
 * `npm run bench -- --tune`: which settings suit this machine?
 *
 * 1. sweep     one setting at a time, everything else at its default, in the cell that feels it; the
 *              values of each round in shuffled order
 * 2. compare   the best value against the default, by the rule of all verdicts, and by how much
 * 3. print     the curve of each sweep, and an `export` line only where a value truly won
 */
import type { Cell, FigureName } from "./cell.js";
import { FIGURES, formatFigure } from "./figure-names.js";
import { KIB, MIB } from "./fixtures.js";
import { type Bench, measure } from "./measure.js";
import type { Progress } from "./progress.js";
import { shuffle } from "./run.js";
import { createSluice } from "./servers/sluice.js";
import { isBetter, median, weigh } from "./verdict.js";

/** One setting, the values worth trying, and the cell and figure that tell them apart. */
interface Knob {
  readonly setting: string;
  /** Beside the default, which is measured too. */
  readonly values: readonly number[];
  readonly cell: string;
  readonly figure: FigureName;
}

const KNOBS: readonly Knob[] = [
  {
    setting: "SLUICE_CHUNK_BYTES",
    values: [64 * KIB, 256 * KIB, 512 * KIB, 2 * MIB],
    cell: "hot-1m",
    figure: "cpuUsPerRequest",
  },
  {
    setting: "SLUICE_POOL_BYTES",
    values: [16 * MIB, 256 * MIB], // more would hold the file, and compare with another question
    cell: "range-64k",
    figure: "cpuUsPerRequest",
  },
  {
    setting: "SLUICE_SMALL_CACHE_BYTES",
    values: [16 * MIB, 64 * MIB, 512 * MIB],
    cell: "random-10k",
    figure: "cpuUsPerRequest",
  },
  {
    setting: "SLUICE_READERS",
    values: [4, 8, 32, 64],
    cell: "slow-disk",
    figure: "coldPerSec",
  },
];

/** The cells a sweep needs, for their fixtures. */
export const TUNE_CELLS: readonly string[] = KNOBS.map((knob) => knob.cell);

/** Steps a progress line will count. */
export const countTuneSteps = (rounds: number): number =>
  rounds * KNOBS.reduce((sum, knob) => sum + knob.values.length + 1, 0);

/** All rounds of one value. `value` is undefined for the default. */
interface Point {
  readonly value: number | undefined;
  readonly runs: readonly number[];
}

export async function tune(
  cells: readonly Cell[],
  rounds: number,
  bench: Bench,
  progress: Progress,
): Promise<string> {
  const blocks: string[] = [];
  const exports: string[] = [];
  for (const knob of KNOBS) {
    const cell = cells.find((one) => one.name === knob.cell)!;
    const points = await sweep(knob, cell, rounds, bench, progress);
    blocks.push(printCurve(knob, cell, points));
    const best = pickBest(knob, points);
    if (best !== undefined) exports.push(`export ${knob.setting}=${best}`);
  }
  const advice = exports.length === 0 ? [NOTHING_WON] : exports;
  return [...blocks, advice.join("\n")].join("\n\n");
}

async function sweep(
  knob: Knob,
  cell: Cell,
  rounds: number,
  bench: Bench,
  progress: Progress,
): Promise<Point[]> {
  const values = [undefined, ...knob.values];
  const runs = new Map(values.map((value): [number | undefined, number[]] => [value, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const value of shuffle(values)) {
      progress.step(`round ${round}, ${knob.setting} ${value ?? "default"}`);
      const settings = value === undefined ? {} : { [knob.setting]: `${value}` };
      const outcome = await measure(cell, createSluice(settings), bench);
      const figure = outcome.kind === "timed" ? outcome.figures[knob.figure] : undefined;
      if (figure !== undefined) runs.get(value)!.push(figure);
      else progress.say(`${knob.setting} ${value ?? "default"}: ${outcome.kind}`);
    }
  }
  // A value that failed once is out: its median would be of an even number of runs, or of few.
  return [...runs].flatMap(([value, all]) => (all.length === rounds ? [{ value, runs: all }] : []));
}

/**
 * The least gain that is worth a setting. Of three runs of equals all of one side beat all of the other
 * once in twenty: with a dozen values a sweep would advise something by luck in most of its runs.
 */
const LEAST_GAIN = 1.05;

const NOTHING_WON = "No value beat the defaults in every run, and by 5%: leave them as they are.";

/** A value that beats the default in every run, and by enough, the best such; else undefined. */
function pickBest({ figure }: Knob, points: readonly Point[]): number | undefined {
  const { better } = FIGURES[figure];
  const standard = points.find((point) => point.value === undefined);
  if (standard === undefined) return undefined;
  return points
    .filter(({ runs }) => {
      const { outcome, ratio } = weigh(runs, standard.runs, better);
      return outcome === "ahead" && ratio >= LEAST_GAIN;
    })
    .sort((a, b) => (isBetter(median(a.runs), median(b.runs), better) ? -1 : 1))[0]?.value;
}

const BAR_WIDTH = 40;

function printCurve({ setting, figure }: Knob, cell: Cell, points: readonly Point[]): string {
  const { title, unit } = FIGURES[figure];
  const longest = Math.max(...points.map((point) => median(point.runs)));
  const rows = points.map(({ value, runs }) => {
    const middle = median(runs);
    const bar = "█".repeat(Math.round((BAR_WIDTH * middle) / longest));
    const name = `${value ?? "default"}`.padStart(12);
    return `${name}  ${bar.padEnd(BAR_WIDTH)} ${formatFigure(middle)} ${unit}`;
  });
  return [`${setting}, by ${title} of ${cell.name} (${cell.title})`, ...rows].join("\n");
}
