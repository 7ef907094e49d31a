/**
 * The dashboard's files, for the admin port: a page, its style sheet, its script in modules, and
 * the chart library. All from this machine: an operator's browser asks no other host.
 */
import { createRequire } from "node:module";
import { listShipped, readShipped } from "../../../fs/shipped.js";

export interface Asset {
  readonly mediaType: string;
  /** Not empty. */
  readonly body: Buffer;
}

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

const HERE = new URL(".", import.meta.url);

/** Scripts are built: next to this file in dist, but not in the sources that tests run. */
const SCRIPTS = import.meta.url.endsWith(".ts")
  ? new URL("../../../dist/engine/admin/dashboard/page/", HERE)
  : new URL("page/", HERE);

/**
 * Reads them all, by their path on the admin port: 120 KiB. Blocks: once, at start.
 *
 * @throws Error when one is missing: the program was not built, or not copied whole
 */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const chart = (name: string): Buffer =>
    readShipped(createRequire(import.meta.url).resolve(`uplot/dist/${name}`));
  const scripts = listShipped(SCRIPTS, ".js").map((name): [string, Asset] => [
    `/assets/${name}`,
    { mediaType: SCRIPT, body: readShipped(new URL(name, SCRIPTS)) },
  ]);
  return new Map<string, Asset>([
    ["/", { mediaType: HTML, body: readShipped(new URL("page.html", HERE)) }],
    ["/assets/page.css", { mediaType: CSS, body: readShipped(new URL("page.css", HERE)) }],
    ["/assets/uplot.css", { mediaType: CSS, body: chart("uPlot.min.css") }],
    ["/assets/uplot.js", { mediaType: SCRIPT, body: chart("uPlot.iife.min.js") }],
    ...scripts,
  ]);
}
