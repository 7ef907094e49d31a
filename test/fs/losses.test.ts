/** Fear: a full disk that fills the other log too, or lines that vanish and nobody hears of it. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Losses } from "../../fs/losses.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createLosses() {
  const said: string[] = [];
  return { said, losses: new Losses((line) => said.push(line)) };
}

test("tells the first trouble at once, before a line is lost", () => {
  const { said, losses } = createLosses();
  losses.report(0, "no space");
  expect(said).toEqual(["lines wait: no space"]);
});

test("tells of a flood one line a period, with the sum and the latest reason", () => {
  const { said, losses } = createLosses();
  for (let second = 0; second < 25; second++) {
    losses.report(100, `reason ${second}`);
    vi.advanceTimersByTime(1000);
  }
  expect(said).toEqual([
    "100 lines lost: reason 0",
    "900 lines lost: reason 9",
    "1000 lines lost: reason 19",
  ]);
  expect(losses.total).toBe(2500);
});

test("tells the next trouble at once after a quiet period", () => {
  const { said, losses } = createLosses();
  losses.report(1, "a");
  vi.advanceTimersByTime(10_000);
  losses.report(2, "b");
  expect(said).toEqual(["1 line lost: a", "2 lines lost: b"]);
});

test("has the last word about what a period still holds, and no more than that", () => {
  const { said, losses } = createLosses();
  losses.report(1, "a");
  losses.report(5, "b");
  losses.close();
  losses.close();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(["1 line lost: a", "5 lines lost: b"]);
});

test("keeps no process alive", () => {
  vi.useRealTimers();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
  const before = timers().length;
  createLosses().losses.report(1, "a");
  expect(timers()).toHaveLength(before);
});
