/**
 * Who is drawn how. Colors are CSS classes, so that the page can be light or dark; configurations
 * of one server share a color and differ in dashes, so that no line relies on color alone.
 */
const FAMILY_CLASSES: Readonly<Record<string, string>> = {
  sluice: "f-sluice",
  nginx: "f-nginx",
  h2o: "f-h2o",
  lighttpd: "f-lighttpd",
  caddy: "f-caddy",
  floor: "f-floor",
};

const DASHES = ["none", "6 3", "2 3", "9 3 2 3"];

/** The CSS class that carries a family's color. */
export const inkClass = (family: string): string => FAMILY_CLASSES[family] ?? "f-other";

/** SVG stroke-dasharray of the n-th configuration of a family, counted from 0. */
export const dashOf = (index: number): string => DASHES[index % DASHES.length]!;
