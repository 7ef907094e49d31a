import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Coding,
  rankCodings,
  SIBLINGS,
  type SiblingCoding,
} from "../../protocol/negotiation.js";

const ALL: readonly SiblingCoding[] = ["gzip", "zstd", "br"];

describe("choice of a coding, RFC 9110 12.5.3", () => {
  const rows: readonly (readonly [
    why: string,
    header: string,
    have: readonly SiblingCoding[],
    want: Coding,
  ])[] = [
    ["a missing or empty header gets identity", "", ALL, "identity"],
    ["a header of commas names no coding", " , ", ALL, "identity"],
    ["no sibling, no choice", "br, gzip", [], "identity"],
    ["brotli first among equals", "gzip, deflate, br, zstd", ALL, "br"],
    ["zstd second among equals", "gzip, deflate, br, zstd", ["gzip", "zstd"], "zstd"],
    ["gzip when it is all there is", "gzip, deflate, br, zstd", ["gzip"], "gzip"],
    ["the client's weight beats the server's taste", "br;q=0.5, gzip;q=0.8", ALL, "gzip"],
    ["a thousandth decides", "br;q=0.998, gzip;q=0.999", ALL, "gzip"],
    ["what the client did not name is not sent", "gzip", ["br", "zstd"], "identity"],
    ["what the server does not know is not sent", "deflate, compress", ALL, "identity"],
    ["q=0 refuses", "br;q=0, gzip;q=0", ALL, "identity"],
    ["a lowly coding still beats an unnamed identity", "gzip;q=0.001", ALL, "gzip"],
    ["a coding beats identity at equal weight", "identity, gzip", ALL, "gzip"],
    ["identity wins when it weighs more", "gzip;q=0.5, identity", ALL, "identity"],
    ["identity;q=0 is no obstacle to a coding", "gzip;q=0.1, identity;q=0", ALL, "gzip"],
    ["identity is sent although refused, if nothing else is left", "identity;q=0", ALL, "identity"],
    ["*;q=0 refuses what is not named", "*;q=0, gzip;q=0.5", ALL, "gzip"],
    ["identity is sent although * refuses it, if nothing else is left", "*;q=0", ALL, "identity"],
    ["* stands for any coding", "*", ["gzip"], "gzip"],
    ["* does not stand for a coding that is named", "br;q=0, *", ["br"], "identity"],
    ["* stands for identity too", "gzip;q=0.2, *;q=0.5", ["gzip"], "identity"],
    ["x-gzip is gzip, 8.4.1.3", "x-gzip", ALL, "gzip"],
    ["x-gzip refused is gzip refused, 8.4.1.3", "x-gzip;q=0, *", ["gzip"], "identity"],
    ["of two mentions the first counts", "gzip;q=0, gzip", ALL, "identity"],
    ["codings in any case", "BR", ALL, "br"],
    ["a malformed weight is no mention", "br;q=9, gzip;q=0.1", ALL, "gzip"],
    ["zst is a suffix, not a coding", "zst", ALL, "identity"],
  ];
  test.each(rows)("%s (%s)", (_why, header, have, want) => {
    expect(firstOf(header, have)).toBe(want);
  });

  test("a .zst file is zstd on the wire", () => {
    expect(SIBLINGS.map(({ suffix, coding }) => `${suffix} ${coding}`)).toEqual([
      ".br br",
      ".zst zstd",
      ".gz gzip",
    ]);
  });
});

/** What is sent while every sibling is of use. */
const firstOf = (header: string, have: readonly SiblingCoding[]): Coding =>
  rankCodings(header, have)[0] ?? "identity";

/** The slow way: give every coding the weight the RFC's prose gives it, then sort all of them. */
type Mention = readonly [name: string, thousandths: number];

function slowChoice(mentions: readonly Mention[], have: readonly SiblingCoding[]): Coding {
  const weightOf = (coding: Coding): number => {
    const names: readonly string[] = coding === "gzip" ? ["gzip", "x-gzip"] : [coding];
    for (const [name, weight] of mentions) if (names.includes(name)) return weight;
    for (const [name, weight] of mentions) if (name === "*") return weight;
    return coding === "identity" ? 0.5 : 0; // acceptable, but after all that is mentioned
  };
  const ranked = (["br", "zstd", "gzip", "identity"] as const)
    .filter((coding) => coding === "identity" || have.includes(coding))
    .map((coding, order) => ({ coding, order, weight: weightOf(coding) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.order - b.order);
  return ranked[0]?.coding ?? "identity";
}

const NAMES = ["br", "zstd", "gzip", "x-gzip", "identity", "*", "deflate"];
const mention = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(0, 1, 500, 1000));
const write = (mentions: readonly Mention[]): string =>
  mentions.map(([name, weight]) => `${name};q=${(weight / 1000).toFixed(3)}`).join(", ");

test("agrees with the slow way for every set of siblings and up to five mentions", () => {
  fc.assert(
    fc.property(fc.array(mention, { maxLength: 5 }), fc.subarray([...ALL]), (mentions, have) => {
      expect(firstOf(write(mentions), have)).toBe(slowChoice(mentions, have));
    }),
    { numRuns: 3000 },
  );
});

test("what comes next is what would be chosen without the first", () => {
  fc.assert(
    fc.property(fc.array(mention, { maxLength: 5 }), (mentions) => {
      const [first, ...others] = rankCodings(write(mentions), ALL);
      const rest = ALL.filter((coding) => coding !== first);
      if (first !== undefined) expect(rankCodings(write(mentions), rest)).toEqual(others);
    }),
  );
});

test("agrees with the slow way for every pair of mentions, exhaustively", () => {
  const each = NAMES.flatMap((name) => [0, 500, 1000].map((weight): Mention => [name, weight]));
  for (const first of each) {
    for (const second of each) {
      for (const have of [ALL, ["gzip"] as const, ["br", "zstd"] as const]) {
        const mentions = [first, second];
        expect(firstOf(write(mentions), have), write(mentions)).toBe(slowChoice(mentions, have));
      }
    }
  }
});

test("never sends what is not there, whatever the header", () => {
  fc.assert(
    fc.property(fc.string(), fc.subarray([...ALL]), (header, have) => {
      expect(["identity", ...have]).toContain(firstOf(header, have));
    }),
  );
});
