/** Fear: slow readers of reports that fill the memory, or one that keeps its report for ever. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { adminHead } from "../../../engine/admin/answers.js";
import { HeldBodies } from "../../../engine/admin/held-bodies.js";
import { FakeReply } from "./fake-reply.js";

const HEAD = adminHead(200, "text/plain");
const TEN = "0123456789"; // a slice reads back as its own offsets
const BODY = Buffer.from(TEN);

/** Each with a body of its own, unless one is given. */
const send = (held: HeldBodies, room?: number, body = Buffer.from(TEN)): FakeReply => {
  const reply = new FakeReply(room);
  held.send(HEAD, body, reply);
  return reply;
};

describe("a body", () => {
  test("that the socket takes is not held", () => {
    const held = new HeldBodies();
    const reply = send(held);
    expect(reply).toMatchObject({ body: TEN, isOver: true, head: HEAD });
    expect(held.heldBytes).toBe(0);
  });

  test("arrives whole, whatever room the socket has each time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { minLength: 1 }), async ([first = 0, ...rooms]) => {
        const held = new HeldBodies();
        const reply = send(held, first);
        for (const room of rooms) if (!reply.isOver) await reply.drain(room);
        expect(held.heldBytes).toBe(reply.isOver ? 0 : BODY.length);
        if (!reply.isOver) await reply.drain(10);
        expect(reply).toMatchObject({ body: TEN, isOver: true, isCut: false });
        expect(held.heldBytes).toBe(0);
      }),
    );
  });

  test("goes nowhere when the client has left before it", () => {
    const held = new HeldBodies();
    const reply = new FakeReply();
    reply.leave();
    held.send(HEAD, BODY, reply);
    expect(reply.head).toBeUndefined();
    expect(held.heldBytes).toBe(0);
  });

  test("is let go once when the client leaves, also when a drain comes late", async () => {
    const held = new HeldBodies();
    const reply = send(held, 3);
    expect(held.heldBytes).toBe(10);
    const draining = reply.drain(3);
    reply.leave();
    await draining;
    expect(reply.body).toBe("012");
    expect(held.heldBytes).toBe(0);
  });
});

describe("all bodies together", () => {
  test("are full beyond the bound, and have room again when one has gone", async () => {
    const held = new HeldBodies(10);
    const one = send(held, 0);
    expect(held.isFull).toBe(false);
    const two = send(held, 0);
    expect(held).toMatchObject({ isFull: true, heldBytes: 20 });
    await two.drain(10);
    expect(held).toMatchObject({ isFull: false, heldBytes: 10 });
    one.leave();
    expect(held.heldBytes).toBe(0);
  });
});

test("a body that several wait for is held once, until the last of them has it or is gone", async () => {
  const held = new HeldBodies(10);
  const [one, two, three] = [0, 3, 0].map((room) => send(held, room, BODY)) as [
    FakeReply,
    FakeReply,
    FakeReply,
  ];
  expect(held).toMatchObject({ isFull: false, heldBytes: 10 });
  await one.drain(10);
  two.leave();
  expect(held.heldBytes).toBe(10);
  await three.drain(10);
  expect([one.body, three.body, held.heldBytes]).toEqual([TEN, TEN, 0]);
});

describe("a reader that takes too long", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("is cut at the deadline, however steadily it drips", async () => {
    const held = new HeldBodies(1000, 60_000);
    const reply = send(held, 0);
    for (let second = 0; second < 59; second += 10) {
      await reply.drain(1);
      vi.advanceTimersByTime(9_999);
    }
    expect(reply.isCut).toBe(false);
    vi.advanceTimersByTime(6);
    expect(reply.isCut).toBe(true);
    expect(held.heldBytes).toBe(0);
  });

  test("is not cut when it has taken all in time", async () => {
    const reply = send(new HeldBodies(1000, 60_000), 0);
    await reply.drain(10);
    vi.advanceTimersByTime(120_000);
    expect(reply).toMatchObject({ isCut: false, body: TEN });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no timer when it goes by itself", () => {
    send(new HeldBodies(1000, 60_000), 0).leave();
    expect(vi.getTimerCount()).toBe(0);
  });
});
