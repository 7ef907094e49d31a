/**
 * All verdicts in one picture: a bar right of the middle is a win, left of it a loss, gray is
 * undecided. The scale is logarithmic, so that half as good is as long as twice as good.
 */
import { type CellReport, deciding, whyNotCompared } from "../compare.js";
import { FIGURES, formatRatio } from "../figure-names.js";
import { type Verdict, verdictWords } from "../verdict.js";
import { escapeHtml, px } from "./markup.js";

/** Ratios beyond this end at the edge; the number beside the bar tells the rest. */
const EDGE_RATIO = 4;
const HALF_PERCENT = 50;

const OUTCOME_CLASSES: Readonly<Record<Verdict["outcome"], string>> = {
  ahead: "ahead",
  behind: "behind",
  "no verdict": "open",
};

export function drawDuels(reports: readonly CellReport[]): string {
  const rows = reports.map(drawRow).join("");
  return `<div class="duels"><div class="scale" aria-hidden="true"><span>${1 / EDGE_RATIO}x</span><span>1x</span><span>${EDGE_RATIO}x</span></div>${rows}</div>`;
}

function drawRow(report: CellReport): string {
  const { cell } = report;
  const name = `<a href="#${escapeHtml(cell.name)}">${escapeHtml(cell.title)}</a>`;
  const duel = deciding(report);
  if (duel === undefined) {
    return `<div class="duel open">${name}<em>${escapeHtml(whyNotCompared(report))}</em></div>`;
  }
  const { ratio, outcome } = duel.verdict;
  const reach = Math.abs(Math.log(ratio)) / Math.log(EDGE_RATIO);
  const width = HALF_PERCENT * Math.min(1, Number.isFinite(reach) ? reach : 1);
  const left = ratio >= 1 ? HALF_PERCENT : HALF_PERCENT - width;
  const words = `${FIGURES[duel.figure].title} against ${duel.opponent}`;
  return `<div class="duel ${OUTCOME_CLASSES[outcome]}">${name}
<span class="track"><i style="left:${px(left)}%;width:${px(width)}%"></i></span>
<strong>${formatRatio(ratio)}</strong><em>${verdictWords(duel.verdict)}, ${escapeHtml(words)}</em></div>`;
}
