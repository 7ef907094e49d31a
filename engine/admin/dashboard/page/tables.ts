/** The tables: who serves, what is under way, what took long, what was downloaded most. */
import type { DownloadTotals } from "../../../../metrics/downloads.js";
import type { NowMessage } from "../../../../metrics/live.js";
import type { SlowOperation, UnderWay } from "../../../../metrics/operations.js";
import type { WorkerRow } from "../../../../metrics/worker-row.js";
import { find, setAttribute, setText } from "./dom.js";
import { Pace } from "./pace.js";
import { drawSplit } from "./split-bar.js";
import { type Column, drawName, partOf, Table } from "./table.js";
import {
  NOTHING,
  showBytes,
  showCount,
  showMs,
  showRate,
  showShare,
  showSpan,
  showTime,
  showWhen,
} from "./words.js";

/** One under way, with how fast it goes. */
interface Moving extends UnderWay {
  readonly bytesPerSec: number | undefined;
}

/** Slow operations and downloads are told with times of day, which need to know what today is. */
type Dated<Row> = Row & { readonly nowMs: number };

const WAITS_FOR: Readonly<Record<UnderWay["phase"], string>> = {
  lookup: "look-up",
  turn: "its turn",
  queue: "in line",
  disk: "disk",
  client: "client",
};

const BLAMES: Readonly<Record<SlowOperation["blame"], string>> = {
  queue: "line",
  disk: "disk",
  loop: "loop",
  client: "client",
};

/** Which of the four colors of split-bar.ts a phase or a blame has. */
const HUES: Readonly<Record<string, string>> = { lookup: "disk", turn: "loop" };

const text = <Row>(label: string, say: (row: Row) => string): Column<Row> => ({
  label,
  kind: "text",
  draw: (cell, row) => setText(cell, say(row)),
});
const client = <Row>(say: (row: Row) => string): Column<Row> => ({
  ...text("Client", say),
  kind: "peer",
});
const number = <Row>(label: string, say: (row: Row) => string): Column<Row> => ({
  label,
  kind: "number",
  draw: (cell, row) => setText(cell, say(row)),
});

const UNDER_WAY: readonly Column<Moving>[] = [
  {
    label: "What",
    kind: "name",
    draw: (cell, { kind, what }) => drawName(cell, named(kind, what)),
  },
  client(({ client, waiters }) => client || `for ${showCount(waiters)} waiting`),
  number("Age", ({ ageMs }) => showMs(ageMs)),
  {
    label: "Waits for",
    kind: "text",
    draw: (cell, { phase }) => drawPart(cell, phase, WAITS_FOR[phase]),
  },
  { label: "Time so far", kind: "bar", draw: (cell, row) => drawSplit(partOf(cell, "div"), row) },
  { label: "Sent", kind: "progress", draw: drawProgress },
  number("Rate", ({ bytesPerSec }) =>
    bytesPerSec === undefined ? NOTHING : showRate(bytesPerSec),
  ),
];

const SLOWEST: readonly Column<Dated<SlowOperation>>[] = [
  {
    label: "What",
    kind: "name",
    draw: (cell, { kind, what }) => drawName(cell, named(kind, what)),
  },
  number("Took", ({ tookMs }) => showMs(tookMs)),
  {
    label: "Blame",
    kind: "text",
    draw: (cell, { blame }) => drawPart(cell, blame, BLAMES[blame]),
  },
  { label: "Split", kind: "bar", draw: (cell, row) => drawSplit(partOf(cell, "div"), row) },
  text("End", ({ status, outcome }) => (status === 0 ? NOTHING : `${status} ${outcome}`)),
  client(({ client }) => client || NOTHING),
  number("Ended", ({ endedAtMs, nowMs }) => showWhen(endedAtMs, nowMs)),
];

const DOWNLOADS: readonly Column<Dated<DownloadTotals>>[] = [
  { label: "Path", kind: "name", draw: (cell, { path }) => drawName(cell, path) },
  number("Complete", ({ completed }) => showCount(completed)),
  number("Cut off", ({ aborted }) => showCount(aborted)),
  number("Parts", ({ ranged }) => showCount(ranged)),
  number("Now", ({ inProgress }) => showCount(inProgress)),
  number("Sent", ({ bytes }) => showBytes(bytes)),
  number("Last", ({ lastMs, nowMs }) => showWhen(lastMs, nowMs)),
];

const WORKERS: readonly Column<WorkerRow>[] = [
  { label: "Worker", kind: "name", draw: (cell, row) => drawName(cell, nameOf(row)) },
  number("Up", ({ uptimeMs }) => showSpan(uptimeMs)),
  number("Answers", ({ answers }) => showCount(answers)),
  number("Connections", ({ connections }) => showCount(connections)),
  number("Memory", ({ rssBytes }) => showBytes(rssBytes)),
  number("Loop lag p99", ({ loopLagP99Us }) => showTime(loopLagP99Us)),
  number("Busy", ({ loopUtilization }) => showShare(loopUtilization)),
];

const nameOf = ({ id, pid, hasAnswered }: WorkerRow): string =>
  `${id}, pid ${pid}${hasAnswered ? "" : ", does not answer"}`;

export class Tables {
  readonly #workers = new Table("workers", WORKERS);
  readonly #underWay = new Table("under-way", UNDER_WAY);
  readonly #slowest = new Table("slowest", SLOWEST);
  readonly #downloads = new Table("downloads", DOWNLOADS);
  readonly #pace = new Pace();

  update({ sample, workers, underWay, slowest, downloads }: NowMessage): void {
    const nowMs = sample.atMs;
    find("workers").hidden = workers.length < 2;
    this.#workers.update(workers);
    const rates = this.#pace.look(underWay, nowMs);
    this.#underWay.update(underWay.map((one, at) => ({ ...one, bytesPerSec: rates[at] })));
    this.#slowest.update(slowest.map((one) => ({ ...one, nowMs })));
    this.#downloads.update(downloads.map((one) => ({ ...one, nowMs })));
  }
}

/** A request says its method; a path alone would not say what is done to it. */
const named = (kind: UnderWay["kind"], what: string): string => {
  if (kind === "request") return what;
  return kind === "stall" ? `event loop ${what}`.trim() : `${kind} ${what}`;
};

function drawPart(cell: HTMLElement, part: string, words: string): void {
  const mark = partOf(cell, "i");
  mark.className = `mark ${HUES[part] ?? part}`;
  setText(partOf(cell, "span"), words);
}

function drawProgress(cell: HTMLElement, { sentBytes, totalBytes, kind }: Moving): void {
  const bar = partOf(cell, "progress");
  const isKnown = totalBytes > 0 && kind === "request";
  bar.hidden = !isKnown;
  bar.max = totalBytes || 1;
  bar.value = sentBytes;
  const share = isKnown ? showShare(sentBytes / totalBytes) : "";
  setAttribute(bar, "aria-label", `${share} sent`);
  const words = isKnown ? `${share} of ${showBytes(totalBytes)}` : NOTHING;
  setText(partOf(cell, "span"), words);
}
