/**
 * The report as one page: no script, no font, no picture from anywhere else.
 *
 * 1. head       what was compared, how often who was ahead, on what machine
 * 2. verdicts   every cell in one chart
 * 3. lost       what others did better, and who was not timed
 * 4. cells      bars per figure, curves where latencies were recorded, all medians in a table
 * 5. servers    versions and full configurations
 */
import type { FigureName } from "../cell.js";
import { type CellReport, deciding, floorShare, type Standing } from "../compare.js";
import { FIGURES, formatFigure, formatRatio } from "../figure-names.js";
import { machineLine } from "../machine.js";
import { type Results, settingsLines } from "../results.js";
import type { Verdict } from "../verdict.js";
import { drawBars } from "./bars.js";
import { drawCurves } from "./curves.js";
import { drawDuels } from "./duel-chart.js";
import { drawInside, INSIDE_NOTE } from "./inside.js";
import { listAbsences, listLosses } from "./losses.js";
import { escapeHtml } from "./markup.js";
import { PAGE_STYLE } from "./page-style.js";

export function drawPage(results: Results, reports: readonly CellReport[]): string {
  const parts = [
    drawHead(results, reports),
    `<h2>Every cell, one bar</h2><p class="soft">Right of the middle Sluice is better, left of it the best
configuration of the other server. Gray: nobody may say, for the reason that is given.</p>${drawDuels(reports)}`,
    drawLosses(reports),
    `<h2>Cell by cell</h2><p class="soft">Bars are medians; the thin line spans the worst and the best round.
${INSIDE_NOTE}</p>`,
    ...reports.map(drawCell),
    drawServers(results),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice, measured</title><style>${PAGE_STYLE}</style></head>
<body><main>${parts.join("\n")}</main></body></html>
`;
}

function drawHead(results: Results, reports: readonly CellReport[]): string {
  const families = [...new Set(results.servers.map((one) => one.family))];
  const peers = families.filter((one) => one !== "sluice" && one !== "floor");
  const facts: readonly (readonly [string, string])[] = [
    ["Machine", machineLine(results.machine)],
    ["Cores", results.cores],
    ...(results.fixtures === undefined ? [] : [["Fixtures", results.fixtures] as const]),
    ["Method", methodLine(results)],
    ["Versions", versionsLine(results)],
    ["Date", results.startedAt.slice(0, 16).replace("T", " ")],
    ...results.caveats.map((one) => ["Caveat", one] as const),
  ];
  const rows = facts.map(([name, text]) => `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<h1>Sluice, measured</h1>
<p class="lead">One file server beside ${escapeHtml(formatList(peers))}: the same files, the same core, the same
questions. Numbers belong to this machine; ratios travel.</p>
${drawTally(reports)}<dl class="facts">${rows.join("")}</dl>`;
}

function drawTally(reports: readonly CellReport[]): string {
  const count = (outcome: Verdict["outcome"]) =>
    reports.filter((report) => deciding(report)?.verdict.outcome === outcome).length;
  return `<ul class="tally"><li class="ahead"><strong>${count("ahead")}</strong>cells ahead</li>
<li class="open"><strong>${count("no verdict")}</strong>undecided</li>
<li class="behind"><strong>${count("behind")}</strong>behind</li></ul>`;
}

function drawLosses(reports: readonly CellReport[]): string {
  const losses = listLosses(reports);
  const absences = listAbsences(reports);
  const list = (lines: readonly string[]) =>
    `<ul class="lost">${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`;
  const lost =
    losses.length === 0
      ? "<p>No server beat Sluice in every run of any cell. Gray bars above may still hide one.</p>"
      : list(losses);
  const absent = absences.length === 0 ? "" : `<p class="soft">Not timed:</p>${list(absences)}`;
  return `<h2>What lost</h2>${lost}${absent}`;
}

function drawCell(report: CellReport): string {
  const { cell, standings } = report;
  const pictures = cell.judgedBy.map((figure) => drawBars(report, figure)).join("");
  const insides = standings.map(({ server, inside }) =>
    inside === undefined ? "" : drawInside(server, inside),
  );
  const notes = [
    ...settingsLines(cell),
    ...standings.flatMap((one) => one.notes.map((note) => `${one.server}: ${note}`)),
  ];
  const noteList = notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("");
  return `<section class="cell" id="${escapeHtml(cell.name)}">
<header><h3>${escapeHtml(cell.title)}</h3><code>--only ${escapeHtml(cell.name)}</code></header>
${drawBadge(report)}${pictures}${drawCurves(report)}${insides.join("")}
<details><summary>All medians</summary><div class="scroll">${drawTable(report)}</div></details>
${notes.length === 0 ? "" : `<ul class="notes">${noteList}</ul>`}</section>`;
}

function drawBadge(report: CellReport): string {
  const duel = deciding(report);
  if (duel === undefined) return "";
  const { verdict } = duel;
  const style = verdict.outcome === "no verdict" ? "open" : verdict.outcome;
  const words = { ahead: "Ahead of", behind: "Behind", "no verdict": "No verdict against" }[
    verdict.outcome
  ];
  const why = verdict.outcome === "no verdict" ? `: ${verdict.why}` : "";
  const by = FIGURES[duel.figure].title;
  return `<p class="badge ${style}">${words} ${escapeHtml(duel.opponent)}, ${formatRatio(verdict.ratio)} by ${escapeHtml(by)}${why}</p>`;
}

function drawTable(report: CellReport): string {
  const timed = report.standings.filter((one) => one.out === undefined);
  const columns = (Object.keys(FIGURES) as FigureName[]).filter((figure) =>
    timed.some((one) => one.median(figure) !== undefined),
  );
  const titles = columns.map((figure) => {
    const { title, unit } = FIGURES[figure];
    return `<th>${escapeHtml(`${title} ${unit}`)}</th>`;
  });
  const rows = timed.map((one) => drawRow(report, one, columns));
  return `<table><thead><tr><th></th>${titles.join("")}<th>of floor</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function drawRow(report: CellReport, one: Standing, columns: readonly FigureName[]): string {
  const values = columns.map((figure) => {
    const value = one.median(figure);
    return `<td>${value === undefined ? "" : formatFigure(value)}</td>`;
  });
  const share = floorShare(report, one, report.cell.judgedBy[0]!);
  const percent = share === undefined ? "" : `${(share * 100).toFixed(0)}%`;
  return `<tr><td>${escapeHtml(one.server)}</td>${values.join("")}<td>${percent}</td></tr>`;
}

function drawServers(results: Results): string {
  const blocks = results.servers.map(
    ({ name, version, configuration }) =>
      `<details><summary>${escapeHtml(`${name} ${version}`)}</summary><pre>${escapeHtml(configuration)}</pre></details>`,
  );
  return `<h2>Who ran how</h2><p class="soft">Every configuration, as started for most
cells; TLS, an access log and the trust of defaults add or leave out what they take. One start per measurement.</p>${blocks.join("")}`;
}

const methodLine = ({ rounds, durationSec, warmUpSec, workers }: Results): string =>
  `${rounds} round${rounds === 1 ? "" : "s"} of ${durationSec} s after ${warmUpSec} s of warm-up, shuffled; ${workers} worker${workers === 1 ? "" : "s"} each; answers checked byte by byte before and after`;

function versionsLine({ servers }: Results): string {
  const unique = new Map(servers.map((one) => [one.family, one.version]));
  return [...unique].map(([family, version]) => `${family} ${version}`).join(", ");
}

const formatList = (names: readonly string[]): string =>
  names.length < 2
    ? (names[0] ?? "nobody")
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
