/** One figure of one cell as horizontal bars, best on top: HTML, so it reflows on a phone. */
import type { FigureName } from "../cell.js";
import type { CellReport, Standing } from "../compare.js";
import { FIGURES, formatFigure } from "../figure-names.js";
import { isBetter } from "../verdict.js";
import { inkClass } from "./ink.js";
import { escapeHtml, px } from "./markup.js";

/** Bars of every server that was timed. Empty when the figure was not measured. */
export function drawBars(report: CellReport, figure: FigureName): string {
  const { title, unit, better } = FIGURES[figure];
  const timed = report.standings.filter((one) => one.median(figure) !== undefined);
  if (timed.length === 0) return "";
  timed.sort((a, b) => (isBetter(a.median(figure)!, b.median(figure)!, better) ? -1 : 1));
  const longest = Math.max(...timed.flatMap((one) => one.runs(figure)));
  const rows = timed.map((one) => drawBar(one, figure, longest)).join("");
  const caption = `${escapeHtml(title)} <span>${escapeHtml(unit)}, ${better} is better</span>`;
  return `<figure class="bars"><figcaption>${caption}</figcaption><dl>${rows}</dl></figure>`;
}

/** The bar is the median; the whisker spans the worst and the best round. */
function drawBar(one: Standing, figure: FigureName, longest: number): string {
  const runs = one.runs(figure);
  const value = one.median(figure)!;
  const share = (of: number) => px(longest === 0 ? 0 : (100 * of) / longest);
  const [low, high] = [Math.min(...runs), Math.max(...runs)];
  const whisker = `left:${share(low)}%;width:${share(high - low)}%`;
  return `<div class="${inkClass(one.family)}"><dt>${escapeHtml(one.server)}</dt><dd>
<span class="track"><i style="width:${share(value)}%"></i><b style="${whisker}"></b></span>
<span class="value">${formatFigure(value)}</span></dd></div>`;
}
