/** Fear: what is asked for all the time goes before what nobody wants, or the list loses a member. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Member, SecondChance } from "../../fs/second-chance.js";

class Card implements Member<Card> {
  readonly name: string;
  wasAskedFor = false;
  isNeeded = false;
  older: Card | undefined;
  newer: Card | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

const isNeeded = (card: Card): boolean => card.isNeeded;

function deal(names: string): { list: SecondChance<Card>; cards: Record<string, Card> } {
  const list = new SecondChance<Card>();
  const cards = Object.fromEntries([...names].map((name) => [name, new Card(name)]));
  for (const card of Object.values(cards)) list.add(card);
  return { list, cards };
}

/** Lets go of one after the other until nobody may go. */
function emptied(list: SecondChance<Card>): string {
  let names = "";
  for (let card = list.leastValuable(isNeeded); card; card = list.leastValuable(isNeeded)) {
    list.remove(card);
    names += card.name;
  }
  return names;
}

describe("a second chance", () => {
  test("lets go of the oldest first", () => expect(emptied(deal("abc").list)).toBe("abc"));
  test("has nobody to let go when it is empty", () => expect(emptied(deal("").list)).toBe(""));

  test("spares whoever was asked for, once", () => {
    const { list, cards } = deal("abc");
    cards["a"]!.wasAskedFor = true;
    expect(emptied(list)).toBe("bca");
  });
  test("lets go of the oldest when all were asked for", () => {
    const { list, cards } = deal("abc");
    for (const card of Object.values(cards)) card.wasAskedFor = true;
    expect(emptied(list)).toBe("abc");
  });
  test("never lets go of what is needed", () => {
    const { list, cards } = deal("abc");
    cards["b"]!.isNeeded = true;
    expect(emptied(list)).toBe("ac");
    expect(list.size).toBe(1);
  });
  test("keeps the chance of what is needed", () => {
    const { list, cards } = deal("ab");
    const { a, b } = cards as { a: Card; b: Card };
    a.isNeeded = true;
    a.wasAskedFor = true;
    b.wasAskedFor = true;
    expect(list.leastValuable(isNeeded)).toBe(b);
    expect(a.wasAskedFor).toBe(true);
  });
});

/** The slow way: an array, oldest first. */
class SlowList {
  readonly #cards: Card[] = [];

  get size(): number {
    return this.#cards.length;
  }

  add(card: Card): void {
    this.#cards.push(card);
  }

  remove(card: Card): void {
    this.#cards.splice(this.#cards.indexOf(card), 1);
  }

  leastValuable(isSpared: (card: Card) => boolean): Card | undefined {
    for (let look = 2 * this.size; look > 0; look--) {
      const card = this.#cards[0]!;
      if (!isSpared(card) && !card.wasAskedFor) return card;
      if (!isSpared(card)) card.wasAskedFor = false;
      this.#cards.push(this.#cards.shift()!);
    }
    return undefined;
  }
}

const step = fc.record({
  kind: fc.constantFrom("add", "add", "remove", "ask", "need", "let go", "look"),
  which: fc.nat(20),
});
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Does all steps with cards of its own; returns what was let go and what the list held. */
function replay(steps: readonly Step[], list: SlowList | SecondChance<Card>): string[] {
  const held: Card[] = [];
  const drop = (card: Card): void => {
    list.remove(card);
    held.splice(held.indexOf(card), 1);
  };
  return steps.map(({ kind, which }, at) => {
    const card = held[which % held.length] ?? new Card(`${at}`);
    if (kind === "ask") card.wasAskedFor = true;
    if (kind === "need") card.isNeeded = !card.isNeeded;
    if (kind === "remove" && held.includes(card)) drop(card);
    if (kind === "add") {
      held.push(new Card(`${at}`));
      list.add(held.at(-1)!);
    }
    const first = kind === "let go" || kind === "look" ? list.leastValuable(isNeeded) : undefined;
    if (kind === "let go" && first !== undefined) drop(first);
    return `${kind} ${first?.name}, ${list.size} left`;
  });
}

test("whatever is done, it agrees with the slow way", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      expect(replay(steps, new SecondChance())).toEqual(replay(steps, new SlowList()));
    }),
    { numRuns: 1000 },
  );
});
