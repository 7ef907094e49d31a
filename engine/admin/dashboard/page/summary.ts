/**
 * The top of the page: who it is, whether it is well, and the figures of this second.
 *
 * Only the sentence about its health is news for a screen reader, and only when it changes.
 */
import type { HistoryMessage, NowMessage } from "../../../../metrics/live.js";
import type { Sample } from "../../../../metrics/samples.js";
import { find, make, setText } from "./dom.js";
import type { FeedState } from "./feed.js";
import { FIGURES } from "./figures.js";
import { judge, type Level, LOOK_BACK_SEC, sumPhases, type Verdict } from "./health.js";
import { drawSplit, PARTS } from "./split-bar.js";
import type { TimeWindow } from "./time-window.js";
import { NOTHING, showClock, showCount, showShare, showSpan } from "./words.js";

/** "Restarted" is news for so long. */
const NEWS_MS = 15_000;

/** Reasons hold numbers that move: said again at most so often. */
const ANNOUNCE_PERIOD_MS = 15_000;

export class Summary {
  readonly #seen: TimeWindow;
  readonly #figures: readonly { value: HTMLElement; unit: HTMLElement; note: HTMLElement }[];
  readonly #shares = new Map<string, HTMLElement>();
  #server: HistoryMessage | undefined;
  #isLost = false;
  #restartedAtMs = Number.NEGATIVE_INFINITY;
  #announced: { readonly level: Level | "lost" | ""; readonly atMs: number } = {
    level: "",
    atMs: 0,
  };

  constructor(seen: TimeWindow) {
    this.#seen = seen;
    setText(find("host"), location.host);
    this.#figures = FIGURES.map(({ label }) => buildFigure(label));
    for (const { name, label } of PARTS) this.#shares.set(name, buildShare(name, label));
  }

  /** Another process than before has been restarted. */
  meet(server: HistoryMessage): void {
    const before = this.#server;
    this.#server = server;
    if (before !== undefined && before.pid !== server.pid) this.#restartedAtMs = Date.now();
    setText(find("version"), server.version);
    setText(find("pid"), `${server.pid}`);
  }

  update(now: NowMessage): void {
    const { sample } = now;
    const recent = this.#seen.last(LOOK_BACK_SEC);
    // Drawn late, in a tab that was hidden meanwhile, the latest may be old news.
    if (!this.#isLost) this.#showVerdict(judge(now, recent), sample.atMs);
    this.#showShares(recent);
    if (this.#server !== undefined) {
      setText(find("uptime"), showSpan(sample.atMs - this.#server.startedAtMs));
    }
    const { length: workers } = now.workers;
    find("worker-count").parentElement!.hidden = workers < 2;
    setText(find("worker-count"), showCount(workers));
    find("restarted").hidden = Date.now() - this.#restartedAtMs > NEWS_MS;
    FIGURES.forEach((figure, at) => {
      const { value, unit, note } = this.#figures[at]!;
      const [number, ...rest] = figure.value(now).split(" ");
      setText(value, number!);
      setText(unit, rest.join(" "));
      setText(note, figure.note(now, this.#seen));
      note.classList.toggle("bad", figure.isBad?.(now) === true);
    });
  }

  /** What the page knows may be old: then it does not claim to know. */
  showFeed(state: FeedState): void {
    this.#isLost = state.kind === "lost";
    document.body.dataset["feed"] = state.kind;
    const words = {
      connecting: "connecting",
      live: "live",
      lost: state.kind === "lost" ? `reconnecting since ${showClock(state.sinceMs)}` : "",
    }[state.kind];
    setText(find("feed"), words);
    if (state.kind !== "lost") return;
    const headline = `No news from the server since ${showClock(state.sinceMs)}.`;
    const detail = "Everything below is from before. This page tries again by itself.";
    this.#say("lost", headline, detail);
    this.#announce("lost", headline, state.sinceMs);
  }

  #showVerdict({ level, headline, detail }: Verdict, atMs: number): void {
    this.#say(level, headline, detail);
    this.#announce(level, headline, atMs);
  }

  #say(level: Level | "lost", headline: string, detail: string): void {
    find("verdict").dataset["level"] = level;
    setText(find("headline"), headline);
    setText(find("detail"), detail);
    document.title = `${TITLES[level]} · Sluice at ${location.host}`;
  }

  #announce(level: Level | "lost", headline: string, atMs: number): void {
    const { level: before, atMs: lastMs } = this.#announced;
    if (level === before && atMs - lastMs < ANNOUNCE_PERIOD_MS) return;
    this.#announced = { level, atMs };
    setText(find("announcement"), headline);
  }

  #showShares(recent: readonly Sample[]): void {
    const times = sumPhases(recent);
    const total = PARTS.reduce((sum, { field }) => sum + times[field], 0);
    drawSplit(find("split"), times);
    for (const { field, name } of PARTS) {
      const words = total === 0 ? NOTHING : showShare(times[field] / total);
      setText(this.#shares.get(name)!, words);
    }
  }
}

const TITLES = {
  healthy: "Healthy",
  strained: "Strained",
  unready: "Not ready",
  lost: "No news",
} as const;

function buildFigure(label: string) {
  const value = make("b", "", NOTHING);
  const unit = make("span");
  const note = make("dd", "note", "");
  const number = make("dd");
  number.append(value, " ", unit);
  const group = make("div");
  group.append(make("dt", "", label), number, note);
  find("figures").append(group);
  return { value, unit, note };
}

function buildShare(name: string, label: string): HTMLElement {
  const value = make("dd", "", NOTHING);
  const term = make("dt", "", label);
  term.prepend(make("i", `mark ${name}`));
  const pair = make("div", "pair");
  pair.append(term, value);
  find("split-legend").append(pair);
  return value;
}
