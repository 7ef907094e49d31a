/** Fear: a viewer is told the wrong thing, keeps a server busy that nobody watches, or fills memory. */
import { describe, expect, test, vi } from "vitest";
import { type FeedShape, LiveFeed, MAX_VIEWERS } from "../../../engine/admin/live-feed.js";
import type { Stream } from "../../../engine/transport/exchange.js";
import type { HistoryMessage, NowMessage } from "../../../metrics/live.js";

/** A socket whose room is in the test's hands. */
class FakeStream implements Stream {
  readonly got: string[] = [];
  onGone: () => void = () => {};
  hasRoom = true;
  ends = 0;

  send(bytes: Uint8Array): boolean {
    if (this.hasRoom) this.got.push(Buffer.from(bytes).toString());
    return this.hasRoom;
  }

  end(): void {
    this.ends++;
  }
}

function createFeed() {
  const clock = { second: 0, timers: new Set<() => void>() };
  const history = vi.fn(() => ({ type: "history", pid: clock.second }) as HistoryMessage);
  const now = vi.fn(() => ({ type: "now", unready: [`${clock.second}`] }) as unknown as NowMessage);
  const onBug = vi.fn();
  const everySecond = (run: () => void) => {
    clock.timers.add(run);
    return () => void clock.timers.delete(run);
  };
  const feed = new LiveFeed({ history, now, everySecond, onBug });
  const pass = (seconds: number): void => {
    for (let n = 0; n < seconds; n++) {
      clock.second++;
      for (const run of clock.timers) run();
    }
  };
  const join = (shape: FeedShape = "messages"): FakeStream => {
    const stream = new FakeStream();
    feed.join(stream, shape);
    return stream;
  };
  return { feed, join, pass, history, now, onBug, timers: clock.timers };
}

const historyOf = (second: number): string => `{"type":"history","pid":${second}}`;
const nowOf = (second: number): string => `{"type":"now","unready":["${second}"]}`;

describe("a viewer", () => {
  test("is told the history once, then each second's news", () => {
    const { join, pass } = createFeed();
    const viewer = join();
    expect(viewer.got).toEqual([historyOf(0)]);
    pass(2);
    expect(viewer.got).toEqual([historyOf(0), nowOf(1), nowOf(2)]);
  });

  test("of server-sent events is told the same as lines", () => {
    const { join, pass } = createFeed();
    const viewer = join("events");
    pass(1);
    expect(viewer.got).toEqual([
      `retry: 1000\nid: 1\nevent: history\ndata: ${historyOf(0)}\n\n`,
      `id: 2\nevent: now\ndata: ${nowOf(1)}\n\n`,
    ]);
  });

  test("without room misses messages, and nothing of them is kept", () => {
    const { join, pass } = createFeed();
    const viewer = join();
    viewer.hasRoom = false;
    pass(3);
    viewer.hasRoom = true;
    pass(1);
    expect(viewer.got).toEqual([historyOf(0), nowOf(4)]);
  });

  test("without room from the start is told the history as soon as it has some", () => {
    const { feed, pass } = createFeed();
    const viewer = new FakeStream();
    viewer.hasRoom = false;
    feed.join(viewer, "messages");
    pass(2);
    viewer.hasRoom = true;
    pass(2);
    expect(viewer.got).toEqual([historyOf(3), nowOf(4)]);
  });

  test("is let go after a minute of missed messages, and not before", () => {
    const { join, pass, timers } = createFeed();
    const viewer = join();
    viewer.hasRoom = false;
    pass(59);
    expect([viewer.ends, timers.size]).toEqual([0, 1]);
    pass(1);
    expect([viewer.ends, timers.size]).toEqual([1, 0]);
  });

  test("that catches up now and then stays", () => {
    const { join, pass } = createFeed();
    const viewer = join();
    for (let n = 0; n < 5; n++) {
      viewer.hasRoom = false;
      pass(59);
      viewer.hasRoom = true;
      pass(1);
    }
    expect(viewer.ends).toBe(0);
  });

  test("that is slow takes nothing from the others", () => {
    const { join, pass } = createFeed();
    const [slow, fast] = [join(), join()];
    slow.hasRoom = false;
    pass(100);
    expect([slow.got.length, fast.got.length]).toEqual([1, 101]);
  });

  test("that leaves is told nothing more", () => {
    const { join, pass } = createFeed();
    const [left, other] = [join(), join()];
    left.onGone();
    pass(1);
    expect([left.got.length, other.got.length]).toEqual([1, 2]);
    expect(left.ends).toBe(0);
  });
});

