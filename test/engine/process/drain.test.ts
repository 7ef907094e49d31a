/** Fear: a stop that seems to hang, because nobody says what it waits for. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { countDown, describeLeft, waitUntil } from "../../../engine/process/drain.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is left is told each second, with the time there is, until it is over", () => {
  const said: string[] = [];
  let transfers = 2;
  const end = countDown(
    (line) => said.push(line),
    () => ({ transfers, bytes: 3 * 2 ** 20 }),
    3000,
  );
  vi.advanceTimersByTime(1000);
  transfers = 1;
  vi.advanceTimersByTime(1000);
  end();
  vi.advanceTimersByTime(5000);
  expect(said).toEqual([
    "2 transfers with 3,072 KiB to go, 2s left",
    "1 transfer with 3,072 KiB to go, 1s left",
  ]);
});

test("without time, what is left is told once", () => {
  const said: string[] = [];
  const left = { transfers: 0, bytes: 0 };
  const end = countDown(
    (line) => said.push(line),
    () => left,
    1000,
  );
  vi.advanceTimersByTime(5000);
  end();
  expect(said).toEqual(["no transfers to go, but a process has not ended, and no time left"]);
});

test("no time is less than none", () => {
  const left = describeLeft({ transfers: 1, bytes: 10 }, -5);
  expect(left).toBe("1 transfer with 10 B to go, and no time left");
});

test("a stuck worker is not told as transfers that are none", () => {
  const left = describeLeft({ transfers: 0, bytes: 0 }, 2000);
  expect(left).toBe("no transfers to go, but a process has not ended, 2s left");
});

test("a wait ends when there is nothing to wait for, or no time", async () => {
  let isOver = false;
  const waits = [waitUntil(() => isOver, 10_000), waitUntil(() => isOver, 1000)];
  await vi.advanceTimersByTimeAsync(2000);
  isOver = true;
  await vi.advanceTimersByTimeAsync(100);
  expect(await Promise.all(waits)).toEqual([true, false]);
});
