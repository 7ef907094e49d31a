/** Fear: a listener that is to close listens for ever, as nobody tells who stands at its door. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HANDSHAKE_MS, quietMoment } from "../../../engine/transport/uws-tls.js";
import type { Door } from "../../../fs/door.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const doorOf = (hasHandshakes: Door["hasHandshakes"]): Door =>
  ({ hasHandshakes, isClear: () => true }) as Door;

async function isOverAfter(door: Door, ms: number): Promise<boolean> {
  let isOver = false;
  void quietMoment(door).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return isOver;
}

test("a look that has no answer is waited for as long as a handshake, and no longer", async () => {
  const door = doorOf(() => new Promise(() => {}));
  expect(await isOverAfter(door, HANDSHAKE_MS - 1)).toBe(false);
  expect(await isOverAfter(door, HANDSHAKE_MS)).toBe(true);
});

test("handshakes are waited for as long, and nothing is waited for without any", async () => {
  expect(
    await isOverAfter(
      doorOf(async () => true),
      HANDSHAKE_MS - 100,
    ),
  ).toBe(false);
  expect(
    await isOverAfter(
      doorOf(async () => true),
      HANDSHAKE_MS + 100,
    ),
  ).toBe(true);
  expect(
    await isOverAfter(
      doorOf(async () => false),
      0,
    ),
  ).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
