/** Fear: an answer that was right once, of a file that is another by now. */
import { expect, test } from "vitest";
import {
  createMissTicket,
  isGood,
  type MissTicket,
  type Ticket,
  type Witness,
} from "../../engine/ticket.js";
import { createEntry } from "../../fs/entries.js";

const NOW_MS = 10;
const entry = () => createEntry("/srv", "/srv/a", { kind: "directory" });
const ticketFor = (...witnesses: Witness[]): Ticket =>
  createMissTicket(witnesses, {} as MissTicket["prepared"]);

test("a ticket is good while all it rests on is fresh and as it was", () => {
  const [one, other] = [entry(), entry()];
  const ticket = ticketFor({ entry: one, version: 0 }, { entry: other, version: 0 });
  const tableWithout = (stale: unknown) => ({ isFresh: (asked: unknown) => asked !== stale });
  expect(isGood(ticket, tableWithout(undefined), NOW_MS)).toBe(true);
  expect(isGood(ticket, tableWithout(one), NOW_MS)).toBe(false);
  expect(isGood(ticket, tableWithout(other), NOW_MS)).toBe(false);
  other.version++;
  expect(isGood(ticket, tableWithout(undefined), NOW_MS)).toBe(false);
});

test("a ticket is not good when to ask whether it is fresh shows that it has changed", () => {
  const renewed = entry();
  const ticket = ticketFor({ entry: renewed, version: 0 });
  const isFresh = (): boolean => {
    renewed.version++;
    return true;
  };
  expect(isGood(ticket, { isFresh }, NOW_MS)).toBe(false);
});
