/**
 * What a run needs before its first measurement, and no more of it than its cells want: fixtures, a
 * division of the cores, libraries to preload, a certificate.
 */
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cell } from "./cell.js";
import { makeCertificate } from "./certificate.js";
import { divideCores } from "./cores.js";
import { whyNoDisk, whyNoPlace } from "./fixture-place.js";
import { type Fixture, writeFixtures } from "./fixtures.js";
import type { Bench } from "./measure.js";
import type { Options } from "./options.js";
import { buildNarrowSockets, buildSlowDisk } from "./preload.js";
import { createTemporary } from "./temporary.js";

/** Why the fixtures of these cells cannot be put where they should be: no line or one. */
export function placeComplaints(
  { fixturesDir = tmpdir() }: Options,
  cells: readonly Cell[],
): string[] {
  const why = whyNoPlace(fixturesDir, fixturesOf(cells));
  return why === undefined ? [] : [why];
}

/** Writes and builds everything. @throws Error with the words of whoever could not */
export function prepare(options: Options, cells: readonly Cell[]): Bench {
  const { fixturesDir } = options;
  const tempDir = createTemporary();
  const servedDir = fixturesDir === undefined ? tempDir : createTemporary(fixturesDir);
  // A parent of its own: Sluice watches it, and would wake for every log that is written beside it.
  const root = join(servedDir, "served", "root");
  mkdirSync(root, { recursive: true });
  writeFixtures(root, fixturesOf(cells));
  const { workers, warmUpSec, durationSec } = options;
  const cores = divideCores(workers);
  const unused = { missing: "no cell of this run wants it" };
  const hasSlowDisk = cells.some((cell) => cell.hasSlowDisk);
  const slowDisk = hasSlowDisk ? (whyNoDisk(root) ?? buildSlowDisk(tempDir)) : unused;
  const hasReaders = cells.some((cell) => cell.load.kind === "slow-readers");
  const narrowSockets = hasReaders ? buildNarrowSockets(tempDir) : unused;
  const certificate = cells.some((cell) => cell.isTls) ? makeCertificate(tempDir) : undefined;
  const times = { warmUpSec, durationSec };
  return { root, tempDir, workers, cores, ...times, certificate, slowDisk, narrowSockets };
}

const fixturesOf = (cells: readonly Cell[]): Fixture[] => cells.flatMap((cell) => cell.fixtures);
