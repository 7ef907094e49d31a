/** What several workers answered about this moment, as one answer. Pure. */
import type { DownloadTotals, PathInProgress } from "../../metrics/downloads.js";
import type { PoolMap } from "../../metrics/live.js";
import type { UnderWay } from "../../metrics/operations.js";
import type { Look } from "../process/worker-talk.js";

type Looks = ReadonlyMap<number, Look>;

/** Says whose it is, by the worker's id. */
type WorkersUnderWay = UnderWay & { readonly worker: number };

/**
 * Requests first, each kind with the oldest first.
 *
 * @param most of each kind
 */
export function joinUnderWay(looks: Looks, most: number): WorkersUnderWay[] {
  const all = [...looks].flatMap(([worker, { underWay }]) =>
    underWay.map((one) => ({ ...one, worker })),
  );
  all.sort((a, b) => b.ageMs - a.ageMs);
  const isRequest = ({ kind }: UnderWay): boolean => kind === "request";
  const others = all.filter((one) => !isRequest(one));
  return [...all.filter(isRequest).slice(0, most), ...others.slice(0, most)];
}

/** The maps side by side, in the order of the workers. */
export function joinMaps(looks: Looks): PoolMap {
  const maps = [...looks].sort(([a], [b]) => a - b).map(([, { pool }]) => pool);
  return {
    slots: maps.reduce((sum, { slots }) => sum + slots, 0),
    chunkBytes: maps[0]?.chunkBytes ?? 0,
    slotsPerCell: Math.max(1, ...maps.map(({ slotsPerCell }) => slotsPerCell)),
    cells: maps.map(({ cells }) => cells).join(""),
  };
}

/**
 * Puts what is under way into rows that know only what has ended.
 *
 * @param most rows in the result, at least as many as there are in `rows`
 */
export function addInProgress(
  rows: readonly DownloadTotals[],
  looks: Looks,
  most: number,
): DownloadTotals[] {
  const counts = new Map<string, number>();
  for (const { path, inProgress } of pathsIn(looks)) {
    counts.set(path, inProgress + (counts.get(path) ?? 0));
  }
  const known = rows.map((row) => ({ ...row, inProgress: counts.get(row.path) ?? 0 }));
  for (const { path } of rows) counts.delete(path);
  const fresh = [...counts].map(([path, inProgress]) => ({ ...NOTHING_YET, path, inProgress }));
  return [...known, ...fresh.slice(0, most - known.length)];
}

const NOTHING_YET = { completed: 0, aborted: 0, ranged: 0, bytes: 0, lastMs: 0 };

const pathsIn = (looks: Looks): PathInProgress[] =>
  [...looks.values()].flatMap(({ downloading }) => downloading);
