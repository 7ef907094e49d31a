/** Fear: a page that shows old numbers as new, never comes back, or hammers a server that is down. */
import { beforeEach, describe, expect, test } from "vitest";
import { Feed, type FeedState } from "../../../../engine/admin/dashboard/page/feed.js";
import type { LiveMessage } from "../../../../metrics/live.js";

class FakeSource {
  readonly #listeners = new Map<string, (event: { data?: unknown }) => void>();
  isClosed = false;

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, listener);
  }
  close(): void {
    this.isClosed = true;
  }
  say(type: string, message: object = { type }): void {
    this.#listeners.get(type)!({ data: JSON.stringify(message) });
  }
  fail(): void {
    this.#listeners.get("error")!({});
  }
}

let nowMs: number;
let timers: { atMs: number; run: () => void }[];
let sources: FakeSource[];
let messages: LiveMessage[];
let states: FeedState[];
let feed: Feed;

/** Lets time pass, timer by timer. */
function pass(ms: number): void {
  const untilMs = nowMs + ms;
  for (;;) {
    const next = timers
      .filter(({ atMs }) => atMs <= untilMs)
      .toSorted((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) break;
    timers.splice(timers.indexOf(next), 1);
    nowMs = next.atMs;
    next.run();
  }
  nowMs = untilMs;
}

const latest = (): FakeSource => sources.at(-1)!;

beforeEach(() => {
  nowMs = 100_000;
  timers = [];
  sources = [];
  messages = [];
  states = [];
  feed = new Feed({
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    nowMs: () => nowMs,
    after: (ms, run) => {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
  });
});

test("hands on both kinds of message, and is live from the first", () => {
  latest().say("history");
  latest().say("now");
  expect(messages).toEqual([{ type: "history" }, { type: "now" }]);
  expect(states).toEqual([{ kind: "live" }]);
});

test("stays live while messages come", () => {
  for (let second = 0; second < 60; second++) {
    latest().say("now");
    pass(1000);
  }
  expect(sources).toHaveLength(1);
  expect(states).toEqual([{ kind: "live" }]);
});

describe("a loss", () => {
  test("tells since when, once, and closes what failed", () => {
    latest().say("now");
    latest().fail();
    expect(sources[0]!.isClosed).toBe(true);
    pass(30_000);
    expect(states).toEqual([{ kind: "live" }, { kind: "lost", sinceMs: 100_000 }]);
  });

  test("is noticed when the server only falls silent", () => {
    latest().say("now");
    pass(4999);
    expect(states).toEqual([{ kind: "live" }]);
    pass(1);
    expect(states.at(-1)).toEqual({ kind: "lost", sinceMs: 105_000 });
    expect(sources[0]!.isClosed).toBe(true);
  });

  test("is noticed when the server takes the connection and says nothing", () => {
    pass(5000);
    expect(states).toEqual([{ kind: "lost", sinceMs: 105_000 }]);
  });

  test("tries again after pauses that grow to ten seconds", () => {
    const pauses = Array.from({ length: 7 }, () => {
      latest().fail();
      const failedAtMs = nowMs;
      const before = sources.length;
      while (sources.length === before) pass(500);
      return nowMs - failedAtMs;
    });
    expect(pauses).toEqual([1000, 1000, 2000, 4000, 10_000, 10_000, 10_000]);
  });

  test("is over with the next message, and the pauses start again", () => {
    for (let nth = 0; nth < 5; nth++) {
      latest().fail();
      pass(10_000);
    }
    latest().say("history");
    expect(states.at(-1)).toEqual({ kind: "live" });
    const before = sources.length;
    latest().fail();
    pass(1000);
    expect(sources).toHaveLength(before + 1);
  });

  test("hears nothing more of the source it gave up", () => {
    const first = latest();
    first.fail();
    pass(1000);
    latest().say("history");
    first.say("now");
    first.fail();
    expect(messages).toEqual([{ type: "history" }]);
    expect(latest().isClosed).toBe(false);
  });
});

describe("retryNow", () => {
  test("does not wait for the pause", () => {
    latest().fail();
    feed.retryNow();
    expect(sources).toHaveLength(2);
    pass(1000);
    expect(sources).toHaveLength(2);
  });

  test("leaves a feed alone that is there", () => {
    feed.retryNow();
    latest().say("now");
    feed.retryNow();
    expect(sources).toHaveLength(1);
  });
});
