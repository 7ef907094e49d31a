/**
 * The feed: the server's messages, and whether they still come.
 *
 * 1. open    an event source; what comes first is the history
 * 2. watch   each message proves it alive; an error or a long silence ends it
 * 3. retry   a new one after a pause that grows to ten seconds
 *
 * An event source also tries again by itself, but not after a refusal (401, 503) and not when the
 * network swallows it: so here it never does. Owns one source and one timer. Pure: no DOM.
 */
import type { LiveMessage } from "../../../../metrics/live.js";

/** What is used of an EventSource. */
export interface Source {
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  close(): void;
}

export type FeedState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly sinceMs: number };

export interface FeedOptions {
  readonly open: () => Source;
  readonly onMessage: (message: LiveMessage) => void;
  readonly onState: (state: FeedState) => void;
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Runs once after so many milliseconds; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

/** A message a second is due. Shorter: a busy server looks dead. Longer: a dead one looks alive. */
const SILENCE_MS = 5000;

/** A restart takes a second or two: the first tries are quick. Then a server that is down is left alone. */
const PAUSES_MS = [1000, 1000, 2000, 4000, 10_000];

export class Feed {
  readonly #options: FeedOptions;
  #source: Source | undefined;
  #state: FeedState = { kind: "connecting" };
  #failures = 0;
  #cancelTimer = (): void => {};

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#open();
  }

  /** For when there is reason to hope: the network is back, or somebody looks again. */
  retryNow(): void {
    if (this.#source === undefined) this.#open();
  }

  #open(): void {
    const source = this.#options.open();
    this.#source = source;
    for (const type of ["history", "now"]) {
      source.addEventListener(type, ({ data }) => {
        if (source === this.#source) this.#take(JSON.parse(String(data)));
      });
    }
    source.addEventListener("error", () => {
      if (source === this.#source) this.#lose();
    });
    this.#startTimer(SILENCE_MS, () => this.#lose());
  }

  #take(message: LiveMessage): void {
    this.#failures = 0;
    this.#startTimer(SILENCE_MS, () => this.#lose());
    this.#options.onMessage(message);
    if (this.#state.kind !== "live") this.#enter({ kind: "live" });
  }

  #lose(): void {
    this.#source?.close();
    this.#source = undefined;
    const pauseMs = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)]!;
    this.#failures++;
    this.#startTimer(pauseMs, () => this.#open());
    if (this.#state.kind !== "lost") this.#enter({ kind: "lost", sinceMs: this.#options.nowMs() });
  }

  #enter(state: FeedState): void {
    this.#state = state;
    this.#options.onState(state);
  }

  #startTimer(ms: number, run: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.after(ms, run);
  }
}
