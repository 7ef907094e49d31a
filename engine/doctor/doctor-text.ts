/**
 * The doctor's findings as lines for a terminal.
 *
 *     warning  backlog     net.core.somaxconn=128
 *                          change  sysctl -w net.core.somaxconn=4096, and the same in
 *                                  /etc/sysctl.d/
 *                          why     it cuts the queue of connections not yet accepted
 *
 * A command that is longer than a line is not cut: it is to be copied.
 */
import { columnsOf, padTo, printable } from "../../metrics/printable.js";
import { type Finding, VERDICTS } from "./finding.js";

const GAP = "  ";
const LABEL_COLUMNS = "change".length;
/** Narrower, and every word stands alone. */
const LEAST_COLUMNS = 24;

/** @param width columns of the terminal; below some 60 lines are longer than it */
export function doctorText(findings: readonly Finding[], width: number): string {
  const verdictColumns = Math.max(...VERDICTS.map(columnsOf));
  const checkColumns = Math.max(...findings.map(({ check }) => columnsOf(check)));
  const indent = verdictColumns + GAP.length + checkColumns + GAP.length;
  const room = Math.max(LEAST_COLUMNS, width - indent);

  const lines = findings.flatMap(({ verdict, check, found, change, why }) => {
    const head = padTo(verdict, verdictColumns, "left") + GAP + padTo(check, checkColumns, "left");
    const told = [
      ...wrap(found, room),
      ...labeled("change", change, room),
      ...labeled("why", why, room),
    ];
    return told.map((line, at) => (at === 0 ? head + GAP : " ".repeat(indent)) + line);
  });
  return `${[...lines, "", count(findings)].join("\n")}\n`;
}

function labeled(label: string, text: string | undefined, room: number): string[] {
  if (text === undefined) return [];
  const own = LABEL_COLUMNS + GAP.length;
  return wrap(text, Math.max(LEAST_COLUMNS, room - own)).map(
    (line, at) => (at === 0 ? padTo(label, own, "left") : " ".repeat(own)) + line,
  );
}

/** Between words; a word that is wider than the room has a line of its own. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of printable(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(last) + 1 + columnsOf(word) <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** `1 error, 2 warnings, 4 notes; 6 ok`. */
function count(findings: readonly Finding[]): string {
  const of = (verdict: Finding["verdict"]): number =>
    findings.filter((one) => one.verdict === verdict).length;
  const plural = (verdict: Finding["verdict"]): string =>
    `${of(verdict)} ${verdict}${of(verdict) === 1 ? "" : "s"}`;
  return `${plural("error")}, ${plural("warning")}, ${plural("note")}; ${of("ok")} ok`;
}
