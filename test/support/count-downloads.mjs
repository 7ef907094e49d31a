/**
 * Counts downloads and keeps them, until it is killed: `node count-downloads.mjs <state folder>`.
 *
 * Says on each line how many it has counted, those of earlier runs included, and counts no more than
 * PER_LINE before the next one.
 */
import { writeSync } from "node:fs";
import { keepDownloads } from "../../dist/engine/watch/download-keeper.js";
import { Downloads } from "../../dist/metrics/downloads.js";

const PER_LINE = 1000;
const LINE_MS = 100;
const STEP_MS = 10;
/** More than are kept, so that paths leave and come back all the time. */
const PATHS = 1000;
const MAX_PATHS = 100;

const downloads = new Downloads(MAX_PATHS);
await keepDownloads(process.argv[2], {
  downloads,
  onTrouble: (line) => writeSync(2, `${line}\n`),
});

const completed = (sum, row) => sum + row.completed;
let counted = downloads.totals(PATHS).reduce(completed, downloads.rest.completed);
let left = 0;

setInterval(() => {
  left = PER_LINE;
  writeSync(1, `${counted}\n`);
}, LINE_MS);

setInterval(() => {
  const now = Math.min(left, (PER_LINE * STEP_MS) / LINE_MS);
  left -= now;
  for (let n = 0; n < now; n++) {
    // Squared, so that some paths are asked for far more often than others.
    const path = `/file-${Math.floor(Math.random() ** 2 * PATHS)}`;
    downloads.counterOf(path).whole(1, Date.now());
    counted++;
  }
}, STEP_MS);
