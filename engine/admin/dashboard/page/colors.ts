/** The colors of page.css that the script draws with: each is a custom property there. */

export const COLORS = [
  "ink",
  "soft",
  "card",
  "line",
  "accent",
  "bad",
  "queue",
  "disk",
  "loop",
  "client",
  "low",
  "middle",
  "high",
  "top",
  "cell",
  "cached",
] as const;

export type ColorName = (typeof COLORS)[number];
