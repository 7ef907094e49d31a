/** Fear: text that some cannot read, in one of the two schemes. */
import { describe, expect, test } from "vitest";
import { loadAssets } from "../../../../engine/admin/dashboard/assets.js";

const css = loadAssets().get("/assets/page.css")!.body.toString();
const [light, dark] = [...css.matchAll(/:root \{([^}]+)\}/g)].map(([, body]) => readTokens(body!));

/** WCAG 2.2, success criteria 1.4.3 and 1.4.11. */
const TEXT = 4.5;
const MARK = 3;

const rows: readonly (readonly [least: number, on: string, tokens: readonly string[]])[] = [
  [TEXT, "card", ["ink", "soft", "accent", "good", "warn", "bad"]],
  [TEXT, "paper", ["ink", "soft", "accent", "good", "warn", "bad"]],
  [TEXT, "wash", ["ink", "soft", "accent"]],
  [MARK, "card", ["queue", "disk", "loop", "client", "low", "middle", "high", "top", "cached"]],
  // The pool map: what is free against what is not.
  [2, "cell", ["accent", "disk", "cached"]],
];

for (const [name, tokens] of [
  ["light", light!],
  ["dark", dark!],
] as const) {
  describe(name, () => {
    for (const [least, on, names] of rows) {
      for (const token of names) {
        test(`${token} on ${on} is at least ${least}:1`, () => {
          const ratio = contrast(tokens.get(token)!, tokens.get(on)!);
          expect(ratio).toBeGreaterThanOrEqual(least);
        });
      }
    }
  });
}

test("both schemes have the same tokens, written as #rrggbb", () => {
  expect([...light!.keys()].toSorted()).toEqual([...dark!.keys()].toSorted());
  for (const color of [...light!.values(), ...dark!.values()]) {
    expect(color).toMatch(/^#[0-9a-f]{6}$/);
  }
});

function readTokens(body: string): ReadonlyMap<string, string> {
  return new Map(
    [...body.matchAll(/--([a-z]+): ([^;]+);/g)].map(([, name, value]) => [name!, value!]),
  );
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [
    number,
    number,
  ];
  return (high + 0.05) / (low + 0.05);
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