describe("the feed", () => {
  test("builds a message once for all, in whatever shapes", () => {
    const { join, pass, history, now } = createFeed();
    const viewers = [join(), join("events"), join(), join("events")];
    pass(3);
    expect([history, now].map(({ mock }) => mock.calls.length)).toEqual([1, 3]);
    expect(viewers.map(({ got }) => got.length)).toEqual([4, 4, 4, 4]);
  });

  test("builds a new history in another second", () => {
    const { join, pass } = createFeed();
    join();
    pass(1);
    expect([join(), join()].map(({ got }) => got)).toEqual([[historyOf(1)], [historyOf(1)]]);
  });

  test("builds nothing and has no timer while nobody watches", () => {
    const { join, pass, history, now, timers } = createFeed();
    pass(10);
    expect(timers.size).toBe(0);
    const viewers = [join(), join()];
    expect(timers.size).toBe(1);
    for (const viewer of viewers) viewer.onGone();
    expect(timers.size).toBe(0);
    pass(10);
    expect(now).not.toHaveBeenCalled();
    expect(join().got).toEqual([historyOf(20)]);
    expect(history).toHaveBeenCalledTimes(2);
    expect(timers.size).toBe(1);
  });

  test(`is full with ${MAX_VIEWERS}, until one leaves`, () => {
    const { feed, join } = createFeed();
    const viewers = Array.from({ length: MAX_VIEWERS }, () => {
      expect(feed.isFull).toBe(false);
      return join();
    });
    expect(feed.isFull).toBe(true);
    const tooMany = join();
    expect([tooMany.ends, tooMany.got.length]).toEqual([1, 0]);
    viewers[0]!.onGone();
    expect(feed.isFull).toBe(false);
    expect(join().got).toHaveLength(1);
  });

  test("lets everybody go when it stops, and nobody in", () => {
    const { feed, join, timers } = createFeed();
    const viewers = [join(), join("events")];
    feed.stop();
    expect(viewers.map(({ ends }) => ends)).toEqual([1, 1]);
    expect([timers.size, feed.isFull]).toEqual([0, true]);
    expect(join().ends).toBe(1);
  });

  test("outlives a message that cannot be built, and counts it as missed by nobody", () => {
    const { join, pass, now, onBug, timers } = createFeed();
    const viewer = join();
    const bug = new Error("no figures");
    now.mockImplementation(() => {
      throw bug;
    });
    pass(100);
    expect(onBug).toHaveBeenCalledWith(bug);
    now.mockReset();
    now.mockReturnValue({ type: "now" } as NowMessage);
    viewer.hasRoom = false;
    pass(1);
    expect(timers.size).toBe(1);
    viewer.hasRoom = true;
    pass(1);
    expect(viewer.got).toEqual([historyOf(0), '{"type":"now"}']);
  });

  test("puts no line end inside an event, whatever a client is called", () => {
    const { join, pass, now } = createFeed();
    const viewer = join("events");
    const what = "GET /a\n\nevent: now\r\ndata: {}\u2028\ud800";
    now.mockReturnValue({ type: "now", unready: [what] } as unknown as NowMessage);
    pass(1);
    const lines = viewer.got[1]!.split(/\r\n|\r|\n/);
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines[2]!.slice("data: ".length)).unready).toEqual([what]);
  });
});
